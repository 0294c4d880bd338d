"""Which Dask settings a kernel passes on to a cluster that it launches. Pure; uses only the standard library.

The notebook server applies the same rule to requests.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

ALLOWED = (
    "distributed.worker",
    "distributed.scheduler",
    "distributed.nanny",
    "distributed.comm",
    "distributed.admin",
    "distributed.p2p",
    "array",
    "dataframe",
    "optimization",
)
"""Settings that control how to compute: these keys, and all keys below them."""

EXCLUDED = (
    "distributed.admin.pdb-on-err",
    "distributed.comm.default-scheme",
    "distributed.comm.require-encryption",
    "distributed.comm.socket-backend",
    "distributed.comm.ucx",
    "distributed.comm.websockets",
    "distributed.scheduler.blocked-handlers",
    "distributed.scheduler.idle-timeout",
    "distributed.worker.blocked-handlers",
)
"""Exceptions: these keys, and all keys below them. The cluster has its own values."""

EXCLUDED_PARTS = frozenset(
    (
        "address",
        "contact-address",
        "dashboard",
        "dashboard-address",
        "host",
        "http",
        "interface",
        "port",
        "preload",
        "preload-argv",
        "security",
        "tls",
    )
)
"""Parts of a key that exclude it: addresses, certificates and files, which differ on the cluster."""

SECRET = re.compile(r"token|secret|passw|credential|key-?id|api-?key|access-?key|private", re.IGNORECASE)
"""Matches keys that name a secret."""

VARIABLES = ("distributed.nanny.environ", "distributed.nanny.pre-spawn-environ")
"""Environment variables of workers, which may be secrets: only those of numerical libraries are passed on."""
NUMERICAL = re.compile(r"(omp|gomp|kmp|mkl|openblas|blis|veclib|numexpr|numba|malloc)-[a-z0-9-]+|pythonhashseed")

_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
MAX_KEY_LENGTH = 200
MAX_BYTES = 32 * 1024
"""Limit for all settings together, as JSON."""


def is_passed_on(key: str) -> bool:
    """Whether a setting with that dotted key is passed on."""
    if len(key) > MAX_KEY_LENGTH or not _KEY.fullmatch(key):
        return False
    plain = key.lower().replace("_", "-")
    for variables in VARIABLES:
        if plain.startswith(f"{variables}."):
            return NUMERICAL.fullmatch(plain.removeprefix(f"{variables}.")) is not None
    return (
        any(plain.startswith(f"{allowed}.") for allowed in ALLOWED)
        and not any(f"{plain}.".startswith(f"{excluded}.") for excluded in EXCLUDED)
        and EXCLUDED_PARTS.isdisjoint(plain.split("."))
        and not SECRET.search(plain)
    )


def is_plain(value: Any) -> bool:
    """Whether JSON can represent a value: text, numbers, true, false, null, and lists of these."""
    if isinstance(value, list):
        return all(is_plain(one) for one in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, int))


def differing(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that are passed on and differ from the defaults, by dotted key; both arguments nested as in Dask."""
    usual = dict(_leaves(defaults))
    return {
        key: value
        for key, value in _leaves(config)
        if is_passed_on(key) and is_plain(value) and (key not in usual or usual[key] != value)
    }


def size(settings: Mapping[str, Any]) -> int:
    """Size of settings as JSON, in bytes."""
    return len(json.dumps(settings).encode())


def _leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{key}.")
        elif not isinstance(value, Mapping):
            yield key, _written(value)


def _written(value: Any) -> Any:
    """As JSON can represent it; distributed reads ``inf`` as infinity."""
    if isinstance(value, tuple):
        return list(value)
    return "inf" if value == math.inf else value
