"""The text of a profile: the profile, or every mistake in it with its line. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import BatchOptions
from .json_text import JsonText, Path, Place, place_at, read_json
from .placeholders import PLACEHOLDER
from .profile import Profile, profile_of
from .profile_mistakes import InvalidProfile, WrongKey, dotted

_MARK = "\ufeff"
_START = Place(1, 1)
MAX_MISTAKES = 40
"""Mistakes of a file that are told."""
_LATER = {"launcher": {"nodes", "cpus"}}
"""Placeholders that the job fills in, by key."""
_OF_OPTIONS = {"python", "scratch", "launcher", "environment", "workers", "scheduler"}
"""Keys in whose texts the options that users choose fill placeholders; `setup` is another."""
_UNCHECKED = {"setup", "options"}
"""Keys in whose texts braces have a meaning of their own: lines of the shell, regular expressions."""


@dataclass(frozen=True)
class Mistake:
    """A mistake in the file of a profile.

    Attributes:
        line, column: from 1; 0 if the mistake is not in the text.
        key: the key that it concerns, ``workers.extra[0]``; empty for none.
        message: what is wrong, and what to do.
    """

    line: int
    column: int
    key: str
    message: Message

    def __str__(self) -> str:
        place = f"line {self.line}, column {self.column}: " if self.line else ""
        return f"{place}{self.key}: {self.message}" if self.key else f"{place}{self.message}"

    def as_json(self) -> dict[str, Any]:
        """As in `docs/contract.md`."""
        return {"line": self.line, "column": self.column, "key": self.key, "message": self.message.as_json()}


@dataclass(frozen=True)
class ProfileText:
    """What the file of a profile says.

    Attributes:
        profile: None if there are mistakes.
        name, title: as written, as far as they can be read; empty otherwise.
        mistakes: in the order of the text.
    """

    profile: Profile | None
    name: str
    title: str
    mistakes: tuple[Mistake, ...]
    text: JsonText


def read_profile_text(
    content: bytes, options: Mapping[str, type[BatchOptions]], fill: Callable[[str], str]
) -> ProfileText:
    """Read the content of a file; never raises.

    Args:
        options: for each batch system, the model of its options.
        fill: is applied to every string.
    """
    mistakes: list[Mistake] = []

    def add(place: Place, key: str, message: Message) -> None:
        mistakes.append(Mistake(place.line, place.column, key, message))

    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        text = content.decode("utf-8", "replace")
        add(place_at(before, len(before)), "", Message("json.not-utf-8"))
    if text.startswith(_MARK):
        add(_START, "", Message("json.byte-order-mark"))
    read = read_json(text.removeprefix(_MARK))
    for one in read.mistakes:
        add(one.place, "", one.message)
    profile = None
    if () in read.values and not (read.value is None and read.mistakes):
        filled = _filled(read.value, fill)
        found = list(_unfilled(filled, _options(filled)))
        try:
            profile = profile_of(filled, options)
        except InvalidProfile as error:
            found += error.mistakes
        for wrong in found:
            add(place_of(read, wrong), dotted(wrong.path), wrong.message)
    written = read.value if isinstance(read.value, dict) else {}
    name, title = (value if isinstance(value := written.get(key), str) else "" for key in ("name", "title"))
    mistakes.sort(key=lambda mistake: (mistake.line, mistake.column))
    return ProfileText(None if mistakes else profile, name, title, tuple(mistakes[:MAX_MISTAKES]), read)


def place_of(read: JsonText, wrong: WrongKey) -> Place:
    """The place of a mistake: that of its value, or of the part that it is in."""
    path = wrong.path
    if wrong.of_key and path in read.keys:
        return read.keys[path]
    while path not in read.values and path:
        path = path[:-1]
    return read.keys.get(path, _START) if wrong.missing else read.values.get(path, _START)


def _unfilled(content: Any, options: Set[str], path: Path = ()) -> Iterator[WrongKey]:
    """Placeholders that nothing has replaced and nothing will, and so are mistakes.

    Args:
        options: names of the options that users may choose.
    """
    if path and path[0] in _UNCHECKED:
        return
    if isinstance(content, str):
        top = str(path[0]) if path else ""
        allowed = _LATER.get(top, set()) | (options if top in _OF_OPTIONS else set())
        for name in PLACEHOLDER.findall(content):
            if name not in allowed:
                known = sorted(f"{{{each}}}" for each in {"user", "group"} | allowed)
                yield WrongKey(path, Message("profile.placeholder", key=f"{{{name}}}", known=known))
                return
    elif isinstance(content, (dict, list)):
        for key, value in content.items() if isinstance(content, dict) else enumerate(content):
            yield from _unfilled(value, options, (*path, key))


def _options(content: Any) -> Set[str]:
    options = content.get("options") if isinstance(content, dict) else None
    return set(options) if isinstance(options, dict) else set()


def _filled(value: Any, fill: Callable[[str], str]) -> Any:
    """A copy of `value` with `fill` applied to every string."""
    if isinstance(value, str):
        return fill(value)
    if isinstance(value, list):
        return [_filled(item, fill) for item in value]
    if isinstance(value, dict):
        return {key: _filled(item, fill) for key, item in value.items()}
    return value
