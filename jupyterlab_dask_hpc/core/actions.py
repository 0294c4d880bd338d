"""What `reconcile` wants to be done, and what is reported back to it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from ..batch.base import JobRef


@dataclass(frozen=True)
class SubmitJobs:
    """Submit the submission of this name."""

    submission: str


@dataclass(frozen=True)
class CancelJobs:
    """Cancel these submissions, or jobs of arrays."""

    jobs: tuple[JobRef, ...]


@dataclass(frozen=True)
class FindJobs:
    """Look up the submissions of these ids."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class FindLargestArray:
    """Ask the batch system how large an array may be."""


@dataclass(frozen=True)
class RetireWorkers:
    """Have the scheduler retire connected workers until so many are left; to be repeated as long as it is returned.

    Attributes:
        target: how many stay.
        prefer: names of those that retire before any other.
        only_preferred: no other worker retires.
    """

    target: int
    prefer: tuple[str, ...] = ()
    only_preferred: bool = False


Action = SubmitJobs | CancelJobs | FindJobs | FindLargestArray | RetireWorkers


@dataclass(frozen=True)
class SubmitResult:
    """What came of `SubmitJobs`; one of the three is set.

    Attributes:
        submission: its name.
        id: the batch system's id.
        refused: why nothing was submitted.
        unanswered: what was seen instead of an answer; it may have been submitted all the same.
    """

    submission: str
    id: str = ""
    refused: str = ""
    unanswered: str = ""
