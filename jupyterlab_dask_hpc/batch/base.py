"""The interface of every batch system: submit, snapshot, find, cancel.

A batch system knows jobs, not clusters. Everything above this package uses only the types below, and works in the
same way with Slurm and with local processes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, ClassVar, Protocol

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationInfo, field_validator

from dask_hpc.messages import Message

from .examined import Examined
from .jobs import Job, JobRef, Snapshot
from .resources import Free, OwnValues

LETTERS = r"[^\x00-\x1f\x7f]*"
"""The characters allowed in one line, as a regular expression."""
Line = Annotated[str, Field(pattern=f"^{LETTERS}$")]


class WrongValue(ValueError):
    """A value of a profile that is refused.

    Args:
        message: why, and what to write instead.
        where: the key below the value that was validated.
    """

    def __init__(self, message: Message, *where: str) -> None:
        super().__init__(message, where)
        self.message = message
        self.where = where

    def __str__(self) -> str:
        return str(self.message)


def _one_argument(text: str) -> str:
    """Refuse what was written as for a shell: an option and its value in one item."""
    option, *value = text.split(maxsplit=1)[:2] or [""]
    if text.startswith("#") or text != text.lstrip():
        raise WrongValue(Message("profile.plain-argument", text=text.lstrip("# ").partition(" ")[2] or option))
    if value and option.startswith("-") and "=" not in option:
        raise WrongValue(Message("profile.several-words", option=option, value=value[0]))
    return text


Argument = Annotated[Line, AfterValidator(_one_argument)]
"""One argument of a command."""


class Keys(BaseModel):
    """A part of a profile: no other keys, no changes, and no text where true, false or a whole number belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)

    @field_validator("*", mode="before")
    @classmethod
    def _as_written(cls, value: Any, info: ValidationInfo) -> Any:
        field = cls.model_fields[info.field_name or ""]
        read_otherwise = any(isinstance(one, BeforeValidator) for one in field.metadata)
        if field.annotation is bool and not isinstance(value, bool):
            raise WrongValue(Message("profile.not-boolean"))
        if field.annotation is int and not read_otherwise and type(value) is not int:
            raise WrongValue(Message("profile.not-whole-number"))
        return value


LOG_ID = "{id}"
"""Stands for a job's id in `JobOptions.log`."""


class BatchOptions(Keys):
    """An adapter's own options, which a profile sets for one role; a subclass has a field for each.

    In the profile's file they are next to the options that all batch systems share.

    Attributes:
        texts: for options that users may choose, their titles and descriptions in the form; by default their names.
        separators: what separates several values of an option in one text, by default a comma.
    """

    texts: ClassVar[Mapping[str, tuple[Message, Message]]] = {}
    separators: ClassVar[Mapping[str, str]] = {}

    def summary(self) -> list[Message]:
        """A short description of each option that is set: ``partition dask``."""
        return []

    def launcher_options(self) -> tuple[str, ...]:
        """What is added to `Capabilities.launcher`, one word per item."""
        return ()


@dataclass(frozen=True)
class ProfileUse:
    """Use of a batch system by a profile: ``Profile slurm: workers``, its options, its jobs' variables."""

    where: str
    options: BatchOptions
    variables: Mapping[str, str]


@dataclass(frozen=True)
class BatchSetup:
    """The parameters that create an adapter.

    Attributes:
        folder: the state folder of this extension, on a file system that the nodes share.
        command_timeout: time limit in seconds of a command of the batch system.
        uses: all uses by profiles.
    """

    folder: Path
    command_timeout: float
    uses: Sequence[ProfileUse] = ()


@dataclass(frozen=True)
class Capabilities:
    """Abilities in which batch systems differ.

    Attributes:
        arrays: it has job arrays; otherwise one submission is one job, and `BatchSystem.largest_array` is not called.
        smallest_array: size of the smallest array that it accepts: 1, or 2. What is left is submitted as single jobs.
        array_at_once: how many jobs of an array the batch system itself runs at the same time; None for all. No array
            is larger, since the others would not run beside them.
        array_throttle: an array can be submitted with a number of jobs that run at once (`JobOptions.at_once`).
        starts_at_once: there is no queue, so the start needs no estimate.
        nodes_are_here: jobs run on the machine of the notebook server.
        restarts_known: a job knows how often it was requeued, from `BatchSystem.restart_variable`.
        lookup_after_end: jobs that have left the queue can still be looked up; otherwise `BatchSystem.find` is not
            called, and a job that two snapshots in a row lack has ended with unknown outcome.
        jobs_may_cancel: a job may cancel other jobs, with `BatchSystem.cancel_commands`.
        writes_to_logs: what it writes itself for a job, such as why it killed it, goes to the job's log, since it can
            write ids into names of files; otherwise it goes to `JobOptions.output`.
        launcher: the command that runs another command once on each node of a job, in the job's environment, with
            ``{nodes}`` and ``{cpus}`` in place of numbers; empty if a job has one node only.
        starts_after: a job may be submitted that does not start before another one (`JobOptions.after`).
        gpus: it allocates GPUs (`JobOptions.gpus`), and names those of a job in ``CUDA_VISIBLE_DEVICES``.
        own_values: kinds of values that it knows of a user (`BatchSystem.own_values`): ``accounts``.
        free: it tells what is free (`BatchSystem.free`, which is not called otherwise).
    """

    arrays: bool = True
    smallest_array: int = 1
    array_at_once: int | None = None
    array_throttle: bool = False
    starts_at_once: bool = False
    nodes_are_here: bool = False
    restarts_known: bool = True
    lookup_after_end: bool = True
    jobs_may_cancel: bool = True
    writes_to_logs: bool = False
    launcher: tuple[str, ...] = ()
    starts_after: bool = False
    gpus: bool = False
    own_values: tuple[str, ...] = ()
    free: bool = False


