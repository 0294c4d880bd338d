"""How jobs are divided into submissions, by what the batch system can and what the site says. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, NamedTuple

from pydantic import Field

from ..batch.base import Capabilities, Keys

MAX_SINGLE_JOBS = 200
"""Worker jobs of a cluster without arrays. Each is a submission of its own: one after the other, each kept in the
record, which is written at every step (510 kB for 3000), and named one by one when they are cancelled."""


class ArrayRules(Keys):
    """What a site says about job arrays."""

    largest: Annotated[int, Field(ge=0)] | None = None
    """The largest number of jobs in an array. 0 for no arrays: each job is then submitted by itself, and `jobs` has a
    maximum of 200. By default, what the batch system tells."""
    at_once: Annotated[int, Field(ge=1)] | None = None
    """How many jobs of an array run at the same time (Slurm: `%n`). The rest of the array waits until one of them has
    ended. By default all run at once. Workers that are added later are an array of their own."""


NO_RULES = ArrayRules()


class ArrayLimits(NamedTuple):
    """Sizes of job arrays that a batch system accepts.

    Attributes:
        largest: the maximum number of jobs; 0 if there are no arrays.
        smallest: the minimum.
    """

    largest: int
    smallest: int = 1


def array_limits(capabilities: Capabilities, largest: int, rules: ArrayRules = NO_RULES) -> ArrayLimits:
    """The limits of a batch system, whose arrays have at most `largest` jobs, narrowed by the site's `rules`.

    Where the batch system itself runs only some jobs of an array at once, arrays are no larger, so that all workers of
    a cluster run at the same time. Where the site has chosen that number, it is kept: the rest of an array waits.
    """
    if not has_arrays(capabilities, rules):
        return ArrayLimits(0)
    sizes = (largest, capabilities.array_at_once, rules.largest)
    return ArrayLimits(max(1, min(size for size in sizes if size is not None)), capabilities.smallest_array)


def has_arrays(capabilities: Capabilities, rules: ArrayRules) -> bool:
    """Whether jobs are submitted as arrays."""
    return capabilities.arrays and rules.largest != 0


def split(jobs: int, limits: ArrayLimits) -> Iterator[int | None]:
    """The size of each array for `jobs` jobs, in as few submissions as possible; None for a single job."""
    while jobs > 0:
        size = min(jobs, limits.largest)
        as_array = size >= max(1, limits.smallest)
        yield size if as_array else None
        jobs -= size if as_array else 1
