"""The requested Dask workers, each with its state; the only place that maps jobs to workers. Pure."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, NamedTuple

from ..batch.jobs import Job, JobRef, JobState
from .observed import ObservedJobs
from .record import Record, Submission
from .scheduler_status import NodeStatus

State = Literal["pending", "connecting", "running", "ending", "ended", "failed"]
Mark = Literal["", "replaced", "released"]

_NAME = re.compile(r"w(?P<job>.+?)_(?P<index>[0-9]{1,9})(-r[0-9]+)?(-(?P<process>[0-9]{1,4}))?", re.A)


class WorkerName(NamedTuple):
    """The parts of a worker's name.

    Attributes:
        submission_id: own id of the submission (`BatchSystem.own_id`).
        job: index of the job in the submission, or of the node in the one job of scheduler and workers.
        process: index of the worker in the job, or on that node.
    """

    submission_id: str
    job: int
    process: int


def worker_name(submission_id: str, job: int | str, process: int | None = None, restarts: int | str = 0) -> str:
    """The name of a worker at the scheduler: ``w4815162_5``, ``w4815162_5-r1`` after a requeue.

    In a job of several workers it is followed by ``-3``, as ``dask worker --nworkers`` appends it. It starts with ``w``
    because Python reads ``4815162_5`` as a number.
    """
    part = "" if process is None else f"-{process}"
    return f"w{submission_id}_{job}{f'-r{restarts}' if restarts else ''}{part}"


@lru_cache(maxsize=2**15)
def parse_worker_name(name: str) -> WorkerName | None:
    """The parts of a name from `worker_name`; None for any other name."""
    found = _NAME.fullmatch(name)
    if found is None:
        return None
    # In a batch system with several clusters, the id may start with the name of one.
    return WorkerName(found["job"].rpartition(":")[2], int(found["index"]), int(found["process"] or 0))


@dataclass(slots=True)
class Slot:
    """One requested Dask worker. Nobody changes it; it is not frozen because that takes three times as long to build.

    Attributes:
        submission: its submission.
        index: index of its job in the submission; 0 for a single job.
        node: index of its node in its job.
        process: index of the worker on its node.
        number: index of its job among all worker jobs of the cluster.
        job: its job; None before the batch system has shown it.
        state: the state that users see.
        ended: whether its job has ended, or on one node of several, its script; or it has left a job that goes on.
        mark: ``replaced`` because of its time limit, or ``released`` because fewer workers are wanted; may be empty.
        names: its names at the scheduler now; a requeued worker and its lost predecessor have two.
        retired: whether the scheduler has retired it.
    """

    submission: Submission
    index: int
    node: int
    process: int
    number: int
    job: Job | None
    state: State
    ended: bool
    mark: Mark
    names: tuple[str, ...]
    retired: bool

    @property
    def ref(self) -> JobRef | None:
        """The reference of its job; None while the submission has no id."""
        return self.submission.ref(self.index) if self.submission.id else None

    @property
    def fixed(self) -> bool:
        """Whether it shares the job of the scheduler, so that it ends only with it."""
        return self.submission.runs_scheduler

    @property
    def place(self) -> int:
        """The number in its name: of its job, or of its node if all run in one job."""
        return self.node if self.fixed else self.index

    @property
    def queued(self) -> bool:
        """Whether its job waits to be submitted or started."""
        return self.job is None or self.job.state is JobState.PENDING


def slots(
    record: Record,
    observed: ObservedJobs,
    connected: Collection[str] = (),
    retired: Collection[str] = (),
    with_former: bool = False,
    nodes: Mapping[int, NodeStatus] | None = None,
    left: Collection[str] = (),
) -> list[Slot]:
    """Every requested worker, in order.

    Args:
        connected: names of the workers that the scheduler knows.
        retired: names of the workers that it has retired.
        with_former: whether to include submissions that are finished, and were released or replaced as a whole.
        nodes: the nodes of the job of scheduler and workers, by number.
        left: names of workers that have left for good, while others of their job go on.
    """
    names, gone = _by_worker(connected), _by_worker(retired).keys()
    alone = _by_worker(left).keys() - gone
    return [
        slot
        for submission in record.worker_submissions
        if with_former or not submission.fully_released
        for slot in _of(
            record, submission, observed, names, gone, alone, (nodes or {}) if submission.runs_scheduler else {}
        )
    ]


def current_name(slot: Slot) -> str:
    """Its name at the scheduler, or the one that it will have; empty before its submission has an id."""
    if slot.names:
        # Of a requeued worker the newest; the number of restarts is all that differs.
        return max(slot.names, key=lambda name: (len(name), name))
    own_id = slot.submission.own_id or slot.submission.id
    process = slot.process if slot.submission.processes > 1 else None
    return worker_name(own_id, slot.place, process) if own_id else ""


def active(some: Iterable[Slot]) -> list[Slot]:
    """The workers that exist or are still expected: neither ended nor marked."""
    return [slot for slot in some if not slot.mark and not slot.ended]


def being_replaced(some: Iterable[Slot]) -> list[Slot]:
    """The workers that are marked as replaced but have not ended."""
    return [slot for slot in some if slot.mark == "replaced" and not slot.ended]


def by_job(some: Iterable[Slot]) -> list[list[Slot]]:
    """The workers of each job, in the order of the jobs."""
    jobs: dict[tuple[str, int], list[Slot]] = defaultdict(list)
    for slot in some:
        jobs[slot.submission.name, slot.index].append(slot)
    return list(jobs.values())


def job_state(workers: Sequence[Slot]) -> State:
    """The state of the job of these workers, which is connecting until all of them are connected. Some of them may have
    ended while the others go on."""
    states = [slot.state for slot in workers]
    going_on = [state for state in states if state not in ("ended", "failed")]
    return "connecting" if "connecting" in states else (going_on or states)[0]


def _by_worker(connected: Collection[str]) -> Mapping[tuple[str, int, int], tuple[str, ...]]:
    names: dict[tuple[str, int, int], tuple[str, ...]] = {}
    for name in connected:
        if found := parse_worker_name(name):
            names[found] = (*names.get(found, ()), name)
    return names


def _of(
    record: Record,
    submission: Submission,
    observed: ObservedJobs,
    names: Mapping[tuple[str, int, int], tuple[str, ...]],
    gone: Set[tuple[str, int, int]],
    alone: Set[tuple[str, int, int]],
    nodes: Mapping[int, NodeStatus],
) -> Iterator[Slot]:
    released, replaced = set(submission.released), set(submission.replaced)
    own = submission.own_id or submission.id
    first, finished = submission.first, submission.finished
    places = [(node, process) for node in range(submission.nodes) for process in range(submission.workers_on(node))]
    jobs = {job.index or 0: job for job in observed.of(submission) if job.submission == submission.id}
    for index in range(submission.jobs):
        job = jobs.get(index)
        mark: Mark = "released" if index in released else "replaced" if index in replaced else ""
        ended = finished or (job is not None and not job.state.live)
        for node, process in places:
            # One job has no index; the number of the node takes its place.
            worker = (own, node if submission.runs_scheduler else index, process)
            known = names.get(worker, ())
            state = _state(record, submission, job, mark, bool(known))
            code = nodes[node].exit_code if node in nodes else None
            if code is not None and state in ("connecting", "running"):
                state = "failed" if code and record.desired == "running" else "ended"
            ended_alone = state == "connecting" and worker in alone
            yield Slot(
                submission=submission,
                index=index,
                node=node,
                process=process,
                number=first + index,
                job=job,
                state="ended" if ended_alone else state,
                ended=ended or code is not None or ended_alone,
                mark=mark,
                names=known,
                retired=worker in gone,
            )


def _state(record: Record, submission: Submission, job: Job | None, mark: Mark, connected: bool) -> State:
    if job is None:
        # The jobs of a finished submission may have ended before this server started.
        gone = submission.finished or mark == "released" or not record.live
        return "ended" if gone else "pending"
    if mark == "released":
        return "ending" if job.state.live else "ended"
    if mark == "replaced" and job.state is JobState.FAILED:
        return "ended"
    if job.state is JobState.RUNNING:
        return "running" if connected else "connecting"
    return _STATES[job.state]


_STATES: Mapping[JobState, State] = {
    JobState.PENDING: "pending",
    JobState.ENDING: "ending",
    JobState.ENDED: "ended",
    JobState.FAILED: "failed",
}