@dataclass(frozen=True)
class JobOptions:
    """The options of one submission. Only `name`, `log` and `output` contain text from users.

    Attributes:
        name: job name; it contains the cluster's id, so that a lost submission can be found.
        log: log of each job, a path below the workspace with `LOG_ID` in place of the job's id: `BatchSystem.own_id`,
            for a task of an array with ``_`` and its index. The script opens it.
        memory: bytes for each task, on each of its nodes.
        cpus: CPUs for each task, on each of its nodes.
        time: time limit in seconds.
        output: file below the workspace for what the batch system writes itself, and what the shell writes before the
            script opens its log. Several submissions may share it. Empty with `Capabilities.writes_to_logs`.
        tasks: size of the job array, its indices 0 to tasks - 1; None for a single job.
        at_once: how many jobs of the array run at the same time; None for all, and always without
            `Capabilities.array_throttle`.
        nodes: number of nodes of each task. If one of several fails, the others continue.
        gpus: GPUs for each task, on each of its nodes; 0 for none, and always without `Capabilities.gpus`.
        gpu_model: their model as the batch system calls it; empty for any.
        requeue: whether the batch system may restart the job by itself when its node fails or the job is preempted.
        native: the batch system's own options.
        after: the submission after whose start it may start, which needs `Capabilities.starts_after`; empty for none.
    """

    name: str
    log: str
    memory: int
    cpus: int
    time: int
    output: str = ""
    tasks: int | None = None
    at_once: int | None = None
    nodes: int = 1
    gpus: int = 0
    gpu_model: str = ""
    requeue: bool = True
    native: BatchOptions = field(default_factory=BatchOptions)
    after: str = ""


class BatchError(Exception):
    """The batch system did not carry out the request; the message contains its own text."""


class BatchRefused(BatchError):
    """It refused the request: nothing was done."""


class BatchSilent(BatchError):
    """It gave no usable answer: the request may nevertheless have been carried out."""


class BatchSystem(Protocol):
    """One batch system, seen by one user.

    Attributes:
        name: ``slurm``, ``local``: the name in profiles.
        title: the name for users: ``Slurm``, ``this computer``.
        capabilities: its abilities.
        options: the model of its own options.
        job_variable: name of the variable that holds the submission's id inside a job: `own_id`, perhaps after the name
            of a cluster and a colon. The header may set it.
        task_variable: the same for the index in the array, from 0.
        restart_variable: the same for the number of times a job was requeued.
    """

    name: str
    title: str
    capabilities: Capabilities
    options: type[BatchOptions]
    job_variable: str
    task_variable: str
    restart_variable: str

    @classmethod
    def create(cls, setup: BatchSetup) -> BatchSystem:
        """The adapter of a notebook server. Raises ValueError with the error in a profile."""
        ...

    @classmethod
    def installed(cls) -> bool:
        """Whether it seems to be installed: if no profiles are configured, its profile is then offered."""
        ...

    def header(self, options: JobOptions) -> list[str]:
        """The header lines of a job script, which follow its first line. Pure."""
        ...

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Submit a whole script (header included), to run in `workspace` with exactly `environment`.

        Returns the submission's id (`JobRef.submission`).
        Raises BatchRefused or BatchSilent.
        """
        ...

    def job_id(self, job: JobRef) -> str:
        """A job's id as users write it, ``q:4815162_5``; for display and as a key in the API. Pure."""
        ...

    def own_id(self, submission: str) -> str:
        """A submission's id as its jobs know it, in the names of their logs and workers: ``4815162``. Pure."""
        ...

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        """This user's jobs, with one call. Raises BatchSilent or BatchRefused.

        Args:
            known: job names of the submissions in question, each with its id, empty while the id is unknown. Jobs of
                these names are returned with these ids. Other jobs may be included or not.
        """
        ...

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        """Look up jobs that are no longer in a snapshot, by whole submissions.

        Array jobs that are named individually have to be found: the batch system may have forgotten them but still
        know others of their array. Jobs that remain unknown are left out. Raises BatchSilent.
        """
        ...

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        """Cancel whole submissions or single jobs of arrays; unknown ones are no error.

        All are cancelled with one call. Raises BatchRefused or BatchSilent.
        """
        ...

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """Commands, as lists of arguments, with which a job can cancel submissions when no server runs any more.

        Args:
            ids: submissions that are pending or running.
            names: job names of submissions whose answer is not known.

        Empty if jobs are never pending. Pure.
        """
        ...

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """Estimated start time of such a job, in seconds since the epoch; None if there is no estimate.

        Raises BatchRefused if it would refuse the job, or BatchSilent.
        """
        ...

    async def own_values(self, kind: str, options: BatchOptions) -> OwnValues:
        """What it knows of this user, of one of `Capabilities.own_values`; not called for others.

        Args:
            options: its own options of the profile for workers.

        Raises BatchRefused or BatchSilent.
        """
        ...

    async def free(self, options: JobOptions) -> Free | None:
        """What is free for such jobs; None if that is unknown.

        Called every 30 s while a form is in sight: it has to keep its answers, and to take few commands.
        """
        ...

    async def largest_array(self) -> int:
        """The largest number of tasks in one job array. Raises BatchSilent."""
        ...

    async def examine(self) -> Sequence[Examined]:
        """Its commands and services, for the doctor: what is there, and what does not answer. Raises nothing."""
        ...

    def refused_keys(self, words: str) -> tuple[str, ...]:
        """Keys of a role's options that a refusal in these words may concern: ``("account",)``. Pure."""
        ...
