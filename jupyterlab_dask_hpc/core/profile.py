"""What a site offers under one name: batch system, limits, defaults, fixed options, environment.

A profile is a JSON file; `docs/administrators.md` describes every key. The limits are
defined only there: requests are checked against them, and the form, the zod schema
and the Python API are built from `Profile.schema_of_request`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, create_model, model_validator
from typing_extensions import Self

from dask_hpc.messages import Message

from ..batch.base import BatchOptions, Line
from .units import parse_memory, parse_time, write_memory, write_time

Memory = Annotated[int, BeforeValidator(parse_memory)]
Time = Annotated[int, BeforeValidator(parse_time)]
Name = Annotated[Line, Field(min_length=1)]

NAME_PATTERN = r"^[A-Za-z0-9_-]{1,40}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Range(_Strict):
    """Three numbers in this order: minimum, default, maximum."""

    default: int
    maximum: int
    minimum: int

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if not self.minimum <= self.default <= self.maximum:
            raise ValueError("minimum, default and maximum must be in this order")
        return self


class Count(_Range):
    """A whole number that users may choose."""

    default: int
    maximum: int
    minimum: int = 1


class MemoryRange(_Range):
    """An amount of memory that users may choose, in bytes.

    The default minimum is what a Python process with distributed loaded needs.
    """

    default: Memory
    maximum: Memory
    minimum: Memory = 256 * 2**20


class TimeRange(_Range):
    """A duration that users may choose, in seconds."""

    default: Time
    maximum: Time
    minimum: Time = 60


class IdleRange(_Strict):
    """The idle time-out; its maximum is the scheduler's time limit."""

    default: Time
    minimum: Time = 60


class WorkerOffer(BatchOptions):
    """The limits, the defaults and the fixed options of workers.

    Attributes:
        worker_args: additional arguments of ``dask worker``, one word per item.
    """

    jobs: Count
    memory: MemoryRange
    cpus: Count
    time: TimeRange
    nanny: bool = True
    worker_args: tuple[Line, ...] = ()


class SchedulerOffer(BatchOptions):
    """The limits, the defaults and the fixed options of the scheduler.

    Attributes:
        scheduler_args: additional arguments of ``dask scheduler``, one word per item.
    """

    memory: MemoryRange
    time: TimeRange
    cpus: int = 1
    scheduler_args: tuple[Line, ...] = ()


class JobEnvironment(_Strict):
    """The environment variables of jobs: `keep` are passed on from the server, `set` are set."""

    keep: tuple[Line, ...] = ()
    set: dict[str, Line] = Field(default_factory=dict)


class Access(_Strict):
    """Who may launch under a profile: members of one of `groups`, and `users`.

    Attributes:
        ask: whom to ask for access: a name, an address, a link.
    """

    groups: tuple[Name, ...] = ()
    users: tuple[Name, ...] = ()
    ask: Line = ""

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not self.groups and not self.users:
            raise ValueError("it names neither groups nor users; leave it out for everybody")
        return self


