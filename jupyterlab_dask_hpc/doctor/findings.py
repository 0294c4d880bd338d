"""What the doctor found: one line of the table each. Pure."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dask_hpc.messages import Message

from ..core.shapes import Json

Status = Literal["ok", "warning", "failed", "not-checked"]
_WORDS: dict[Status, str] = {"ok": "ok", "warning": "warning", "failed": "FAILED", "not-checked": "-"}
_WIDTH = 120


@dataclass(frozen=True)
class Finding:
    """One line.

    Attributes:
        check: what was checked, for programs: ``state-folder.node``.
        title: the same for people.
        found: what is there, or what is wrong.
        advice: what to do; None if it is in order, or was not checked.
        keys: keys of the profile, or settings of the server, that decide on it.
    """

    check: str
    title: Message
    status: Status
    found: Message
    advice: Message | None = None
    keys: tuple[str, ...] = ()

    def as_json(self) -> Json:
        """As in `docs/contract.md`."""
        return {
            "check": self.check,
            "title": self.title.as_json(),
            "status": self.status,
            "found": self.found.as_json(),
            "advice": self.advice.as_json() if self.advice else None,
            "keys": list(self.keys),
        }


def ok(check: str, title: Message, found: Message) -> Finding:
    """A check that found nothing wrong."""
    return Finding(check, title, "ok", found)


def failed(check: str, title: Message, found: Message, advice: Message, *keys: str) -> Finding:
    """A check that found why clusters cannot run, or part of them."""
    return Finding(check, title, "failed", found, advice, keys)


def warning(check: str, title: Message, found: Message, advice: Message, *keys: str) -> Finding:
    """A check that found what costs time or memory, or may cause trouble."""
    return Finding(check, title, "warning", found, advice, keys)


def not_checked(check: str, title: Message, why: Message) -> Finding:
    """A check that could not be made."""
    return Finding(check, title, "not-checked", why)


def any_failed(findings: Iterable[Finding]) -> bool:
    """Whether a line says that clusters cannot run."""
    return any(finding.status == "failed" for finding in findings)


def table(findings: Sequence[Finding]) -> Iterator[str]:
    """The lines of the table: status, what was checked, what was found; below a failing line what to do."""
    titles = [str(finding.title) for finding in findings]
    first = max(map(len, _WORDS.values()))
    second = max(map(len, titles), default=0)
    room = max(40, _WIDTH - first - second - 4)
    for finding, title in zip(findings, titles, strict=True):
        lines = textwrap.wrap(str(finding.found), room) or [""]
        if finding.advice:
            keys = f" [{', '.join(finding.keys)}]" if finding.keys else ""
            lines += textwrap.wrap(f"-> {finding.advice}{keys}", room, subsequent_indent="   ")
        yield f"{_WORDS[finding.status]:{first}}  {title:{second}}  {lines[0]}".rstrip()
        yield from (f"{'':{first + second + 4}}{line}" for line in lines[1:])
