"""What a site offers under one name: batch system, limits, defaults, fixed options, environment.

A profile is a JSON file; `docs/administrators.md` describes every key. The limits are
defined only there: requests are checked against them, and the form, the zod schema
and the Python API are built from `Profile.schema_of_request`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    ValidationInfo,
    WithJsonSchema,
    create_model,
    field_validator,
    model_validator,
)
from typing_extensions import Self

from dask_hpc.messages import Message

from ..batch.base import Argument, BatchOptions, Keys, Line, WrongValue
from .fields import FormField, Layout, Offer, SchedulerOffer, WorkerOffer
from .option_values import OptionName
from .options import Option
from .profile_mistakes import InvalidProfile, WrongKey, validated
from .profile_setup import PythonCommand, ScratchFolder, Setup, SetupLines
from .profile_values import Variable
from .ranges import CountFromZero, Time, check_order
from .units import write_time

Name = Annotated[Line, Field(min_length=1)]

NAME_PATTERN = r"^[A-Za-z0-9_-]{1,40}$"

NAME = FormField(Message("field.name"), Message("field.name.help"))
WORKSPACE = FormField(Message("field.workspace"), Message("field.workspace.help"))
IDLE_TIMEOUT = FormField(Message("field.idle-timeout"), Message("field.idle-timeout.help"), advanced=True)
WAIT_FOR_RUNNING = FormField(Message("field.wait-for-running"), Message("field.wait-for-running.help"), advanced=True)
PYTHON_ENVIRONMENT = FormField(
    Message("field.python-environment"), Message("field.python-environment.help"), advanced=True
)
LAYOUT = FormField(Message("field.layout"), Message("field.layout.help"))
LAYOUTS: Mapping[Layout, Message] = {
    "separate": Message("field.layout.separate"),
    "one-job": Message("field.layout.one-job"),
}
SCRIPT = FormField(Message("field.script"), Message("field.script.help"), advanced=True)
TEXT = {"type": "string", "default": ""}


class LayoutOffer(Keys):
    """The layouts that users may choose; the default is the first one unless it is given."""

    choices: Annotated[tuple[Layout, ...], Field(min_length=1)] = ("separate",)
    """The layouts on offer."""
    default: Layout = "separate"
    """The one that is chosen at first."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.default not in self.choices:
            raise WrongValue(Message("layout.not-offered", offered=list(self.choices)), "default")
        return self

    def limits(self) -> dict[str, Any]:
        """The choices and the default in a JSON Schema, with the texts of the choices."""
        return {
            "type": "string",
            "enum": list(self.choices),
            "default": self.default,
            "choices": {choice: LAYOUTS[choice].as_json() for choice in self.choices},
        }


_LAYOUT_SCHEMA: dict[str, Any] = {
    "anyOf": [
        {"enum": list(LAYOUTS)},
        {"type": "array", "items": {"enum": list(LAYOUTS)}, "minItems": 1},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "choices": {"type": "array", "items": {"enum": list(LAYOUTS)}, "minItems": 1},
                "default": {"enum": list(LAYOUTS)},
            },
        },
    ],
    "x-written": '`"separate"`, `"one-job"`, or a list of these',
}


def _one_layout(value: Any) -> Any:
    if isinstance(value, str):
        return {"choices": [value], "default": value}
    if isinstance(value, list) and value:
        return {"choices": value, "default": value[0]}
    return value


_OPTIONS_SCHEMA: dict[str, Any] = {"x-written": "object of options, below", "additionalProperties": False}


class IdleRange(Keys):
    """The idle time-out; its maximum is the scheduler's time limit."""

    default: Time
    """The idle time-out unless users choose another; at most the longest time of the scheduler."""
    minimum: Time = 60
    """The shortest that users may choose."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        check_order(self.minimum, self.default, max(self.default, self.minimum), write_time)
        return self

    def limits(self, largest: int) -> dict[str, Any]:
        """The limits and the default in a JSON Schema; `largest` is the largest time of the scheduler, in seconds."""
        maximum = Message("field.idle-timeout.maximum")
        return {
            "type": ["string", "integer"],
            "unit": "seconds",
            "default": write_time(min(self.default, largest)),
            "minimum": self.minimum,
            "maximum": largest,
            "maximum_text": str(maximum),
            "maximum_message": maximum.as_json(),
            "maximum_field": "scheduler.time",
        }


class JobEnvironment(Keys):
    """The environment variables of jobs: `keep` and `drop` are about those of the server, `set` are set."""

    keep: tuple[Variable, ...] = ()
    """Names of further environment variables that are passed from the notebook server to the jobs."""
    drop: tuple[Variable, ...] = ()
    """Names of those that are not passed although they usually are: `PATH` where the server runs in a container. Jobs
    then start with `/usr/local/bin:/usr/bin:/bin`."""
    set: dict[Variable, Line] = Field(default_factory=dict)
    """Variables that the job scripts set."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        for name in self.drop:
            if name in self.keep:
                raise WrongValue(Message("profile.kept-and-dropped", name=name), "drop")
        return self


