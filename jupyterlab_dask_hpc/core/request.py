"""The user's request, validated once, on arrival."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import Field, JsonValue, ValidationError, field_validator

from dask_hpc import settings
from dask_hpc.messages import Message
from dask_hpc.units import whole_jobs

from ..batch.base import LETTERS, Line
from .chosen_options import Available, read_options, with_options
from .errors import ApiError, invalid
from .fields import Chosen, Layout, Scheduler, Workers, Written
from .gpus import offered_only, with_one_worker_each
from .node_workers import first_node_workers
from .option_values import OptionValues
from .profile import NAME_PATTERN, Profile
from .units import parse_memory, parse_time, write_time

_CONTROL = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_MISSING = object()
SCRIPTS = (".py", ".ipynb")
"""How the names of scripts that can run in a cluster end."""


_Name = Annotated[str, Field(pattern=NAME_PATTERN)]


class Request(Chosen):
    """A complete request, with all defaults filled in; sizes in bytes, durations in seconds.

    Attributes:
        options: what was chosen of `Profile.options`.
        dask_config: Dask configuration of the user who launched it, by dotted key; see `dask_hpc.settings`.
        script: the script or notebook that runs in the cluster and ends it, as a path in the file browser; empty for
            none.
    """

    name: _Name
    profile: _Name
    workspace: Line
    workers: Workers
    scheduler: Scheduler
    layout: Layout = "separate"
    idle_timeout: Annotated[int, Field(ge=0), Written(write_time)]
    wait_for_running_percent: Annotated[int, Field(ge=0, le=100)]
    python_environment: Annotated[str, Field(pattern=f"^(~?/{LETTERS}|~)?$")]
    options: OptionValues = Field(default_factory=dict)
    dask_config: dict[str, JsonValue] = Field(default_factory=dict)
    script: Line = ""

    @field_validator("dask_config")
    @classmethod
    def _travels(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        # Other settings are dropped, so that a record of a version with other rules can be read.
        return {key: one for key, one in value.items() if settings.is_passed_on(key) and settings.is_plain(one)}


def read_request(
    body: dict[str, Any], offered: Profile, taken: Collection[str], available: Mapping[str, Available] | None = None
) -> Request:
    """The request in `body`, checked against a profile.

    Args:
        body: the JSON object that was sent.
        offered: the profile that `body` names.
        taken: names of live clusters.
        available: what the user has, of each option whose values are not in the profile; None if that was not asked
            for, and every value is accepted.

    Raises ApiError 400 with the field and one sentence, or 409 for a name that is taken.
    """
    others = dict.fromkeys(("layout", "options", "dask_config", "python_environment"))
    _known(body, {**offered.schema_of_request()["properties"], **others}, "")
    options = read_options(_part(body, "options"), offered, available)
    profile = with_options(offered, options)
    schema = profile.schema_of_request()["properties"]
    asked = _part(body, "workers").get("jobs")
    if type(asked) is int and asked == 0 and "jobs" in schema["workers"]["properties"]:
        # Programs may start with 0 jobs and scale or adapt later; profile minimums and the form do not cover this.
        schema["workers"]["properties"]["jobs"]["minimum"] = 0

    def number(field: str) -> int:
        return int(_leaf(field, schema[field], body.get(field, _MISSING)))

    def chosen(group: str) -> dict[str, Any]:
        values, fields = _part(body, group), schema[group]["properties"]
        if layout == "one-job" and "jobs" in values:
            raise invalid(f"{group}.jobs", Message("workers.nodes-instead"))
        if group == "workers":
            values = offered_only(values, fields)
        _known(values, fields, f"{group}.")
        for key in values:
            if fields[key].get("layout", layout) != layout:
                raise invalid(f"{group}.{key}", Message("field.other-layout", layout=layout))
        return {
            key: _leaf(f"{group}.{key}", spec, values.get(key, _MISSING))
            for key, spec in fields.items()
            if spec.get("layout", layout) == layout
        }

    name = _name(body.get("name", ""), taken)
    layout = _layout(body.get("layout", _MISSING), profile)
    workers, scheduler = chosen("workers"), chosen("scheduler")
    workers = with_one_worker_each(workers, _part(body, "workers"))
    if layout == "one-job":
        workers, scheduler = {"jobs": 0, **workers}, {"time": workers["time"], **scheduler}
    _check_shares(offered, workers)
    idle = number("idle_timeout")
    if "idle_timeout" not in body:
        idle = min(idle, scheduler["time"])
    if idle > scheduler["time"]:
        raise invalid("idle_timeout", Message("field.time-over-scheduler-time", maximum=scheduler["time"]))
    try:
        request = Request(
            name=name,
            profile=profile.name,
            layout=layout,
            workspace=_line("workspace", body.get("workspace", "")),
            workers=Workers(**workers),
            scheduler=Scheduler(**scheduler),
            idle_timeout=idle,
            wait_for_running_percent=number("wait_for_running_percent"),
            python_environment=_environment(body.get("python_environment", ""), profile),
            options=options,
            dask_config=_dask_config(_part(body, "dask_config")),
            script=_script(body.get("script", "")),
        )
        _check_first_node(request, profile)
        return request
    except ValidationError as error:  # not expected, but reported
        first = error.errors()[0]
        raise invalid(".".join(map(str, first["loc"])), Message("field.invalid", detail=str(first["msg"]))) from error


@dataclass(frozen=True)
class Change:
    """A change of the workers of a cluster; exactly one attribute is not None.

    Attributes:
        count: the new number of workers.
        at_most: the new number of workers if it is lower; no worker is started.
        replace: whether workers are replaced before their time limit.
    """

    count: int | None = None
    at_most: int | None = None
    replace: bool | None = None


def read_change(body: dict[str, Any], profile: Profile, processes: int, fixed: int = 0) -> Change:
    """The change in `body`, checked against `profile`: ``{"workers": {"count": 8}}``, or another field of `Change`.

    Args:
        processes: number of workers that share a job of the cluster; numbers of workers are rounded up to whole jobs.
        fixed: number of workers that share the job of the scheduler, and stay as long as it.

    Raises ApiError 400 with the field and one sentence.
    """
    jobs = profile.workers.jobs.limits()
    _known(body, {"workers": {}}, "")
    workers = _part(body, "workers")
    _known(workers, {"count": {}, "at_most": {}, "replace": {}}, "workers.")
    if len(workers) != 1:
        raise invalid("workers.count", Message("workers.one-change", fields=("count", "at_most", "replace")))
    [(key, value)] = workers.items()
    if key == "replace":
        if not isinstance(value, bool):
            raise invalid("workers.replace", Message("field.not-boolean"))
        if value and fixed:
            raise invalid("workers.replace", Message("workers.replace-one-job"))
        return Change(replace=value)
    most = fixed + jobs["maximum"] * processes if profile.grow or not fixed else fixed
    if fixed == most and value != fixed:
        raise invalid(f"workers.{key}", Message("workers.fixed", count=fixed))
    number = int(_leaf(f"workers.{key}", {**jobs, "minimum": 0, "maximum": most}, value))
    if number < fixed:
        raise invalid(f"workers.{key}", Message("workers.fewer-than-fixed", minimum=fixed))
    whole = fixed + whole_jobs(number - fixed, processes) * processes
    return Change(count=whole) if key == "count" else Change(at_most=whole)


def _check_shares(profile: Profile, workers: dict[str, Any]) -> None:
    """Raise ApiError 400 if the workers of a job cannot share its CPUs and memory."""
    cpus, processes, threads = workers["cpus"], workers["processes"], workers["threads"]
    if processes > 1 and not profile.workers.nanny:
        raise invalid("workers.processes", Message("workers.processes-need-nanny"))
    if processes > cpus:
        raise invalid("workers.processes", Message("workers.more-than-cpus", cpus=cpus))
    if threads == 0 and cpus % processes:
        raise invalid("workers.processes", Message("workers.cpus-not-divisible", cpus=cpus))
    if threads * processes > cpus:
        raise invalid("workers.threads", Message("workers.too-many-threads", maximum=cpus // processes))
    least = profile.workers.memory.minimum * processes
    if workers["memory"] < least:
        raise invalid("workers.memory", Message("workers.memory-too-small", minimum=least))
    most = profile.workers.memory.of_cpus(cpus)
    if most is not None and workers["memory"] > most:
        raise invalid("workers.memory", Message("workers.memory-over-cpus", maximum=most, cpus=cpus))


def _check_first_node(request: Request, profile: Profile) -> None:
    """Raise ApiError 400 if scheduler and workers share one node that is too small for both."""
    if request.layout != "one-job" or request.workers.nodes > 1 or first_node(request, profile):
        return
    needs = Message("workers.no-room", cpus=profile.scheduler.cpus, memory=request.scheduler.memory)
    enough = request.workers.model_copy(update={"memory": 2 * (request.workers.memory + request.scheduler.memory)})
    more_memory = request.model_copy(update={"workers": enough})
    raise invalid("workers.memory" if first_node(more_memory, profile) else "workers.cpus", needs)


def first_node(request: Request, profile: Profile) -> int:
    """The number of workers that share the first node with the scheduler; 0 unless all run in one job."""
    if request.layout == "separate":
        return 0
    groups = first_node_workers(request.workers, request.scheduler, profile.scheduler.cpus, profile.workers.nanny)
    return sum(group.count for group in groups)


def _layout(value: Any, profile: Profile) -> Layout:
    offer = profile.layout
    if value is _MISSING:
        return offer.default
    for layout in offer.choices:
        if layout == value:
            return layout
    raise invalid("layout", Message("layout.not-offered", offered=list(offer.choices)))


def free_name(taken: Collection[str]) -> str:
    """The first of ``dask-1``, ``dask-2``, ... that is not taken."""
    number = 1
    while f"dask-{number}" in taken:
        number += 1
    return f"dask-{number}"


def _known(body: dict[str, Any], schema: dict[str, Any], prefix: str) -> None:
    for key in body:
        if key not in schema:
            raise invalid(f"{prefix}{key}"[:80], Message("field.unknown"))


def _part(body: dict[str, Any], key: str) -> dict[str, Any]:
    value = body.get(key, {})
    if not isinstance(value, dict):
        raise invalid(key, Message("field.not-object"))
    return value


def _leaf(field: str, spec: dict[str, Any], value: Any) -> int | str:
    """One of the choices, or a number within its limits; a number with a unit may be given as text."""
    if value is _MISSING:
        value = spec["default"]
    if "enum" in spec:
        if value not in ("", *spec["enum"]):
            raise invalid(field, Message("field.not-offered", offered=spec["enum"]))
        return str(value or spec["default"])
    unit = spec.get("unit")
    least, most = spec["minimum"], spec["maximum"]
    if unit == "bytes":
        number = _parsed(field, value, parse_memory, Message("field.memory-unreadable"))
        if number < least:
            raise invalid(field, Message("field.size-too-small", minimum=least))
        if number > most:
            raise invalid(field, Message("field.size-too-large", maximum=most))
        return number
    if unit == "seconds":
        number = _parsed(field, value, parse_time, Message("field.time-unreadable"))
        if number < least:
            raise invalid(field, Message("field.time-too-short", minimum=least))
        if number > most:
            raise invalid(field, Message("field.time-too-long", maximum=most))
        return number
    if type(value) is not int or not least <= value <= most:
        raise invalid(field, Message("field.number-out-of-range", minimum=least, maximum=most))
    return value


def _parsed(field: str, value: Any, parse: Callable[[str | int], int], unreadable: Message) -> int:
    try:
        if isinstance(value, (str, int)):
            return parse(value)
    except ValueError:
        pass
    raise invalid(field, unreadable)


def _name(value: Any, taken: Collection[str]) -> str:
    if not isinstance(value, str):
        raise invalid("name", Message("name.characters"))
    if not value:
        return free_name(taken)
    if len(value) > 40:
        raise invalid("name", Message("field.too-long", maximum=40))
    if not re.fullmatch(NAME_PATTERN.strip("^$"), value):
        if any(character.isspace() for character in value):
            raise invalid("name", Message("name.spaces"))
        raise invalid("name", Message("name.characters"))
    if value in taken:
        raise ApiError(409, "exists", Message("name.exists", name=value), field="name")
    return value


def _line(field: str, value: Any) -> str:
    if not isinstance(value, str):
        raise invalid(field, Message("field.not-text"))
    if len(value) > 4096:
        raise invalid(field, Message("field.too-long", maximum=4096))
    if _CONTROL.search(value):
        raise invalid(field, Message("field.control-character"))
    return value


def _dask_config(value: dict[str, Any]) -> dict[str, Any]:
    for key, setting in value.items():
        field = f"dask_config.{key}"[:80]
        if not settings.is_passed_on(key):
            raise invalid(field, Message("dask-config.not-allowed"))
        if not settings.is_plain(setting):
            raise invalid(field, Message("dask-config.value"))
    if settings.size(value) > settings.MAX_BYTES:
        raise invalid("dask_config", Message("field.size-too-large", maximum=settings.MAX_BYTES))
    return value


def _script(value: Any) -> str:
    text = _line("script", value).strip()
    if text and not text.endswith(SCRIPTS):
        raise invalid("script", Message("script.suffix", suffixes=SCRIPTS))
    return text


def _environment(value: Any, profile: Profile) -> str:
    text = _line("python_environment", value).strip()
    if text and not profile.offers_environments:
        raise invalid("python_environment", Message("environment.of-command", program=profile.python[0]))
    if text and not text.startswith(("/", "~/")):
        raise invalid("python_environment", Message("environment.not-a-path"))
    return text.rstrip("/") or text
