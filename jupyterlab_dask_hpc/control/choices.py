"""What this user may choose where the profile does not list it: accounts, groups, what a command of the site prints.

Each source is asked when somebody wants to know, at most one call at a time, and its answer is used for five minutes.
After a call that hangs or fails the last answer counts, and the problem is shown with it.
"""

from __future__ import annotations

import asyncio
import logging
import os
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.base import BatchError
from ..batch.command import run
from ..core.chosen_options import Available, default_of
from ..core.option_values import value_mistake
from ..core.options import GROUPS, Option
from ..core.profile import Profile
from ..core.shapes import Json
from ..waiting import Silent, SlowCall, end
from .site import Site

log = logging.getLogger(__name__)

MAX_AGE_S = 300.0
"""Seconds for which an answer is used."""
RETRY_S = 30.0
"""Seconds after a failed call until the next one."""
COMMAND_TIMEOUT_S = 10.0
GROUPS_TIMEOUT_S = 5.0
MAX_VALUES = 1000
"""Values of one source that are used."""
MAX_BYTES = 2**20
"""Output of a command of a site that is read."""
_SEPARATORS = re.compile(r"[\s,:;]+")
_CLOSE_TIMEOUT_S = 1.0


@dataclass(frozen=True)
class Found:
    """The answer of a source.

    Attributes:
        default: the value that it prefers; empty for none.
        remark: what was wrong with a part of it.
    """

    values: tuple[str, ...]
    default: str = ""
    remark: Message | None = None


class SourceFailed(Exception):
    """A source gave no answer; the message says why."""

    def __init__(self, why: Message) -> None:
        super().__init__(str(why))
        self.why = why


Ask = Callable[[], Awaitable[Found]]


class Source:
    """One source with its last answer."""

    def __init__(self) -> None:
        self._answer = Found(())
        self._as_of: float | None = None
        self._problem: Message | None = None
        self._next = 0.0
        self._call: asyncio.Task[None] | None = None

    async def available(self, ask: Ask, refresh: bool = False) -> Available:
        """Its values, asked for if the last answer is too old, or with `refresh`."""
        if self._call is None and (refresh or time.monotonic() >= self._next):
            self._call = asyncio.get_running_loop().create_task(self._renew(ask), name="the values of an option")
        if self._call is not None:
            await asyncio.wait({self._call})  # a caller that is cancelled does not cancel the call
        return Available(self._answer.values, self._answer.default, self._as_of, self._problem)

    async def close(self) -> None:
        """End a running call."""
        if self._call is not None:
            await end([self._call], _CLOSE_TIMEOUT_S)

    async def _renew(self, ask: Ask) -> None:
        try:
            self._answer = await ask()
            self._as_of, self._problem = time.time(), self._answer.remark
            self._next = time.monotonic() + MAX_AGE_S
        except SourceFailed as error:
            self._fail(error.why)
        except Exception as error:  # an adapter of the site may raise anything
            log.exception("the values of an option could not be read")
            self._fail(Message("text", text=repr(error)))
        finally:
            self._call = None

    def _fail(self, why: Message) -> None:
        self._problem = Message("option.source-failed", why=why)
        self._next = time.monotonic() + RETRY_S
        log.warning("%s", self._problem)


