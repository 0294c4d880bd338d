"""The actions that `reconcile` returns, and the results that it is given. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from dask_hpc.messages import Message

from ..batch.jobs import JobRef


@dataclass(frozen=True)
class SubmitJobs:
    """Submit the submission with this name."""

    submission: str


@dataclass(frozen=True)
class CancelJobs:
    """Cancel these submissions, or single jobs of arrays."""

    jobs: tuple[JobRef, ...]


@dataclass(frozen=True)
class FindJobs:
    """Look up the submissions with these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class FindArrayLimits:
    """Ask the batch system for the largest job array that it accepts."""


@dataclass(frozen=True)
class RetireWorkers:
    """Have the scheduler retire connected workers until `target` are left; repeated as long as it is returned.

    Attributes:
        target: number of workers to leave.
        prefer: names of the workers to retire first.
        only_preferred: whether no other worker may retire.
    """

    target: int
    prefer: tuple[str, ...] = ()
    only_preferred: bool = False


Action = SubmitJobs | CancelJobs | FindJobs | FindArrayLimits | RetireWorkers


@dataclass(frozen=True)
class SubmitResult:
    """The result of `SubmitJobs`; exactly one of `id`, `refused` and `unanswered` is set.

    Attributes:
        submission: name of the submission.
        id: the batch system's id.
        refused: why nothing was submitted.
        unanswered: the error in place of an answer; the jobs may have been submitted nevertheless.
    """

    submission: str
    id: str = ""
    refused: Message | None = None
    unanswered: Message | None = None
