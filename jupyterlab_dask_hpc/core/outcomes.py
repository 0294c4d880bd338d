"""Messages about how a job ended. The batch system's own state is shown beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from signal import Signals

from dask_hpc.messages import Message

from ..batch.jobs import Cause, Job, JobRef, JobState, Outcome
from .log_names import LOG_UNWRITABLE, NOT_SET, NOT_STARTED, SCRATCH_UNUSABLE, SETUP_FAILED
from .scheduler_status import Ended, WorkersEnd

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
_RESTARTED = Message("advice.started-again")

_ADVICE = {
    Outcome.OUT_OF_MEMORY: Message("advice.out-of-memory"),
    Outcome.TIME_LIMIT: Message("advice.time-limit"),
    Outcome.NODE_FAILED: _RESTARTED,
    Outcome.PREEMPTED: _RESTARTED,
    Outcome.CANCELLED: Message("advice.cancelled"),
}

SCHEDULER_LAPSED = Message("reason.lease-lapsed")
_LOG_UNWRITABLE = Message("end.log-unwritable"), Message("advice.log-unwritable")
_EXITS = {
    126: (
        Message("end.python-not-executable"),
        Message("advice.python-not-executable"),
    ),
    LOG_UNWRITABLE: _LOG_UNWRITABLE,
    127: (
        Message("end.python-not-found"),
        Message("advice.python-not-found"),
    ),
}
"""Exit codes of the script. It replaces itself with Python, so a job with one of these never started Python."""

_SCHEDULER = {
    Outcome.TIME_LIMIT: Message("reason.scheduler-time-limit"),
    Outcome.CANCELLED: Message("reason.scheduler-cancelled"),
    Outcome.NODE_FAILED: Message("reason.scheduler-node-failed"),
    Outcome.PREEMPTED: Message("reason.scheduler-preempted"),
    Outcome.OUT_OF_MEMORY: Message("reason.scheduler-out-of-memory"),
}

_LIMITS = {
    Signals.SIGXCPU: (
        Message("end.cpu-time-limit"),
        Message("advice.cpu-time-limit"),
    ),
    Signals.SIGXFSZ: (
        Message("end.file-size-limit"),
        Message("advice.file-size-limit"),
    ),
}
"""Signals by which the operating system enforces the resource limits of a process."""
_LIMIT_MARGIN_S = 120
"""Seconds by which a job may end before its time limit without another cause: Slurm checks limits periodically."""


def outcome_message(job: Job, lines: Sequence[str] = (), limit: int = 0) -> Message:
    """How a job ended, in a few words: ``out of memory``, ``exit 1``.

    Args:
        lines: last lines of its log.
        limit: the requested time limit in seconds; 0 if unknown.
    """
    if known := _known(job, lines, limit):
        return known[0]
    if text := _ENDS.get(job.cause) or _ENDS.get(job.outcome):
        return text
    if job.exit_code in _EXITS:
        return _EXITS[job.exit_code][0]
    if (number := _signal(job.signal, job.exit_code)) is not None:
        return Message("end.signal", signal=signal_name(number))
    if job.exit_code:
        return Message("end.exit", number=job.exit_code)
    return Message("text", text=job.native_state.lower().replace("_", " "))


def outcome_advice(job: Job, lines: Sequence[str] = (), limit: int = 0) -> Message:
    """One sentence: the cause, and what to do about it; arguments as in `outcome_message`."""
    if known := _known(job, lines, limit):
        return known[1]
    if _signal(job.signal, job.exit_code) == Signals.SIGKILL:
        # Often too much memory: a kill by the kernel cannot always be distinguished from others.
        return Message("advice.killed")
    if job.exit_code in _EXITS:
        return _EXITS[job.exit_code][1]
    return _MORE if job.outcome is None else _ADVICE.get(job.outcome, _MORE)


def _known(job: Job, lines: Sequence[str], limit: int) -> tuple[Message, Message] | None:
    """How a job ended and what to do, if more than the batch system's state is known."""
    if job.cause is Cause.LOG_UNWRITABLE:
        return _LOG_UNWRITABLE
    if _ended_early(job, limit):
        return Message("end.before-time-limit"), Message("advice.used-up")
    if found := _not_started(job, lines):
        return found
    number = _limit_of(job)
    return None if number is None else _LIMITS[number]


def _ended_early(job: Job, limit: int) -> bool:
    """Whether a time limit ended the job well before its own, as when the budget of its account is used up."""
    return job.outcome is Outcome.TIME_LIMIT and 0 < job.elapsed < limit - _LIMIT_MARGIN_S


