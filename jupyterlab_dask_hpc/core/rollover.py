"""Replacement of workers before their time limit, if the user has chosen it for the cluster. Pure.

Replacements are submitted first, since they have to queue. A worker retires once a replacement is connected, or ends
at its time limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..batch.jobs import JobState, Outcome
from . import deadlines
from .arrays import ArrayLimits
from .observed import ObservedJobs
from .record import Record
from .scaling import add_workers, mark_replaced
from .slots import Slot, active

_EARLIEST, _LATEST = 1800.0, 120.0
"""Earliest and latest time to submit a replacement, in seconds before the worker's time limit."""
REPLACE_RETRY_S = 300.0
"""Seconds after which refused replacements are submitted again."""
_TOGETHER_FACTOR = 1.5
"""Workers that are due within this multiple of the lead time are replaced together with the first one. Workers that
started one by one would otherwise need one submission each."""


def lead(limit: float) -> float:
    """Seconds before a time limit at which a replacement is submitted: a tenth of the limit, 2 to 30 min, but never
    more than half of the limit."""
    return deadlines.lead(limit, _EARLIEST, _LATEST)


def replace_due(record: Record, workers: Sequence[Slot], due: Sequence[Slot], arrays: ArrayLimits) -> Record:
    """The record with replacements for the workers `due`, but no more than the wanted number of workers requires."""
    record = mark_replaced(record, due).model_copy(update={"wanted": record.wanted_workers})
    jobs = {(slot.submission.name, slot.index) for slot in due}
    staying = sum((slot.submission.name, slot.index) not in jobs for slot in active(workers))
    return add_workers(record, min(len(due), record.wanted_workers - staying), arrays)


def due_for_replacement(record: Record, workers: Sequence[Slot], observed: ObservedJobs, now: float) -> list[Slot]:
    """The workers to replace now.

    Failed and cancelled workers are not replaced: their replacements would be likely to fail as well.

    Args:
        now: seconds since the epoch.
    """
    if not record.replace_workers or record.desired == "stopped" or not observed.whole:
        return []
    if record.scale_up_refused_at is not None and now - record.scale_up_refused_at < REPLACE_RETRY_S:
        return []
    end = deadlines.first_end(observed.of(record.scheduler))
    near = list(_near(record, workers, end, now, 1))
    ended = list(_ended(record, workers, observed, end, now))
    # Once one worker is due, those that are due shortly after it are included.
    return (list(_near(record, workers, end, now, _TOGETHER_FACTOR)) if near else []) + ended


def _near(
    record: Record, workers: Sequence[Slot], cluster_end: float | None, now: float, leads: float
) -> Iterator[Slot]:
    """The running workers that reach their time limit within `leads` lead times."""
    within = lead(record.request.workers.time) * leads
    for slot in active(workers):
        end = slot.job.end if slot.job and slot.job.state is JobState.RUNNING else None
        if end is not None and end - now <= within and _outlasts(record, cluster_end, end):
            yield slot


def _ended(
    record: Record, workers: Sequence[Slot], observed: ObservedJobs, cluster_end: float | None, now: float
) -> Iterator[Slot]:
    """The workers that have ended at their time limit, for example while this server was down."""
    if not _outlasts(record, cluster_end, now):
        return
    limit = record.request.workers.time
    for slot in workers:
        job = slot.job
        if slot.mark or job is None or job.state.live:
            continue
        if job.outcome is Outcome.UNKNOWN:
            # It may have failed, and its replacement would be likely to fail as well.
            if _longest(slot, observed) >= limit - lead(limit):
                yield slot
        elif job.elapsed >= limit / 2 and (job.state is JobState.ENDED or job.outcome is Outcome.TIME_LIMIT):
            yield slot


def _longest(slot: Slot, observed: ObservedJobs) -> float:
    """Seconds for which a job that nobody has seen to end may have run: as it was last seen, or until the first
    snapshot that could have shown it."""
    submitted = slot.submission.submitted_at
    if slot.job is None or slot.ref in observed.started or submitted is None or observed.since is None:
        return slot.job.elapsed if slot.job else 0.0
    return observed.since - submitted


def _outlasts(record: Record, cluster_end: float | None, end: float) -> bool:
    """Whether the cluster continues after `end` for long enough to justify a replacement."""
    return cluster_end is None or cluster_end - end > lead(record.request.workers.time)