class Choices:
    """What the user of this server may choose, under the profiles of a site."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._sources: dict[tuple[str, ...], Source] = {}
        self._groups = SlowCall(site.account)

    async def available(self, profile: Profile, refresh: bool = False) -> dict[str, Available]:
        """What there is for each option of a profile whose values are not in it."""
        names = [name for name, option in profile.options.items() if option.dynamic]
        found = await asyncio.gather(*(self._option(profile, profile.options[name], refresh) for name in names))
        return dict(zip(names, found, strict=True))

    async def view(self, profile: Profile, refresh: bool = False) -> Json:
        """The response to `GET profiles/{name}/choices`."""
        found = await self.available(profile, refresh)
        return {"options": {name: _view(profile.options[name], one) for name, one in found.items()}}

    async def close(self) -> None:
        """End all running calls."""
        await asyncio.gather(*(source.close() for source in self._sources.values()))

    async def _option(self, profile: Profile, option: Option, refresh: bool) -> Available:
        known = await self._source(profile, option, refresh)
        values = tuple(value for value in known.values if re.search(option.pattern, value))
        if known.as_of is None and not values:
            values = option.default_values  # what the site names itself needs no answer
        default = known.default if known.default in values else ""
        return Available(values, default, known.as_of, known.problem)

    async def _source(self, profile: Profile, option: Option, refresh: bool) -> Available:
        source = option.from_
        assert source is not None
        if source.variable:
            found = _of_variable(source.variable)
            return Available(found.values, found.default, time.time(), found.remark)
        if source.command:
            command = source.command
            return await self._asked((profile.name, *command), lambda: self._of_command(profile, command), refresh)
        if source.name == GROUPS:
            return await self._asked((), self._of_groups, refresh)
        name = source.name
        return await self._asked((profile.name, "", name), lambda: self._of_batch(profile, name), refresh)

    async def _asked(self, key: tuple[str, ...], ask: Ask, refresh: bool) -> Available:
        return await self._sources.setdefault(key, Source()).available(ask, refresh)

    async def _of_batch(self, profile: Profile, kind: str) -> Found:
        system = self._site.batches[profile.batch]
        try:
            own = await system.own_values(kind, profile.workers)
        except BatchError as error:
            raise SourceFailed(Message("text", text=str(error))) from error
        values, remark = plain(own.values, system.title)
        return Found(values, own.default, remark)

    async def _of_groups(self) -> Found:
        try:
            account = await self._groups.result(GROUPS_TIMEOUT_S)
        except Silent:
            raise SourceFailed(Message("option.groups-silent", timeout=GROUPS_TIMEOUT_S)) from None
        except OSError as error:
            raise SourceFailed(Message("text", text=str(error))) from error
        return Found(tuple(sorted(account.groups)), account.primary)

    async def _of_command(self, profile: Profile, command: Sequence[str]) -> Found:
        variables = self._site.variables(profile)
        try:
            answer = await run(command, variables, COMMAND_TIMEOUT_S, Path("/"), most=MAX_BYTES)
        except BatchError as error:
            raise SourceFailed(Message("text", text=str(error))) from error
        if answer.code:
            lines = [line.strip() for line in answer.errors.splitlines() if line.strip()]
            detail = "".join(filter(str.isprintable, (lines or [""])[-1]))[:200]
            message = Message("option.command-failed", command=command[0], code=answer.code, detail=detail)
            raise SourceFailed(message)
        if not {"\0", "\ufffd"}.isdisjoint(answer.output):  # the second stands for bytes that are no UTF-8
            raise SourceFailed(Message("option.no-text", command=command[0]))
        values, remark = plain([line.strip() for line in answer.output.splitlines()], command[0])
        if remark and not values:
            raise SourceFailed(remark)
        return Found(values, remark=remark)


def plain(texts: Sequence[str], source: str) -> tuple[tuple[str, ...], Message | None]:
    """Those that can be values, each once, and a message if others were left out."""
    given = list(dict.fromkeys(filter(None, texts)))
    mistakes = {text: value_mistake(text) for text in given}
    wrong = [(text, mistake) for text, mistake in mistakes.items() if mistake]
    values = tuple(text for text in given if not mistakes[text])
    if len(values) > MAX_VALUES:
        return values[:MAX_VALUES], Message("option.too-many-values", source=source, maximum=MAX_VALUES)
    if wrong:
        text, mistake = wrong[0]
        line = "".join(filter(str.isprintable, text))[:60]
        return values, Message("option.values-left-out", count=len(wrong), source=source, line=line, why=mistake)
    return values, None


def _of_variable(name: str) -> Found:
    text = os.environ.get(name)
    if text is None:
        return Found((), remark=Message("option.no-variable", name=name))
    values, remark = plain(_SEPARATORS.split(text), name)
    return Found(values, remark=remark)


def _view(option: Option, available: Available) -> Json:
    values = [*([""] if option.may_be_empty and not option.several else []), *available.values]
    default = default_of(option, available)
    problem = available.problem
    return {
        "choices": [{"value": value, "title": str(option.title_of(value))} for value in dict.fromkeys(values)],
        "default": list(default) if option.several else "".join(default),
        "as_of": available.as_of,
        "problem": problem.as_json() if problem else None,
    }
