"""The small files in a cluster's folder through which server and scheduler exchange information."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..core.scheduler_status import Ended, NodeStatus, ScriptEnd, Usage
from ..files import write_private

SCRIPT_LINES = 10
"""Last lines of a script's output that are shown."""
_NODE_FILE = re.compile(r"node_(?P<number>[0-9]{1,6})\.(?P<what>started|ended)", re.A)
_MAX_NUMBER = 2**53
"""Larger numbers, infinity and NaN are no amounts of anything, and no JSON numbers of a browser."""
_MAX_WORD = 256
"""Characters that are read of a file with one word: the name of a node, a number."""


@dataclass(frozen=True)
class Address:
    """Where a scheduler listens, from ``scheduler.json``.

    Attributes:
        address: what a Dask client of this machine connects to, ``tls://192.0.2.1:34567``.
        control: ``https://192.0.2.1:34568``, the control route's and the dashboard's server.
        distributed, python: versions that run there.
    """

    address: str
    control: str
    pid: int
    distributed: str
    python: str


def write_settings(
    folder: Path,
    idle_timeout: float,
    lease: float | None,
    cancel: Sequence[Sequence[str]],
    limits: Mapping[str, float] | None = None,
    workers: int | None = None,
) -> None:
    """Write the settings for the code that runs inside the jobs. Raises OSError.

    Args:
        idle_timeout: seconds, 0 for none.
        lease: seconds without a heartbeat after which the cluster ends itself; None for no lease.
        cancel: commands of `BatchSystem.cancel_commands` for the worker jobs, used by a scheduler without server.
        limits: seconds by name, instead of the defaults (docs/contract.md); None leaves those of the file unchanged.
        workers: number of workers that are wanted; None to leave it out.
    """
    if limits is None:
        limits = _read_json(folder / "settings.json").get("limits") or {}
    settings = {
        "idle_timeout": idle_timeout,
        "lease": lease,
        "cancel": [list(command) for command in cancel],
        "limits": dict(limits),
        **({} if workers is None else {"workers": workers}),
    }
    write_private(folder / "settings.json", json.dumps(settings).encode())


def read_started(folder: Path) -> str | None:
    """The id of the scheduler's job; None before its script runs."""
    try:
        return (folder / "scheduler.started").read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def read_address(folder: Path) -> Address | None:
    """Where the scheduler listens; None if it does not yet, or if the file is incomplete."""
    found = _read_json(folder / "scheduler.json")
    try:
        address = Address(
            # That of the nodes may be another one. Schedulers of earlier versions have one for all.
            address=str(found.get("notebook_address", found["address"])),
            control=str(found["control"]),
            pid=int(found["pid"]),
            distributed=str(found["distributed"]),
            python=str(found["python"]),
        )
        url = urlsplit(address.control)
        whole = url.scheme == "https" and url.hostname and url.port and not url.path and not url.query
    except (KeyError, TypeError, ValueError):
        return None
    return address if whole and address.address.startswith("tls://") else None


def read_ended(folder: Path) -> Ended | None:
    """What the scheduler wrote when it ended; None before."""
    found = _read_json(folder / "scheduler.ended")
    try:
        seconds = found.get("seconds")
        return Ended(str(found["reason"]), str(found["message"]), None if seconds is None else float(seconds))
    except (KeyError, TypeError, ValueError):
        return None


def read_script_end(folder: Path) -> ScriptEnd | None:
    """How the cluster's script has ended; None before, or if the file is damaged."""
    found = _read_json(folder / "script.ended")
    try:
        return ScriptEnd(
            exit_code=None if found["exit_code"] is None else int(found["exit_code"]),
            signal=None if found["signal"] is None else int(found["signal"]),
            error=_printable(found["error"]),
            seconds=float(found["seconds"]),
            lines=tuple(map(_printable, list(found["lines"])[-SCRIPT_LINES:])),
        )
    except (KeyError, TypeError, ValueError):
        return None


def read_usage(folder: Path) -> Usage | None:
    """What the workers have used, as the scheduler has written it last; None if it has not, or if it is damaged."""
    found = _read_json(folder / "usage.json")
    try:
        usage = Usage(
            thread_seconds=float(found["thread_seconds"]),
            busy_seconds=float(found["busy_seconds"]),
            processor_seconds=float(found["processor_seconds"]),
            memory_peak=int(found["memory_peak"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    numbers = (usage.thread_seconds, usage.busy_seconds, usage.processor_seconds, usage.memory_peak)
    return usage if all(0 <= number < _MAX_NUMBER for number in numbers) else None


def _printable(text: object) -> str:
    return "".join(filter(str.isprintable, str(text)[:300]))


def read_nodes(folder: Path, known: Mapping[int, NodeStatus] | None = None) -> dict[int, NodeStatus]:
    """The nodes on which the workers of the scheduler's job have started, by number. Raises OSError.

    Args:
        known: what was read before. Each file is written once, and not read again.
    """
    nodes = dict(known or {})
    for found in filter(None, map(_NODE_FILE.fullmatch, os.listdir(folder))):
        number = int(found["number"])
        node = nodes.get(number, NodeStatus())
        if found["what"] == "started" and not node.name:
            node = replace(node, name=_read_word(folder / found[0]))
        elif found["what"] == "ended" and node.exit_code is None:
            node = replace(node, exit_code=_code(_read_word(folder / found[0])))
        nodes[number] = node
    return nodes


def read_workers_end(folder: Path) -> int | None:
    """The exit code of the command that started the workers in the scheduler's job; None before its end."""
    return _code(text) if (text := _read_word(folder / "workers.ended")) else None


def _read_word(path: Path) -> str:
    try:
        return path.read_text()[:_MAX_WORD].strip()
    except (OSError, UnicodeDecodeError):
        return ""


def _code(text: str) -> int:
    return int(text) if re.fullmatch("[0-9]{1,3}", text) else 1


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}
