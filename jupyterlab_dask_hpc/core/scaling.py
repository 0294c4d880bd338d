"""Scaling up and down: which jobs are added, and which end. Pure.

Scaling up adds a job array. Scaling down first ends jobs whose workers hold no data: queued jobs, newest first, then
running jobs that have not connected yet. The scheduler chooses which connected workers retire, since it moves their
data. The scheduler retires workers, the batch system cancels jobs: a job ends only when none of its workers is needed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from dask_hpc.messages import Message
from dask_hpc.units import whole_jobs

from ..batch.jobs import JobRef, JobState
from .actions import RetireWorkers
from .arrays import ArrayLimits
from .record import Record, Submission, with_more_jobs, with_submissions
from .slots import Slot, active, being_replaced, by_job


def scale(record: Record, workers: Sequence[Slot], count: int, arrays: ArrayLimits | None) -> Record:
    """The record of a cluster that should have `count` workers, with additional submissions if it has too few.

    If `arrays` is None, none is added.
    """
    record = record.model_copy(update={"wanted": count, "scale_up_refused": None, "scale_up_refused_at": None})
    return record if arrays is None else add_workers(record, count - len(active(workers)), arrays)


def add_workers(record: Record, count: int, arrays: ArrayLimits) -> Record:
    """The record with arrays for `count` additional workers, in as few jobs as possible."""
    return with_more_jobs(record, whole_jobs(count, record.processes), arrays) if count > 0 else record


def mark_replaced(record: Record, those: Iterable[Slot]) -> Record:
    """The record with these workers marked as replaced."""
    changes = {
        submission.name: {"replaced": tuple(sorted(indices.union(submission.replaced)))}
        for submission, indices in _by_submission(record, those)
    }
    return with_submissions(record, changes)


def release(record: Record, those: Iterable[Slot]) -> Record:
    """The record with the jobs of these workers released. An array not yet submitted gets smaller instead."""
    changes: dict[str, dict[str, object]] = {}
    dropped: set[str] = set()
    for submission, indices in _by_submission(record, those):
        left = submission.jobs - len(indices)
        if submission.submitted_at is not None:
            changes[submission.name] = {"released": tuple(sorted(indices.union(submission.released)))}
        elif left:
            # Some batch systems have no arrays of one job.
            changes[submission.name] = {"tasks": left if left > 1 else None}
        else:
            dropped.add(submission.name)
    record = with_submissions(record, changes)
    if not dropped:
        return record
    others = tuple(one for one in record.submissions if one.name not in dropped)
    return record.model_copy(update={"submissions": others})


def refuse_scale_up(record: Record, workers: Sequence[Slot], name: str, reason: Message, now: float) -> Record:
    """The record after an additional array was refused: the workers that it should have replaced stay, like all
    others. If the array exists nevertheless, it is cancelled."""
    refused = record.submission(name)
    size = refused.jobs * refused.processes
    staying = being_replaced(workers)[:size]
    changes: dict[str, dict[str, object]] = {
        submission.name: {"replaced": tuple(sorted(set(submission.replaced) - indices))}
        for submission, indices in _by_submission(record, staying)
    }
    changes[name] = {**changes.get(name, {}), "finished": True, "released": tuple(range(refused.jobs))}
    record = with_submissions(record, changes)
    wanted = record.wanted_workers - (size - len(staying))
    return record.model_copy(update={"wanted": wanted, "scale_up_refused": reason, "scale_up_refused_at": now})


def release_queued(record: Record, workers: Sequence[Slot], connected_known: bool) -> Record:
    """The record with surplus jobs released, as far as their workers are queued or not yet connected.

    Args:
        connected_known: whether the scheduler has reported which workers are connected.
    """
    # A worker that was requeued after its replacement was requested is no longer needed.
    going = [slot for slot in being_replaced(workers) if slot.queued]
    there = active(workers)
    excess = len(there) - record.wanted_workers
    newest_first = by_job(slot for slot in there if not slot.fixed)[::-1] if excess > 0 else []
    queued = [job for job in newest_first if job[0].queued]
    connecting = [job for job in newest_first if not job[0].queued and not any(slot.names for slot in job)]
    for job in queued + (connecting if connected_known else []):
        if len(job) <= excess:
            excess -= len(job)
            going += job
    return release(record, going)


def release_retired(record: Record, workers: Sequence[Slot], arrays: ArrayLimits | None) -> Record:
    """The record after the scheduler has retired workers: jobs without any other worker are released.

    If the wanted number has increased again while these retired, workers are added. Their jobs end by themselves, so
    that some may have ended before this server learns that their workers have retired. A job of which only some have
    retired is replaced as a whole: it would go on with fewer workers than it is counted for.
    """
    if not any(slot.retired for slot in workers):
        return record
    before = [slot for slot in workers if not slot.mark and (slot.retired or not slot.ended)]
    jobs = by_job(slot for slot in [*before, *being_replaced(workers)] if not slot.fixed)
    gone = [job for job in jobs if all(slot.retired for slot in job)]
    there = by_job(slot for slot in active(workers) if not slot.fixed)
    shrunk = [job for job in there if len({slot.retired for slot in job}) > 1]
    partly = shrunk if record.scale_up_refused is None else []
    if not gone and not partly:
        return record
    record = release(record, (slot for job in gone for slot in job))
    record = mark_replaced(record, (slot for job in partly for slot in job))
    left = len(before) - sum(len(job) for job in [*gone, *partly] if not job[0].mark)
    # The batch system has accepted arrays of this size before; a single job is always possible.
    known = ArrayLimits(max(submission.tasks or 0 for submission in record.worker_submissions), smallest=2)
    return add_workers(record, min(len(before), record.wanted_workers) - left, arrays or known)


def retirement(record: Record, workers: Sequence[Slot]) -> RetireWorkers | None:
    """The connected workers that the scheduler should retire; None if there are not too many.

    Queued and unconnected jobs were released before. The target stays the same until the last worker has retired,
    however few are connected by then, so that a repeated request retires no other worker.
    """
    wanted = record.wanted_workers
    there, leaving = active(workers), [name for slot in being_replaced(workers) for name in slot.names]
    staying = sum(bool(slot.names) for slot in there)
    prefer = leaving if staying + len(leaving) > wanted else []
    excess = len(there) - wanted
    if excess > 0 and (record.processes > 1 or record.fixed_workers):
        # Whole jobs, chosen here: first those that have begun to retire, then the newest.
        there = [slot for slot in there if not slot.fixed]
        connected = [job for job in by_job(there)[::-1] if any(slot.names for slot in job)]
        connected.sort(key=lambda job: -sum(slot.retired for slot in job))
        total = staying + len(leaving)
        for job in connected:
            # One that has lost workers stays until whole ones are connected in its place.
            whole = len(job) == job[0].submission.processes
            if len(job) <= excess and (whole or total - len(prefer) - len(job) >= wanted):
                excess -= len(job)
                prefer = [*prefer, *(name for slot in job for name in slot.names)]
        return RetireWorkers(total - len(prefer), tuple(prefer), only_preferred=True) if prefer else None
    if excess <= 0 and not prefer:
        return None
    return RetireWorkers(wanted, tuple(prefer), only_preferred=excess <= 0)


def to_cancel(record: Record, workers: Iterable[Slot], others: Collection[str]) -> list[JobRef]:
    """The released jobs that have not ended; a whole submission if all of its jobs are released.

    Args:
        others: submission ids that belong to another job now.
    """
    left: list[Slot] = []
    for slot in workers:
        there = slot.job is None or slot.job.state in (JobState.PENDING, JobState.RUNNING)
        if slot.mark == "released" and slot.ref and slot.process == 0 and there:
            left.append(slot)
    jobs: list[JobRef] = []
    for submission, indices in _by_submission(record, left):
        if not submission.finished and submission.id not in others:
            whole = len(submission.released) == submission.jobs
            jobs += [JobRef(submission.id)] if whole else [submission.ref(index) for index in sorted(indices)]
    return jobs


def _by_submission(record: Record, some: Iterable[Slot]) -> list[tuple[Submission, set[int]]]:
    """The submissions of these workers, each with the indices of their jobs."""
    indices: dict[str, set[int]] = defaultdict(set)
    for slot in some:
        indices[slot.submission.name].add(slot.index)
    return [(one, indices[one.name]) for one in record.submissions if one.name in indices]
