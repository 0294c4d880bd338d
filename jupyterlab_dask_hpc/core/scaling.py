"""More workers, or fewer: which submits come, and which tasks go. Pure.

More come by a further array. Of fewer, those that nobody misses go first: queued ones, newest first, then such as run
and are not connected yet; what is connected is left to the scheduler, which moves its data before it retires.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from ..batch.base import Job, JobState, plain
from .observed import ObservedJobs
from .record import Record, Submission, with_submit


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

    def id(self, record: Record) -> str:
        """Its job's id; empty while its submit has none."""
        submit = record.submits[self.number]
        return f"{submit.id}_{self.index}" if submit.id else ""


def scale(record: Record, sight: ObservedJobs, count: int, largest_array: int | None) -> Record:
    """The record of a cluster that is to have `count` workers: with further arrays where those it has are too few.

    With None as `largest_array` none is started.
    """
    record = record.model_copy(update={"wanted": count, "denied": "", "denied_at": None})
    return record if largest_array is None else more(record, count - len(tasks(record, sight)), largest_array)


def more(record: Record, count: int, largest_array: int) -> Record:
    """The record with arrays for so many further workers."""
    submits = list(record.submits)
    first = sum(submit.tasks or 0 for submit in submits)
    while count > 0:
        size = min(count, largest_array)
        stem = record.scheduler.name.rpartition(".")[0]
        submits.append(Submission(role="worker", name=f"{stem}.w{len(submits) - 1}", tasks=size, first=first))
        first, count = first + size, count - size
    return record.model_copy(update={"submits": tuple(submits)})


def tasks(record: Record, sight: ObservedJobs) -> list[Task]:
    """The workers that there are or will be: neither over nor told to go, and not succeeded by others."""
    return [task for task in told_nothing(record, sight) if not _over(record, task)]


def told_nothing(record: Record, sight: ObservedJobs) -> list[Task]:
    """Every worker that was neither told to go nor succeeded, over or not."""
    return [task for task, told in _all(record, sight) if not told]


def relieved(record: Record, sight: ObservedJobs) -> list[Task]:
    """The workers that are there although others are to succeed them."""
    return [task for task, told in _all(record, sight) if told == "relieved" and not _over(record, task)]


def relieve(record: Record, those: Iterable[Task]) -> Record:
    """Note that others are to succeed these."""
    for number, indices in _by_submit(those).items():
        known = record.submits[number].relieved
        record = with_submit(record, number, relieved=tuple(sorted(indices.union(known))))
    return record


def is_further(record: Record, number: int) -> bool:
    """Whether a submit came later than those with which its cluster began, which goes on without it."""
    return record.wanted is not None and (number > 1 or record.request.workers.jobs == 0)


def deny(record: Record, sight: ObservedJobs, number: int, why: str, now: float) -> Record:
    """The record once that array of further workers is not to be had: whoever it was to succeed stays, and so does
    everybody else. Should it be there after all, it is told to go."""
    refused = record.submits[number].tasks or 0
    record = with_submit(record, number, over=True, dismissed=tuple(range(refused)))
    record = record.model_copy(update={"denied": why, "denied_at": now})
    staying = relieved(record, sight)[:refused]
    for each, indices in _by_submit(staying).items():
        left = tuple(sorted(set(record.submits[each].relieved) - indices))
        record = with_submit(record, each, relieved=left)
    return record.model_copy(update={"wanted": record.wanted_workers - (refused - len(staying))})


def dismiss_queued(record: Record, sight: ObservedJobs, connected: Collection[str] | None) -> Record:
    """Tell the workers that are too many to go, as far as nobody would miss them.

    Args:
        connected: names of the workers that the scheduler has heard from; None while it cannot be asked.
    """
    # Who was requeued after another was asked for in his place queues for nothing.
    record = dismiss(record, [task for task in relieved(record, sight) if task.queued])
    there = tasks(record, sight)
    excess = len(there) - record.wanted_workers
    if excess <= 0:
        return record
    known = {job_of(name) for name in connected or ()}
    newest_first = there[::-1]
    going = [task for task in newest_first if task.queued]
    if connected is not None:
        going += [task for task in newest_first if not task.queued and plain(task.id(record)) not in known]
    return dismiss(record, going[:excess])


def dismiss(record: Record, going: Iterable[Task]) -> Record:
    """Tell these to go. What is not submitted yet is left out of its array instead."""
    for number, some in sorted(_by_submit(going).items(), reverse=True):
        submit = record.submits[number]
        left = (submit.tasks or 0) - len(some)
        if submit.asked is not None:
            record = with_submit(record, number, dismissed=tuple(sorted(some.union(submit.dismissed))))
        elif left:
            record = with_submit(record, number, tasks=left)
        else:
            record = record.model_copy(update={"submits": record.submits[:number] + record.submits[number + 1 :]})
    return record


def dismiss_gone(record: Record, sight: ObservedJobs, names: Collection[str]) -> Record:
    """Note the workers that the scheduler has retired."""
    gone = {job_of(name) for name in names}
    there = [*tasks(record, sight), *relieved(record, sight)]
    return dismiss(record, [task for task in there if plain(task.id(record)) in gone])


def to_stay(record: Record, sight: ObservedJobs) -> int | None:
    """How many connected workers the scheduler is to let stay; None when there are not too many.

    Who is not connected has been told to go before. The same number is told until the last one has gone, however few
    are connected by then: so a question that is asked once more lets nobody else go.
    """
    return record.wanted_workers if len(tasks(record, sight)) > record.wanted_workers else None


def to_cancel(record: Record, sight: ObservedJobs) -> list[str]:
    """Ids of what was told to go and has not gone: whole submits where that says the same."""
    ids: list[str] = []
    for number, submit in enumerate(record.submits):
        if not submit.dismissed or not submit.id or submit.over:
            continue
        dismissed = set(submit.dismissed)
        left = [task for task in _of(record, sight, number) if task.index in dismissed and _there(task)]
        if left and len(submit.dismissed) == submit.tasks:
            ids.append(submit.id)
        else:
            ids.extend(task.id(record) for task in left)
    return ids


def job_of(worker: str) -> str:
    """The job of a worker (`plain`): they are called ``w4815162_5``, or ``w4815162_5-r1`` after a requeue."""
    return plain(worker[1:]).split("-", 1)[0]


def _all(record: Record, sight: ObservedJobs) -> Iterator[tuple[Task, Literal["", "relieved", "dismissed"]]]:
    """Every worker, and what it was told; of arrays that are over, and whose end was meant, none."""
    for number in range(1, len(record.submits)):
        submit = record.submits[number]
        if submit.settled:
            continue
        dismissed, relieved = set(submit.dismissed), set(submit.relieved)
        for task in _of(record, sight, number):
            yield task, "dismissed" if task.index in dismissed else "relieved" if task.index in relieved else ""


def _of(record: Record, sight: ObservedJobs, number: int) -> Iterator[Task]:
    submit = record.submits[number]
    for index in range(submit.tasks or 0):
        yield Task(number, index, sight.jobs.get(f"{submit.id}_{index}") if submit.id else None)


def _over(record: Record, task: Task) -> bool:
    return record.submits[task.number].over or (task.job is not None and not task.job.state.live)


def _by_submit(some: Iterable[Task]) -> dict[int, set[int]]:
    """Indices by their submit's number."""
    indices: dict[int, set[int]] = defaultdict(set)
    for task in some:
        indices[task.number].add(task.index)
    return indices


def _there(task: Task) -> bool:
    return task.job is None or task.job.state in (JobState.PENDING, JobState.RUNNING)