def signal_name(number: int) -> str:
    """``SIGKILL``, or ``signal 99`` for a number without a name."""
    return Signals(number).name if number in list(Signals) else f"signal {number}"


def _limit_of(job: Job) -> Signals | None:
    """The resource limit that ended a job."""
    number = _signal(job.signal, job.exit_code)
    return next((limit for limit in _LIMITS if limit == number), None)


def _signal(number: int | None, exit_code: int | None) -> int | None:
    """The signal that ended a process; a shell reports one as an exit code above 128."""
    if number is None and exit_code is not None and exit_code - 128 in list(Signals):
        return exit_code - 128
    return number


def _not_started(job: Job, lines: Sequence[str]) -> tuple[Message, Message] | None:
    """How a job ended whose script did not reach Dask, according to its log, and what to do."""
    if why := _noted(lines, SCRATCH_UNUSABLE):
        return Message("end.scratch-unusable"), Message("advice.scratch-unusable", detail=why)
    if why := _noted(lines, NOT_SET):
        return Message("end.variable-not-set"), Message("advice.variable-not-set", detail=why)
    setup = _noted(lines, SETUP_FAILED)
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


def _noted(lines: Sequence[str], note: str) -> str:
    """What the job script has written after `note`; empty for nothing."""
    return next((line.removeprefix(note) for line in lines if line.startswith(note)), "")


def scheduler_close_reason(ended: Ended, idle_timeout: float) -> Message:
    """Why a cluster ends whose scheduler has closed itself."""
    if ended.reason == "asked":
        return Message("reason.asked")
    if ended.reason == "idle" and ended.seconds is not None:
        return Message("reason.idle", time=ended.seconds, limit=idle_timeout)
    if ended.reason == "lease" and ended.seconds is not None:
        return Message("reason.lease", time=ended.seconds)
    return Message("text", text=ended.message)


def scheduler_end_reason(job: Job, last_lines: Sequence[str], limit: int = 0) -> Message:
    """Why a cluster ends whose scheduler ended unexpectedly; arguments as in `outcome_message`."""
    if _ended_early(job, limit):
        return Message("reason.used-up")
    if job.outcome is not None and (text := _SCHEDULER.get(job.outcome)):
        return text
    known = job.exit_code in _EXITS or _known(job, last_lines, 0)
    what = Message("reason.scheduler-ended", how=outcome_message(job, last_lines))
    if known:
        what = Message("text.followed", first=what, next=outcome_advice(job, last_lines))
    if last_lines:
        return Message("reason.its-log-ends", what=what, line=last_lines[-1])
    if known:
        return what
    more = Message("advice.log-empty") if _is_silent(job) else Message("advice.see-log")
    return Message("text.followed", first=what, next=more)


def workers_ended_reason(end: WorkersEnd) -> Message:
    """Why a cluster ends whose workers have all ended, in the same job as its scheduler."""
    if not end.exit_code:
        return Message("reason.workers-ended")
    what = Message("reason.workers-ended-with", number=end.exit_code)
    if (number := _signal(None, end.exit_code)) is not None:
        what = Message("reason.workers-killed", signal=signal_name(number))
        if number == Signals.SIGKILL:
            what = Message("text.followed", first=what, next=Message("advice.killed"))
    return Message("reason.a-log-ends", what=what, line=end.last_lines[-1]) if end.last_lines else what


def _is_silent(job: Job) -> bool:
    """Whether the job ended by itself; an empty log then means that it ended before Dask was started."""
    return job.outcome is Outcome.COMPLETED or (job.outcome is Outcome.FAILED and job.exit_code is not None)


def no_worker_left_reason(jobs: Sequence[Job], last_lines: Mapping[JobRef, Sequence[str]], limit: int = 0) -> Message:
    """Why a cluster ends whose workers all ended before the cluster was ready.

    Args:
        last_lines: last lines of their logs.
        limit: as in `outcome_message`.
    """
    failed = [job for job in jobs if job.state is JobState.FAILED]
    example = next((job for job in failed or jobs if last_lines.get(job.ref)), (failed or jobs)[0])
    lines = last_lines.get(example.ref, ())
    how, advice = outcome_message(example, lines, limit), outcome_advice(example, lines, limit)
    count = len(jobs)
    if not failed:
        what = Message("reason.no-worker-left", count=count)
    elif len(failed) == count:
        what = Message("reason.all-workers-failed", count=count, how=how)
    else:
        what = Message("reason.some-workers-failed", failed=len(failed), count=count, how=how)
    if failed and not (lines and advice == _MORE):
        what = Message("text.followed", first=what, next=advice)
    return Message("reason.a-log-ends", what=what, line=lines[-1]) if lines else what
