"""Memory and time as people write them (`3G`, `02:00:00`), and whole jobs. Pure; uses only the standard library."""

from __future__ import annotations

import math

SIZES = {"K": 2**10, "M": 2**20, "G": 2**30, "T": 2**40}
"""Bytes of each unit; 1 G is 1024 M, as batch systems count."""


def whole_jobs(workers: int, processes: int) -> int:
    """The number of jobs that so many workers need, if a job has `processes`."""
    return -(-workers // processes)


def workers_within(most: float, processes: int, fixed: int = 0) -> int:
    """The largest number of workers up to `most` that are `fixed` ones and those of whole jobs with `processes`."""
    return fixed + math.floor((most - fixed) / processes) * processes


def write_memory(size: int) -> str:
    """The shortest exact text: ``3G`` for 3 * 2**30; a size that is not a whole number of K is rounded up."""
    for unit in "TGM":
        if size and size % SIZES[unit] == 0:
            return f"{size // SIZES[unit]}{unit}"
    return f"{-(-size // 1024)}K"


def read_memory(text: str) -> int:
    """The number of bytes in a text of `write_memory`."""
    return int(text[:-1]) * SIZES[text[-1]]


def write_time(seconds: int) -> str:
    """``02:00:00``; from a whole day on ``1-00:00:00``."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    clock = f"{hour:02}:{minute:02}:{second:02}"
    return f"{days}-{clock}" if days else clock


def write_duration(seconds: float) -> str:
    """``1 h 48 min``, ``7 min``, ``45 s``, ``2 d 3 h``; at most two units."""
    left = max(0, round(seconds))
    if left < 60:
        return f"{left} s"
    minutes = left // 60
    if minutes < 60:
        return f"{minutes} min"
    (whole, rest), (large, small) = (
        (divmod(minutes, 60), ("h", "min")) if minutes < 24 * 60 else (divmod(minutes // 60, 24), ("d", "h"))
    )
    return f"{whole} {large} {rest} {small}" if rest else f"{whole} {large}"
