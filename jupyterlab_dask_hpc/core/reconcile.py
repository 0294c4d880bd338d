"""What to do next for one cluster: from what was asked for, what the batch system shows, and what
the scheduler says. Pure, and run again and again: nothing depends on having seen an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..batch.base import JobRef, JobState, Outcome
from .observed import ObservedJobs
from .outcomes import SCHEDULER_LAPSED, why_no_worker_is_left, why_scheduler_ended
from .record import Record, State, Submission, with_submission
from .scaling import is_additional, refuse_scale_up, release_queued, tasks, to_cancel
from .scheduler_status import SchedulerStatus
from .timestamps import clamp_future

CANCEL_AGAIN = 10.0
"""Seconds after which jobs that still wait or run are cancelled once more."""
LOST_SUBMIT = 30.0
"""Seconds after which a submit whose answer was lost, and that no snapshot shows, is taken as not done."""
MAX_ATTEMPTS = 3
TOO_LATE = 3600.0
"""Seconds after which a scheduler that was not taken is not asked for again: its user has long gone on."""


@dataclass(frozen=True)
class SubmitJobs:
    """Submission `record.submissions[number]`."""

    number: int


@dataclass(frozen=True)
class CancelJobs:
    """Cancel these submissions, or jobs of arrays."""

    jobs: tuple[JobRef, ...]


@dataclass(frozen=True)
class FindJobs:
    """Look up these submissions."""

    ids: tuple[str, ...]


Action = SubmitJobs | CancelJobs | FindJobs


def reconcile(
    record: Record, observed: ObservedJobs, status: SchedulerStatus, now: float
) -> tuple[Record, tuple[Action, ...]]:
    """The record as it should be kept now, and what to do once it is.

    Args:
        now: seconds since the epoch.
    """
    if not record.live:
        return record, ()
    record = _learn(clamp_future(record, now), observed, status)
    if record.desired == "running":
        record = _judge(record, observed, status)
    record, actions = (
        _run(record, observed, status, now) if record.desired == "running" else _stop(record, observed, status, now)
    )
    actions = tuple(_sparing(observed.others, action) for action in actions)
    if unclear := observed.missing | observed.unexplained:
        actions = (*actions, FindJobs(tuple(sorted(unclear))))
    return record, actions


def _sparing(others: frozenset[str], action: Action) -> Action:
    """What is cancelled goes by number: not by one that another job of the same user has by now."""
    if not isinstance(action, CancelJobs):
        return action
    return CancelJobs(tuple(job for job in action.jobs if job.submission not in others))


def stop(record: Record, reason: str, failed: bool = False) -> Record:
    """The same cluster, to be ended; the first reason stays."""
    if record.desired == "stopped" or not record.live:
        return record
    changes = {"desired": "stopped", "reason": reason, "failed": failed, "state": "closing", "cancelled": None}
    return record.model_copy(update=changes)


def _learn(record: Record, observed: ObservedJobs, status: SchedulerStatus) -> Record:
    """Ids of submits whose answer was lost, found by their name; and which of them are over."""
    scheduler = record.scheduler
    if status.job and not scheduler.id and scheduler.submitted_at is not None and not observed.of(scheduler):
        # It has run, and no snapshot shows it any more.
        record = with_submission(record, 0, id=status.job)
    for number, submission in enumerate(record.submissions):
        jobs = observed.of(submission)
        if not jobs:
            continue
        if not submission.id and submission.submitted_at is not None:
            record = with_submission(record, number, id=jobs[0].submission)
        # What was over may live again: requeued after its node failed, or known anew to a controller that crashed.
        over = not any(job.state.live for job in jobs)
        if over is not submission.finished:
            record = with_submission(record, number, finished=over)
    return record


def _twice(record: Record, observed: ObservedJobs) -> list[str]:
    """Ids of what lives of a submit beside the one that counts: a lost submit that was taken very late after all."""
    return sorted(
        job.submission
        for submission in record.submissions
        if submission.id
        for job in {job.submission: job for job in observed.of(submission) if job.state.live}.values()
        if job.submission != submission.id
    )


def _judge(record: Record, observed: ObservedJobs, status: SchedulerStatus) -> Record:
    """Whether a cluster that should run has ended all the same."""
    if status.ended is not None and status.ended.reason != "asked":
        return stop(record, status.ended.message)
    # A scheduler that answers is not dead, whatever the batch system shows.
    if record.scheduler.finished and not status.answers and record.scheduler.id not in observed.unexplained:
        job = observed.of(record.scheduler)[0]
        # A scheduler that a signal asked to close cannot know why; only the batch system can: a limit, a scancel.
        if status.ended is not None and job.outcome in (Outcome.COMPLETED, Outcome.UNKNOWN):
            return stop(record, status.ended.message)
        lines = status.last_lines.get(job.ref, ())
        why = why_scheduler_ended(job, lines, record.request.scheduler.time)
        return stop(record, why, failed=job.outcome is not Outcome.TIME_LIMIT)
    if status.lapsed:
        return stop(record, SCHEDULER_LAPSED, failed=True)
    meant = [array for array in record.arrays if len(array.released) < (array.tasks or 0)]
    none_left = not record.ready and meant and all(array.finished for array in meant)
    connected = status.answers and status.connected
    if none_left and not connected and status.ended is None and not observed.unexplained:
        jobs = [job for array in meant for job in observed.of(array)]
        return stop(record, why_no_worker_is_left(jobs, status.last_lines, record.request.workers.time), failed=True)
    return record


def _run(
    record: Record, observed: ObservedJobs, status: SchedulerStatus, now: float
) -> tuple[Record, tuple[Action, ...]]:
    begun = status.started or any(job.state is JobState.RUNNING for job in observed.of(record.scheduler))
    # Before all is seen, who has ended long ago counts as there, and others would go for him.
    if record.wanted is not None and observed.whole:
        record = release_queued(record, observed, status.connected)
    wanted = range(len(record.submissions)) if begun else range(1)
    actions: list[Action] = []
    for number in wanted:
        submission = record.submissions[number]
        if submission.id or submission.finished or not _due(submission, observed, now):
            continue
        if submission.attempts >= MAX_ATTEMPTS and is_additional(record, number):
            why = f"The batch system took none of three submits of further workers. {record.reason}".rstrip()
            return reconcile(refuse_scale_up(record, observed, number, why, now), observed, status, now)
        if submission.attempts >= MAX_ATTEMPTS:
            why = f"The batch system took none of three submissions. {record.reason}".rstrip()
            return reconcile(stop(record, why, failed=True), observed, status, now)
        if number == 0 and submission.submitted_at is not None and now - submission.submitted_at > TOO_LATE:
            why = "The batch system has not taken its scheduler for over an hour. Launch it again."
            return reconcile(stop(record, f"{why} {record.reason}".rstrip(), failed=True), observed, status, now)
        record = with_submission(record, number, submitted_at=now, attempts=submission.attempts + 1)
        actions.append(SubmitJobs(number))
    twice = (JobRef(id) for id in _twice(record, observed) if not _ending(id, observed))
    going = [*to_cancel(record, observed), *twice]
    if going and _cancel_due(record, now):
        record = record.model_copy(update={"cancelled": now})
        actions.append(CancelJobs(tuple(going)))
    state, ready = _state(record, observed, status, begun)
    # While an answer is lacking, the reason says so.
    lacking = any(submission.submitted_at is not None and not submission.id for submission in record.submissions)
    reason = record.reason if lacking else ""
    return record.model_copy(update={"state": state, "ready": ready, "reason": reason}), tuple(actions)


def _state(record: Record, observed: ObservedJobs, status: SchedulerStatus, begun: bool) -> tuple[State, bool]:
    if not begun:
        return ("queued" if record.scheduler.id else "requested"), record.ready
    ready = record.ready
    if not ready and status.address and status.connected is not None:
        jobs = [job for array in record.arrays for job in observed.of(array)]
        coming = [task.job for task in tasks(record, observed) if task.job]
        some = bool(status.connected)
        seen = len(jobs) >= sum(array.tasks or 0 for array in record.arrays)
        ready = (
            some
            and seen
            and len(status.connected) >= len(coming)
            and not any(job.state is JobState.PENDING for job in coming)
        )
        ready = ready or len(status.connected) >= record.wanted_workers
    return ("running" if ready else "starting"), ready


def _stop(
    record: Record, observed: ObservedJobs, status: SchedulerStatus, now: float
) -> tuple[Record, tuple[Action, ...]]:
    waiting = False
    live: list[str] = []
    for submission in record.submissions:
        if submission.finished or submission.submitted_at is None:
            continue
        if submission.id:
            live.append(submission.id)
        elif not _due(submission, observed, now):
            waiting = True
    live.extend(_twice(record, observed))
    again = record.cancelled is not None
    due = [job for job in live if not again or not _ending(job, observed)]
    if not again and record.scheduler.finished and status.answers:
        # It lives all the same, and so may its workers.
        due = [submission.id for submission in record.submissions if submission.id]
    if due and _cancel_due(record, now):
        return record.model_copy(update={"state": "closing", "cancelled": now}), (CancelJobs(tuple(map(JobRef, due))),)
    if live or waiting:
        return record.model_copy(update={"state": "closing"}), ()
    return record.model_copy(update={"state": "failed" if record.failed else "closed", "closed": now}), ()


def _cancel_due(record: Record, now: float) -> bool:
    return record.cancelled is None or now - record.cancelled >= CANCEL_AGAIN


def _ending(submit_id: str, observed: ObservedJobs) -> bool:
    """Whether all that is left of a submit has taken its cancel and is on its way out."""
    left = [job.state for job in observed.jobs.values() if job.submission == submit_id and job.state.live]
    return bool(left) and all(state is JobState.ENDING for state in left)


def is_going(record: Record, observed: ObservedJobs) -> bool:
    """Whether a cluster that is to end has nothing left that waits or runs, but may have jobs on their way out.

    Only an answer from after the cancel tells: what is on its way out before may be requeued.
    """
    if (
        record.desired != "stopped"
        or record.cancelled is None
        or observed.at is None
        or observed.at <= record.cancelled
    ):
        return False
    taken = [
        submission
        for submission in record.submissions
        if submission.submitted_at is not None and not submission.finished
    ]
    seen = all(submission.id and len(observed.of(submission)) >= (submission.tasks or 1) for submission in taken)
    return seen and all(_ending(submission.id, observed) for submission in taken) and not _twice(record, observed)


def _due(submission: Submission, observed: ObservedJobs, now: float) -> bool:
    """Whether it was never asked for, or was and surely not taken."""
    if submission.submitted_at is None:
        return True
    waited = now - submission.submitted_at >= LOST_SUBMIT
    return waited and observed.at is not None and observed.at > submission.submitted_at + LOST_SUBMIT / 2
