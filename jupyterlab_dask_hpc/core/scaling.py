"""More workers, or fewer: which jobs are added, and which end. Pure.

More workers come by an additional array. Of fewer, those that nobody misses end first: queued jobs, newest first, then
jobs that run and are not connected yet. Which connected workers retire is the scheduler's choice: it moves their data.
The scheduler is told workers, the batch system jobs: a job ends only when none of its workers is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from ..batch.base import JobRef, JobState
from .actions import RetireWorkers
from .record import Record, with_more_jobs, with_submission
from .slots import Slot, active, being_replaced, by_job


def scale(record: Record, workers: Sequence[Slot], count: int, largest_array: int | None) -> Record:
    """The record of a cluster that is to have `count` workers: with additional arrays where it has too few.

    With None as `largest_array` none is added.
    """
    record = record.model_copy(update={"wanted": count, "scale_up_refused": "", "scale_up_refused_at": None})
    return record if largest_array is None else add_workers(record, count - len(active(workers)), largest_array)


def add_workers(record: Record, count: int, largest_array: int) -> Record:
    """The record with arrays for so many additional workers: as few jobs as hold them."""
    return with_more_jobs(record, -(-count // record.processes), largest_array) if count > 0 else record


def mark_replaced(record: Record, those: Iterable[Slot]) -> Record:
    """Note that others replace these."""
    for name, indices in _by_submission(those).items():
        known = record.submission(name).replaced
        record = with_submission(record, name, replaced=tuple(sorted(indices.union(known))))
    return record


def release(record: Record, those: Iterable[Slot]) -> Record:
    """Have the jobs of these end. What is not submitted yet is left out of its array instead."""
    for name, indices in _by_submission(those).items():
        submission = record.submission(name)
        left = submission.jobs - len(indices)
        if submission.submitted_at is not None:
            record = with_submission(record, name, released=tuple(sorted(indices.union(submission.released))))
        elif left:
            record = with_submission(record, name, tasks=left)
        else:
            others = tuple(one for one in record.submissions if one.name != name)
            record = record.model_copy(update={"submissions": others})
    return record


def refuse_scale_up(record: Record, workers: Sequence[Slot], name: str, why: str, now: float) -> Record:
    """The record once an additional array was refused: the workers that it was to replace stay, and so do all others.
    Should it be there after all, it ends."""
    refused = record.submission(name)
    record = with_submission(record, name, finished=True, released=tuple(range(refused.jobs)))
    size = refused.jobs * refused.processes
    staying = being_replaced(workers)[:size]
    for each, indices in _by_submission(staying).items():
        left = tuple(sorted(set(record.submission(each).replaced) - indices))
        record = with_submission(record, each, replaced=left)
    wanted = record.wanted_workers - (size - len(staying))
    return record.model_copy(update={"wanted": wanted, "scale_up_refused": why, "scale_up_refused_at": now})


def release_queued(record: Record, workers: Sequence[Slot], connected_known: bool) -> Record:
    """Have the jobs end that are too many, as far as nobody would miss their workers.

    Args:
        connected_known: whether the scheduler has said who is connected.
    """
    # A worker that was requeued after its replacement was asked for is not needed any more.
    going = [slot for slot in being_replaced(workers) if slot.queued]
    there = active(workers)
    excess = len(there) - record.wanted_workers
    newest_first = by_job(there)[::-1] if excess > 0 else []
    queued = [job for job in newest_first if job[0].queued]
    connecting = [job for job in newest_first if not job[0].queued and not any(slot.names for slot in job)]
    for job in queued + (connecting if connected_known else []):
        if len(job) <= excess:
            excess -= len(job)
            going += job
    return release(record, going)


def release_retired(record: Record, workers: Sequence[Slot], largest_array: int | None) -> Record:
    """The record once the scheduler has retired workers: jobs without any other worker end.

    Where more workers were wanted again while these retired, others are added.
    """
    if not any(slot.retired for slot in workers):
        return record
    before = active(workers)
    gone = [job for job in by_job([*before, *being_replaced(workers)]) if all(slot.retired for slot in job)]
    if not gone:
        return record
    record = release(record, (slot for job in gone for slot in job))
    left = len(before) - sum(len(job) for job in gone if not job[0].mark)
    # The batch system has taken arrays as large as those before.
    largest = largest_array or max(submission.jobs for submission in record.worker_submissions)
    return add_workers(record, min(len(before), record.wanted_workers) - left, largest)


def retirement(record: Record, workers: Sequence[Slot]) -> RetireWorkers | None:
    """Which connected workers the scheduler is to retire; None when there are not too many.

    Queued and unconnected jobs were released before. The same target is told until the last worker has gone, however
    few are connected by then: so a request that is sent once more retires nobody else.
    """
    wanted = record.wanted_workers
    there, leaving = active(workers), [name for slot in being_replaced(workers) for name in slot.names]
    staying = sum(bool(slot.names) for slot in there)
    prefer = leaving if staying + len(leaving) > wanted else []
    excess = len(there) - wanted
    if excess > 0 and record.processes > 1:
        # Whole jobs, chosen here. Those that have begun to retire go on, then the newest.
        connected = [job for job in by_job(there)[::-1] if any(slot.names for slot in job)]
        connected.sort(key=lambda job: -sum(slot.retired for slot in job))
        for job in connected:
            if len(job) <= excess:
                excess -= len(job)
                prefer = [*prefer, *(name for slot in job for name in slot.names)]
        total = staying + len(leaving)
        return RetireWorkers(total - len(prefer), tuple(prefer), only_preferred=True) if prefer else None
    if excess <= 0 and not prefer:
        return None
    return RetireWorkers(wanted, tuple(prefer), only_preferred=excess <= 0)


def to_cancel(record: Record, workers: Iterable[Slot], others: Collection[str]) -> list[JobRef]:
    """The jobs that were released and have not ended: whole submissions where that says the same.

    Args:
        others: ids of submissions that another job has by now.
    """
    jobs: list[JobRef] = []
    left: dict[str, list[JobRef]] = defaultdict(list)
    for slot in workers:
        there = slot.job is None or slot.job.state in (JobState.PENDING, JobState.RUNNING)
        if slot.mark == "released" and slot.ref and slot.process == 0 and there:
            left[slot.submission.name].append(slot.ref)
    for name, some in left.items():
        submission = record.submission(name)
        if not submission.finished and submission.id not in others:
            jobs += [JobRef(submission.id)] if len(submission.released) == submission.jobs else some
    return jobs


def _by_submission(some: Iterable[Slot]) -> dict[str, set[int]]:
    """Indices of jobs by the name of their submission."""
    indices: dict[str, set[int]] = defaultdict(set)
    for slot in some:
        indices[slot.submission.name].add(slot.index)
    return indices
