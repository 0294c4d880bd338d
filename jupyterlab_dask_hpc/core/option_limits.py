"""Limits that a choice brings: they narrow those of the profile. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from pydantic import Field

from ..batch.base import Keys
from .ranges import Memory, Time
from .units import write_memory, write_time

Whole = Annotated[int, Field(strict=True, ge=0)]


class Limit(Keys):
    """Narrower limits of one value of a request; what is not given stays as in the profile."""

    maximum: int | None = None
    """The largest that users may choose."""
    minimum: int | None = None
    """The smallest that they may choose."""
    default: int | None = None
    """The value unless they choose another."""

    @staticmethod
    def write(value: int) -> int | str:
        """A value as people write it."""
        return value

    def as_json(self) -> dict[str, Any]:
        """As in the schema of a request: numbers in the unit of the field, the default as people write it."""
        limits: dict[str, Any] = {"maximum": self.maximum, "minimum": self.minimum}
        if self.maximum is not None and isinstance(text := self.write(self.maximum), str):
            limits["maximum_text"] = text
        if self.default is not None:
            limits["default"] = self.write(self.default)
        return {key: value for key, value in limits.items() if value is not None}


class CountLimit(Limit):
    """Narrower limits of a whole number."""

    maximum: Whole | None = None
    minimum: Whole | None = None
    default: Whole | None = None


class MemoryLimit(Limit):
    """Narrower limits of an amount of memory."""

    maximum: Memory | None = None
    minimum: Memory | None = None
    default: Memory | None = None

    @staticmethod
    def write(value: int) -> str:
        """``3G``."""
        return write_memory(value)


class TimeLimit(Limit):
    """Narrower limits of a duration."""

    maximum: Time | None = None
    minimum: Time | None = None
    default: Time | None = None

    @staticmethod
    def write(value: int) -> str:
        """``00:30:00``."""
        return write_time(value)


class SchedulerLimits(Keys):
    """Narrower limits of the scheduler."""

    memory: MemoryLimit | None = None
    """Of its memory."""
    time: TimeLimit | None = None
    """Of its time limit."""


class WorkerLimits(Keys):
    """Narrower limits of workers."""

    jobs: CountLimit | None = None
    """Of the number of jobs; the scheduler's own job is not counted."""
    nodes: CountLimit | None = None
    """Of the number of nodes in the layout `one-job`."""
    memory: MemoryLimit | None = None
    """Of the memory of a job or node."""
    cpus: CountLimit | None = None
    """Of the CPUs of a job or node."""
    time: TimeLimit | None = None
    """Of the time limit of a job."""
    gpus: CountLimit | None = None
    """Of the GPUs of a job or node."""
    processes: CountLimit | None = None
    """Of the workers of a job or node."""
    threads: CountLimit | None = None
    """Of the threads of a worker."""


class ChoiceLimits(Keys):
    """What a choice allows of each role."""

    workers: WorkerLimits = Field(default_factory=WorkerLimits)
    """Limits of workers."""
    scheduler: SchedulerLimits = Field(default_factory=SchedulerLimits)
    """Limits of the scheduler."""

    def each(self) -> Iterator[tuple[str, str, Limit]]:
        """Role, field and limit of each that is given."""
        for role in ("workers", "scheduler"):
            part = getattr(self, role)
            for field in type(part).model_fields:
                if (limit := getattr(part, field)) is not None:
                    yield role, field, limit

    def as_json(self) -> dict[str, Any]:
        """``{"workers.time": {"maximum": 1800, ...}}``."""
        return {f"{role}.{field}": limit.as_json() for role, field, limit in self.each()}
