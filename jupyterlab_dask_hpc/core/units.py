"""Memory and time as users write them, and as they are displayed."""

from __future__ import annotations

import re

from dask_hpc.units import SIZES, write_memory, write_time

__all__ = ["parse_memory", "parse_time", "write_memory", "write_time"]

_MEMORY = re.compile(r"(\d+(?:\.\d+)?)\s*([KMGT])(?:i?B)?", re.IGNORECASE | re.ASCII)
_CLOCK = re.compile(r"(?:(\d+)-)?(\d+):(\d{1,2})(?::(\d{1,2}))?", re.ASCII)
_WORDS = re.compile(
    r"(?:(\d+)\s*d)?\s*(?:(\d+)\s*h)?\s*(?:(\d+)\s*m(?:in)?)?\s*(?:(\d+)\s*s)?", re.IGNORECASE | re.ASCII
)


def parse_memory(value: str | int) -> int:
    """Bytes of ``3G``, ``3072M``, ``3 GiB`` (1 G is 1024 M, as Slurm counts); a number is bytes.

    Raises ValueError for anything else, a text without a unit included.
    """
    if isinstance(value, bool):
        raise ValueError("Write 3G or 3072M.")
    if isinstance(value, int):
        return value
    match = _MEMORY.fullmatch(value.strip())
    if not match or len(value) > 40:
        raise ValueError("Write 3G or 3072M.")
    return round(float(match[1]) * SIZES[match[2].upper()])


def parse_time(value: str | int) -> int:
    """Seconds of ``02:00:00``, ``90:00`` (minutes, seconds), ``1-00:00:00``, ``1-12:00`` (days-hours:minutes),
    ``2h``, ``1h30m``; a number is seconds.

    Raises ValueError for anything else.
    """
    message = "Write 02:00:00, 2h or 1-00:00:00."
    if isinstance(value, bool):
        raise ValueError(message)
    if isinstance(value, int):
        return value
    text = value.strip()
    if len(text) > 40:
        raise ValueError(message)
    if match := _CLOCK.fullmatch(text):
        days, first, second, third = (int(part) if part else None for part in match.groups())
        if days is not None or third is not None:
            hours, minutes, seconds = first or 0, second or 0, third or 0
        else:
            hours, minutes, seconds = 0, first or 0, second or 0
        if (minutes > 59 and (hours or days)) or seconds > 59:
            raise ValueError(message)
        return (((days or 0) * 24 + hours) * 60 + minutes) * 60 + seconds
    match = _WORDS.fullmatch(text)
    if match and any(match.groups()):
        parts = [int(part or 0) for part in match.groups()]
        return ((parts[0] * 24 + parts[1]) * 60 + parts[2]) * 60 + parts[3]
    raise ValueError(message)
