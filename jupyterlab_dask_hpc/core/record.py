"""What is kept on disk about one cluster: enough to take it over after a restart.

What is read is checked like a request at the door: its names and ids reach command lines and scripts.

A record is written before the deed that it tells of, so that whatever was begun is
found again. Its folder is the cluster's own, 0700, on a file system that the nodes share.
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
Role = Literal["scheduler", "worker"]

VERSION = 1
ID = re.compile(r"[0-9a-f]{10}")
_JOB_ID = "([A-Za-z0-9][A-Za-z0-9_.-]{0,39}:)?[0-9]{1,20}"
"""Digits, with the name of the batch system's cluster in front where that is another one."""
Moment = Annotated[float, Field(ge=0, lt=1e11)]
"""Seconds since the epoch, within the years that a calendar knows."""
_MOST_TASKS = 1_000_000


def _indices(value: Any) -> Any:
    # What an older version wrote is a list of them.
    return read_ranges(value) if isinstance(value, str) else value


Index = Annotated[int, Field(ge=0, lt=_MOST_TASKS)]
Indices = Annotated[tuple[Index, ...], BeforeValidator(_indices), PlainSerializer(write_ranges)]
"""Few characters, however many there are: a cluster that lasts has many."""


class Submission(BaseModel):
    """One submit to the batch system: the scheduler's job, or one array of workers.

    Attributes:
        role: whose job it is.
        name: job name, unique to this submit.
        tasks: size of the array; None for the scheduler.
        first: index of its first worker among all workers of the cluster.
        asked: when the batch system was last asked, seconds since the epoch; None before.
        id: the batch system's id (`Job.array`); empty while its answer is not known.
        tries: how often it was asked.
        over: nothing of it waits or runs any more.
        dismissed: indices of tasks that were told to go, because fewer workers are wanted.
        relieved: indices of tasks that others succeed, because their time is up.
    """

    model_config = ConfigDict(frozen=True)

    role: Role
    name: Annotated[str, Field(pattern=r"^dask-[A-Za-z0-9_-]{1,40}\.[0-9a-f]{10}\.(s|w[0-9]+)$")]
    tasks: Annotated[int, Field(ge=1, le=_MOST_TASKS)] | None = None
    first: Annotated[int, Field(ge=0)] = 0
    asked: Moment | None = None
    id: Annotated[str, Field(pattern=f"^({_JOB_ID})?$")] = ""
    tries: int = 0
    over: bool = False
    dismissed: Indices = ()
    relieved: Indices = ()

    @property
    def settled(self) -> bool:
        """Whether it is over, and the end of each of its tasks was meant."""
        return self.over and len({*self.dismissed, *self.relieved}) == self.tasks


class Record(BaseModel):
    """One cluster, as it is kept.

    Attributes:
        owner: identity of the notebook server that acts on it.
        workspace: the folder that its jobs run in, absolute.
        wish: whether it should run; once ``stop``, always ``stop``.
        state: the last that was known.
        reason: why it ends, or what it lacks; empty for none.
        ill: it ended, or ends, otherwise than meant.
        ready: all workers that could come have come, once.
        wanted: how many workers it is to have; None for as many as were asked for at first.
        worker_memory: bytes of its job's memory that a worker may use; None where an earlier version launched it.
        keep_workers: those whose time is up get successors, until the user stops the cluster.
        denied: why further workers were not to be had; empty where they were.
        denied_at: when they were not.
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
    created: Moment
    submits: Annotated[tuple[Submission, ...], Field(min_length=1)]
    wish: Literal["run", "stop"] = "run"
    state: State = "requested"
    reason: str = ""
    ill: bool = False
    ready: bool = False
    wanted: Annotated[int, Field(ge=0, le=_MOST_TASKS)] | None = None
    worker_memory: Annotated[int, Field(gt=0)] | None = None
    keep_workers: bool = False
    denied: str = ""
    denied_at: Moment | None = None
    closed: Moment | None = None
    cancelled: Moment | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if [submit.role for submit in self.submits] != ["scheduler"] + ["worker"] * len(self.arrays):
            raise ValueError("its submits have to be one scheduler and then workers")
        if any(submit.name.split(".")[1] != self.id for submit in self.submits):
            raise ValueError("a submit carries the id of another cluster")
        if self.wanted is None and sum(submit.tasks or 0 for submit in self.arrays) != self.request.workers.jobs:
            raise ValueError("its submits are not all of its workers")
        return self

    @property
    def live(self) -> bool:
        """True until nothing of it is left in the batch system."""
        return self.state not in ("closed", "failed")

    @property
    def unsubmitted(self) -> bool:
        """True for what was to run, and of which the batch system was never asked anything."""
        return self.live and self.wish == "run" and not any(submit.tries for submit in self.submits)

    @property
    def wanted_workers(self) -> int:
        """How many workers it is to have now."""
        return self.request.workers.jobs if self.wanted is None else self.wanted

    @property
    def scheduler(self) -> Submission:
        """The scheduler's submit."""
        return self.submits[0]

    @property
    def arrays(self) -> tuple[Submission, ...]:
        """The workers' submits."""
        return self.submits[1:]


def is_job_id(text: str) -> bool:
    """Whether this can be the batch system's id of a submit; what a job wrote is checked like what is read."""
    return bool(re.fullmatch(_JOB_ID, text, re.A))


def with_submit(record: Record, number: int, **changes: object) -> Record:
    """The record with one of its submits changed."""
    submits = list(record.submits)
    submits[number] = submits[number].model_copy(update=changes)
    return record.model_copy(update={"submits": tuple(submits)})


def plan(cluster_id: str, request: Request, largest_array: int) -> tuple[Submission, ...]:
    """The submits of a new cluster: its scheduler, and as few arrays as the batch system allows."""
    submits = [Submission(role="scheduler", name=f"dask-{request.name}.{cluster_id}.s")]
    first = 0
    while first < request.workers.jobs:
        tasks = min(largest_array, request.workers.jobs - first)
        name = f"dask-{request.name}.{cluster_id}.w{len(submits) - 1}"
        submits.append(Submission(role="worker", name=name, tasks=tasks, first=first))
        first += tasks
    return tuple(submits)
