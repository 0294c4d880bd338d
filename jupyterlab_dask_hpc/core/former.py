"""Submissions of the past: which of them a record keeps. Pure."""

from __future__ import annotations

from .observed import ObservedJobs
from .record import Record

MAX_FORMER_JOBS = 1000
"""Jobs of earlier workers that the record keeps for the table of jobs. Without job arrays, workers that are replaced
every two hours would fill it within days."""


def without_oldest(record: Record, observed: ObservedJobs) -> Record:
    """The record without the oldest submissions whose jobs were all released or replaced, and are over.

    Their logs stay.
    """
    former = [one for one in record.submissions if one.fully_released]
    excess = sum(one.jobs for one in former) - MAX_FORMER_JOBS
    if excess <= 0 or record.wanted is None:
        return record
    unclear = observed.missing | observed.unexplained
    # The numbers of further submissions follow those of the last one.
    last = max(record.worker_submissions, key=lambda one: one.first).name
    dropped: set[str] = set()
    for one in former:
        # One that was submitted again may have a second job, which only its name would show.
        if one.name != last and one.id not in unclear and one.attempts <= 1 and one.jobs <= excess:
            excess -= one.jobs
            dropped.add(one.name)
    return record.model_copy(
        update={"submissions": tuple(one for one in record.submissions if one.name not in dropped)}
    )
