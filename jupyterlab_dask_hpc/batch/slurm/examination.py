"""Slurm's commands and services, for the doctor, and which option a refusal concerns."""

from __future__ import annotations

import asyncio
import re
from typing import get_args

from dask_hpc.messages import Message

from ..base import BatchError, BatchRefused
from ..command import Answer
from ..examined import Examined
from .answers import error_text
from .commands import Commands, Name

_VERSION = re.compile(r"slurm\S* \d+\.\d\S*", re.ASCII)
_NEEDED = ("sbatch", "squeue", "scancel", "scontrol")
"""Commands without which no cluster can run."""
_NO_ACCOUNTING = "accounting storage is disabled"
_KEYS = (
    (r"account|association", "account"),
    (r"partition", "partition"),
    (r"qos", "qos"),
    (r"licen[cs]e", "licenses"),
    (r"memory", "memory"),
    (r"time limit", "time"),
    (r"cpu count|cpus", "cpus"),
    (r"gres|gpu", "gpus"),
    (r"node count|too many nodes", "nodes"),
    (r"feature|constraint|reservation|node configuration", "extra"),
)
"""Words of Slurm's errors (``slurm_errno.c``), and the key of a role that sets what they are about."""


async def examine(commands: Commands) -> list[Examined]:
    """Each command with its version, whether the controller answers, and whether there is an accounting."""
    found = await asyncio.gather(*(_command(commands, name) for name in get_args(Name)))
    missing = {one.subject for one in found if one.advice}
    if "scontrol" not in missing:
        found.append(await _controller(commands))
    if "sacct" not in missing:
        found.append(await _accounting(commands))
    return found


def refused_keys(words: str) -> tuple[str, ...]:
    """The keys of a role that a refusal in these words may concern."""
    return tuple(key for pattern, key in _KEYS if re.search(pattern, words, re.I))


async def _command(commands: Commands, name: Name) -> Examined:
    """A command, by its version, which needs no controller."""
    needed = name in _NEEDED
    try:
        answer = await commands.query(name, "", "--version")
    except BatchRefused as error:
        return Examined(name, _text(str(error)), Message("examined.command-missing", command=name), needed)
    except BatchError as error:
        return Examined(name, _text(str(error)), Message("examined.command-silent", command=name), needed)
    lines = [line.strip() for line in f"{answer.output}\n{answer.errors}".splitlines() if line.strip()]
    version = next((line for line in lines if _VERSION.fullmatch(line)), "")
    others = [line for line in lines if line != version]
    if not version:
        return Examined(name, _text(error_text(answer)), Message("examined.command-fails", command=name), needed)
    if others:
        printed = Message("examined.banner", version=version, text=others[0][:120])
        return Examined(name, printed, Message("examined.banner-advice", command=name), needed=False)
    return Examined(name, _text(version))


async def _controller(commands: Commands) -> Examined:
    try:
        answer = await commands.query("scontrol", "", "ping")
    except BatchError as error:
        return Examined("slurmctld", _text(str(error)), Message("examined.controller-advice"))
    up = re.findall(r"^\s*(Slurmctld\b.*)", answer.output, re.M)
    if answer.code or not any(line.rstrip().endswith("UP") for line in up):
        return Examined("slurmctld", _text(" ".join(up) or error_text(answer)), Message("examined.controller-advice"))
    return Examined("slurmctld", _text("; ".join(line.strip() for line in up)))


async def _accounting(commands: Commands) -> Examined:
    """Slurm works without one, so that its lack is no fault."""
    try:
        answer = await commands.query("sacct", "", "-X", "-n", "-j", "1")
    except BatchError as error:
        answer = Answer(1, "", str(error))
    if _NO_ACCOUNTING in answer.errors:
        return Examined("slurmdbd", Message("examined.no-accounting"))
    if answer.code:
        advice = Message("examined.accounting-advice")
        return Examined("slurmdbd", _text(error_text(answer)), advice, needed=False)
    return Examined("slurmdbd", Message("examined.accounting"))


def _text(text: str) -> Message:
    return Message("text", text=" ".join(text.split()))
