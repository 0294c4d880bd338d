"""Options of the batch system, and values of placeholders, that users may choose: `options` of a profile. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BeforeValidator,
    Field,
    GetJsonSchemaHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema
from typing_extensions import Self

from dask_hpc.messages import Message

from ..batch.base import Argument, BatchOptions, Keys, Line, WrongValue
from .fields import FormField
from .option_limits import ChoiceLimits
from .option_values import MAX_CHOSEN, MAX_LENGTH, OptionValue
from .profile_values import Variable

Role = Literal["workers", "scheduler"]
ROLES: tuple[Role, Role] = ("workers", "scheduler")
GROUPS = "groups"
"""The source of the names of the user's groups; every other name is one of the batch system."""


def _expression(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise WrongValue(Message("option.not-a-pattern", detail=str(error))) from None
    return pattern


Pattern = Annotated[Line, AfterValidator(_expression)]
"""A regular expression."""


class Source(Keys):
    """Where the values of an option come from; exactly one key."""

    name: Annotated[str, Field(pattern=r"^[a-z-]*$")] = ""
    """`groups`, or what the batch system knows of the user."""
    variable: Variable | None = None
    """An environment variable of the notebook server: values separated by spaces, commas, colons or semicolons."""
    command: tuple[Argument, ...] = ()
    """A command of the site, one word per item, that prints one value a line."""

    @model_validator(mode="after")
    def _one(self) -> Self:
        if sum(map(bool, (self.name, self.variable, self.command))) != 1:
            raise WrongValue(Message("option.one-source"))
        return self


_SOURCE_SCHEMA = {
    "anyOf": [
        {"type": "string"},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["variable"],
            "properties": {"variable": {"type": "string"}},
        },
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["command"],
            "properties": {"command": {"type": "array", "items": {"type": "string"}, "minItems": 1}},
        },
    ],
    "x-written": '`"groups"`, `"accounts"`, `"qos"`, `{"variable": NAME}` or `{"command": [words]}`',
}


