"""The record of one cluster on disk: its desired state, and its progress. Pure.

Names and ids from a record are used in command lines and scripts, so a record is validated like a request.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    PlainValidator,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)
from typing_extensions import Self

from dask_hpc.messages import Message, message_from_json

from ..batch.base import LETTERS
from ..batch.jobs import JobRef, read_ranges, write_ranges
from .arrays import ArrayLimits, split
from .record_version_1 import from_version_1
from .request import Request

State = Literal["requested", "queued", "starting", "running", "closing", "closed", "failed"]
Role = Literal["scheduler", "workers", "all"]

VERSION = 3
ID = re.compile(r"[0-9a-f]{10}")
_JOB_ID = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,39}:)?[0-9][A-Za-z0-9.\[\]-]{0,79}"
"""Submission ids of batch systems: ``4815162``, ``q:4815162``, ``8[].server``. Never matches a command-line option."""
Timestamp = Annotated[float, Field(ge=0, lt=1e11)]
"""Seconds since the epoch, within the range of `datetime`."""
_MAX_TASKS = 1_000_000
_MAX_PROCESSES = 256


def _indices(value: Any) -> Any:
    # An older version wrote a list of numbers.
    return read_ranges(value) if isinstance(value, str) else value


Index = Annotated[int, Field(ge=0, lt=_MAX_TASKS)]
Indices = Annotated[tuple[Index, ...], BeforeValidator(_indices), PlainSerializer(write_ranges)]
"""Written as ranges: a long-lived cluster has many."""


def _message(value: Any) -> Message | None:
    # Versions 1 and 2 wrote the English text, empty for none.
    return value if isinstance(value, Message) else message_from_json(value) if value else None


StoredMessage = Annotated[
    Message | None, PlainValidator(_message), PlainSerializer(lambda message: message and message.as_json())
]
"""Written as in `docs/contract.md`, with the English text; null for none."""


class Submission(BaseModel):
    """One call of the batch system's submit command: a single job, or a job array.

    Attributes:
        role: what its jobs run.
        name: job name, unique to this submission.
        tasks: size of the array; None for a single job.
        processes: workers that one of its jobs runs, or a node of its one job of several nodes.
        nodes: number of nodes of each of its jobs.
        first_node: workers of the first node if the scheduler runs there too; None for `processes`.
        first: index of its first job among all worker jobs of the cluster.
        submitted_at: time of the last attempt to submit it, seconds since the epoch; None before the first.
        id: the batch system's id; empty until it is known.
        own_id: the id as its jobs see it (`BatchSystem.own_id`), which is part of the names of its workers.
        waits_for_scheduler: whether it is submitted before the scheduler's job has started, to start after it.
        attempts: number of attempts to submit it.
        finished: whether none of its jobs is pending or running any more.
        released: indices of jobs that should end because fewer workers are wanted.
        replaced: indices of jobs that other jobs replace because of their time limit.
    """

    model_config = ConfigDict(frozen=True)

    role: Role
    name: Annotated[str, Field(pattern=r"^dask-[A-Za-z0-9_-]{1,40}\.[0-9a-f]{10}\.(s|a|w[0-9]+)$")]
    tasks: Annotated[int, Field(ge=1, le=_MAX_TASKS)] | None = None
    processes: Annotated[int, Field(ge=1, le=_MAX_PROCESSES)] = 1
    nodes: Annotated[int, Field(ge=1, le=_MAX_TASKS)] = 1
    first_node: Annotated[int, Field(ge=0, le=_MAX_PROCESSES)] | None = None
    first: Annotated[int, Field(ge=0)] = 0
    submitted_at: Timestamp | None = None
    id: Annotated[str, Field(pattern=f"^({_JOB_ID})?$")] = ""
    own_id: Annotated[str, Field(pattern=f"^({_JOB_ID})?$")] = ""
    waits_for_scheduler: bool = False
    attempts: int = 0
    finished: bool = False
    released: Indices = ()
    replaced: Indices = ()

    @model_serializer(mode="wrap")
    def _without_defaults(self, dump: SerializerFunctionWrapHandler) -> dict[str, Any]:
        # A cluster may have thousands of submissions.
        fields = type(self).model_fields
        return {name: value for name, value in dump(self).items() if getattr(self, name) != fields[name].default}

    @property
    def runs_scheduler(self) -> bool:
        """Whether the scheduler runs in its job."""
        return self.role in ("scheduler", "all")

    @property
    def runs_workers(self) -> bool:
        """Whether workers run in its jobs."""
        return self.role in ("workers", "all")

    @property
    def job_role(self) -> Literal["scheduler", "worker"]:
        """The role of its jobs as used in the API, in names of logs and in scripts."""
        return "scheduler" if self.runs_scheduler else "worker"

    def ref(self, index: int) -> JobRef:
        """The reference of its job with this index; 0 for a single job."""
        return JobRef(self.id, None if self.tasks is None else index)

    @property
    def jobs(self) -> int:
        """The number of its jobs."""
        return self.tasks or 1

    def workers_on(self, node: int) -> int:
        """The number of workers on one of the nodes of each of its jobs."""
        return self.processes if node or self.first_node is None else self.first_node

    @property
    def workers(self) -> int:
        """The number of workers of all its jobs; 0 for the job of a scheduler alone."""
        one = sum(map(self.workers_on, range(self.nodes)))
        return self.jobs * one if self.runs_workers else 0

    @property
    def fully_released(self) -> bool:
        """Whether it is finished, and each of its jobs was released or replaced."""
        return self.finished and len({*self.released, *self.replaced}) == self.jobs


class Record(BaseModel):
    """One cluster, as it is stored.

    Attributes:
        owner: identity of the notebook server that manages it.
        workspace: the folder that its jobs run in, absolute.
        desired: whether it should run; once ``stopped``, always ``stopped``.
        state: the last known state.
        reason: why it ends, or what it waits for; None for neither.
        failed: whether it ends, or ended, because of a failure.
        ready: whether all workers that could connect have been connected at one time.
        wanted: number of workers that it should have; None for the number in the request.
        worker_memory: bytes of a job's memory that each worker may use; None if an earlier version launched it.
        replace_workers: whether workers are replaced before their time limit, until the user stops the cluster.
        scale_up_refused: why additional workers were refused; None if they were not.
        scale_up_refused_at: when they were refused, seconds since the epoch.
        created, closed, cancelled: seconds since the epoch; `cancelled` is the last time its jobs were cancelled.
    """

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    id: Annotated[str, Field(pattern=f"^{ID.pattern}$")]
    owner: str
    batch: str
    request: Request
    workspace: Annotated[str, Field(pattern=f"^/{LETTERS}$")]
    dashboard_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    created: Timestamp
    submissions: Annotated[tuple[Submission, ...], Field(min_length=1)]
    desired: Literal["running", "stopped"] = "running"
    state: State = "requested"
    reason: StoredMessage = None
    failed: bool = False
    ready: bool = False
    wanted: Annotated[int, Field(ge=0, le=_MAX_TASKS)] | None = None
    worker_memory: Annotated[int, Field(gt=0)] | None = None
    replace_workers: bool = False
    scale_up_refused: StoredMessage = None
    scale_up_refused_at: Timestamp | None = None
    closed: Timestamp | None = None
    cancelled: Timestamp | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, value: Any) -> Any:
        version = value.get("version") if isinstance(value, dict) else None
        # Version 2 has texts in place of messages.
        if version not in (1, 2):
            return value
        return (from_version_1(value) if version == 1 else value) | {"version": VERSION}

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(submission.runs_scheduler for submission in self.submissions) != 1:
            raise ValueError("exactly one of its submissions has to run the scheduler")
        names = [submission.name for submission in self.submissions]
        if len(set(names)) != len(names):
            raise ValueError("two of its submissions have the same name")
        if any(submission.name.split(".")[1] != self.id for submission in self.submissions):
            raise ValueError("a submission carries the id of another cluster")
        asked_for = sum(submission.jobs for submission in self.submissions if submission.role == "workers")
        if self.wanted is None and asked_for != self.request.workers.jobs:
            raise ValueError("its submissions are not all of its workers")
        return self

    @property
    def live(self) -> bool:
        """True until none of its jobs is left in the batch system."""
        return self.state not in ("closed", "failed")

    @property
    def leased(self) -> bool:
        """Whether it ends with its notebook server, and by Log Out; a cluster that runs a script does not."""
        return not self.request.script

    @property
    def unsubmitted(self) -> bool:
        """True for a cluster that should run, but for which no job was ever submitted."""
        never = not any(submission.attempts for submission in self.submissions)
        return self.live and self.desired == "running" and never

    @property
    def processes(self) -> int:
        """The number of workers that one of its worker jobs runs."""
        return max(self.request.workers.processes, *(one.processes for one in self.worker_submissions), 1)

    @property
    def wanted_workers(self) -> int:
        """The number of workers that it should have now."""
        if self.wanted is not None:
            return self.wanted
        return self.fixed_workers + self.request.workers.jobs * self.processes

    @property
    def fixed_workers(self) -> int:
        """The number of workers that share the job of the scheduler, and stay as long as it."""
        return self.scheduler.workers

    @property
    def scheduler(self) -> Submission:
        """The submission that runs the scheduler."""
        return next(submission for submission in self.submissions if submission.runs_scheduler)

    @property
    def worker_submissions(self) -> tuple[Submission, ...]:
        """The submissions that run workers."""
        return tuple(submission for submission in self.submissions if submission.runs_workers)

    def submission(self, name: str) -> Submission:
        """The submission with this name. Raises KeyError."""
        for submission in self.submissions:
            if submission.name == name:
                return submission
        raise KeyError(name)


def is_job_id(text: str) -> bool:
    """Whether this can be the batch system's id of a submission; ids that a job wrote are checked with this."""
    return bool(re.fullmatch(_JOB_ID, text, re.A))


