"""JSON as people write it: the value, the place of each part, and everything that is no JSON. Pure.

The parser of the standard library stops at the first mistake and keeps no places. This one reads on after a comment, a
comma too many, a missing comma or quotes of another kind, so that all mistakes are told at once.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from json.decoder import JSONDecodeError, JSONDecoder
from typing import Any, NoReturn

from dask_hpc.messages import Message

Path = tuple[str | int, ...]
"""Keys of objects and indices of lists, from the outside to the inside."""
_SPACE = re.compile(r"[ \t\r\n]+")
_COMMENT = re.compile(r"//[^\n]*|#[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
_NUMBER = re.compile(r"-?(?:0|[1-9]\d{0,300})(?P<part>(?:\.\d+)?(?:[eE][-+]?\d{1,3})?)", re.ASCII)
_WORD = re.compile(r"[^\s,:\[\]{}\"'#/]+")
_QUOTED = re.compile(r"'([^'\n]*)'")
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_OTHER_WORDS = {"True": "true", "False": "false", "None": "null"}
_DEEPEST = 20
_DECODER = JSONDecoder()


@dataclass(frozen=True)
class Place:
    """A place in a text; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True)
class JsonMistake:
    """Something that is no JSON."""

    place: Place
    message: Message


@dataclass(frozen=True)
class JsonText:
    """A text that was read.

    Attributes:
        value: what it says, its mistakes corrected; None if it could not be read to its end.
        keys: places of the keys of objects.
        values: places of all values; that of the whole has the empty path.
        mistakes: in the order of the text.
    """

    value: Any
    keys: Mapping[Path, Place] = field(default_factory=dict)
    values: Mapping[Path, Place] = field(default_factory=dict)
    mistakes: tuple[JsonMistake, ...] = ()


def read_json(text: str) -> JsonText:
    """Read a text; never raises."""
    reader = _Reader(text)
    try:
        value = reader.whole()
    except _Unreadable:
        value = None
    mistakes = sorted(reader.mistakes.items())
    return JsonText(
        value,
        {path: place_at(text, at) for path, at in reader.keys.items()},
        {path: place_at(text, at) for path, at in reader.values.items()},
        tuple(JsonMistake(place_at(text, at), message) for at, message in mistakes),
    )


def place_at(text: str, at: int) -> Place:
    """The place of a character."""
    return Place(text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at))


class _Unreadable(Exception):
    """There is no way to read on."""


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.keys: dict[Path, int] = {}
        self.values: dict[Path, int] = {}
        self.mistakes: dict[int, Message] = {}

    def whole(self) -> Any:
        value = self.value(())
        if self.next():
            self.mistake(Message("json.after-end"))
        return value

    def value(self, path: Path) -> Any:
        character = self.next()
        self.values[path] = self.at
        if len(path) > _DEEPEST:
            self.stop(Message("json.too-deep"))
        if character == "{":
            return self.object(path)
        if character == "[":
            return self.list(path)
        if character in ('"', "'"):
            return self.quoted()
        if number := _NUMBER.match(self.text, self.at):
            written = number[0]
            if not (longer := _WORD.match(self.text, self.at)) or longer[0] == written:
                self.at = number.end()
                return float(written) if number["part"] else int(written)
        word = self.word()
        return _WORDS[word] if word in _WORDS else self.bare(word)

    def object(self, path: Path) -> dict[str, Any]:
        opened, found = self.at, dict[str, Any]()
        self.at += 1
        while not self.closes("}", opened):
            at = self.at
            key = self.quoted() if self.text[at] in "\"'" else self.unquoted_key()
            if self.next() not in (":", "="):
                self.stop(Message("json.no-colon", key=key[:40]))
            if self.text[self.at] == "=":
                self.mistake(Message("json.equals-sign"))
            self.at += 1
            inner = (*path, key)
            if key in found:
                line = place_at(self.text, self.keys[inner]).line
                self.mistake(Message("json.duplicate-key", key=key[:40], line=line), at)
                self.value((*path, key, "again"))
            else:
                self.keys[inner] = at
                found[key] = self.value(inner)
            self.comma("}")
        return found

    def list(self, path: Path) -> list[Any]:
        opened, found = self.at, list[Any]()
        self.at += 1
        while not self.closes("]", opened):
            found.append(self.value((*path, len(found))))
            self.comma("]")
        return found

    def closes(self, closing: str, opened: int) -> bool:
        """Whether an object or a list ends here; otherwise something of it begins here."""
        while (character := self.next()) == ",":
            self.mistake(Message("json.double-comma"))
            self.at += 1
        if not character:
            self.stop(Message("json.not-closed", bracket=self.text[opened], closing=closing), opened)
        if character == closing:
            self.at += 1
        return character == closing

    def comma(self, closing: str) -> None:
        """Read the comma after a part."""
        end = self.at
        character = self.next()
        if character == ",":
            at = self.at
            self.at += 1
            if self.next() == closing:
                self.mistake(Message("json.trailing-comma", closing=closing), at)
        elif character and character not in "}]":
            self.mistake(Message("json.missing-comma"), end)

    def quoted(self) -> str:
        start = self.at
        if self.text[start] == "'":
            if not (single := _QUOTED.match(self.text, start)):
                self.stop(Message("json.text-not-closed"))
            self.mistake(Message("json.single-quotes"))
            self.at = single.end()
            return single[1]
        try:
            value, self.at = _DECODER.raw_decode(self.text, start)
        except JSONDecodeError as error:
            if "escape" in error.msg:
                self.stop(Message("json.backslash"), error.pos)
            self.stop(Message("json.text-not-closed"))
        return str(value)

    def unquoted_key(self) -> str:
        start = self.at
        word = self.word()
        self.mistake(Message("json.key-without-quotes", key=word[:40]), start)
        return word

    def bare(self, word: str) -> Any:
        """A word that is no value of JSON; it was just read."""
        start = self.at - len(word)
        if word in _OTHER_WORDS:
            self.mistake(Message("json.other-word", word=word, instead=_OTHER_WORDS[word]), start)
            return _WORDS[_OTHER_WORDS[word]]
        self.mistake(Message("json.text-without-quotes", text=word[:40]), start)
        return word

    def word(self) -> str:
        if not (word := _WORD.match(self.text, self.at)):
            if self.at >= len(self.text):
                self.stop(Message("json.ends-early"))
            self.stop(Message("json.unexpected", character=self.text[self.at]))
        self.at = word.end()
        return word[0]

    def next(self) -> str:
        """The next character that means something; empty at the end."""
        while True:
            if space := _SPACE.match(self.text, self.at):
                self.at = space.end()
            elif comment := _COMMENT.match(self.text, self.at):
                self.mistake(Message("json.comment"))
                self.at = comment.end()
            else:
                return self.text[self.at : self.at + 1]

    def mistake(self, message: Message, at: int | None = None) -> None:
        self.mistakes.setdefault(self.at if at is None else at, message)

    def stop(self, message: Message, at: int | None = None) -> NoReturn:
        self.mistake(message, at)
        raise _Unreadable
