"""Indices of array tasks in short form: ``0-2,7`` for 0, 1, 2 and 7. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable

_RANGES = re.compile(r"(?:\d{1,6}(?:-\d{1,6})?(?:,(?=\d)|$))*")


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
        raise ValueError("these are no indices of tasks")
    ends = (part.partition("-") for part in text.split(",") if part)
    return tuple(index for first, _, last in ends for index in range(int(first), int(last or first) + 1))
