"""Workers are replaced before their time limit, where the user wants the cluster to last. Pure.

Replacements are submitted first, since they have to queue. A worker retires once one of them is connected, or ends at
its limit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..batch.base import JobState, Outcome
from . import deadlines
from .observed import ObservedJobs
from .record import Record
from .scaling import add_workers, mark_replaced
from .slots import Slot, active

_EARLIEST, _LATEST = 1800.0, 120.0
"""Seconds before a worker's limit at which its replacement is submitted at the earliest, and at the latest."""
AGAIN = 300.0
"""Seconds after which replacements that were refused are submitted once more."""
_TOGETHER = 1.5
"""Workers that are due within so many times the lead are replaced along with the first: workers that began one by one
would else cost a submission each."""


def lead(limit: float) -> float:
    """Seconds before a time limit of so many at which a replacement is submitted: a tenth of it, 2 to 30 min, but never
    more than half."""
    return deadlines.lead(limit, _EARLIEST, _LATEST)


def replace_due(record: Record, workers: Sequence[Slot], due: Sequence[Slot], largest_array: int) -> Record:
    """The record with replacements for the workers that are `due`; never more than the cluster lacks without them."""
    record = mark_replaced(record, due).model_copy(update={"wanted": record.wanted_workers})
    jobs = {(slot.submission.name, slot.index) for slot in due}
    staying = sum((slot.submission.name, slot.index) not in jobs for slot in active(workers))
    return add_workers(record, min(len(due), record.wanted_workers - staying), largest_array)


def due_for_replacement(record: Record, workers: Sequence[Slot], observed: ObservedJobs, now: float) -> list[Slot]:
    """The workers to replace now.

    Those that failed or were cancelled are not replaced: what made them fail would do so again and again.

    Args:
        now: seconds since the epoch.
    """
    if not record.replace_workers or record.desired == "stopped" or not observed.whole:
        return []
    if record.scale_up_refused_at is not None and now - record.scale_up_refused_at < AGAIN:
        return []
    end = deadlines.first_end(observed.of(record.scheduler))
    near = list(_near(record, workers, end, now, 1))
    ended = list(_ended(record, workers, end, now))
    # No worker is due alone when others follow shortly.
    return (list(_near(record, workers, end, now, _TOGETHER)) if near else []) + ended


def _near(
    record: Record, workers: Sequence[Slot], cluster_end: float | None, now: float, leads: float
) -> Iterator[Slot]:
    """Workers that run and reach their limit within so many leads."""
    within = lead(record.request.workers.time) * leads
    for slot in active(workers):
        end = slot.job.end if slot.job and slot.job.state is JobState.RUNNING else None
        if end is not None and end - now <= within and _outlasts(record, cluster_end, end):
            yield slot


def _ended(record: Record, workers: Sequence[Slot], cluster_end: float | None, now: float) -> Iterator[Slot]:
    """Workers that ended at their time limit: this server may have been down then."""
    if not _outlasts(record, cluster_end, now):
        return
    half = record.request.workers.time / 2
    for slot in workers:
        job, submitted = slot.job, slot.submission.submitted_at
        if slot.mark or job is None or submitted is None or job.state.live:
            continue
        ran = now - submitted if job.outcome is Outcome.UNKNOWN else job.elapsed
        if ran >= half and (job.state is JobState.ENDED or job.outcome is Outcome.TIME_LIMIT):
            yield slot


def _outlasts(record: Record, cluster_end: float | None, end: float) -> bool:
    """Whether the cluster goes on after that moment for long enough to be worth a replacement."""
    return cluster_end is None or cluster_end - end > lead(record.request.workers.time)