def with_submission(record: Record, name: str, **changes: object) -> Record:
    """The record with one of its submissions changed."""
    return with_submissions(record, {name: changes})


def with_submissions(record: Record, changes: Mapping[str, Mapping[str, object]]) -> Record:
    """The record with changes of its submissions, by their names; the same record if there are none."""
    if not changes:
        return record
    submissions = (
        submission.model_copy(update=changes[submission.name]) if submission.name in changes else submission
        for submission in record.submissions
    )
    return record.model_copy(update={"submissions": tuple(submissions)})


def with_own_ids(record: Record, own_id: Callable[[str], str]) -> Record:
    """The record with each submission's `own_id`, which a record of an earlier version lacks."""
    lacking = [submission for submission in record.submissions if submission.id and not submission.own_id]
    return with_submissions(record, {one.name: {"own_id": own_id(one.id)} for one in lacking})


def plan(
    cluster_id: str, request: Request, arrays: ArrayLimits, first_node: int = 0, starts_after: bool = False
) -> tuple[Submission, ...]:
    """The submissions of a new cluster: its scheduler's, and as few for its workers as the batch system allows.

    Args:
        first_node: workers that share the scheduler's node in one job.
        starts_after: `Capabilities.starts_after`. No notebook server may run when the scheduler of a script starts, so
            that its workers are submitted together with it.
    """
    stem = f"dask-{request.name}.{cluster_id}"
    if request.layout == "one-job":
        nodes, processes = request.workers.nodes, request.workers.processes
        return (Submission(role="all", name=f"{stem}.a", nodes=nodes, processes=processes, first_node=first_node),)
    scheduler = Submission(role="scheduler", name=f"{stem}.s")
    workers = worker_submissions(stem, request.workers.jobs, arrays, processes=request.workers.processes)
    waits = starts_after and bool(request.script)
    return (scheduler, *(one.model_copy(update={"waits_for_scheduler": waits}) for one in workers))


