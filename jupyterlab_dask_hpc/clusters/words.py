"""How a job ended, in plain words. The batch system's own word is kept beside them."""

from __future__ import annotations

import re
import signal

from ..batch.base import Job

_ENDS = {
    "OUT_OF_MEMORY": "out of memory",
    "TIMEOUT": "time limit reached",
    "DEADLINE": "deadline reached",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "PREEMPTED": "preempted by another job",
    "CANCELLED": "cancelled",
    "REVOKED": "revoked",
    "GONE": "no longer known to the batch system",
}

_ADVICE = {
    "OUT_OF_MEMORY": "They reached the memory they asked for. Ask for more per worker, or use smaller partitions.",
    "TIMEOUT": "They reached their time limit. Ask for more worker time.",
    "NODE_FAIL": "The batch system starts them again by itself where it can.",
    "PREEMPTED": "The batch system starts them again by itself where it can.",
    "CANCELLED": "Somebody cancelled them outside of JupyterLab.",
}

_KILLED = re.compile(r"0:([1-9]|[12]\d|3[01])")
"""A job that a signal ended."""
_UNWRITABLE = "0:53"
"""Slurm's exit of a job whose log file the node could not open."""
_SIGKILL = f"0:{signal.SIGKILL.value}"
"""What is left of a job that used too much memory, where nothing tells the kernel's kill from another."""


def how_it_ended(job: Job) -> str:
    """``out of memory``, ``exit 1:0``: as few words as tell it."""
    if job.exit == _UNWRITABLE:
        return "the node cannot write its log"
    plain = _ENDS.get(job.word.split(" ")[0].rstrip("+"))
    if plain:
        return plain
    if killed := _KILLED.fullmatch(job.exit):
        return f"killed by {signal.Signals(int(killed[1])).name}"
    return f"exit {job.exit}" if job.exit not in ("", "0:0", "0") else job.word.lower().replace("_", " ")


def what_to_do(job: Job) -> str:
    """One sentence: why, and what to do about it."""
    if job.exit == _UNWRITABLE:
        return "That node does not see log/, or may not write there. Launch from a folder that the nodes share."
    if job.exit == _SIGKILL:
        return "Something killed them, often because they took more memory than they asked for. Their logs say more."
    return _ADVICE.get(job.word.split(" ")[0].rstrip("+"), "Their logs say more.")


def why_scheduler_ended(job: Job, last_line: str) -> str:
    """Why a cluster ends whose scheduler has, unasked; `last_line` is what its log ends with."""
    if job.word == "TIMEOUT":
        return "The cluster reached its scheduler's time limit."
    more = "Its log says more."
    if job.exit == _UNWRITABLE:
        more = what_to_do(job)
    elif last_line:
        more = f"Its log ends with: {last_line}"
    return f"The scheduler ended by itself: {how_it_ended(job)}. {more}"
