"""Workers whose time is nearly up get successors, where the user wants a cluster to last. Pure.

Successors are asked for first, since they have to queue; a worker goes once one of them is connected, or at its limit.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ..batch.base import JobState, Outcome
from . import deadlines as ends
from .observed import ObservedJobs
from .record import Record
from .scaling import Task, active_slots, job_of, mark_replaced, more, replaced, tasks

_EARLIEST, _LATEST = 1800.0, 120.0
"""Seconds before a worker's limit at which a successor is asked for at the earliest, and at the latest."""
AGAIN = 300.0
"""Seconds after which the batch system is asked once more for successors that it has refused."""
_TOGETHER = 1.5
"""Who is due within so many times the lead is succeeded along with the first: workers that began one by one would
else cost a submit each."""


def lead(limit: float) -> float:
    """Seconds before a time limit of so many at which a successor is asked for: a tenth of it, 2 to 30 min, but never
    more than half."""
    return ends.lead(limit, _EARLIEST, _LATEST)


def renew(record: Record, observed: ObservedJobs, largest_array: int, now: float) -> Record:
    """The record with successors for the workers whose time is up, or nearly; the same one when there are none.

    Those that failed or were cancelled get none: what made them fail would do so again and again.

    Args:
        now: seconds since the epoch.
    """
    due = is_due(record, observed, now)
    if not due:
        return record
    record = mark_replaced(record, due).model_copy(update={"wanted": record.wanted_workers})
    missing = record.wanted_workers - len(tasks(record, observed))
    return more(record, min(len(due), missing), largest_array)


def is_due(record: Record, observed: ObservedJobs, now: float) -> list[Task]:
    """The workers that are to get successors now."""
    if not record.replace_workers or record.desired == "stopped" or not observed.whole:
        return []
    if record.scale_up_refused_at is not None and now - record.scale_up_refused_at < AGAIN:
        return []
    near = list(_near(record, observed, now, 1))
    ended = list(_ended(record, observed, now))
    # None is due alone that others follow shortly.
    return (list(_near(record, observed, now, _TOGETHER)) if near else []) + ended


def retire_candidates(record: Record, observed: ObservedJobs, connected: Collection[str]) -> list[str]:
    """Names of the connected workers that may go because others have succeeded them; none while none is too many.

    Which of them go, and how many at a time, is the scheduler's to say: it knows who is on the way out already.
    """
    by_job = {job_of(name): name for name in connected}
    leaving = [name for task in replaced(record, observed) if (name := by_job.get(task.own(record)))]
    staying = sum(task.own(record) in by_job for task in tasks(record, observed))
    return leaving if staying + len(leaving) > record.wanted_workers else []


def _near(record: Record, observed: ObservedJobs, now: float, leads: float) -> Iterator[Task]:
    """Workers that run and reach their limit within so many leads."""
    within = lead(record.request.workers.time) * leads
    for task in tasks(record, observed):
        end = task.job.end if task.job and task.job.state is JobState.RUNNING else None
        if end is not None and end - now <= within and _outlasted(record, observed, end):
            yield task


def _ended(record: Record, observed: ObservedJobs, now: float) -> Iterator[Task]:
    """Workers that are over because their time was: this server may have been away then."""
    if not _outlasted(record, observed, now):
        return
    half = record.request.workers.time / 2
    for task in active_slots(record, observed):
        job, asked = task.job, record.submissions[task.number].submitted_at
        if job is None or asked is None or job.state.live:
            continue
        ran = now - asked if job.outcome is Outcome.UNKNOWN else job.elapsed
        if ran >= half and (job.state is JobState.ENDED or job.outcome is Outcome.TIME_LIMIT):
            yield task


def _outlasted(record: Record, observed: ObservedJobs, end: float) -> bool:
    """Whether the cluster itself goes on after that moment for long enough to be worth a successor."""
    over = ends.first_end(observed.of(record.scheduler))
    return over is None or over - end > lead(record.request.workers.time)
