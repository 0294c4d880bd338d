"""How a job ended, in plain words. The batch system's own word is kept beside them."""

from __future__ import annotations

import re
import signal
from collections.abc import Mapping, Sequence

from ..batch.base import Job, JobState
from .log_names import NOT_STARTED, SETUP_FAILED

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

_LIMITS = {
    signal.SIGXCPU: (
        "CPU time limit reached",
        "A process may use only so much CPU time there (ulimit -t). "
        "Ask the administrators of the batch system to lift that for jobs.",
    ),
    signal.SIGXFSZ: (
        "file size limit reached",
        "A file may be only so large there (ulimit -f): a log, what a worker spills, or what a task writes. "
        "Write smaller files, or ask the administrators of the batch system to lift that for jobs.",
    ),
}
"""Signals by which the system enforces limits of a process."""
_EARLY = 120
"""Seconds by which a job may end before its time limit without another cause: Slurm looks once in a while."""
_USED_UP = (
    "were ended before their own time limit: the computing time of their account or quality of service (QOS) is used "
    "up, their reservation is over, or an administrator has shortened their limit. More worker time does not help; ask "
    "the administrators of the batch system."
)
_EMPTY = (
    "Nothing is found in its log. If that is empty, the job ended before Dask was started: the login shell ended it, "
    "most likely by an exit in ~/.bash_profile, ~/.bash_login or ~/.profile. Let these end interactive shells alone."
)

_KILLED = re.compile(r"0:([1-9]|[12]\d|3[01])")
"""A job that a signal ended."""
_UNWRITABLE = "0:53"
"""Slurm's exit of a job whose log file the node could not open."""
_SIGKILL = f"0:{signal.SIGKILL.value}"
"""What is left of a job that used too much memory, where nothing tells the kernel's kill from another."""


def how_it_ended(job: Job, lines: Sequence[str] = (), limit: int = 0) -> str:
    """``out of memory``, ``exit 1:0``: as few words as tell it.

    Args:
        lines: what its log ends with.
        limit: seconds of its time limit as it was asked for; 0 where unknown.
    """
    if known := _known(job, lines, limit):
        return known[0]
    plain = _ENDS.get(job.word.split(" ")[0].rstrip("+"))
    if plain:
        return plain
    if job.exit in _EXITS:
        return _EXITS[job.exit][0]
    if killed := _KILLED.fullmatch(job.exit):
        return f"killed by {signal.Signals(int(killed[1])).name}"
    return f"exit {job.exit}" if job.exit not in ("", "0:0", "0") else job.word.lower().replace("_", " ")


def what_to_do(job: Job, lines: Sequence[str] = (), limit: int = 0) -> str:
    """One sentence: why, and what to do about it; arguments as of `how_it_ended`."""
    if known := _known(job, lines, limit):
        return known[1]
    if job.exit == _SIGKILL:
        return "Something killed them, often because they took more memory than they asked for. Their logs say more."
    if job.exit in _EXITS:
        return _EXITS[job.exit][1]
    return _ADVICE.get(job.word.split(" ")[0].rstrip("+"), _MORE)


def _known(job: Job, lines: Sequence[str], limit: int) -> tuple[str, str] | None:
    """How a job ended and what to do, where more than the batch system's word tells it."""
    if job.exit == _UNWRITABLE:
        return (
            "the node cannot write its log",
            "That node does not see log/, or may not write there. Launch from a folder that the nodes share.",
        )
    if _ended_early(job, limit):
        return "ended before its time limit", f"They {_USED_UP}"
    if found := _not_started(job, lines):
        return found
    number = _limit_of(job)
    return None if number is None else _LIMITS[number]


def _ended_early(job: Job, limit: int) -> bool:
    """Whether a TIMEOUT came well before the limit: Slurm says so too of an account that is used up."""
    return job.word == "TIMEOUT" and 0 < job.elapsed < limit - _EARLY


def _limit_of(job: Job) -> signal.Signals | None:
    """The limit of a process by which a job ended; a shell tells of a signal by an exit code above 128."""
    return next((number for number in _LIMITS if job.exit in (f"0:{number.value}", f"{128 + number.value}:0")), None)


def _not_started(job: Job, lines: Sequence[str]) -> tuple[str, str] | None:
    """How a job ended whose shell never came to Dask, as its log says, and what to do."""
    setup = next((line.removeprefix(SETUP_FAILED) for line in lines if line.startswith(SETUP_FAILED)), "")
    before = any(line.startswith(NOT_STARTED) for line in lines)
    if not setup and before:
        return (
            "the shell ended before Dask was started",
            "A line of the profile's setup, or a script of the environment's activation, ends the shell. "
            "Tell the administrator of this profile, or choose another environment.",
        )
    if setup and (before or job.exit in (*_EXITS, "1:0")):
        return (
            "a line of its setup failed",
            f"This line of the profile's setup failed: {setup}. Its log says why. "
            "Tell the administrator of this profile, or choose another one.",
        )
    return None


def why_scheduler_ended(job: Job, last_lines: Sequence[str], limit: int = 0) -> str:
    """Why a cluster ends whose scheduler has, unasked; arguments as of `how_it_ended`."""
    if _ended_early(job, limit):
        return f"The scheduler's job and those of its workers {_USED_UP}"
    if plain := _SCHEDULER.get(job.word):
        return plain
    known = job.exit in _EXITS or _known(job, last_lines, 0)
    parts = [what_to_do(job, last_lines)] if known else []
    if last_lines:
        parts.append(f"Its log ends with: {last_lines[-1]}")
    elif not known and _is_silent(job):
        parts.append(_EMPTY)
    how = how_it_ended(job, last_lines)
    return " ".join([f"The scheduler ended by itself: {how}.", *(parts or ["Its log says more."])])


def _is_silent(job: Job) -> bool:
    """Whether an empty log is the job's own doing: it ended by itself."""
    return job.word == "COMPLETED" or (job.word == "FAILED" and job.exit != "" and not _KILLED.fullmatch(job.exit))


def why_no_worker_is_left(jobs: Sequence[Job], last_lines: Mapping[str, Sequence[str]], limit: int = 0) -> str:
    """Why a cluster ends whose workers all have before all had come.

    Args:
        last_lines: of their logs, by `Job.id`.
        limit: as of `how_it_ended`.
    """
    failed = [job for job in jobs if job.state is JobState.FAILED]
    told = next((job for job in failed or jobs if last_lines.get(job.id)), (failed or jobs)[0])
    count = "the worker" if len(jobs) == 1 else f"all {len(jobs):,} workers"
    lines = last_lines.get(told.id, ())
    how = f"{how_it_ended(told, lines, limit)}. {what_to_do(told, lines, limit)}"
    if not failed:
        what = f"{count} ended before the cluster was complete."
    elif len(failed) == len(jobs):
        what = f"{count} failed: {how}"
    else:
        what = f"no worker is left: {len(failed):,} of {len(jobs):,} failed: {how}"
    if lines:
        what = f"{what.removesuffix(_MORE).rstrip()} A log ends with: {lines[-1]}"
    return what[0].upper() + what[1:]