class Profile(_Strict):
    """One profile of a site.

    Attributes:
        name: the name that requests use.
        title: the title that the form shows.
        batch: name of a batch system (`batch.registry`).
        workers, scheduler: limits, and options of that batch system; see `profile_model`.
        python: Python of the jobs if the user names no environment; empty for the notebook server's own.
        setup: shell lines that run before Python in every job, ``module load ...``.
        login_shell: whether jobs run in a login shell, where `module` is defined.
        shared_paths: folders that the nodes share; if none is given, only folders known to be
            local to one machine (``/tmp``, tmpfs, ...) are refused as workspaces.
        access: who may launch clusters under it; None for everybody.
    """

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    title: Line = ""
    batch: Annotated[str, Field(pattern=NAME_PATTERN)]
    workers: WorkerOffer
    scheduler: SchedulerOffer
    idle_timeout: IdleRange
    wait_for_running_percent: Count = Count(default=0, minimum=0, maximum=100)
    python: Line = ""
    setup: tuple[Line, ...] = ()
    login_shell: bool = False
    environment: JobEnvironment = JobEnvironment()
    shared_paths: tuple[Line, ...] = ()
    access: Access | None = None

    def schema_of_request(self) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of a request under this profile; see `docs/contract.md`, "Profile"."""
        workers, scheduler = self.workers, self.scheduler
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": False,
            "required": ["profile"],
            "properties": {
                "name": _text(Message("field.name"), Message("field.name.help"), pattern=NAME_PATTERN, maxLength=40),
                "profile": {"const": self.name},
                "workspace": _text(Message("field.workspace"), Message("field.workspace.help")),
                "workers": _group(
                    jobs=_count(workers.jobs, Message("field.worker-jobs"), Message("field.worker-jobs.help")),
                    memory=_range(
                        workers.memory, Message("field.worker-memory"), Message("field.worker-memory.help"), "bytes"
                    ),
                    cpus=_count(workers.cpus, Message("field.worker-cpus"), Message("field.worker-cpus.help")),
                    time=_range(
                        workers.time, Message("field.worker-time"), Message("field.worker-time.help"), "seconds"
                    ),
                ),
                "scheduler": _group(
                    memory=_range(
                        scheduler.memory,
                        Message("field.scheduler-memory"),
                        Message("field.scheduler-memory.help"),
                        "bytes",
                    ),
                    time=_range(
                        scheduler.time, Message("field.scheduler-time"), Message("field.scheduler-time.help"), "seconds"
                    ),
                ),
                "idle_timeout": {
                    **_texts(Message("field.idle-timeout"), Message("field.idle-timeout.help")),
                    "type": ["string", "integer"],
                    "unit": "seconds",
                    "default": write_time(self.idle_timeout.default),
                    "minimum": self.idle_timeout.minimum,
                    "maximum": scheduler.time.maximum,
                    "maximum_text": "scheduler time",
                    "maximum_field": "scheduler.time",
                },
                "wait_for_running_percent": {
                    **_count(
                        self.wait_for_running_percent,
                        Message("field.wait-for-running"),
                        Message("field.wait-for-running.help"),
                    ),
                    "unit": "%",
                },
                "python_environment": _text(
                    Message("field.python-environment"),
                    Message("field.python-environment.help"),
                    maxLength=4096,
                ),
            },
        }

    def summary(self, batch_title: str) -> str:
        """The fixed options in short: ``Slurm, partition dask, account atlas``."""
        return ", ".join([batch_title[:1].upper() + batch_title[1:], *self.workers.summary()])


def profile_of(content: Any, options: Mapping[str, type[BatchOptions]], fill: Callable[[str], str]) -> Profile:
    """The profile from the content of a file, with `fill` applied to every string.

    Args:
        options: for each batch system, the model of its options.
    Raises ValueError with the field and what is wrong with it.
    """
    content = _filled(content, fill)
    batch = content.get("batch") if isinstance(content, dict) else None
    model = options.get(batch) if isinstance(batch, str) else None
    if isinstance(batch, str) and model is None:
        raise ValueError(f"batch: there is no batch system {batch!r}; known are {', '.join(sorted(options))}")
    try:
        return profile_model(model or BatchOptions).model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"{where}: {first['msg']}") from error


@cache
def profile_model(options: type[BatchOptions]) -> type[Profile]:
    """`Profile` for one batch system, whose options are additional fields of `workers` and `scheduler`."""
    own = () if options is BatchOptions else (options,)
    workers = create_model("WorkerOffer", __base__=(WorkerOffer, *own))
    scheduler = create_model("SchedulerOffer", __base__=(SchedulerOffer, *own))
    return create_model("Profile", __base__=Profile, workers=(workers, ...), scheduler=(scheduler, ...))


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_filled(item, fill) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, fill) for key, item in value.items()}
    return value


def _group(**fields: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": fields}


def _texts(title: Message, description: Message) -> dict[str, Any]:
    """Title and description in English for the JSON Schema, and as messages for translation."""
    return {
        "title": str(title),
        "description": str(description),
        "messages": {"title": title.as_json(), "description": description.as_json()},
    }


def _text(title: Message, description: Message, **more: Any) -> dict[str, Any]:
    return {**_texts(title, description), "type": "string", "default": "", **more}


def _count(value: Count, title: Message, description: Message) -> dict[str, Any]:
    return {
        **_texts(title, description),
        "type": "integer",
        "default": value.default,
        "minimum": value.minimum,
        "maximum": value.maximum,
    }


def _range(value: MemoryRange | TimeRange, title: Message, description: Message, unit: str) -> dict[str, Any]:
    write = write_memory if unit == "bytes" else write_time
    return {
        **_texts(title, description),
        "type": ["string", "integer"],
        "unit": unit,
        "default": write(value.default),
        "minimum": value.minimum,
        "maximum": value.maximum,
        "maximum_text": write(value.maximum),
    }
