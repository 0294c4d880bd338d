"""What is free in Slurm: idle CPUs and nodes of a partition, licences, and the limits of the user's association."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from ..base import BatchRefused, BatchSilent, JobOptions
from ..resources import Free
from .answers import error_text
from .associations import user_name
from .commands import Commands, Name
from .header import clusters
from .options import slurm_options

KEPT_S = 30.0
"""Seconds for which an answer about nodes or licences is used, for all users of this server's form."""
LIMITS_KEPT_S = 600.0
"""Seconds for which the limits of the user are used: administrators change them rarely."""
SINFO_FORMAT = "%P|%C|%F"
"""Partition, CPUs and nodes, each as allocated/idle/other/total."""
_PARTITION = re.compile(r"(\S+?)(\*?)\|(\d+)/(\d+)/(\d+)/(\d+)\|(\d+)/(\d+)/(\d+)/(\d+)")
_LICENCE = re.compile(r"LicenseName=(\S+) Total=(\d+) Used=(\d+) Free=(\d+)")
_LIMITS = ("Account", "MaxJobs", "MaxSubmit", "GrpJobs", "GrpTRES")

Answered = TypeVar("Answered")
Partitions = dict[str, tuple[int, int, int, int]]
"""Idle CPUs, all CPUs, idle nodes, all nodes by name; the default partition also by the empty name."""


class Kept(Generic[Answered]):
    """An answer that is used for some time.

    Args:
        lifetime: seconds.
        ask: asks for it. Raises BatchRefused or BatchSilent.
    """

    def __init__(self, lifetime: float, ask: Callable[[], Awaitable[Answered]]) -> None:
        self._lifetime = lifetime
        self._ask = ask
        self.last: Answered | None = None
        self.at = 0.0
        self._asked: float | None = None

    @property
    def due(self) -> bool:
        """Whether it has to be asked for."""
        return self._asked is None or time.monotonic() - self._asked >= self._lifetime

    async def renew(self) -> None:
        """Ask for it. Without an answer, it is unknown until it is due again."""
        self._asked = time.monotonic()
        try:
            self.last, self.at = await self._ask(), time.time()
        except (BatchRefused, BatchSilent):
            self.last = None


class FreeResources:
    """Answers of ``sinfo``, ``scontrol show licenses`` and ``sacctmgr``, of the local Slurm cluster.

    At most two of them are asked at a time, the third at the next time.
    """

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._asking = asyncio.Lock()
        self._partitions = Kept(KEPT_S, self._ask_partitions)
        self._licences = Kept(KEPT_S, self._ask_licences)
        self._limits = Kept(LIMITS_KEPT_S, self._ask_limits)

    async def find(self, options: JobOptions) -> Free | None:
        """What is free for such jobs; None if Slurm does not tell, and for jobs on other Slurm clusters."""
        native = slurm_options(options.native)
        if clusters(native.options_for_clusters()):
            return None  # the answers are those of the local Slurm cluster
        wanted: list[Kept[Partitions] | Kept[dict[str, tuple[int, int]]] | Kept[list[dict[str, str]]]]
        wanted = [self._partitions, *([self._licences] if native.licenses else []), self._limits]
        async with self._asking:
            for one in [one for one in wanted if one.due][:2]:
                await one.renew()
        partition = _best(self._partitions.last or {}, native.partition)
        licences = self._licences.last or {}
        limits = self._limits.last or []
        if partition is None and not licences and not limits:
            return None
        idle_cpus, cpus, idle_nodes, nodes = partition or (None, None, None, None)
        return Free(
            at=min((one.at for one in wanted[:-1] if one.last is not None), default=self._limits.at),
            idle_cpus=idle_cpus,
            cpus=cpus,
            idle_nodes=idle_nodes,
            nodes=nodes,
            licences={name: licences[name] for name in licence_names(native.licenses) if name in licences},
            jobs_limit=_limit(limits, native.account, _jobs),
            cpus_limit=_limit(limits, native.account, _cpus),
        )

    async def _ask_partitions(self) -> Partitions:
        return parse_partitions(await self._output("sinfo", "--noheader", "--noconvert", "-o", SINFO_FORMAT))

    async def _ask_licences(self) -> dict[str, tuple[int, int]]:
        return parse_licences(await self._output("scontrol", "--oneliner", "show", "licenses"))

    async def _ask_limits(self) -> list[dict[str, str]]:
        user = f"user={user_name()}"
        columns = f"format={','.join(_LIMITS)}"
        return parse_limits(
            await self._output("sacctmgr", "--readonly", "-nP", "show", "association", "where", user, columns)
        )

    async def _output(self, name: Name, *arguments: str) -> str:
        answer = await self._commands.query(name, "", *arguments)
        if answer.code:
            raise BatchSilent(error_text(answer))
        return answer.output


def parse_partitions(text: str) -> Partitions:
    """Reads lines of `SINFO_FORMAT`; others, that a wrapper prints around them, are left out."""
    found: Partitions = {}
    for line in map(_PARTITION.fullmatch, map(str.strip, text.splitlines())):
        if line:
            figures = (int(line[4]), int(line[6]), int(line[8]), int(line[10]))
            found[line[1]] = figures
            if line[2]:
                found[""] = figures
    return found


def parse_licences(text: str) -> dict[str, tuple[int, int]]:
    """Free and all licences by name, from lines of ``scontrol --oneliner show licenses``."""
    return {each[1]: (int(each[4]), int(each[2])) for each in _LICENCE.finditer(text)}


def licence_names(option: str) -> list[str]:
    """The names in a value of ``--licenses``: ``sps:1,matlab@flex:2``."""
    return [part for word in re.split(r"[,|;]", option) if (part := re.split(r"[:*=]", word.strip())[0])]


def parse_limits(text: str) -> list[dict[str, str]]:
    """The user's associations, with the limits `_LIMITS`, from the output of ``sacctmgr -nP``."""
    lines = (line.split("|") for line in text.splitlines())
    return [dict(zip(_LIMITS, line, strict=True)) for line in lines if len(line) == len(_LIMITS)]


def _best(partitions: Partitions, wanted: str) -> tuple[int, int, int, int] | None:
    """The partition with most idle CPUs of those that a job names; the default one if it names none."""
    found = [partitions[name] for name in wanted.split(",") if name in partitions]
    return max(found, default=None)


def _limit(
    associations: Sequence[dict[str, str]], account: str, read: Callable[[dict[str, str]], int | None]
) -> int | None:
    """The limit in the associations of an account; None if there is none, or if those of several accounts differ."""
    limits = {read(one) for one in associations if not account or one["Account"] == account.lower()}
    return limits.pop() if len(limits) == 1 else None


def _jobs(association: dict[str, str]) -> int | None:
    """The smallest limit of the number of jobs."""
    found = [int(text) for name in ("MaxJobs", "MaxSubmit", "GrpJobs") if (text := association[name]).isdecimal()]
    return min(found, default=None)


def _cpus(association: dict[str, str]) -> int | None:
    """The CPUs of ``cpu=400,node=8``."""
    found = re.search(r"(?:^|,)cpu=(\d+)", association["GrpTRES"])
    return int(found[1]) if found else None
