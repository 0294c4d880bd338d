"""What a site offers for one value of a request: its limits and its default, or the words to choose from."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BeforeValidator, Field, GetJsonSchemaHandler, WithJsonSchema, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import Self

from dask_hpc.messages import Message

from ..batch.base import Keys, WrongValue
from .profile_values import profile_memory, profile_time
from .units import write_memory, write_time

MEMORY_PATTERN = r"^\s*\d+(\.\d+)?\s*[KMGTkmgt]([iI]?[bB])?\s*$"
TIME_PATTERN = (
    r"^\s*(\d+-\d+:\d\d?(:\d\d?)?|\d+:\d\d?:\d\d?"
    r"|(?=\d)(\d+\s*[dD])?\s*(\d+\s*[hH])?\s*(\d+\s*[mM]([iI][nN])?)?\s*(\d+\s*[sS])?)\s*$"
)
Memory = Annotated[
    int,
    BeforeValidator(profile_memory),
    WithJsonSchema(
        {"anyOf": [{"type": "string", "pattern": MEMORY_PATTERN}, {"type": "integer"}], "x-written": "memory"}
    ),
]
Time = Annotated[
    int,
    BeforeValidator(profile_time),
    WithJsonSchema({"type": "string", "pattern": TIME_PATTERN, "x-written": "time"}),
]
Word = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]{1,40}$")]


class _Range(Keys):
    """Three numbers in this order: minimum, default, maximum."""

    default: int
    """The value unless users choose another."""
    maximum: int
    """The largest that they may choose."""
    minimum: int
    """The smallest that they may choose."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        check_order(self.minimum, self.default, self.maximum, self.write)
        return self

    @property
    def offered(self) -> bool:
        """Whether it is a field."""
        return True

    @staticmethod
    def write(value: int) -> str:
        """A value as people write it."""
        return str(value)


def check_order(minimum: int, default: int, maximum: int, write: Callable[[int], str]) -> None:
    """Raise WrongValue unless the three are in this order."""
    if minimum > maximum:
        raise WrongValue(
            Message("profile.minimum-over-maximum", minimum=write(minimum), maximum=write(maximum)), "maximum"
        )
    if default > maximum:
        raise WrongValue(
            Message("profile.default-over-maximum", default=write(default), maximum=write(maximum)), "default"
        )
    if default < minimum:
        raise WrongValue(
            Message("profile.default-under-minimum", default=write(default), minimum=write(minimum)), "default"
        )


class Count(_Range):
    """A whole number that users may choose."""

    default: Annotated[int, Field(ge=1)]
    maximum: int
    minimum: Annotated[int, Field(ge=0)] = 1

    def limits(self) -> dict[str, Any]:
        """The limits and the default in a JSON Schema."""
        return {"type": "integer", "default": self.default, "minimum": self.minimum, "maximum": self.maximum}


class CountFromZero(Count):
    """A whole number that users may choose, and that may be 0."""

    default: Annotated[int, Field(ge=0)]
    minimum: Annotated[int, Field(ge=0)] = 0


class OptionalCount(CountFromZero):
    """A whole number that users may choose only where the site sets a maximum."""

    default: Annotated[int, Field(ge=0)] = 0
    maximum: int = 0

    @property
    def offered(self) -> bool:
        """Whether the site has set a maximum."""
        return self.maximum > 0


class WordChoice(Keys):
    """One of some words, a list in the file, of which the first is the default; no field if there are none."""

    choices: tuple[Word, ...] = ()
    """The words."""

    @model_validator(mode="before")
    @classmethod
    def _from_list(cls, value: Any) -> Any:
        return {"choices": value} if isinstance(value, list) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A list stands for the choices."""
        choices = handler.resolve_ref_schema(handler(core))["properties"]["choices"]
        return {"type": "array", "items": choices["items"]}

    @property
    def offered(self) -> bool:
        """Whether there are words to choose from."""
        return bool(self.choices)

    def limits(self) -> dict[str, Any]:
        """The choices and the default in a JSON Schema."""
        texts = {choice: Message("text", text=choice).as_json() for choice in self.choices}
        return {"type": "string", "enum": list(self.choices), "default": self.choices[0], "choices": texts}


LEAST_MEMORY = 256 * 2**20
"""Bytes that a Python process with distributed loaded needs."""


class MemoryRange(_Range):
    """An amount of memory that users may choose, in bytes."""

    default: Memory
    """The amount unless users choose another."""
    maximum: Memory
    """The largest that they may choose."""
    minimum: Memory = LEAST_MEMORY
    """The smallest that they may choose."""

    @staticmethod
    def write(value: int) -> str:
        """``3G``."""
        return write_memory(value)

    def limits(self) -> dict[str, Any]:
        """The limits and the default in a JSON Schema."""
        return _quantity(self, "bytes", write_memory)


class WorkerMemoryRange(MemoryRange):
    """The memory of a job, which a site may limit for each of its CPUs."""

    maximum_per_cpu: Memory | None = None
    """The largest memory of each CPU: with 4 CPUs users may choose at most four times this. By default, the number of
    CPUs does not limit it."""

    def of_cpus(self, cpus: int) -> int | None:
        """The largest memory of these CPUs, in bytes; None if their number does not limit it."""
        return None if self.maximum_per_cpu is None else self.maximum_per_cpu * cpus

    def limits(self) -> dict[str, Any]:
        """The limits and the default in a JSON Schema."""
        if self.maximum_per_cpu is None:
            return super().limits()
        note = Message("field.worker-memory.per-cpu", per_cpu=self.maximum_per_cpu)
        return {**super().limits(), "maximum_per_cpu": self.maximum_per_cpu, "maximum_note": note.as_json()}


class TimeRange(_Range):
    """A duration that users may choose, in seconds."""

    default: Time
    maximum: Time
    minimum: Time = 60

    @staticmethod
    def write(value: int) -> str:
        """``02:00:00``."""
        return write_time(value)

    def limits(self) -> dict[str, Any]:
        """The limits and the default in a JSON Schema."""
        return _quantity(self, "seconds", write_time)


def _quantity(value: MemoryRange | TimeRange, unit: str, write: Callable[[int], str]) -> dict[str, Any]:
    return {
        "type": ["string", "integer"],
        "unit": unit,
        "default": write(value.default),
        "minimum": value.minimum,
        "maximum": value.maximum,
        "maximum_text": write(value.maximum),
    }
