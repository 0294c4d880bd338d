"""More workers, or fewer: which submits come, and which tasks go. Pure.

More come by a further array. Of fewer, those that nobody misses go first: queued ones, newest first, then such as run
and are not connected yet; what is connected is left to the scheduler, which moves its data before it retires.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..batch.base import Job, JobRef, JobState
from .observed import ObservedJobs
from .record import Record, Submission, with_submission


@dataclass(frozen=True)
class Task:
    """A worker that was asked for: its submit's number in the record, its index in the array, its job once seen."""

    number: int
    index: int
    job: Job | None

    @property
    def queued(self) -> bool:
        """Whether it waits to be submitted or started."""
        return self.job is None or self.job.state is JobState.PENDING

    def own(self, record: Record) -> tuple[str, int]:
        """Its job as `job_of` finds it in the name of a worker."""
        submission = record.submissions[self.number]
        return (submission.own_id or submission.id, self.index)


def scale(record: Record, observed: ObservedJobs, count: int, largest_array: int | None) -> Record:
    """The record of a cluster that is to have `count` workers: with further arrays where those it has are too few.

    With None as `largest_array` none is started.
    """
    record = record.model_copy(update={"wanted": count, "scale_up_refused": "", "scale_up_refused_at": None})
    return record if largest_array is None else more(record, count - len(tasks(record, observed)), largest_array)


def more(record: Record, count: int, largest_array: int) -> Record:
    """The record with arrays for so many further workers."""
    submissions = list(record.submissions)
    first = sum(submission.tasks or 0 for submission in submissions)
    while count > 0:
        size = min(count, largest_array)
        stem = record.scheduler.name.rpartition(".")[0]
        submissions.append(Submission(role="workers", name=f"{stem}.w{len(submissions) - 1}", tasks=size, first=first))
        first, count = first + size, count - size
    return record.model_copy(update={"submissions": tuple(submissions)})


def tasks(record: Record, observed: ObservedJobs) -> list[Task]:
    """The workers that there are or will be: neither over nor told to go, and not succeeded by others."""
    return [task for task in active_slots(record, observed) if not _over(record, task)]


def active_slots(record: Record, observed: ObservedJobs) -> list[Task]:
    """Every worker that was neither told to go nor succeeded, over or not."""
    return [task for task, told in _all(record, observed) if not told]


def replaced(record: Record, observed: ObservedJobs) -> list[Task]:
    """The workers that are there although others are to succeed them."""
    return [task for task, told in _all(record, observed) if told == "replaced" and not _over(record, task)]


def mark_replaced(record: Record, those: Iterable[Task]) -> Record:
    """Note that others are to succeed these."""
    for number, indices in _by_submit(those).items():
        known = record.submissions[number].replaced
        record = with_submission(record, number, replaced=tuple(sorted(indices.union(known))))
    return record


def is_additional(record: Record, number: int) -> bool:
    """Whether a submit came later than those with which its cluster began, which goes on without it."""
    return record.wanted is not None and (number > 1 or record.request.workers.jobs == 0)


def refuse_scale_up(record: Record, observed: ObservedJobs, number: int, why: str, now: float) -> Record:
    """The record once that array of further workers is not to be had: whoever it was to succeed stays, and so does
    everybody else. Should it be there after all, it is told to go."""
    refused = record.submissions[number].tasks or 0
    record = with_submission(record, number, finished=True, released=tuple(range(refused)))
    record = record.model_copy(update={"scale_up_refused": why, "scale_up_refused_at": now})
    staying = replaced(record, observed)[:refused]
    for each, indices in _by_submit(staying).items():
        left = tuple(sorted(set(record.submissions[each].replaced) - indices))
        record = with_submission(record, each, replaced=left)
    return record.model_copy(update={"wanted": record.wanted_workers - (refused - len(staying))})


