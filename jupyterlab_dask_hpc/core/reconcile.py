"""What to do next for one cluster: from what was asked for, what the batch system shows, and what
the scheduler says. Pure, and run again and again: nothing depends on having seen an event.
"""

from __future__ import annotations

from dataclasses import dataclass

from ..batch.base import JobState, plain
from .observed import ObservedJobs
from .outcomes import SCHEDULER_LAPSED, why_no_worker_is_left, why_scheduler_ended
from .record import Record, State, Submission, with_submit
from .scaling import deny, dismiss_queued, is_further, tasks, to_cancel
from .scheduler_status import SchedulerStatus
from .timestamps import clamp_future

CANCEL_AGAIN = 10.0
"""Seconds after which jobs that still wait or run are cancelled once more."""
LOST_SUBMIT = 30.0
"""Seconds after which a submit whose answer was lost, and that no snapshot shows, is taken as not done."""
MOST_TRIES = 3
TOO_LATE = 3600.0
"""Seconds after which a scheduler that was not taken is not asked for again: its user has long gone on."""


@dataclass(frozen=True)
class SubmitJobs:
    """Submission `record.submits[number]`."""

    number: int


@dataclass(frozen=True)
class CancelJobs:
    """Cancel these submits."""

    ids: tuple[str, ...]


@dataclass(frozen=True)
class FindJobs:
    """Look up these submits."""

    ids: tuple[str, ...]


Action = SubmitJobs | CancelJobs | FindJobs


def reconcile(
    record: Record, sight: ObservedJobs, signs: SchedulerStatus, now: float
) -> tuple[Record, tuple[Action, ...]]:
    """The record as it should be kept now, and what to do once it is.

    Args:
        now: seconds since the epoch.
    """
    if not record.live:
        return record, ()
    record = _learn(clamp_future(record, now), sight, signs)
    if record.wish == "run":
        record = _judge(record, sight, signs)
    record, actions = _run(record, sight, signs, now) if record.wish == "run" else _stop(record, sight, signs, now)
    actions = tuple(_sparing(sight.others, action) for action in actions)
    if unclear := sight.missing | sight.unexplained:
        actions = (*actions, FindJobs(tuple(sorted(unclear))))
    return record, actions


def _sparing(others: frozenset[str], action: Action) -> Action:
    """What is cancelled goes by number: not by one that another job of the same user has by now."""
    if not isinstance(action, CancelJobs):
        return action
    return CancelJobs(tuple(id for id in action.ids if others.isdisjoint((id, id.rpartition("_")[0]))))


def stop(record: Record, reason: str, ill: bool = False) -> Record:
    """The same cluster, to be ended; the first reason stays."""
    if record.wish == "stop" or not record.live:
        return record
    changes = {"wish": "stop", "reason": reason, "ill": ill, "state": "closing", "cancelled": None}
    return record.model_copy(update=changes)


def _learn(record: Record, sight: ObservedJobs, signs: SchedulerStatus) -> Record:
    """Ids of submits whose answer was lost, found by their name; and which of them are over."""
    scheduler = record.scheduler
    if signs.job and not scheduler.id and scheduler.asked is not None and not sight.of(scheduler):
        # It has run, and no snapshot shows it any more.
        record = with_submit(record, 0, id=signs.job)
    for number, submit in enumerate(record.submits):
        jobs = sight.of(submit)
        if not jobs:
            continue
        if not submit.id and submit.asked is not None:
            record = with_submit(record, number, id=jobs[0].array)
        # What was over may live again: requeued after its node failed, or known anew to a controller that crashed.
        over = not any(job.state.live for job in jobs)
        if over is not submit.over:
            record = with_submit(record, number, over=over)
    return record


def _twice(record: Record, sight: ObservedJobs) -> list[str]:
    """Ids of what lives of a submit beside the one that counts: a lost submit that was taken very late after all."""
    return sorted(
        job.array
        for submit in record.submits
        if submit.id
        for job in {job.array: job for job in sight.of(submit) if job.state.live}.values()
        # The same number is the same job, whatever its cluster is called.
        if plain(job.array) != plain(submit.id)
    )


def _judge(record: Record, sight: ObservedJobs, signs: SchedulerStatus) -> Record:
    """Whether a cluster that should run has ended all the same."""
    if signs.ended is not None and signs.ended.reason != "asked":
        return stop(record, signs.ended.message)
    # A scheduler that answers is not dead, whatever the batch system shows.
    if record.scheduler.over and not signs.answers and record.scheduler.id not in sight.unexplained:
        job = sight.of(record.scheduler)[0]
        # A scheduler that a signal asked to close cannot know why; only the batch system can: a limit, a scancel.
        if signs.ended is not None and job.word in ("COMPLETED", "GONE"):
            return stop(record, signs.ended.message)
        lines = signs.last_lines.get(job.id, ())
        return stop(record, why_scheduler_ended(job, lines, record.request.scheduler.time), ill=job.word != "TIMEOUT")
    if signs.lapsed:
        return stop(record, SCHEDULER_LAPSED, ill=True)
    meant = [array for array in record.arrays if len(array.dismissed) < (array.tasks or 0)]
    none_left = not record.ready and meant and all(array.over for array in meant)
    connected = signs.answers and signs.connected
    if none_left and not connected and signs.ended is None and not sight.unexplained:
        jobs = [job for array in meant for job in sight.of(array)]
        return stop(record, why_no_worker_is_left(jobs, signs.last_lines, record.request.workers.time), ill=True)
    return record


