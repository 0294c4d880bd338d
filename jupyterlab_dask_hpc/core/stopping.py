"""How a cluster is stopped: its jobs are cancelled until none is left. Pure."""

from __future__ import annotations

from dask_hpc.messages import Message

from ..batch.jobs import JobRef, JobState, Outcome
from .actions import Action, CancelJobs
from .observed import ObservedJobs
from .record import Record, Submission
from .scheduler_status import SchedulerStatus

CANCEL_RETRY_S = 10.0
"""Seconds after which jobs that are still pending or running are cancelled again."""
LOST_SUBMIT_TIMEOUT_S = 30.0
"""Seconds after which a submission without an answer counts as not submitted, if no snapshot shows it."""


def stop(record: Record, reason: Message, failed: bool = False) -> Record:
    """The record of the cluster, to be stopped; the first reason stays."""
    if record.desired == "stopped" or not record.live:
        return record
    changes = {"desired": "stopped", "reason": reason, "failed": failed, "state": "closing", "cancelled": None}
    return record.model_copy(update=changes)


def cancel_all(
    record: Record, observed: ObservedJobs, status: SchedulerStatus, now: float
) -> tuple[Record, tuple[Action, ...]]:
    """The record and the actions for a cluster that should stop."""
    waiting = False
    live: list[str] = []
    for submission in record.submissions:
        if submission.finished or submission.submitted_at is None:
            continue
        if submission.id:
            live.append(submission.id)
        elif not is_due(submission, observed, now):
            waiting = True
    live.extend(submitted_twice(record, observed))
    again = record.cancelled is not None
    if not again and observed.absent_at is not None:
        # Jobs that have vanished cannot be looked up. If some have not ended, this cancels them.
        live.extend(id for id in _vanished(record, observed) if id not in live)
    due = [job for job in live if not again or not is_ending(job, observed)]
    if not again and record.scheduler.finished and status.answers:
        # The scheduler still runs, and so may its workers.
        due = [submission.id for submission in record.submissions if submission.id]
    # A cancel names ids only: leave out those that belong to another job of the same user now.
    due = [id for id in due if id not in observed.others]
    if due and cancel_due(record, now):
        return record.model_copy(update={"state": "closing", "cancelled": now}), (CancelJobs(tuple(map(JobRef, due))),)
    if live or waiting:
        return record.model_copy(update={"state": "closing"}), ()
    return record.model_copy(update={"state": "failed" if record.failed else "closed", "closed": now}), ()


def _vanished(record: Record, observed: ObservedJobs) -> list[str]:
    """Ids of submissions with a job of which the batch system no longer shows anything."""
    own = {submission.id for submission in record.submissions if submission.id}
    return sorted(
        {job.submission for job in observed.jobs.values() if job.outcome is Outcome.UNKNOWN and job.submission in own}
    )


def all_jobs_ending(record: Record, observed: ObservedJobs) -> bool:
    """Whether a cluster that should stop has no pending or running job left; some of its jobs may still be ending.

    Only a snapshot from after the cancel counts: a job that was ending before it may be requeued.
    """
    if record.desired != "stopped" or record.cancelled is None:
        return False
    if observed.at is None or observed.at <= record.cancelled:
        return False
    taken = [one for one in record.submissions if one.submitted_at is not None and not one.finished]
    seen = all(submission.id and len(observed.of(submission)) >= submission.jobs for submission in taken)
    ending = all(is_ending(submission.id, observed) for submission in taken)
    return seen and ending and not submitted_twice(record, observed)


def cancel_due(record: Record, now: float) -> bool:
    """Whether it is time to cancel."""
    return record.cancelled is None or now - record.cancelled >= CANCEL_RETRY_S


def is_due(submission: Submission, observed: ObservedJobs, now: float) -> bool:
    """Whether it was never submitted, or the last attempt certainly did not succeed."""
    if submission.submitted_at is None:
        return True
    waited = now - submission.submitted_at >= LOST_SUBMIT_TIMEOUT_S
    return waited and observed.at is not None and observed.at > submission.submitted_at + LOST_SUBMIT_TIMEOUT_S / 2


def submitted_twice(record: Record, observed: ObservedJobs) -> list[str]:
    """Ids of live duplicates of submissions: attempts that were believed lost and were accepted very late."""
    return sorted(
        job.submission
        for submission in record.submissions
        if submission.id
        for job in {job.submission: job for job in observed.of(submission) if job.state.live}.values()
        if job.submission != submission.id
    )


def is_ending(submission_id: str, observed: ObservedJobs) -> bool:
    """Whether all jobs that are left of a submission were cancelled and are ending."""
    left = [job.state for job in observed.jobs.values() if job.submission == submission_id and job.state.live]
    return bool(left) and all(state is JobState.ENDING for state in left)
