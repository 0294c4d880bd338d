"""How a job ended, in plain words. What the batch system calls it is shown beside them."""

from __future__ import annotations

import signal
from collections.abc import Mapping, Sequence

from dask_hpc.messages import Message

from ..batch.base import Cause, Job, JobRef, JobState, Outcome
from .log_names import NOT_STARTED, SETUP_FAILED

_ENDS: Mapping[Outcome | Cause | None, Message] = {
    Outcome.OUT_OF_MEMORY: Message("end.out-of-memory"),
    Outcome.TIME_LIMIT: Message("end.time-limit"),
    Outcome.NODE_FAILED: Message("end.node-failed"),
    Outcome.PREEMPTED: Message("end.preempted"),
    Outcome.CANCELLED: Message("end.cancelled"),
    Outcome.UNKNOWN: Message("end.unknown"),
    Cause.DEADLINE: Message("end.deadline"),
    Cause.NODE_NOT_STARTED: Message("end.node-not-started"),
}

_MORE = Message("advice.see-logs")
_STARTED_AGAIN = Message("advice.started-again")

_ADVICE = {
    Outcome.OUT_OF_MEMORY: Message("advice.out-of-memory"),
    Outcome.TIME_LIMIT: Message("advice.time-limit"),
    Outcome.NODE_FAILED: _STARTED_AGAIN,
    Outcome.PREEMPTED: _STARTED_AGAIN,
    Outcome.CANCELLED: Message("advice.cancelled"),
}

SCHEDULER_LAPSED = Message("reason.lease-lapsed")
_EXITS = {
    126: (
        Message("end.python-not-executable"),
        Message("advice.python-not-executable"),
    ),
    127: (
        Message("end.python-not-found"),
        Message("advice.python-not-found"),
    ),
}
"""The shell's exits: it becomes Python, so a job that ends with them never did."""

_SCHEDULER = {
    Outcome.TIME_LIMIT: Message("reason.scheduler-time-limit"),
    Outcome.CANCELLED: Message("reason.scheduler-cancelled"),
    Outcome.NODE_FAILED: Message("reason.scheduler-node-failed"),
    Outcome.PREEMPTED: Message("reason.scheduler-preempted"),
    Outcome.OUT_OF_MEMORY: Message("reason.scheduler-out-of-memory"),
}

_LIMITS = {
    signal.SIGXCPU: (
        Message("end.cpu-time-limit"),
        Message("advice.cpu-time-limit"),
    ),
    signal.SIGXFSZ: (
        Message("end.file-size-limit"),
        Message("advice.file-size-limit"),
    ),
}
"""Signals by which the system enforces limits of a process."""
_EARLY = 120
"""Seconds by which a job may end before its time limit without another cause: Slurm looks once in a while."""


def how_it_ended(job: Job, lines: Sequence[str] = (), limit: int = 0) -> Message:
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
        return Message("end.signal", signal=_signal_name(job.signal))
    if job.exit_code:
        return Message("end.exit", number=job.exit_code)
    return Message("text", text=job.native_state.lower().replace("_", " "))


def what_to_do(job: Job, lines: Sequence[str] = (), limit: int = 0) -> Message:
    """One sentence: why, and what to do about it; arguments as of `how_it_ended`."""
    if known := _known(job, lines, limit):
        return known[1]
    if job.signal == signal.SIGKILL:
        # What is left of a job that used too much memory, where nothing tells the kernel's kill from another.
        return Message("advice.killed")
    if job.exit_code in _EXITS:
        return _EXITS[job.exit_code][1]
    return _MORE if job.outcome is None else _ADVICE.get(job.outcome, _MORE)


def _known(job: Job, lines: Sequence[str], limit: int) -> tuple[Message, Message] | None:
    """How a job ended and what to do, where more than the batch system's word tells it."""
    if job.cause is Cause.LOG_UNWRITABLE:
        return (
            Message("end.log-unwritable"),
            Message("advice.log-unwritable"),
        )
    if _ended_early(job, limit):
        return Message("end.before-time-limit"), Message("advice.used-up")
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


def _not_started(job: Job, lines: Sequence[str]) -> tuple[Message, Message] | None:
    """How a job ended whose shell never came to Dask, as its log says, and what to do."""
    setup = next((line.removeprefix(SETUP_FAILED) for line in lines if line.startswith(SETUP_FAILED)), "")
    before = any(line.startswith(NOT_STARTED) for line in lines)
    if not setup and before:
        return (
            Message("end.shell-ended"),
            Message("advice.shell-ended"),
        )
    if setup and (before or job.exit_code in (*_EXITS, 1)):
        return (
            Message("end.setup-failed"),
            Message("advice.setup-failed", line=setup),
        )
    return None


def why_scheduler_ended(job: Job, last_lines: Sequence[str], limit: int = 0) -> Message:
    """Why a cluster ends whose scheduler has, unasked; arguments as of `how_it_ended`."""
    if _ended_early(job, limit):
        return Message("reason.used-up")
    if job.outcome is not None and (text := _SCHEDULER.get(job.outcome)):
        return text
    known = job.exit_code in _EXITS or _known(job, last_lines, 0)
    what = Message("reason.scheduler-ended", how=how_it_ended(job, last_lines))
    if known:
        what = Message("advice.after", what=what, advice=what_to_do(job, last_lines))
    if last_lines:
        return Message("reason.its-log-ends", what=what, line=last_lines[-1])
    if known:
        return what
    more = Message("advice.log-empty") if _is_silent(job) else Message("advice.see-log")
    return Message("advice.after", what=what, advice=more)


def _is_silent(job: Job) -> bool:
    """Whether an empty log is the job's own doing: it ended by itself."""
    return job.outcome is Outcome.COMPLETED or (job.outcome is Outcome.FAILED and job.exit_code is not None)


def why_no_worker_is_left(jobs: Sequence[Job], last_lines: Mapping[JobRef, Sequence[str]], limit: int = 0) -> Message:
    """Why a cluster ends whose workers all have before all had come.

    Args:
        last_lines: of their logs.
        limit: as of `how_it_ended`.
    """
    failed = [job for job in jobs if job.state is JobState.FAILED]
    told = next((job for job in failed or jobs if last_lines.get(job.ref)), (failed or jobs)[0])
    lines = last_lines.get(told.ref, ())
    how, advice = how_it_ended(told, lines, limit), what_to_do(told, lines, limit)
    count = len(jobs)
    if not failed:
        what = Message("reason.no-worker-left", count=count)
    elif len(failed) == count:
        what = Message("reason.all-workers-failed", count=count, how=how)
    else:
        what = Message("reason.some-workers-failed", failed=len(failed), count=count, how=how)
    if failed and not (lines and advice == _MORE):
        what = Message("advice.after", what=what, advice=advice)
    return Message("reason.a-log-ends", what=what, line=lines[-1]) if lines else what