def _run(record: Record, sight: ObservedJobs, signs: SchedulerStatus, now: float) -> tuple[Record, tuple[Action, ...]]:
    begun = signs.started or any(job.state is JobState.RUNNING for job in sight.of(record.scheduler))
    # Before all is seen, who has ended long ago counts as there, and others would go for him.
    if record.wanted is not None and sight.whole:
        record = dismiss_queued(record, sight, signs.connected)
    wanted = range(len(record.submits)) if begun else range(1)
    actions: list[Action] = []
    for number in wanted:
        submit = record.submits[number]
        if submit.id or submit.over or not _due(submit, sight, now):
            continue
        if submit.tries >= MOST_TRIES and is_further(record, number):
            why = f"The batch system took none of three submits of further workers. {record.reason}".rstrip()
            return reconcile(deny(record, sight, number, why, now), sight, signs, now)
        if submit.tries >= MOST_TRIES:
            why = f"The batch system took none of three submits. {record.reason}".rstrip()
            return reconcile(stop(record, why, ill=True), sight, signs, now)
        if number == 0 and submit.asked is not None and now - submit.asked > TOO_LATE:
            why = "The batch system has not taken its scheduler for over an hour. Launch it again."
            return reconcile(stop(record, f"{why} {record.reason}".rstrip(), ill=True), sight, signs, now)
        record = with_submit(record, number, asked=now, tries=submit.tries + 1)
        actions.append(SubmitJobs(number))
    going = [*to_cancel(record, sight), *(job for job in _twice(record, sight) if not _ending(job, sight))]
    if going and _cancel_due(record, now):
        record = record.model_copy(update={"cancelled": now})
        actions.append(CancelJobs(tuple(going)))
    state, ready = _state(record, sight, signs, begun)
    # While an answer is lacking, the reason says so.
    lacking = any(submit.asked is not None and not submit.id for submit in record.submits)
    reason = record.reason if lacking else ""
    return record.model_copy(update={"state": state, "ready": ready, "reason": reason}), tuple(actions)


def _state(record: Record, sight: ObservedJobs, signs: SchedulerStatus, begun: bool) -> tuple[State, bool]:
    if not begun:
        return ("queued" if record.scheduler.id else "requested"), record.ready
    ready = record.ready
    if not ready and signs.address and signs.connected is not None:
        jobs = [job for array in record.arrays for job in sight.of(array)]
        coming = [task.job for task in tasks(record, sight) if task.job]
        some = bool(signs.connected)
        seen = len(jobs) >= sum(array.tasks or 0 for array in record.arrays)
        ready = (
            some
            and seen
            and len(signs.connected) >= len(coming)
            and not any(job.state is JobState.PENDING for job in coming)
        )
        ready = ready or len(signs.connected) >= record.wanted_workers
    return ("running" if ready else "starting"), ready


def _stop(record: Record, sight: ObservedJobs, signs: SchedulerStatus, now: float) -> tuple[Record, tuple[Action, ...]]:
    waiting = False
    live: list[str] = []
    for submit in record.submits:
        if submit.over or submit.asked is None:
            continue
        if submit.id:
            live.append(submit.id)
        elif not _due(submit, sight, now):
            waiting = True
    live.extend(_twice(record, sight))
    again = record.cancelled is not None
    due = [job for job in live if not again or not _ending(job, sight)]
    if not again and record.scheduler.over and signs.answers:
        # It lives all the same, and so may its workers.
        due = [submit.id for submit in record.submits if submit.id]
    if due and _cancel_due(record, now):
        return record.model_copy(update={"state": "closing", "cancelled": now}), (CancelJobs(tuple(due)),)
    if live or waiting:
        return record.model_copy(update={"state": "closing"}), ()
    return record.model_copy(update={"state": "failed" if record.ill else "closed", "closed": now}), ()


def _cancel_due(record: Record, now: float) -> bool:
    return record.cancelled is None or now - record.cancelled >= CANCEL_AGAIN


def _ending(submit_id: str, sight: ObservedJobs) -> bool:
    """Whether all that is left of a submit has taken its cancel and is on its way out."""
    left = [job.state for job in sight.jobs.values() if job.array == submit_id and job.state.live]
    return bool(left) and all(state is JobState.ENDING for state in left)


def is_going(record: Record, sight: ObservedJobs) -> bool:
    """Whether a cluster that is to end has nothing left that waits or runs, but may have jobs on their way out.

    Only an answer from after the cancel tells: what is on its way out before may be requeued.
    """
    if record.wish != "stop" or record.cancelled is None or sight.at is None or sight.at <= record.cancelled:
        return False
    taken = [submit for submit in record.submits if submit.asked is not None and not submit.over]
    seen = all(submit.id and len(sight.of(submit)) >= (submit.tasks or 1) for submit in taken)
    return seen and all(_ending(submit.id, sight) for submit in taken) and not _twice(record, sight)


def _due(submit: Submission, sight: ObservedJobs, now: float) -> bool:
    """Whether it was never asked for, or was and surely not taken."""
    if submit.asked is None:
        return True
    waited = now - submit.asked >= LOST_SUBMIT
    return waited and sight.at is not None and sight.at > submit.asked + LOST_SUBMIT / 2
