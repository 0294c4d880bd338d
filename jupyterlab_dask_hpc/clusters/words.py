"""How a job ended, in plain words. The batch system's own word is kept beside them."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence

from ..batch.base import Job, JobState

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

_MORE = "Their logs say more."

_ADVICE = {
    "OUT_OF_MEMORY": "They reached the memory they asked for. Ask for more per worker, or use smaller partitions.",
    "TIMEOUT": "They reached their time limit. Ask for more worker time.",
    "NODE_FAIL": "The batch system starts them again by itself where it can.",
    "PREEMPTED": "The batch system starts them again by itself where it can.",
    "CANCELLED": "Somebody cancelled them outside of JupyterLab.",
}

SCHEDULER_LAPSED = (
    "The scheduler has not answered for longer than its lease, though its job runs: "
    "its node hangs, or this server cannot reach it."
)
_EXITS = {
    "126:0": ("its Python cannot be run", "The nodes may not run the Python of this environment. Choose another one."),
    "127:0": (
        "its Python was not found",
        "The Python environment was removed, or the nodes do not see it. Choose one that they see.",
    ),
}
"""The shell's exits: it becomes Python, so a job that ends with them never did."""

_SCHEDULER = {
    "TIMEOUT": "The cluster reached its scheduler's time limit.",
    "CANCELLED": "The scheduler's job was cancelled outside of JupyterLab.",
    "NODE_FAIL": "The scheduler's node failed, and what it knew is lost. Launch again.",
    "PREEMPTED": "The scheduler was preempted by another job, and what it knew is lost. Launch again.",
    "OUT_OF_MEMORY": "The scheduler ran out of memory. Launch again with more scheduler memory.",
}

_KILLED = re.compile(r"0:([1-9]|[12]\d|3[01])")
"""A job that a signal ended."""
_UNWRITABLE = "0:53"
"""Slurm's exit of a job whose log file the node could not open."""
_SIGKILL = f"0:{signal.SIGKILL.value}"
"""What is left of a job that used too much memory, where nothing tells the kernel's kill from another."""


_BY_LIMIT = {
    f"0:{signal.SIGXCPU.value}": (
        "it used more CPU time than a limit of its node allows",
        "A limit of the nodes ends processes by their CPU time (ulimit -t there). Ask the administrators of the "
        "batch system.",
    ),
    f"0:{signal.SIGXFSZ.value}": (
        "a file grew over a limit of its node",
        "A limit of the nodes bounds the size of files (ulimit -f there). Write smaller files, or ask the "
        "administrators of the batch system.",
    ),
}
"""Signals that the kernel sends for a soft limit."""


def how_it_ended(job: Job) -> str:
    """``out of memory``, ``exit 1:0``: as few words as tell it."""
    if job.exit == _UNWRITABLE:
        return "the node cannot write its log"
    plain = _ENDS.get(job.word.split(" ")[0].rstrip("+"))
    if plain:
        return plain
    if job.exit in _EXITS:
        return _EXITS[job.exit][0]
    if job.exit in _BY_LIMIT:
        return f"{_BY_LIMIT[job.exit][0]} ({signal.Signals(int(job.exit[2:])).name})"
    if killed := _KILLED.fullmatch(job.exit):
        return f"killed by {signal.Signals(int(killed[1])).name}"
    return f"exit {job.exit}" if job.exit not in ("", "0:0", "0") else job.word.lower().replace("_", " ")


def what_to_do(job: Job) -> str:
    """One sentence: why, and what to do about it."""
    if job.exit == _UNWRITABLE:
        return "That node does not see log/, or may not write there. Launch from a folder that the nodes share."
    if job.exit == _SIGKILL:
        return "Something killed them, often because they took more memory than they asked for. Their logs say more."
    if job.exit in _EXITS:
        return _EXITS[job.exit][1]
    if job.exit in _BY_LIMIT:
        return _BY_LIMIT[job.exit][1]
    return _ADVICE.get(job.word.split(" ")[0].rstrip("+"), _MORE)


def why_scheduler_ended(job: Job, last_lines: Sequence[str]) -> str:
    """Why a cluster ends whose scheduler has, unasked; `last_lines` is what its log ends with."""
    if plain := _SCHEDULER.get(job.word):
        return plain
    known = job.exit == _UNWRITABLE or job.exit in _EXITS or job.exit in _BY_LIMIT
    parts = [what_to_do(job)] if known else []
    if last_lines:
        parts.append(f"Its log ends with: {last_lines[-1]}")
    return " ".join([f"The scheduler ended by itself: {how_it_ended(job)}.", *(parts or ["Its log says more."])])


def why_no_worker_is_left(jobs: Sequence[Job], last_lines: Mapping[str, Sequence[str]]) -> str:
    """Why a cluster ends whose workers all have before all had come; `last_lines` of their logs by `Job.id`."""
    failed = [job for job in jobs if job.state is JobState.FAILED]
    told = next((job for job in failed or jobs if last_lines.get(job.id)), (failed or jobs)[0])
    count = "the worker" if len(jobs) == 1 else f"all {len(jobs):,} workers"
    if not failed:
        what = f"{count} ended before the cluster was complete."
    elif len(failed) == len(jobs):
        what = f"{count} failed: {how_it_ended(told)}. {what_to_do(told)}"
    else:
        what = f"no worker is left: {len(failed):,} of {len(jobs):,} failed: {how_it_ended(told)}. {what_to_do(told)}"
    if lines := last_lines.get(told.id):
        what = f"{what.removesuffix(_MORE).rstrip()} A log ends with: {lines[-1]}"
    return what[0].upper() + what[1:]
