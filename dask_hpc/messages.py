"""Messages for users: codes with parameters, and the English text of each (docs/contract.md, "Messages").

``messages.json`` next to this file is the only catalogue. The notebook server, this package and, through a generated
module, the front end use it. Uses only the standard library.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Union

from .units import write_duration, write_memory, write_time

Param = Union[str, int, float, Sequence[str], "Message"]
PLACEHOLDER = re.compile(r"\{(\w+):(\w+)\}|\{(\w+)\}")
"""``{name:kind}``; ``{name}`` is of the kind ``text``."""


@dataclass(frozen=True)
class Template:
    """An entry of the catalogue. If it has a singular, `one` is the text for 1 and `by` names the parameter."""

    other: str
    one: str | None = None
    by: str | None = None

    def kinds(self) -> dict[str, str]:
        """The kind of each parameter, by name."""
        found = {name: kind for text in (self.one or "", self.other) for name, kind in placeholders(text)}
        return found if self.by is None or self.by in found else {**found, self.by: "number"}

    def text(self, params: Mapping[str, Param]) -> str:
        """The English text."""
        chosen = self.one if self.by is not None and self.one is not None and _count(params[self.by]) == 1 else None
        return PLACEHOLDER.sub(lambda found: _write(found, params), self.other if chosen is None else chosen)


def placeholders(text: str) -> Iterator[tuple[str, str]]:
    """Name and kind of each placeholder of a text."""
    for found in PLACEHOLDER.finditer(text):
        yield found[1] or found[3], found[2] or "text"


def read_catalogue(text: str) -> dict[str, Template]:
    """The templates in the JSON of a catalogue, by code."""
    entries: dict[str, str | dict[str, str]] = json.loads(text)
    return {
        code: Template(entry) if isinstance(entry, str) else Template(**entry)  # the keys are those of Template
        for code, entry in entries.items()
    }


CATALOGUE = read_catalogue(files(__package__).joinpath("messages.json").read_text("utf-8"))


class Message:
    """A code with its parameters. Two with the same code and parameters are equal."""

    __slots__ = ("code", "params")

    code: str
    params: dict[str, Param]

    def __init__(self, code: str, /, **params: Param) -> None:
        self.code = code
        self.params = params

    @classmethod
    def fitted(cls, code: str, params: Mapping[str, Param]) -> Message:
        """The message of a code from a table, with those of `params` that its template uses."""
        return cls(code, **{name: params[name] for name in CATALOGUE[code].kinds()})

    def __str__(self) -> str:
        return CATALOGUE[self.code].text(self.params)

    def __repr__(self) -> str:
        return f"Message({self.code!r}, {self.params!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and (self.code, self.params) == (other.code, other.params)

    def __hash__(self) -> int:
        return hash((self.code, str(self)))

    def as_json(self) -> dict[str, Any]:
        """In the form of the contract, with the English text."""
        return {"code": self.code, "params": self.params_as_json(), "text": str(self)}

    def params_as_json(self) -> dict[str, Any]:
        """The parameters; messages among them in the form of the contract."""
        return {name: _as_json(value) for name, value in self.params.items()}


def message_from_json(value: Any) -> Message:
    """The message in this JSON value. If this version does not know the code or its parameters, its text is kept.

    Raises ValueError for anything else.
    """
    if isinstance(value, str):
        return Message("text", text=value)
    if not isinstance(value, dict) or not isinstance(value.get("text"), str):
        raise ValueError("no message")
    code, params = value.get("code"), value.get("params")
    template = CATALOGUE.get(code) if isinstance(code, str) else None
    if template is not None and isinstance(params, dict) and params.keys() == template.kinds().keys():
        read = {name: _READ[kind](params[name]) for name, kind in template.kinds().items()}
        if None not in read.values():
            return Message(str(code), **read)
    return Message("text", text=value["text"])


def _as_json(value: Param) -> Any:
    if isinstance(value, Message):
        return value.as_json()
    return value if isinstance(value, (str, int, float)) else list(value)


def _count(value: Param) -> float:
    return value if isinstance(value, (int, float)) else len(value) if isinstance(value, Sequence) else 0


def _write(found: re.Match[str], params: Mapping[str, Param]) -> str:
    value: Any = params[found[1] or found[3]]
    return WRITE[found[2] or "text"](value)


def _joined(word: str) -> Callable[[Sequence[str]], str]:
    def join(items: Sequence[str]) -> str:
        return f" {word} ".join(part for part in (", ".join(items[:-1]), *items[-1:]) if part)

    return join


WRITE: dict[str, Callable[[Any], str]] = {
    "text": str,
    "message": str,
    "number": lambda value: f"{value:,}",
    "bytes": write_memory,
    "time": write_time,
    "duration": write_duration,
    "moment": lambda value: f"{value[:10]} {value[11:16]} UTC",
    "list": ", ".join,
    "and": _joined("and"),
    "or": _joined("or"),
}
"""How a parameter of each kind is written in English."""


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Any) -> float | None:
    return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None


def _list(value: Any) -> list[str] | None:
    return value if isinstance(value, list) and all(isinstance(item, str) for item in value) else None


def _message(value: Any) -> Message | None:
    try:
        return message_from_json(value)
    except ValueError:
        return None


_READ: dict[str, Callable[[Any], Any]] = {
    "text": _text,
    "message": _message,
    **dict.fromkeys(("number", "bytes", "time", "duration"), _number),
    "moment": _text,
    **dict.fromkeys(("list", "and", "or"), _list),
}