class Access(Keys):
    """Who may launch under a profile: members of one of `groups`, and `users`."""

    groups: tuple[Name, ...] = ()
    """Members of one of these groups of the system may launch clusters."""
    users: tuple[Name, ...] = ()
    """These users may launch clusters."""
    ask: Line = ""
    """Whom to ask for access: a name, an address, a link."""

    @model_validator(mode="after")
    def _check_not_empty(self) -> Self:
        if not self.groups and not self.users:
            raise WrongValue(Message("profile.access-for-nobody"))
        return self


def _percent(value: CountFromZero) -> CountFromZero:
    if value.maximum > 100:
        raise WrongValue(Message("field.number-out-of-range", minimum=0, maximum=100), "maximum")
    return value


class Profile(Keys):
    """One profile of a site."""

    name: Annotated[str, Field(pattern=NAME_PATTERN)]
    """The name that requests use. It is stored in records: a cluster whose profile is no longer offered can be
    stopped, but gets no further workers."""
    title: Line = ""
    """The text in the form; by default the name."""
    batch: Annotated[str, Field(pattern=NAME_PATTERN)]
    """The batch system: `slurm`, `local`, or the name of one that the site adds."""
    layout: Annotated[LayoutOffer, BeforeValidator(_one_layout), WithJsonSchema(_LAYOUT_SCHEMA)] = LayoutOffer()
    """`separate`: a job for the scheduler, then jobs for workers. `one-job`: all of them in one job. A list offers
    the choice; its first item is the default."""
    launcher: tuple[Argument, ...] = ()
    """The command that runs another command once on each node of a job, one word per item, with `{nodes}` and
    `{cpus}`; empty for that of the batch system."""
    grow: bool = False
    """Whether further worker jobs may be added to a cluster of the layout `one-job`, each with the shape of one
    node."""
    workers: WorkerOffer
    """What users may choose for workers, and the fixed options of their jobs."""
    scheduler: SchedulerOffer
    """The same for the scheduler."""
    idle_timeout: IdleRange
    """After how long without work a cluster ends."""
    wait_for_running_percent: Annotated[CountFromZero, AfterValidator(_percent)] = CountFromZero(default=0, maximum=100)
    """Share of the workers, in percent, that have to run before a notebook gets its client."""
    python: PythonCommand = ()
    """The Python of the jobs if users choose no environment: a whole path, or a name that the jobs find; empty for
    the notebook server's own. A list is the words of a command that runs Python:
    `["apptainer", "exec", "{image}", "python"]`."""
    setup: Setup = SetupLines()
    """Shell lines that run in every job, in this order, before the environment of the Python is activated, before
    `environment.set`, and before Python. An object has lines of every job (`all`), then further ones of the
    `scheduler` or of `workers`, and those that run `after` the workers have ended. A line that fails, with an exit
    code other than 0, ends the job; its log and the card show the line."""
    scratch: ScratchFolder = None
    """The folder on the node for what workers spill, `/scratch/$USER/$SLURM_JOB_ID` or an object. The shell of the job
    replaces variables, and nothing else. It is made if it is missing. A job that cannot write there, or finds less
    than `at_least` free, ends and says so. Without this key it is `TMPDIR`, or `/tmp`."""
    login_shell: bool = False
    """Run jobs with `bash -l`, so that `module` is defined."""
    environment: JobEnvironment = JobEnvironment()
    """The environment variables of jobs."""
    shared_paths: tuple[Line, ...] = ()
    """Folders that the nodes share: workspaces have to be below one of them. If none is given, folders of one machine
    (`/tmp`, file systems in memory, ...) are refused. Links are followed; write a path as the nodes know it, and list
    the target of a link that leads elsewhere."""
    access: Access | None = None
    """Who may launch clusters; by default everybody."""
    options: Annotated[dict[OptionName, Option], Field(json_schema_extra=_OPTIONS_SCHEMA)] = Field(default_factory=dict)
    """What users may choose beside sizes and times, by its name: an option of the batch system, or a name of which
    the placeholder `{name}` is in `python`, `scratch`, `setup`, `environment.set`, `launcher`, or a text of `workers`
    or `scheduler`."""

    @field_validator("idle_timeout")
    @classmethod
    def _idle_ends_first(cls, idle: IdleRange, info: ValidationInfo) -> IdleRange:
        """At most the time of the job that it ends. The parts above it may be wrong themselves."""
        layout = info.data.get("layout")
        offer = info.data.get("scheduler" if layout is None or "separate" in layout.choices else "workers")
        if offer is not None:
            check_order(idle.minimum, idle.default, offer.time.maximum, write_time)
        return idle

    @property
    def offers_environments(self) -> bool:
        """Whether users may choose a Python environment: not where a command of several words runs Python."""
        return len(self.python) < 2

    def schema_of_request(self) -> dict[str, Any]:
        """JSON Schema (draft 2020-12) of a request under this profile; see `docs/contract.md`, "Profile"."""
        layouts = self.layout.choices
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "type": "object",
            "additionalProperties": False,
            "required": ["profile"],
            "properties": {
                "name": NAME.leaf(**TEXT, pattern=NAME_PATTERN, maxLength=40),
                "profile": {"const": self.name},
                "workspace": WORKSPACE.leaf(**TEXT),
                **({"options": self._schema_of_options()} if self.options else {}),
                **({"layout": LAYOUT.leaf(**self.layout.limits())} if len(layouts) > 1 else {}),
                "workers": self.workers.schema_of_fields(layouts),
                "scheduler": self.scheduler.schema_of_fields(layouts),
                "idle_timeout": IDLE_TIMEOUT.leaf(**self._idle_limits()),
                "wait_for_running_percent": WAIT_FOR_RUNNING.leaf(**self.wait_for_running_percent.limits(), unit="%"),
                **(
                    {"python_environment": PYTHON_ENVIRONMENT.leaf(**TEXT, maxLength=4096)}
                    if self.offers_environments
                    else {}
                ),
                "script": SCRIPT.leaf(**TEXT, maxLength=4096),
            },
        }

    def _idle_limits(self) -> dict[str, Any]:
        """Limits of the idle time-out: the time limit of the scheduler's job, which may be that of the workers."""
        separate = "separate" in self.layout.choices
        longest = self.scheduler.time.maximum if separate else self.workers.time.maximum
        limits = self.idle_timeout.limits(longest)
        return limits if separate else {**limits, "maximum_field": "workers.time"}

    def _schema_of_options(self) -> dict[str, Any]:
        """JSON Schema of the options that users may choose."""
        leaves = {name: option.leaf(name, self.own_model) for name, option in self.options.items()}
        return {"type": "object", "additionalProperties": False, "properties": leaves}

    @property
    def own_model(self) -> type[BatchOptions]:
        """The model of the batch system's own options."""
        bases = type(self.workers).__bases__
        return next(
            (base for base in bases if issubclass(base, BatchOptions) and not issubclass(base, Offer)), BatchOptions
        )

    def own_options(self) -> set[str]:
        """The names of the batch system's own options."""
        return set(self.own_model.model_fields)

    def fixed_options(self) -> dict[str, list[dict[str, Any]]]:
        """The options that the site has fixed, of workers and scheduler; see `docs/contract.md`, "Profile"."""
        offers = {"workers": self.workers, "scheduler": self.scheduler}
        return {role: [option.as_json() for option in offer.summary()] for role, offer in offers.items()}