class OfferedValue(Keys):
    """One value that users may choose, or the text and the limits of one that they have."""

    value: OptionValue
    """The value; empty for none."""
    title: Line = ""
    """The text in the form; by default the value."""
    limits: ChoiceLimits = Field(default_factory=ChoiceLimits)
    """Narrower limits of a cluster with this value."""

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return {"value": value} if isinstance(value, str) else value

    @classmethod
    def __get_pydantic_json_schema__(cls, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """A text stands for the value."""
        return {"anyOf": [{"type": "string"}, handler.resolve_ref_schema(handler(core))]}


class Option(Keys):
    """What users may choose for one option."""

    title: Line = ""
    """The name in the form; by default that of the batch system's option, or the key."""
    help: Line = ""
    """A sentence about it in the form."""
    advanced: bool = False
    """Whether it is in the part of the form that is closed at first."""
    choices: tuple[OfferedValue, ...] = ()
    """The values on offer: a text, or an object with `value`, `title` and `limits`. With `from`, they only give titles
    and limits to values that the user has."""
    from_: Annotated[
        Source | None,
        BeforeValidator(lambda value: {"name": value} if isinstance(value, str) else value),
        WithJsonSchema(_SOURCE_SCHEMA),
    ] = Field(default=None, alias="from")
    """The values are what the user has: `groups` of the system, `accounts` or `qos` of the batch system, those of an
    environment variable of the notebook server, or the lines that a command prints."""
    pattern: Pattern = ""
    """With `from`: only values in which this regular expression is found."""
    text: Pattern | None = None
    """Users write a text, which as a whole has to match this regular expression."""
    several: bool = False
    """Whether several values may be chosen at once."""
    default: OptionValue | tuple[OptionValue, ...] | None = None
    """The value at first; a list with `several`. By default the first one, or that of the batch system; none with
    `several`. `""` offers none as well."""
    roles: Annotated[tuple[Role, ...], Field(min_length=1)] = ROLES
    """The jobs that get the batch system's option."""

    @field_validator("default", mode="before")
    @classmethod
    def _text_or_texts(cls, value: Any) -> Any:
        if not isinstance(value, (str, list)):
            raise WrongValue(Message("profile.not-text"))
        return value

    @model_validator(mode="after")
    def _check(self) -> Self:
        if self.text is not None and (self.choices or self.from_ or self.several):
            raise WrongValue(Message("option.text-alone"), "text")
        if self.text is None and not self.choices and not self.from_:
            raise WrongValue(Message("option.no-values"))
        if self.pattern and not self.from_:
            raise WrongValue(Message("option.pattern-without-source"), "pattern")
        values = [choice.value for choice in self.choices]
        if len(set(values)) != len(values):
            raise WrongValue(Message("option.value-twice"), "choices")
        if self.several and isinstance(self.default, str):
            raise WrongValue(Message("option.default-list"), "default")
        if not self.several and isinstance(self.default, tuple):
            raise WrongValue(Message("profile.not-text"), "default")
        if not self.from_ and self.text is None and not set(self.default_values) <= set(values):
            raise WrongValue(Message("option.default-not-offered", offered=values), "default")
        if self.text is not None and self.default and not self.matches(str(self.default)):
            raise WrongValue(Message("option.default-no-match", pattern=self.text), "default")
        return self

    @property
    def dynamic(self) -> bool:
        """Whether the values are what the user has, which is asked for."""
        return self.from_ is not None

    @property
    def default_values(self) -> tuple[str, ...]:
        """The default as far as the profile gives it: none, one or several values."""
        if isinstance(self.default, tuple):
            return self.default
        if self.default is not None:
            return (self.default,) if self.default else ()
        if self.several or self.dynamic or self.text is not None:
            return ()
        return tuple(choice.value for choice in self.choices[:1] if choice.value)

    def matches(self, text: str) -> bool:
        """Whether users may write this text."""
        return self.text is not None and re.fullmatch(self.text, text) is not None

    @property
    def may_be_empty(self) -> bool:
        """Whether nothing need be chosen."""
        if self.text is not None:
            return self.matches("")
        return self.several or self.default == "" or any(not choice.value for choice in self.choices)

    @property
    def offered(self) -> tuple[str, ...]:
        """The values of the profile, first none if that may be chosen and the profile does not list it."""
        values = tuple(choice.value for choice in self.choices)
        return ("", *values) if self.may_be_empty and not self.several and "" not in values else values

    def title_of(self, value: str) -> Message:
        """The text of a value."""
        title = next((choice.title for choice in self.choices if choice.value == value), "") or value
        if not title:
            return Message("option.none")
        return Message("text", text=title)

    def limits_of(self, values: Sequence[str]) -> list[ChoiceLimits]:
        """The limits of these values; an empty sequence is the value none."""
        chosen = values or ("",)
        return [choice.limits for choice in self.choices if choice.value in chosen]

    def leaf(self, name: str, model: type[BatchOptions]) -> dict[str, Any]:
        """The option in the schema of a request.

        Args:
            model: the batch system's own options.
        """
        title, about = model.texts.get(name, (Message("text", text=name.replace("_", " ").capitalize()), None))
        title = Message("text", text=self.title) if self.title else title
        about = Message("text", text=self.help) if self.help or about is None else about
        limits = {choice.value: each for choice in self.choices if (each := choice.limits.as_json())}
        default: Any = list(self.default_values) if self.several else next(iter(self.default_values), "")
        return FormField(title, about, self.advanced).leaf(
            **self._values(), default=default, **({"limits": limits} if limits else {})
        )

    def _values(self) -> dict[str, Any]:
        """The part of the schema that says which values are possible."""
        if self.text is not None:
            return {"type": "string", "pattern": f"^(?:{self.text})$", "maxLength": MAX_LENGTH}
        kind = {"type": "array", "uniqueItems": True, "maxItems": MAX_CHOSEN} if self.several else {"type": "string"}
        if self.dynamic:
            return {**kind, "dynamic": True}
        values = list(self.offered)
        enum = {"items": {"enum": values}} if self.several else {"enum": values}
        return {**kind, **enum, "choices": {value: self.title_of(value).as_json() for value in values}}
