"""Values of a profile that could be misread, each refused with what to write instead. Pure."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator

from dask_hpc.messages import Message

from ..batch.base import Line, WrongValue
from .units import parse_memory, parse_time, write_time

_TWO_NUMBERS = re.compile(r"(\d+):(\d{1,2})", re.ASCII)
_BARE_NUMBER = re.compile(r"\s*\d+\s*")
_LEAST_BYTES = 2**20
"""A smaller number was not meant as bytes."""


def profile_time(value: Any) -> int:
    """Seconds of ``02:00:00``, ``2h``, ``1-00:00:00``. Raises ValueError for anything else.

    A number without a unit would be seconds here and minutes in Slurm; ``01:00`` is a minute in Slurm, and an hour for
    people.
    """
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise WrongValue(Message("profile.time-without-unit", value=str(value)))
    if not isinstance(value, str):
        raise WrongValue(Message("field.time-unreadable"))
    if _BARE_NUMBER.fullmatch(value):
        raise WrongValue(Message("profile.time-without-unit", value=value.strip()))
    if (two := _TWO_NUMBERS.fullmatch(value.strip())) and int(two[2]) < 60:
        first, second = int(two[1]), int(two[2])
        larger, smaller = first * 3600 + second * 60, first * 60 + second
        raise WrongValue(
            Message("profile.time-ambiguous", value=value, larger=write_time(larger), smaller=write_time(smaller))
        )
    return parse_time(value)


def profile_memory(value: Any) -> int:
    """Bytes of ``3G``, ``3072M``, or of a number. Raises ValueError for anything else."""
    if isinstance(value, int) and not isinstance(value, bool) and value < _LEAST_BYTES:
        raise WrongValue(Message("profile.memory-without-unit", value=str(value)))
    if not isinstance(value, (str, int)):
        raise WrongValue(Message("field.memory-unreadable"))
    if isinstance(value, str) and _BARE_NUMBER.fullmatch(value):
        raise WrongValue(Message("profile.memory-without-unit", value=value.strip()))
    return parse_memory(value)


def _variable(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name, re.ASCII):
        raise WrongValue(Message("profile.variable-name", name=name))
    return name


def check_program(path: str) -> None:
    """Refuse what one program cannot be. Whether a path with spaces is one, only the file system knows."""
    if path.endswith("/"):
        raise WrongValue(Message("profile.python-folder", folder=path.rstrip("/") or "/"))
    if path.startswith("~"):
        raise WrongValue(Message("profile.home-folder"))
    if not path.startswith(("/", "{")):  # {image}/bin/python
        if len(path.split()) > 1:
            raise WrongValue(Message("profile.python-command", python=path))
        if "/" in path:
            raise WrongValue(Message("profile.python-relative", python=path))


Variable = Annotated[Line, AfterValidator(_variable)]
"""The name of an environment variable."""
