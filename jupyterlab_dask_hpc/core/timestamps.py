"""Stored times are adjusted when the wall clock is set, or has advanced while this computer slept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from .observed import ObservedJobs
from .record import Record, with_submissions


def shift_timestamps(record: Record, observed: ObservedJobs, by: float) -> tuple[Record, ObservedJobs]:
    """Both with their times shifted by `by` seconds after a jump of the clock, so that no wait becomes longer or
    shorter."""
    since, at = (None if moment is None else moment + by for moment in (observed.since, observed.at))
    started = {job: start + by for job, start in observed.started.items()}
    return _waits(record, lambda moment: moment + by), replace(observed, since=since, at=at, started=started)


def clamp_future(record: Record, now: float) -> Record:
    """The record without future times, which stem from before the clock was set back: their waits start now."""
    return _waits(record, lambda moment: min(moment, now))


def _waits(record: Record, change: Callable[[float], float]) -> Record:
    """The record with a change of all times from which waits are counted."""

    times: dict[str, Mapping[str, object]] = {}
    for submission in record.submissions:
        if (before := submission.submitted_at) is not None and (after := change(before)) != before:
            times[submission.name] = {"submitted_at": after}
    record = with_submissions(record, times)
    cancelled = None if record.cancelled is None else change(record.cancelled)
    return record.model_copy(update={"cancelled": cancelled})
