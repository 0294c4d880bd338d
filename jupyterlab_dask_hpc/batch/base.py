"""What every batch system offers: submit, snapshot, cancel, find out.

A batch system knows jobs, never clusters. Everything above this file speaks in
the words below and cannot tell Slurm from a laptop's own processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Annotated, Protocol

from pydantic import BaseModel, ConfigDict, Field

LETTERS = r"[^\x00-\x1f\x7f]*"
"""What one line may hold, as a regular expression."""
Line = Annotated[str, Field(pattern=f"^{LETTERS}$")]


class JobState(str, Enum):
    """Where a job stands, in the few words that every batch system shares."""

    PENDING = "pending"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"
    FAILED = "failed"

    @property
    def live(self) -> bool:
        """True while the job waits or has processes."""
        return self in (JobState.PENDING, JobState.RUNNING, JobState.ENDING)


class Outcome(str, Enum):
    """How a job ended, in one enumeration that all batch systems share."""

    COMPLETED = "completed"
    FAILED = "failed"
    OUT_OF_MEMORY = "out_of_memory"
    TIME_LIMIT = "time_limit"
    CANCELLED = "cancelled"
    NODE_FAILED = "node_failed"
    PREEMPTED = "preempted"
    LAUNCH_FAILED = "launch_failed"
    UNKNOWN = "unknown"
    """The batch system does not know the job any more, or cannot tell."""


class Cause(str, Enum):
    """What an adapter knows beyond the outcome."""

    LOG_UNWRITABLE = "log_unwritable"
    """The node could not open the job's log."""
    NOT_ACCEPTED = "not_accepted"
    """The submission was refused, and the batch system shows a failed job of it all the same."""
    NODE_NOT_STARTED = "node_not_started"
    DEADLINE = "deadline"
    """A deadline that the site sets, not the job's time limit."""


@dataclass(frozen=True)
class Wait:
    """Why a job waits, as all batch systems share it.

    Attributes:
        code: of the catalogue of messages, ``wait.priority``.
        group: the batch system's reason without what differs from job to job.
        never: it does not start until the request, the account or the site is changed.
        params: names of the text's parameters, each with a code.
    """

    code: str
    group: str
    never: bool = False
    params: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class JobRef:
    """What identifies a job above this room. How commands write it, its adapter alone knows.

    Attributes:
        submission: what `BatchSystem.submit` returned, an opaque text.
        index: index in the job array, from 0; None for a single job, or for a whole submission.
    """

    submission: str
    index: int | None = None


@dataclass(frozen=True)
class Job:
    """One job, or one task of a job array, as the batch system shows it.

    Attributes:
        submission, index: as in `JobRef`.
        name: the job name it was submitted with.
        state: one of five.
        native_state: the batch system's own name of the state, ``OUT_OF_MEMORY``. For display only.
        reason: its own reason, ``Priority``, for display only; empty when it gives none.
        node: where it runs or ran; empty before.
        elapsed: seconds it has run.
        start: seconds since the epoch of its start, expected while it waits.
        end: seconds since the epoch at which its time limit ends it.
        outcome: how it ended; None until then.
        exit_code: of its script; None while unknown, or when a signal ended it.
        signal: number of the signal that ended it; None for none.
        cause: what is known beyond the outcome.
        wait: why it waits; None where it does not, or nobody knows.
    """

    submission: str
    index: int | None
    name: str
    state: JobState
    native_state: str
    reason: str = ""
    node: str = ""
    elapsed: int = 0
    start: float | None = None
    end: float | None = None
    outcome: Outcome | None = None
    exit_code: int | None = None
    signal: int | None = None
    cause: Cause | None = None
    wait: Wait | None = None

    @property
    def ref(self) -> JobRef:
        """What identifies it."""
        return JobRef(self.submission, self.index)

    @property
    def unexplained(self) -> bool:
        """Whether it has failed and neither exit nor cause is known."""
        return self.outcome is Outcome.FAILED and (self.exit_code, self.signal, self.cause) == (None, None, None)


@dataclass(frozen=True)
class Snapshot:
    """All of this user's jobs at one moment.

    Attributes:
        at: seconds since the epoch of the moment that the data is of: some sites answer from a file that is minutes
            old. How that is told is the adapter's business; at the latest when it was asked for.
        jobs: every job shown. A job that is missing is unknown, not dead.
    """

    at: float
    jobs: tuple[Job, ...]


class BatchOptions(BaseModel):
    """An adapter's own options, which a profile fixes for one role; a subclass has a field for each.

    A profile's file holds them beside what all batch systems share.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    def summary(self) -> list[str]:
        """What they fix, in a few words each: ``partition dask``."""
        return []


@dataclass(frozen=True)
class ProfileUse:
    """Where a profile uses a batch system: ``Profile slurm: workers``, its options, its jobs' variables."""

    where: str
    options: BatchOptions
    variables: Mapping[str, str]


