"""All that is wrong with a profile, each with its key and with what to do. Pure."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from dask_hpc.messages import Message

from ..batch.base import LETTERS, WrongValue
from .json_text import Path

Model = TypeVar("Model", bound=BaseModel)
_OTHER_NAMES = {
    "queue": "partition",
    "project": "account",
    "walltime": "time",
    "cores": "cpus",
    "n_workers": "jobs",
    "max": "maximum",
    "min": "minimum",
    "job_extra_directives": "extra",
    "job_script_prologue": "setup",
    "env_extra": "setup",
    "modules": "setup",
    "worker_extra_args": "worker_args",
    "scheduler_extra_args": "scheduler_args",
}
"""Names that other programs have for keys of a profile."""


@dataclass(frozen=True)
class WrongKey:
    """A mistake in a profile.

    Attributes:
        path: the key or the item, as written.
        message: what is wrong with it, and what to do.
        missing: whether it is not there at all.
        of_key: whether the key itself is wrong, not its value.
    """

    path: Path
    message: Message
    missing: bool = False
    of_key: bool = False

    def __str__(self) -> str:
        return f"{dotted(self.path)}: {self.message}" if self.path else str(self.message)


class InvalidProfile(ValueError):
    """A profile with mistakes: `mistakes` has them all."""

    def __init__(self, mistakes: Sequence[WrongKey]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = tuple(mistakes)


def dotted(path: Path) -> str:
    """``workers.extra[0]``."""
    return "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).removeprefix(".")


def validated(content: Any, model: type[Model], lenient: bool = False) -> tuple[Model | None, list[WrongKey]]:
    """The model of some content, None if it cannot be made, and all that is wrong.

    A key that is close to one that could be there is told, and then read as that one: its value is checked too.

    Args:
        lenient: whether keys that the model does not know may be right.
    """
    found: list[WrongKey] = []
    written: dict[Path, str] = {}
    while True:
        try:
            return model.model_validate(content), found
        except ValidationError as error:
            details = error.errors(include_url=False)
        renamed = False
        for one in details:
            path = one["loc"]
            if one["type"] == "extra_forbidden" and (guess := _guess(model, path, content)):
                message = Message("profile.did-you-mean", key=str(path[-1]), guess=guess)
                found.append(WrongKey(_as_written(path, written), message, of_key=True))
                part = _part(content, path[:-1])
                part[guess] = part.pop(path[-1])
                corrected: Path = (*path[:-1], guess)
                written[corrected] = str(path[-1])
                renamed = True
        if not renamed:
            known = [one for one in details if not lenient or one["type"] != "extra_forbidden"]
            return None, [*found, *(_wrong(one, model, content, written) for one in known)]


def _wrong(one: ErrorDetails, model: type[BaseModel], content: Any, written: dict[Path, str]) -> WrongKey:
    path: Path = one["loc"]
    where: Path = ()
    missing, of_key = one["type"] == "missing", one["type"] == "extra_forbidden"
    if path and path[-1] == "[key]":
        path, of_key = path[:-1], True
    error = one.get("ctx", {}).get("error")
    if isinstance(error, WrongValue):
        where = error.where
    path = _without_shorthand((*path, *where), content)
    while not missing and path and not _has(content, path):
        path = path[:-1]
    return WrongKey(_as_written(path, written), _message(one, model, error), missing, of_key)


def _message(one: ErrorDetails, model: type[BaseModel], error: Any) -> Message:
    if isinstance(error, WrongValue):
        return error.message
    if write := _MESSAGES.get(one["type"]):
        return write(one, model)
    return Message("field.invalid", detail=str(error) if error else one["msg"])


def _not_object(one: ErrorDetails, model: type[BaseModel]) -> Message:
    keys = list(_keys(_model_at(model, one["loc"])))
    return Message("profile.not-object", keys=keys) if keys else Message("profile.not-object-of-texts")


def _not_list(one: ErrorDetails, _: type[BaseModel]) -> Message:
    value = one["input"]
    return Message("profile.not-list", example=json.dumps([value] if isinstance(value, str) else ["..."]))


def _pattern(one: ErrorDetails, _: type[BaseModel]) -> Message:
    pattern = one["ctx"]["pattern"]
    return Message("field.control-character") if LETTERS in pattern else Message("profile.pattern", pattern=pattern)


_MESSAGES: dict[str, Callable[[ErrorDetails, type[BaseModel]], Message]] = {
    "extra_forbidden": lambda one, model: _unknown_key(model, one["loc"]),
    "missing": lambda one, _: Message("profile.missing-key", key=str(one["loc"][-1])),
    **dict.fromkeys(("model_type", "model_attributes_type", "dict_type"), _not_object),
    **dict.fromkeys(("tuple_type", "list_type"), _not_list),
    "string_type": lambda *_: Message("profile.not-text"),
    "int_type": lambda *_: Message("profile.not-whole-number"),
    "literal_error": lambda one, _: Message("profile.not-offered", offered=one["ctx"]["expected"]),
    "greater_than_equal": lambda one, _: Message("field.number-too-small", minimum=one["ctx"]["ge"]),
    "string_pattern_mismatch": _pattern,
    **dict.fromkeys(("too_short", "string_too_short"), lambda *_: Message("profile.empty")),
}
"""How pydantic's errors are told, by their type."""


