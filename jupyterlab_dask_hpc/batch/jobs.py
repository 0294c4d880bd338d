"""Jobs as every batch system shows them: states, ends, reasons to wait, and indices in short form. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import NamedTuple

_RANGES = re.compile(r"(?:\d{1,6}(?:-\d{1,6})?(?:,(?=\d)|$))*")


class JobState(str, Enum):
    """State of a job, common to all batch systems."""

    PENDING = "pending"
    RUNNING = "running"
    ENDING = "ending"
    ENDED = "ended"
    FAILED = "failed"

    @cached_property
    def live(self) -> bool:
        """True while the job is pending or has processes."""
        return self in (JobState.PENDING, JobState.RUNNING, JobState.ENDING)


class Outcome(str, Enum):
    """How a job ended, common to all batch systems."""

    COMPLETED = "completed"
    FAILED = "failed"
    OUT_OF_MEMORY = "out_of_memory"
    TIME_LIMIT = "time_limit"
    CANCELLED = "cancelled"
    NODE_FAILED = "node_failed"
    PREEMPTED = "preempted"
    LAUNCH_FAILED = "launch_failed"
    UNKNOWN = "unknown"
    """The batch system no longer knows the job, or does not report how it ended."""


class Cause(str, Enum):
    """A more detailed cause than the outcome, if an adapter knows one."""

    LOG_UNWRITABLE = "log_unwritable"
    """The node could not open the job's log."""
    NOT_ACCEPTED = "not_accepted"
    """The submission was refused, but the batch system shows a failed job of it."""
    NODE_NOT_STARTED = "node_not_started"
    DEADLINE = "deadline"
    """A deadline that the site sets; not the job's time limit."""


@dataclass(frozen=True)
class Wait:
    """Why a job is pending, common to all batch systems.

    Attributes:
        code: a code of the catalogue of messages, ``wait.priority``.
        group: the batch system's reason without the parts that differ between jobs.
        never: whether the job cannot start until the request, the account or the site is changed.
        params: names of the text's parameters, each with a code.
        for_its_array: whether it waits until other jobs of its own array have ended.
    """

    code: str
    group: str
    never: bool = False
    params: tuple[tuple[str, str], ...] = ()
    for_its_array: bool = False


class JobRef(NamedTuple):
    """Identifies a job above this package. Only the adapter knows how commands write it.

    A tuple, since it is the key of every mapping of jobs.

    Attributes:
        submission: the value that `BatchSystem.submit` returned, an opaque text.
        index: index in the job array, from 0; None for a single job, or for a whole submission.
    """

    submission: str
    index: int | None = None  # type: ignore[assignment]  # not tuple.index


@dataclass(frozen=True)
class Job:
    """One job, or one task of a job array, as the batch system shows it.

    Attributes:
        submission, index: as in `JobRef`.
        name: the job name from the submission.
        state: one of the five common states.
        native_state: the batch system's own name of the state, ``OUT_OF_MEMORY``; for display only.
        reason: the batch system's own reason, ``Priority``, for display only; empty if there is none.
        node: the node on which the job runs or ran; empty before.
        elapsed: run time in seconds.
        start: start time in seconds since the epoch; the expected start while the job is pending.
        end: seconds since the epoch at which its time limit ends it.
        outcome: how it ended; None until then.
        exit_code: exit code of its script; None if unknown, or if a signal ended it.
        signal: number of the signal that ended it, or None.
        cause: a more detailed cause, if known.
        wait: why it is pending; None if it is not, or if the reason is unknown.
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

    @cached_property
    def ref(self) -> JobRef:
        """The reference of this job."""
        return JobRef(self.submission, self.index)

    @property
    def unexplained(self) -> bool:
        """Whether it has failed and neither exit code, signal nor cause is known."""
        return self.outcome is Outcome.FAILED and (self.exit_code, self.signal, self.cause) == (None, None, None)


@dataclass(frozen=True)
class Snapshot:
    """All of this user's jobs at one moment.

    Attributes:
        at: time of the data, in seconds since the epoch: the commands of some sites answer from a file that is
            minutes old. The adapter finds out this time; it is never later than the time of the call.
        jobs: all jobs in the answer. The state of a missing job is unknown; the job has not necessarily ended.
    """

    at: float
    jobs: tuple[Job, ...]


def write_ranges(indices: Iterable[int]) -> str:
    """Each index once, in ascending order."""
    runs: list[list[int]] = []
    for index in sorted(set(indices)):
        if runs and index == runs[-1][1] + 1:
            runs[-1][1] = index
        else:
            runs.append([index, index])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def read_ranges(text: str) -> tuple[int, ...]:
    """Read the output of `write_ranges`, for numbers below a million. Raises ValueError."""
    if not _RANGES.fullmatch(text):
        raise ValueError("not a list of task indices")
    ends = (part.partition("-") for part in text.split(",") if part)
    return tuple(index for first, _, last in ends for index in range(int(first), int(last or first) + 1))