@dataclass(frozen=True)
class BatchSetup:
    """What an adapter is made from.

    Attributes:
        folder: where this extension keeps its state, on a file system that the nodes share.
        command_timeout: seconds that a command of the batch system may take.
        uses: all uses by profiles.
    """

    folder: Path
    command_timeout: float
    uses: Sequence[ProfileUse] = ()


@dataclass(frozen=True)
class Capabilities:
    """What a batch system can do, where that differs.

    Attributes:
        arrays: whether it has job arrays; without, one submission is one job.
        smallest_array: the smallest array that it takes.
        array_at_once: how many jobs of an array may run at once; None for all.
        starts_at_once: nothing waits in a queue: a start needs no estimate.
        nodes_are_here: jobs run on the machine of the notebook server.
        restarts_told: a job knows how often it was requeued, by `BatchSystem.restart_variable`.
        lookup_after_end: jobs that have left the queue can still be looked up.
        jobs_may_cancel: a job may cancel others, by `BatchSystem.cancel_commands`.
    """

    arrays: bool = True
    smallest_array: int = 1
    array_at_once: int | None = None
    starts_at_once: bool = False
    nodes_are_here: bool = False
    restarts_told: bool = True
    lookup_after_end: bool = True
    jobs_may_cancel: bool = True


@dataclass(frozen=True)
class JobOptions:
    """What is asked of the batch system for one submit; no text from users but `name` and `log`.

    Attributes:
        name: job name; carries the cluster's id, so that a lost submit can be found.
        log: log file below the workspace, with `BatchSystem.job_pattern` or
            `task_pattern` where the ids go.
        memory: bytes a task.
        cpus: CPUs a task.
        time: walltime in seconds.
        tasks: size of the job array, its indices 0 to tasks - 1; None for a single job.
        requeue: whether the batch system may start it again by itself, when its node fails or another job takes
            its place.
        native: the batch system's own.
    """

    name: str
    log: str
    memory: int
    cpus: int
    time: int
    tasks: int | None = None
    requeue: bool = True
    native: BatchOptions = field(default_factory=BatchOptions)


class BatchError(Exception):
    """The batch system did not do what was asked; the message holds its own words."""


class BatchRefused(BatchError):
    """It answered no: nothing was done."""


class BatchSilent(BatchError):
    """It gave no usable answer: what was asked may have been done all the same."""


class BatchSystem(Protocol):
    """One batch system, seen by one user.

    Attributes:
        name: ``slurm``, ``local``: the word used in profiles.
        title: how people call it: ``Slurm``, ``this computer``.
        capabilities: what it can do.
        options: the model of its own options.
        job_variable: name of the environment variable that holds the submission's id inside a job.
        task_variable: the same for the index in the array.
        restart_variable: the same for the number of times a job was requeued.
        job_pattern: what stands for `own_id` of a single job in a log's name.
        task_pattern: what stands for `own_id` of an array's task in a log's name.
    """

    name: str
    title: str
    capabilities: Capabilities
    options: type[BatchOptions]
    job_variable: str
    task_variable: str
    restart_variable: str
    job_pattern: str
    task_pattern: str

    @classmethod
    def create(cls, setup: BatchSetup) -> BatchSystem:
        """The adapter of a notebook server. Raises ValueError with what is wrong in a profile."""
        ...

    @classmethod
    def installed(cls) -> bool:
        """Whether it seems to be there: where nobody has said what is offered, its profile is."""
        ...

    def header(self, options: JobOptions) -> list[str]:
        """The lines that stand at the top of a job script, after its first line. Pure."""
        ...

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Submit a whole script (header included), to run in `workspace` with exactly `environment`.

        Returns the submission's id (`JobRef.submission`).
        Raises BatchRefused or BatchSilent.
        """
        ...

    def job_id(self, job: JobRef) -> str:
        """A job's id as its users write it, ``q:4815162_5``; for display and as a key of the API. Pure."""
        ...

    def own_id(self, job: JobRef) -> str:
        """A job's id as the job itself knows it, ``4815162_5``, and as the name of its log holds it.

        Of a whole array, what all names of its workers begin with. Pure.
        """
        ...

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        """This user's jobs, by one call. Raises BatchSilent or BatchRefused.

        Args:
            known: job names of the submissions that are asked about, each with its id, empty while that is not
                known. Jobs of these names carry these ids. Others may be shown or not.
        """
        ...

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        """Look up jobs that a snapshot no longer shows, by whole submissions.

        Single jobs of an array named besides are those that have to be found: others of their array may be known
        where these are forgotten. What stays unknown is left out. Raises BatchSilent.
        """
        ...

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        """Cancel whole submissions or single jobs of arrays; unknown ones are no error.

        One call for all. Raises BatchRefused or BatchSilent.
        """
        ...

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """Commands, as lists of words, by which a job can itself cancel submits when no server is left to do so.

        Args:
            ids: submissions that wait or run.
            names: job names of submissions whose answer is not known.

        Empty where no job waits for its start. Pure.
        """
        ...

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """When this would start, in seconds since the epoch; None when it cannot be told."""
        ...

    async def largest_array(self) -> int:
        """The largest number of tasks in one job array. Raises BatchSilent."""
        ...
