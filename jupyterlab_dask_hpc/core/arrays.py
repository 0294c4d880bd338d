"""How jobs are divided into submissions, by what the batch system can. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ..batch.base import Capabilities


class ArrayLimits(NamedTuple):
    """Sizes of job arrays that a batch system accepts.

    Attributes:
        largest: the maximum number of jobs; 0 if there are no arrays.
        smallest: the minimum.
    """

    largest: int
    smallest: int = 1


def array_limits(capabilities: Capabilities, largest: int) -> ArrayLimits:
    """The limits of a batch system, whose arrays have at most `largest` jobs.

    All workers of a cluster have to run at the same time, so that no array is larger than the jobs of it that may.
    """
    if not capabilities.arrays:
        return ArrayLimits(0)
    return ArrayLimits(max(1, min(largest, capabilities.array_at_once or largest)), capabilities.smallest_array)


def split(jobs: int, limits: ArrayLimits) -> Iterator[int | None]:
    """The size of each array for `jobs` jobs, in as few submissions as possible; None for a single job."""
    while jobs > 0:
        size = min(jobs, limits.largest)
        as_array = size >= max(1, limits.smallest)
        yield size if as_array else None
        jobs -= size if as_array else 1