def with_more_jobs(record: Record, jobs: int, arrays: ArrayLimits) -> Record:
    """The record with submissions for `jobs` additional worker jobs."""
    known = record.worker_submissions
    stem = record.scheduler.name.rpartition(".")[0]
    number = max((int(one.name.rpartition(".w")[2]) + 1 for one in known if ".w" in one.name), default=0)
    # Later submissions differ from those of the launch by their first index (`is_additional`).
    first = max([record.request.workers.jobs, *(one.first + one.jobs for one in known)])
    more = worker_submissions(stem, jobs, arrays, number, first, record.processes)
    return record.model_copy(update={"submissions": (*record.submissions, *more)})


def worker_submissions(
    stem: str, jobs: int, arrays: ArrayLimits, number: int = 0, first: int = 0, processes: int = 1
) -> Iterator[Submission]:
    """The submissions of `jobs` worker jobs; the first one is named ``w<number>``."""
    for tasks in split(jobs, arrays):
        yield Submission(role="workers", name=f"{stem}.w{number}", tasks=tasks, first=first, processes=processes)
        number, first = number + 1, first + (tasks or 1)


def is_additional(record: Record, submission: Submission) -> bool:
    """Whether a submission was added after the launch; the cluster continues if it is refused."""
    return submission.role == "workers" and submission.first >= record.request.workers.jobs
