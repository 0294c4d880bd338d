"""The next actions for one cluster, from its record, the observed jobs and the scheduler's status. Pure.

`reconcile` is called repeatedly. It updates the record from what was observed, checks whether the cluster has ended,
then plans actions. It does not depend on having seen any event, except the result of a submission.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from dask_hpc.messages import Message

from ..batch.jobs import JobRef, JobState, Outcome
from .actions import Action, CancelJobs, FindArrayLimits, FindJobs, SubmitJobs, SubmitResult
from .arrays import ArrayLimits
from .former import without_oldest
from .observed import ObservedJobs
from .outcomes import (
    SCHEDULER_LAPSED,
    no_worker_left_reason,
    scheduler_close_reason,
    scheduler_end_reason,
    workers_ended_reason,
)
from .record import Record, State, Submission, is_additional, with_submission, with_submissions
from .rollover import due_for_replacement, replace_due
from .scaling import refuse_scale_up, release_queued, release_retired, retirement, to_cancel
from .scheduler_status import SchedulerStatus
from .script_run import script_end_reason
from .slots import Slot, active, slots
from .stopping import cancel_all, cancel_due, is_due, is_ending, stop, submitted_twice
from .timestamps import clamp_future

MAX_ATTEMPTS = 3
SCHEDULER_SUBMIT_TIMEOUT_S = 3600.0
"""Seconds after which a scheduler job that was not accepted is not submitted again: its user no longer waits for it."""


def reconcile(
    record: Record,
    observed: ObservedJobs,
    status: SchedulerStatus,
    now: float,
    result: SubmitResult | None = None,
    arrays: ArrayLimits | None = None,
) -> tuple[Record, tuple[Action, ...]]:
    """The record to write now, and the actions to carry out after that.

    At most one submission is submitted at a time; the next call gets its result.

    Args:
        now: seconds since the epoch.
        result: the result of the last `SubmitJobs`, passed once.
        arrays: sizes of job arrays, if they were requested (`FindArrayLimits`).
    """
    if not record.live:
        return record, ()
    record = _update_from_observed(clamp_future(record, now), observed, status)
    if result is not None:
        record = _apply_result(record, _workers(record, observed, status), result, now)
    workers = _workers(record, observed, status)
    if record.desired == "running":
        record = _check_ended(record, workers, observed, status)
    if record.desired == "running":
        record, actions = _run(record, workers, observed, status, now, arrays)
    else:
        record, actions = cancel_all(record, observed, status, now)
    if unclear := observed.missing | observed.unexplained:
        actions = (*actions, FindJobs(tuple(sorted(unclear))))
    return record, actions


def _workers(record: Record, observed: ObservedJobs, status: SchedulerStatus) -> list[Slot]:
    return slots(record, observed, status.connected or (), status.retired, nodes=status.nodes, left=status.left)


def _update_from_observed(record: Record, observed: ObservedJobs, status: SchedulerStatus) -> Record:
    """The record with ids of submissions whose answer was lost, found by name, and with `finished` up to date."""
    scheduler = record.scheduler
    if status.job and not scheduler.id and scheduler.submitted_at is not None and not observed.of(scheduler):
        # The job has run, but snapshots no longer show it.
        record = with_submission(record, scheduler.name, id=status.job)
    changes: dict[str, dict[str, object]] = defaultdict(dict)
    for submission in record.submissions:
        jobs = observed.of(submission)
        if not jobs:
            continue
        if not submission.id and submission.submitted_at is not None:
            changes[submission.name]["id"] = jobs[0].submission
        # A finished one may become live again: requeued after a node failure, or recovered by a restarted controller.
        finished = not any(job.state.live for job in jobs)
        if finished is not submission.finished:
            changes[submission.name]["finished"] = finished
    return without_oldest(with_submissions(record, changes), observed)


def _apply_result(record: Record, workers: Sequence[Slot], result: SubmitResult, now: float) -> Record:
    """The record after the result of a submission."""
    submission = record.submission(result.submission)
    running = record.desired == "running"
    if result.id:
        accepted = {"scale_up_refused": None, "scale_up_refused_at": None}
        record = with_submission(record, submission.name, id=result.id)
        return record.model_copy(update=accepted) if is_additional(record, submission) else record
    if result.refused is None:
        return record.model_copy(update={"reason": result.unanswered}) if running else record
    record = with_submission(record, submission.name, submitted_at=None)
    if running and is_additional(record, submission):
        return refuse_scale_up(record, workers, submission.name, result.refused, now)
    return stop(record, result.refused, failed=True)


def _check_ended(record: Record, workers: Sequence[Slot], observed: ObservedJobs, status: SchedulerStatus) -> Record:
    """The record, stopped if a cluster that should run has ended."""
    if status.ended is not None and status.ended.reason != "asked":
        script = status.script if status.ended.reason == "script" else None
        why = script_end_reason(script) if script else scheduler_close_reason(status.ended, record.request.idle_timeout)
        return stop(record, why, failed=bool(script and script.exit_code != 0))
    # A scheduler that answers is running, whatever the batch system shows.
    if record.scheduler.finished and not status.answers and record.scheduler.id not in observed.unexplained:
        job = observed.of(record.scheduler)[0]
        # A scheduler closed by a signal does not know the cause. The batch system does: a time limit, an scancel.
        if status.ended is not None and job.outcome in (Outcome.COMPLETED, Outcome.UNKNOWN):
            return stop(record, scheduler_close_reason(status.ended, record.request.idle_timeout))
        lines = status.last_lines.get(job.ref, ())
        why = scheduler_end_reason(job, lines, record.request.scheduler.time)
        return stop(record, why, failed=job.outcome is not Outcome.TIME_LIMIT)
    if status.lapsed:
        return stop(record, SCHEDULER_LAPSED, failed=True)
    return _check_workers_left(record, workers, observed, status)


def _check_workers_left(
    record: Record, workers: Sequence[Slot], observed: ObservedJobs, status: SchedulerStatus
) -> Record:
    """The record, stopped if no worker is left that could ever connect."""
    end = status.workers_end
    if end is not None and status.ended is None and all(slot.fixed or slot.ended for slot in workers):
        # Nothing starts them again.
        return stop(record, workers_ended_reason(end), failed=end.exit_code != 0)
    needed = [submission for submission in record.worker_submissions if len(submission.released) < submission.jobs]
    none_left = not record.ready and needed and all(submission.finished for submission in needed)
    connected = status.answers and status.connected
    if none_left and not connected and status.ended is None and not observed.unexplained:
        jobs = [job for submission in needed for job in observed.of(submission)]
        why = no_worker_left_reason(jobs, status.last_lines, record.request.workers.time)
        return stop(record, why, failed=True)
    return record


def _run(
    record: Record,
    workers: Sequence[Slot],
    observed: ObservedJobs,
    status: SchedulerStatus,
    now: float,
    arrays: ArrayLimits | None,
) -> tuple[Record, tuple[Action, ...]]:
    """The record and the actions for a cluster that should run."""
    actions: list[Action] = []
    # Until every job is known, one that ended long ago counts as active, and others would be released instead.
    if observed.whole:
        scaled, more = _scale(record, workers, observed, status, now, arrays)
        if scaled is not record:
            record, workers = scaled, _workers(scaled, observed, status)
        actions += more
    begun = status.started or any(job.state is JobState.RUNNING for job in observed.of(record.scheduler))
    for submission in record.submissions:
        wanted = submission.runs_scheduler or begun or (submission.waits_for_scheduler and record.scheduler.id)
        if not wanted or submission.id or submission.finished or not is_due(submission, observed, now):
            continue
        if why := _give_up_reason(record, submission, now):
            if submission.runs_scheduler or not is_additional(record, submission):
                return reconcile(stop(record, why, failed=True), observed, status, now)
            return reconcile(refuse_scale_up(record, workers, submission.name, why, now), observed, status, now)
        record = with_submission(record, submission.name, submitted_at=now, attempts=submission.attempts + 1)
        actions.insert(0, SubmitJobs(submission.name))
        break
    going = to_cancel(record, workers, observed.others)
    going += [JobRef(id) for id in submitted_twice(record, observed) if not is_ending(id, observed)]
    if going and cancel_due(record, now):
        record = record.model_copy(update={"cancelled": now})
        actions.append(CancelJobs(tuple(going)))
    state, ready = _state(record, workers, status, begun)
    # The reason stays while a submission is unanswered.
    lacking = any(submission.submitted_at is not None and not submission.id for submission in record.submissions)
    reason = record.reason if lacking else None
    return record.model_copy(update={"state": state, "ready": ready, "reason": reason}), tuple(actions)


def _scale(
    record: Record,
    workers: Sequence[Slot],
    observed: ObservedJobs,
    status: SchedulerStatus,
    now: float,
    arrays: ArrayLimits | None,
) -> tuple[Record, list[Action]]:
    """The record with the wanted number of workers, and the actions for it; the same record if nothing changes."""
    actions: list[Action] = []

    def changed(to: Record) -> None:
        nonlocal record, workers
        if to is not record:
            record, workers = to, _workers(to, observed, status)

    changed(release_retired(record, workers, arrays))
    if due := due_for_replacement(record, workers, observed, now):
        if arrays is None:
            actions.append(FindArrayLimits())
        else:
            changed(replace_due(record, workers, due, arrays))
    if record.wanted is not None:
        changed(release_queued(record, workers, status.connected is not None))
        retire = retirement(record, workers) if status.connected is not None else None
        actions += [retire] if retire else []
    return record, actions


def _give_up_reason(record: Record, submission: Submission, now: float) -> Message | None:
    """Why a submission that is due is not submitted again; None if it is."""
    waited = 0.0 if submission.submitted_at is None else now - submission.submitted_at
    if submission.attempts >= MAX_ATTEMPTS:
        why = Message("reason.not-accepted", attempts=MAX_ATTEMPTS)
        if is_additional(record, submission):
            why = Message("reason.additional-not-accepted", attempts=MAX_ATTEMPTS)
    elif submission.runs_scheduler and waited > SCHEDULER_SUBMIT_TIMEOUT_S:
        why = Message("reason.not-taken", time=SCHEDULER_SUBMIT_TIMEOUT_S)
    else:
        return None
    return Message("text.followed", first=why, next=record.reason) if record.reason else why


def _state(record: Record, workers: Sequence[Slot], status: SchedulerStatus, begun: bool) -> tuple[State, bool]:
    if not begun:
        return ("queued" if record.scheduler.id else "requested"), record.ready
    ready = record.ready
    if not ready and status.address and status.connected is not None:
        coming = [slot for slot in active(workers) if slot.job and not (slot.job.wait and slot.job.wait.for_its_array)]
        complete = len(status.connected) >= len(coming) and not any(slot.queued for slot in coming)
        seen = all(slot.job or slot.ended for slot in workers)
        ready = bool(status.connected) and seen and complete
        ready = ready or len(status.connected) >= record.wanted_workers
    return ("running" if ready else "starting"), ready
