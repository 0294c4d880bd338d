"""Reads and writes the cluster's folder, for the files that run inside the scheduler. Only the standard library."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Limits:
    """Limits in seconds. ``limits`` in ``settings.json`` contains those that differ from these defaults."""

    watch_interval: float = 1.0
    """Between two checks of idle time and lease."""
    scheduler_close: float = 15.0
    """For the scheduler to close in an orderly way."""
    no_heartbeat: float = 30.0
    """Without a heartbeat, which normally arrives every 5 s: then the server will not cancel the workers' jobs."""
    cancel_jobs: float = 8.0
    """For cancelling them."""
    worker_left: float = 60.0
    """Until a worker that has left counts as ended, while others of its job go on: its nanny may restart it."""
    restarts_shown: float = 3600.0
    """For which the restart of a worker is reported."""
    alive_interval: float = 5.0
    """Minimum time between two requests of one nanny whether the scheduler is alive."""
    dashboard_load: float = 10.0
    """After the scheduler's start; a request for the dashboard loads it before."""
    script_check: float = 5.0
    """Between two checks whether the script computes."""
    script_end: float = 5.0
    """For a script to end by itself after the scheduler was asked to close."""


@dataclass(frozen=True)
class Settings:
    """The content of ``settings.json``, which the server has written.

    Attributes:
        idle_timeout: seconds, 0 for none.
        lease: seconds without a heartbeat after which the cluster ends; None for no lease.
        cancel: commands that cancel the workers' jobs, each a list of arguments.
        workers: number of workers that the cluster should have; None from an earlier version of the server.
    """

    idle_timeout: float
    lease: float | None
    cancel: list[list[str]]
    limits: Limits = field(default_factory=Limits)
    workers: int | None = None


def read_settings() -> Settings:
    """Raises OSError, ValueError, KeyError, TypeError."""
    found: dict[str, Any] = json.loads((FOLDER / "settings.json").read_text())
    given = found.get("limits") or {}
    return Settings(
        idle_timeout=float(found["idle_timeout"] or 0),
        lease=None if found["lease"] is None else float(found["lease"]),
        cancel=found.get("cancel") or [],
        limits=Limits(**{each.name: float(given[each.name]) for each in fields(Limits) if each.name in given}),
        workers=None if found.get("workers") is None else int(found["workers"]),
    )


def read_job() -> str:
    """The id of the scheduler's own job, as its script has written it; empty if unknown."""
    try:
        return (FOLDER / "scheduler.started").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return ""


def write(name: str, content: dict[str, Any]) -> None:
    """Write a JSON file of mode 0600 to the cluster's folder, atomically. Raises OSError."""
    fresh = FOLDER / f".{name}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, FOLDER / name)
