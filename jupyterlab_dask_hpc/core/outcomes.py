"""How a job ended, in plain words. What the batch system calls it is shown beside them."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

from ..batch.base import Cause, Job, JobRef, JobState, Outcome
from .log_names import NOT_STARTED, SETUP_FAILED

_ENDS: Mapping[Outcome | Cause | None, str] = {
    Outcome.OUT_OF_MEMORY: "out of memory",
    Outcome.TIME_LIMIT: "time limit reached",
    Outcome.NODE_FAILED: "its node failed",
    Outcome.PREEMPTED: "preempted by another job",
    Outcome.CANCELLED: "cancelled",
    Outcome.UNKNOWN: "no longer known to the batch system",
    Cause.DEADLINE: "deadline reached",
    Cause.NODE_NOT_STARTED: "its node did not start",
}

_MORE = "Their logs say more."

_ADVICE = {
    Outcome.OUT_OF_MEMORY: "They reached the memory they asked for. "
    "Ask for more per worker, or use smaller partitions.",
    Outcome.TIME_LIMIT: "They reached their time limit. Ask for more worker time.",
    Outcome.NODE_FAILED: "The batch system starts them again by itself where it can.",
    Outcome.PREEMPTED: "The batch system starts them again by itself where it can.",
    Outcome.CANCELLED: "Somebody cancelled them outside of JupyterLab.",
}

SCHEDULER_LAPSED = (
    "The scheduler has not answered for longer than its lease, though its job runs: "
    "its node hangs, or this server cannot reach it."
)
_EXITS = {
    126: ("its Python cannot be run", "The nodes may not run the Python of this environment. Choose another one."),
    127: (
        "its Python was not found",
        "The Python environment was removed, or the nodes do not see it. Choose one that they see.",
    ),
}
"""The shell's exits: it becomes Python, so a job that ends with them never did."""

_SCHEDULER = {
    Outcome.TIME_LIMIT: "The cluster reached its scheduler's time limit.",
    Outcome.CANCELLED: "The scheduler's job was cancelled outside of JupyterLab.",
    Outcome.NODE_FAILED: "The scheduler's node failed, and what it knew is lost. Launch again.",
    Outcome.PREEMPTED: "The scheduler was preempted by another job, and what it knew is lost. Launch again.",
    Outcome.OUT_OF_MEMORY: "The scheduler ran out of memory. Launch again with more scheduler memory.",
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


def how_it_ended(job: Job, lines: Sequence[str] = (), limit: int = 0) -> str:
    """``out of memory``, ``exit 1``: as few words as tell it.

    Args:
        lines: what its log ends with.
        limit: seconds of its time limit as it was asked for; 0 where unknown.
    """
    if known := _known(job, lines, limit):
        return known[0]
    if text := _ENDS.get(job.cause) or _ENDS.get(job.outcome):
        return text
    if job.exit_code in _EXITS:
        return _EXITS[job.exit_code][0]
    if job.signal is not None:
        return f"killed by {_signal_name(job.signal)}"
    return f"exit {job.exit_code}" if job.exit_code else job.native_state.lower().replace("_", " ")


def what_to_do(job: Job, lines: Sequence[str] = (), limit: int = 0) -> str:
    """One sentence: why, and what to do about it; arguments as of `how_it_ended`."""
    if known := _known(job, lines, limit):
        return known[1]
    if job.signal == signal.SIGKILL:
        # What is left of a job that used too much memory, where nothing tells the kernel's kill from another.
        return "Something killed them, often because they took more memory than they asked for. Their logs say more."
    if job.exit_code in _EXITS:
        return _EXITS[job.exit_code][1]
    return _MORE if job.outcome is None else _ADVICE.get(job.outcome, _MORE)


def _known(job: Job, lines: Sequence[str], limit: int) -> tuple[str, str] | None:
    """How a job ended and what to do, where more than the batch system's word tells it."""
    if job.cause is Cause.LOG_UNWRITABLE:
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
    """Whether a time limit came well before that of the job: as when its account is used up."""
    return job.outcome is Outcome.TIME_LIMIT and 0 < job.elapsed < limit - _EARLY


def _signal_name(number: int) -> str:
    return signal.Signals(number).name if number in list(signal.Signals) else f"signal {number}"


def _limit_of(job: Job) -> signal.Signals | None:
    """The limit of a process by which a job ended; a shell tells of a signal by an exit code above 128."""
    return next((number for number in _LIMITS if number in (job.signal, (job.exit_code or 0) - 128)), None)


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
    if setup and (before or job.exit_code in (*_EXITS, 1)):
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
    if job.outcome is not None and (text := _SCHEDULER.get(job.outcome)):
        return text
    known = job.exit_code in _EXITS or _known(job, last_lines, 0)
    parts = [what_to_do(job, last_lines)] if known else []
    if last_lines:
        parts.append(f"Its log ends with: {last_lines[-1]}")
    elif not known and _is_silent(job):
        parts.append(_EMPTY)
    how = how_it_ended(job, last_lines)
    return " ".join([f"The scheduler ended by itself: {how}.", *(parts or ["Its log says more."])])


def _is_silent(job: Job) -> bool:
    """Whether an empty log is the job's own doing: it ended by itself."""
    return job.outcome is Outcome.COMPLETED or (job.outcome is Outcome.FAILED and job.exit_code is not None)


def why_no_worker_is_left(jobs: Sequence[Job], last_lines: Mapping[JobRef, Sequence[str]], limit: int = 0) -> str:
    """Why a cluster ends whose workers all have before all had come.

    Args:
        last_lines: of their logs.
        limit: as of `how_it_ended`.
    """
    failed = [job for job in jobs if job.state is JobState.FAILED]
    told = next((job for job in failed or jobs if last_lines.get(job.ref)), (failed or jobs)[0])
    count = "the worker" if len(jobs) == 1 else f"all {len(jobs):,} workers"
    lines = last_lines.get(told.ref, ())
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
