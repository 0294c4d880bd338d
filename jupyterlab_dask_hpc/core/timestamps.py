"""A wall clock that is set, or goes on while this computer sleeps: moments that were noted move with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from .observed import ObservedJobs
from .record import Record


def shift_timestamps(record: Record, observed: ObservedJobs, by: float) -> tuple[Record, ObservedJobs]:
    """Both as they are after the clock has jumped by so many seconds, so that nothing is waited for longer, or given
    up sooner."""
    at = None if observed.at is None else observed.at + by
    started = {job: start + by for job, start in observed.started.items()}
    return _waits(record, lambda moment: moment + by), replace(observed, at=at, started=started)


def clamp_future(record: Record, now: float) -> Record:
    """What was done later than now was done before the clock was set back: it is waited for from now on."""
    return _waits(record, lambda moment: min(moment, now))


def _waits(record: Record, change: Callable[[float], float]) -> Record:
    """The record with the moments changed from which something is waited for."""

    def changed(moment: float | None) -> float | None:
        return None if moment is None else change(moment)

    submissions = tuple(
        submission.model_copy(update={"submitted_at": changed(submission.submitted_at)})
        for submission in record.submissions
    )
    return record.model_copy(update={"submissions": submissions, "cancelled": changed(record.cancelled)})