def profile_of(content: Any, options: Mapping[str, type[BatchOptions]]) -> Profile:
    """The profile from the content of a file.

    Args:
        content: is changed: it loses ``$schema``, and misspelt keys are corrected.
        options: for each batch system, the model of its options.
    Raises InvalidProfile with all that is wrong.
    """
    batch = content.get("batch") if isinstance(content, dict) else None
    model = options.get(batch) if isinstance(batch, str) else None
    if isinstance(content, dict):
        content.pop("$schema", None)
    wrong: list[WrongKey] = []
    if isinstance(batch, str) and model is None:
        wrong.append(WrongKey(("batch",), Message("profile.no-batch-system", batch=batch, known=sorted(options))))
    profile, found = validated(content, profile_model(model or BatchOptions), lenient=model is None)
    if profile is None or wrong or found:
        raise InvalidProfile([*wrong, *found])
    return profile


@cache
def profile_model(options: type[BatchOptions]) -> type[Profile]:
    """`Profile` for one batch system, whose options are additional fields of `workers` and `scheduler`."""
    own = () if options is BatchOptions else (options,)
    workers = create_model("WorkerOffer", __base__=(WorkerOffer, *own))
    scheduler = create_model("SchedulerOffer", __base__=(SchedulerOffer, *own))
    about = {role: Field(description=Profile.model_fields[role].description) for role in ("workers", "scheduler")}
    return create_model(
        "Profile", __base__=Profile, workers=(workers, about["workers"]), scheduler=(scheduler, about["scheduler"])
    )
