"""Texts of a profile in which the shell of a job replaces variables, and nothing else. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from shlex import quote
from typing import Annotated, Any

from pydantic import AfterValidator, Field, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator

from dask_hpc.messages import Message

from ..batch.base import Argument, Line, WrongValue
from .placeholders import PLACEHOLDER

_VARIABLE = re.compile(r"\$(?:([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)\})", re.ASCII)
_NOT_LITERAL = re.compile(r"[$`\\\"'\s;&|<>()*?\[\]{}!~#]")
_OF_THE_USER = {"USER", "LOGNAME", "HOME"}
"""Variables that all jobs of a user have with the same value."""


def _expanded(text: str) -> str:
    literal = PLACEHOLDER.sub("", _VARIABLE.sub("", text))
    if wrong := _NOT_LITERAL.search(literal):
        raise WrongValue(Message("profile.not-expanded", character=wrong[0]))
    return text


def _path(text: str) -> str:
    if not text.startswith(("/", "$", "{")):
        raise WrongValue(Message("profile.scratch-relative"))
    if ".." in text.split("/") or not text.strip("/"):
        raise WrongValue(Message("profile.scratch-outside"))
    return text


class Expand(str):
    """An argument in which the shell of the job replaces variables."""


def _argument(value: Any, read: ValidatorFunctionWrapHandler) -> str:
    """An argument as it is, or ``{"expand": "--host=$NAME"}``."""
    if not isinstance(value, dict):
        return str(read(value))
    if list(value) != ["expand"] or not isinstance(value["expand"], str):
        raise WrongValue(Message("profile.expand"))
    return Expand(_expanded(read(value["expand"])))


NodeArgument = Annotated[
    Argument,
    WrapValidator(_argument),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["expand"],
                    "properties": {"expand": {"type": "string"}},
                },
            ]
        }
    ),
]
"""An argument of a command of Dask."""
Expanded = Annotated[Line, Field(min_length=1), AfterValidator(_expanded)]
"""A text with ``$NAME`` and ``${NAME}``, which becomes one word."""
ExpandedPath = Annotated[Expanded, AfterValidator(_path)]
"""Such a path."""


def variables(text: str) -> list[str]:
    """The names of the variables, each once."""
    return list(dict.fromkeys(first or second for first, second in _VARIABLE.findall(text)))


def argument_word(argument: str) -> str:
    """An argument as one word of a script."""
    return shell_word(argument) if isinstance(argument, Expand) else quote(argument)


def shell_word(text: str) -> str:
    """The text as one word of a script."""
    return _word(text, lambda name: f'"${{{name}}}"')


def shell_pattern(text: str) -> str:
    """A word of a script that is the pattern of this path for all jobs of a user; empty where that is not known."""
    first = _VARIABLE.match(text)
    if first and (first[1] or first[2]) not in _OF_THE_USER:
        return ""
    return _word(text, lambda name: f'"${{{name}}}"' if name in _OF_THE_USER else "'*'")


def _word(text: str, written: Callable[[str], str]) -> str:
    parts = []
    end = 0
    for found in _VARIABLE.finditer(text):
        if literal := text[end : found.start()]:
            parts.append(quote(literal))
        parts.append(written(found[1] or found[2]))
        end = found.end()
    if text[end:]:
        parts.append(quote(text[end:]))
    return "".join(parts)
