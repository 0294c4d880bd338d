"""Which of Dask's settings travel from a kernel to a cluster that it launches. Pure; the standard library alone.

The notebook server checks by the same rule what it is sent.
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
"""What says how to compute: these, and what is below them."""

KEPT_BACK = (
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
"""But these, and what is below them: the cluster has its own."""

KEPT_BACK_ANYWHERE = frozenset(
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
"""Parts of a key that keep it back: addresses and certificates are the cluster's own, and files are this computer's."""

SECRET = re.compile(r"token|secret|passw|credential|key-?id|api-?key|access-?key|private", re.IGNORECASE)
"""What a key that names a secret has in it."""

VARIABLES = ("distributed.nanny.environ", "distributed.nanny.pre-spawn-environ")
"""Below them stand environment variables of workers, which may well be secrets: only those travel that say how to
compute."""
OF_COMPUTING = re.compile(r"(omp|gomp|kmp|mkl|openblas|blis|veclib|numexpr|numba|malloc)-[a-z0-9-]+|pythonhashseed")

_KEY = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
LONGEST_KEY = 200
LARGEST = 32 * 1024
"""Bytes of all settings together, as JSON."""


def travels(key: str) -> bool:
    """Whether a setting of that dotted key may be handed over."""
    if len(key) > LONGEST_KEY or not _KEY.fullmatch(key):
        return False
    plain = key.lower().replace("_", "-")
    for variables in VARIABLES:
        if plain.startswith(f"{variables}."):
            return OF_COMPUTING.fullmatch(plain.removeprefix(f"{variables}.")) is not None
    return (
        any(plain.startswith(f"{allowed}.") for allowed in ALLOWED)
        and not any(f"{plain}.".startswith(f"{kept}.") for kept in KEPT_BACK)
        and KEPT_BACK_ANYWHERE.isdisjoint(plain.split("."))
        and not SECRET.search(plain)
    )


def is_plain(value: Any) -> bool:
    """Whether JSON holds a value as it is: text, numbers, true, false, null, and lists of these."""
    if isinstance(value, list):
        return all(is_plain(one) for one in value)
    if isinstance(value, float):
        return math.isfinite(value)
    return value is None or isinstance(value, (str, int))


def differing(config: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that travel and are not Dask's defaults, by their dotted keys; both given as Dask nests them."""
    usual = dict(_leaves(defaults))
    return {
        key: value
        for key, value in _leaves(config)
        if travels(key) and is_plain(value) and (key not in usual or usual[key] != value)
    }


def size(settings: Mapping[str, Any]) -> int:
    """Bytes of settings, as JSON."""
    return len(json.dumps(settings).encode())


def _leaves(config: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in config.items():
        key = f"{prefix}{name}"
        if isinstance(value, Mapping) and value:
            yield from _leaves(value, f"{key}.")
        elif not isinstance(value, Mapping):
            yield key, _written(value)


def _written(value: Any) -> Any:
    """As JSON holds it; distributed reads ``inf`` where it takes infinity."""
    if isinstance(value, tuple):
        return list(value)
    return "inf" if value == math.inf else value
