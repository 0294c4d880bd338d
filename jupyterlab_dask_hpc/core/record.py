"""What is kept on disk about one cluster: desired state, and how far it got. Pure.

Names and ids in a record reach command lines and scripts. So a record that is read is validated like a request.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    model_validator,
)
from typing_extensions import Self

from ..batch.ranges import read_ranges, write_ranges
from .profile import LETTERS
from .request import Request

State = Literal["requested", "queued", "starting", "running", "closing", "closed", "failed"]
Role = Literal["scheduler", "workers", "all"]

VERSION = 2
ID = re.compile(r"[0-9a-f]{10}")
_JOB_ID = r"([A-Za-z0-9][A-Za-z0-9_.-]{0,39}:)?[0-9][A-Za-z0-9.\[\]-]{0,79}"
"""What batch systems call a submission: ``4815162``, ``q:4815162``, ``8[].server``. Never an option of a command."""
Timestamp = Annotated[float, Field(ge=0, lt=1e11)]
"""Seconds since the epoch, within the years that a calendar knows."""
_MAX_TASKS = 1_000_000
_MAX_PROCESSES = 256


def _indices(value: Any) -> Any:
    # An older version wrote a list of numbers.
    return read_ranges(value) if isinstance(value, str) else value


Index = Annotated[int, Field(ge=0, lt=_MAX_TASKS)]
Indices = Annotated[tuple[Index, ...], BeforeValidator(_indices), PlainSerializer(write_ranges)]
"""Written as ranges: a cluster that lasts has many."""


class Submission(BaseModel):
    """One call of the batch system's submit command: a single job, or a job array.

    Attributes:
        role: what its jobs run.
        name: job name, unique to this submission.
        tasks: size of the array; None for a single job.
        processes: workers that one of its jobs runs.
        first: index of its first job among all worker jobs of the cluster.
        submitted_at: when the batch system was last asked, seconds since the epoch; None before.
        id: the batch system's id; empty while its answer is not known.
        own_id: the same as its jobs know it (`BatchSystem.own_id`): in the names of its workers.
        attempts: how often it was submitted.
        finished: none of its jobs is pending or running any more.
        released: indices of jobs that are to end because fewer workers are wanted.
        replaced: indices of jobs that others replace because they reach their time limit.
    """

    model_config = ConfigDict(frozen=True)

    role: Role
    name: Annotated[str, Field(pattern=r"^dask-[A-Za-z0-9_-]{1,40}\.[0-9a-f]{10}\.(s|w[0-9]+)$")]
    tasks: Annotated[int, Field(ge=1, le=_MAX_TASKS)] | None = None
    processes: Annotated[int, Field(ge=1, le=_MAX_PROCESSES)] = 1
    first: Annotated[int, Field(ge=0)] = 0
    submitted_at: Timestamp | None = None
    id: Annotated[str, Field(pattern=f"^({_JOB_ID})?$")] = ""
    own_id: Annotated[str, Field(pattern=f"^({_JOB_ID})?$")] = ""
    attempts: int = 0
    finished: bool = False
    released: Indices = ()
    replaced: Indices = ()

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
        """The role of its jobs as the API, log file names and scripts have it."""
        return "scheduler" if self.runs_scheduler else "worker"

    @property
    def fully_released(self) -> bool:
        """Whether it is finished, and each of its jobs was released or replaced."""
        return self.finished and len({*self.released, *self.replaced}) == self.tasks


class Record(BaseModel):
    """One cluster, as it is kept.

    Attributes:
        owner: identity of the notebook server that acts on it.
        workspace: the folder that its jobs run in, absolute.
        desired: whether it should run; once ``stopped``, always ``stopped``.
        state: the last that was known.
        reason: why it ends, or what it waits for; empty for none.
        failed: it ends, or ended, for a reason that nobody asked for.
        ready: all workers that could connect have connected, once.
        wanted: how many workers it is to have; None for as many as the request says.
        worker_memory: bytes of its job's memory that a worker may use; None where an earlier version launched it.
        replace_workers: workers are replaced before their time limit, until the user stops the cluster.
        scale_up_refused: why additional workers were refused; empty where they were not.
        scale_up_refused_at: when.
        created, closed, cancelled: seconds since the epoch; the last time its jobs were cancelled.
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
    reason: str = ""
    failed: bool = False
    ready: bool = False
    wanted: Annotated[int, Field(ge=0, le=_MAX_TASKS)] | None = None
    worker_memory: Annotated[int, Field(gt=0)] | None = None
    replace_workers: bool = False
    scale_up_refused: str = ""
    scale_up_refused_at: Timestamp | None = None
    closed: Timestamp | None = None
    cancelled: Timestamp | None = None

    @model_validator(mode="before")
    @classmethod
    def _of_any_version(cls, value: Any) -> Any:
        return from_version_1(value) if isinstance(value, dict) and value.get("version") == 1 else value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if [submission.role for submission in self.submissions] != ["scheduler"] + ["workers"] * len(self.arrays):
            raise ValueError("its submissions have to be one scheduler and then workers")
        if any(submission.name.split(".")[1] != self.id for submission in self.submissions):
            raise ValueError("a submission carries the id of another cluster")
        asked_for = sum(submission.tasks or 0 for submission in self.arrays)
        if self.wanted is None and asked_for != self.request.workers.jobs:
            raise ValueError("its submissions are not all of its workers")
        return self

    @property
    def live(self) -> bool:
        """True until nothing of it is left in the batch system."""
        return self.state not in ("closed", "failed")

    @property
    def unsubmitted(self) -> bool:
        """True for a cluster that should run, of which nothing was ever submitted."""
        never = not any(submission.attempts for submission in self.submissions)
        return self.live and self.desired == "running" and never

    @property
    def wanted_workers(self) -> int:
        """How many workers it is to have now."""
        return self.request.workers.jobs if self.wanted is None else self.wanted

    @property
    def scheduler(self) -> Submission:
        """The scheduler's submission."""
        return self.submissions[0]

    @property
    def arrays(self) -> tuple[Submission, ...]:
        """The workers' submissions."""
        return self.submissions[1:]