def _unknown_key(model: type[BaseModel], path: Path) -> Message:
    key, keys = str(path[-1]), list(_keys(_model_at(model, path[:-1])))
    parts = [dotted(part) or "the top" for part, names in _parts(model) if key in names]
    if parts:
        return Message("profile.key-of-other-part", key=key, parts=parts)
    return Message("profile.unknown-key", key=key, keys=keys)


def _guess(model: type[BaseModel], path: Path, content: Any) -> str | None:
    """The key that was probably meant: one that is not there yet."""
    key = str(path[-1])
    if any(key in names for _, names in _parts(model)):
        return None
    free = [name for name in _keys(_model_at(model, path[:-1])) if name not in _part(content, path[:-1])]
    plain = key.lower().replace("-", "_")
    close = [name for name in (plain, _OTHER_NAMES.get(plain)) if name in free]
    return next(iter(close or get_close_matches(plain, free, 1, 0.7)), None)


def _parts(model: type[BaseModel], path: Path = ()) -> Iterator[tuple[Path, Sequence[str]]]:
    """Every part of a profile with its keys."""
    yield path, list(_keys(model))
    for name, annotation in _keys(model).items():
        if (inner := _model_of(annotation)) and not _names(annotation):
            yield from _parts(inner, (*path, name))


def _keys(model: type[BaseModel] | None) -> dict[str, Any]:
    """The keys of a part as they are written, each with the type of its value."""
    fields = model.model_fields if model else {}
    return {field.alias or name: field.annotation for name, field in fields.items()}


def _model_at(model: type[BaseModel], path: Path) -> type[BaseModel] | None:
    found: type[BaseModel] | None = model
    named = False
    for part in path:
        if named or isinstance(part, int):  # one of many of the same model
            named = False
            continue
        annotation = _keys(found).get(part)
        found, named = _model_of(annotation), _names(annotation)
    # The object that has a part for each name has no keys of its own.
    return None if named else found


def _names(annotation: Any) -> bool:
    """Whether the value is an object with a part for each name."""
    return get_origin(annotation) is dict


def _model_of(annotation: Any) -> type[BaseModel] | None:
    for one in (annotation, *get_args(annotation)):
        if isinstance(one, type) and issubclass(one, BaseModel):
            return one
    return None


def _part(content: Any, path: Path) -> Any:
    for part in path:
        content = content[part]
    return content


def _without_shorthand(path: Path, content: Any) -> Path:
    """The path without the keys for which a list stands in the file."""
    found: Path = ()
    for part in path:
        inner = _part(content, found) if _has(content, found) else None
        if not (isinstance(inner, list) and isinstance(part, str)):
            found = (*found, part)
    return found


def _has(content: Any, path: Path) -> bool:
    try:
        _part(content, path)
    except (KeyError, IndexError, TypeError):
        return False
    return True


def _as_written(path: Path, written: dict[Path, str]) -> Path:
    return tuple(written.get(path[: end + 1], part) for end, part in enumerate(path))