def release_queued(record: Record, observed: ObservedJobs, connected: Collection[str] | None) -> Record:
    """Tell the workers that are too many to go, as far as nobody would miss them.

    Args:
        connected: names of the workers that the scheduler has heard from; None while it cannot be asked.
    """
    # Who was requeued after another was asked for in his place queues for nothing.
    record = release(record, [task for task in replaced(record, observed) if task.queued])
    there = tasks(record, observed)
    excess = len(there) - record.wanted_workers
    if excess <= 0:
        return record
    known = {job_of(name) for name in connected or ()}
    newest_first = there[::-1]
    going = [task for task in newest_first if task.queued]
    if connected is not None:
        going += [task for task in newest_first if not task.queued and task.own(record) not in known]
    return release(record, going[:excess])


def release(record: Record, going: Iterable[Task]) -> Record:
    """Tell these to go. What is not submitted yet is left out of its array instead."""
    for number, some in sorted(_by_submit(going).items(), reverse=True):
        submission = record.submissions[number]
        left = (submission.tasks or 0) - len(some)
        if submission.submitted_at is not None:
            record = with_submission(record, number, released=tuple(sorted(some.union(submission.released))))
        elif left:
            record = with_submission(record, number, tasks=left)
        else:
            record = record.model_copy(
                update={"submissions": record.submissions[:number] + record.submissions[number + 1 :]}
            )
    return record


def release_retired(record: Record, observed: ObservedJobs, names: Collection[str]) -> Record:
    """Note the workers that the scheduler has retired."""
    gone = {job_of(name) for name in names}
    there = [*tasks(record, observed), *replaced(record, observed)]
    return release(record, [task for task in there if task.own(record) in gone])


def retire_target(record: Record, observed: ObservedJobs) -> int | None:
    """How many connected workers the scheduler is to let stay; None when there are not too many.

    Who is not connected has been told to go before. The same number is told until the last one has gone, however few
    are connected by then: so a question that is asked once more lets nobody else go.
    """
    return record.wanted_workers if len(tasks(record, observed)) > record.wanted_workers else None


def to_cancel(record: Record, observed: ObservedJobs) -> list[JobRef]:
    """What was told to go and has not gone: whole submits where that says the same."""
    jobs: list[JobRef] = []
    for number, submission in enumerate(record.submissions):
        if not submission.released or not submission.id or submission.finished:
            continue
        released = set(submission.released)
        left = [task for task in _of(record, observed, number) if task.index in released and _there(task)]
        if left and len(submission.released) == submission.tasks:
            jobs.append(JobRef(submission.id))
        else:
            jobs.extend(JobRef(submission.id, task.index) for task in left)
    return jobs


def job_of(worker: str) -> tuple[str, int]:
    """Own id of the submission, and index, of a worker's job; the index is -1 where the name has none.

    Workers are called ``w4815162_5``, or ``w4815162_5-r1`` after a requeue; ``wq:4815162_5`` where a batch system has
    several clusters.
    """
    own, _, index = worker[1:].rpartition(":")[2].split("-", 1)[0].rpartition("_")
    return own, int(index) if index.isdecimal() else -1


def _all(record: Record, observed: ObservedJobs) -> Iterator[tuple[Task, Literal["", "replaced", "released"]]]:
    """Every worker, and what it was told; of arrays that are over, and whose end was meant, none."""
    for number in range(1, len(record.submissions)):
        submission = record.submissions[number]
        if submission.fully_released:
            continue
        released, replaced = set(submission.released), set(submission.replaced)
        for task in _of(record, observed, number):
            yield task, "released" if task.index in released else "replaced" if task.index in replaced else ""


def _of(record: Record, observed: ObservedJobs, number: int) -> Iterator[Task]:
    submission = record.submissions[number]
    for index in range(submission.tasks or 0):
        yield Task(number, index, observed.jobs.get(JobRef(submission.id, index)) if submission.id else None)


def _over(record: Record, task: Task) -> bool:
    return record.submissions[task.number].finished or (task.job is not None and not task.job.state.live)


def _by_submit(some: Iterable[Task]) -> dict[int, set[int]]:
    """Indices by their submit's number."""
    indices: dict[int, set[int]] = defaultdict(set)
    for task in some:
        indices[task.number].add(task.index)
    return indices


def _there(task: Task) -> bool:
    return task.job is None or task.job.state in (JobState.PENDING, JobState.RUNNING)