_RENAMED = {
    "submits": "submissions",
    "ill": "failed",
    "keep_workers": "replace_workers",
    "denied": "scale_up_refused",
    "denied_at": "scale_up_refused_at",
}
_RENAMED_OF_A_SUBMISSION = {
    "asked": "submitted_at",
    "tries": "attempts",
    "over": "finished",
    "dismissed": "released",
    "relieved": "replaced",
}
_ROLES = {"scheduler": "scheduler", "worker": "workers"}
_DESIRED = {"run": "running", "stop": "stopped"}


def from_version_1(value: dict[str, Any]) -> dict[str, Any]:
    """A record of version 1 in the names of this one. What does not fit is left for validation to find."""
    record = _renamed(value, _RENAMED) | {"version": VERSION}
    if "wish" in record:
        record["desired"] = _translated(record.pop("wish"), _DESIRED)
    submissions = record.get("submissions")
    if isinstance(submissions, list):
        record["submissions"] = [
            _submission_from_version_1(one) if isinstance(one, dict) else one for one in submissions
        ]
    return record


def _submission_from_version_1(value: dict[str, Any]) -> dict[str, Any]:
    submission = _renamed(value, _RENAMED_OF_A_SUBMISSION)
    return submission | {"role": _translated(submission.get("role"), _ROLES)}


def _renamed(value: dict[str, Any], names: dict[str, str]) -> dict[str, Any]:
    return {names.get(key, key): item for key, item in value.items()}


def _translated(value: Any, words: dict[str, str]) -> Any:
    return words.get(value, value) if isinstance(value, str) else value


def is_job_id(text: str) -> bool:
    """Whether this can be the batch system's id of a submission; what a job wrote is checked like what is read."""
    return bool(re.fullmatch(_JOB_ID, text, re.A))


def with_submission(record: Record, number: int, **changes: object) -> Record:
    """The record with one of its submissions changed."""
    submissions = list(record.submissions)
    submissions[number] = submissions[number].model_copy(update=changes)
    return record.model_copy(update={"submissions": tuple(submissions)})


def plan(cluster_id: str, request: Request, largest_array: int) -> tuple[Submission, ...]:
    """The submissions of a new cluster: its scheduler, and as few arrays as the batch system allows."""
    submissions = [Submission(role="scheduler", name=f"dask-{request.name}.{cluster_id}.s")]
    first = 0
    while first < request.workers.jobs:
        tasks = min(largest_array, request.workers.jobs - first)
        name = f"dask-{request.name}.{cluster_id}.w{len(submissions) - 1}"
        submissions.append(Submission(role="workers", name=name, tasks=tasks, first=first))
        first += tasks
    return tuple(submissions)
