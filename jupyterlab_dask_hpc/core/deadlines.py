"""What ends soon, and why; reported early enough for the user to act. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ..batch.jobs import Job, JobState
from .observed import ObservedJobs
from .record import Record
from .slots import Slot, active, being_replaced

_EARLIEST, _LATEST = 600.0, 60.0
"""Earliest and latest time of a warning, in seconds before the deadline."""


@dataclass(frozen=True)
class Deadline:
    """The approaching end of a cluster or of workers.

    Attributes:
        kind: the cause: the idle time-out, or the time limit of a job.
        what: what ends: the cluster, or workers only.
        at: seconds since the epoch.
    """

    kind: Literal["idle", "time"]
    what: Literal["cluster", "workers"]
    at: float


def lead(limit: float, earliest: float = _EARLIEST, latest: float = _LATEST) -> float:
    """Seconds before the end of a limit at which a warning is shown: a tenth of the limit, by default 1 to 10 min,
    but never more than half of the limit."""
    return min(limit / 2, earliest, max(latest, limit / 10))


def next_end(
    record: Record, workers: Sequence[Slot], observed: ObservedJobs, idle_ends: float | None, now: float
) -> Deadline | None:
    """The next deadline within its warning time; None if there is none, or once the cluster is stopping.

    Args:
        idle_ends: when the idle time-out expires if nothing is computed before, seconds since the epoch.
    """
    if record.desired != "running" or not record.live:
        return None
    near = [end for end, limit in _ends(record, workers, observed, idle_ends) if end.at - now <= lead(limit)]
    return min(near, key=lambda end: end.at, default=None)


def stable_deadline(shown: float | None, latest: float | None, limit: float) -> float | None:
    """The deadline to show: still `shown`, unless `latest` (from the latest report) differs from it noticeably."""
    if shown is not None and latest is not None and abs(shown - latest) < max(1.0, lead(limit) / 20):
        return shown
    return latest


def first_end(jobs: Iterable[Job]) -> float | None:
    """When the first running job reaches its time limit, seconds since the epoch."""
    return min((job.end for job in jobs if job.state is JobState.RUNNING and job.end is not None), default=None)


def _ends(
    record: Record, workers: Sequence[Slot], observed: ObservedJobs, idle_ends: float | None
) -> Iterator[tuple[Deadline, float]]:
    """Every known deadline, near or not, with the limit in seconds that causes it."""
    request = record.request
    if idle_ends is not None:
        yield Deadline("idle", "cluster", idle_ends), request.idle_timeout
    if (at := first_end(observed.of(record.scheduler))) is not None:
        yield Deadline("time", "cluster", at), request.scheduler.time
    limited = _without_replacement(record, workers) if record.replace_workers else workers
    if (at := first_end(slot.job for slot in limited if slot.job)) is not None:
        yield Deadline("time", "workers", at), request.workers.time


def _without_replacement(record: Record, workers: Sequence[Slot]) -> list[Slot]:
    """The workers that are being replaced, while too few replacements run."""
    running = sum(slot.job is not None and slot.job.state is JobState.RUNNING for slot in active(workers))
    return being_replaced(workers) if running < record.wanted_workers else []
