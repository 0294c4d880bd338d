"""What is known of the jobs of one cluster: the latest answer, and what earlier ones told. Pure.

Unknown is not dead: a job that an answer does not show stays as it was last seen, and
is named as missing until it has been looked up.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from ..batch.base import Job, JobState, Snapshot
from .record import Record, Submit

_FRESH = 10.0
"""Seconds after a submit in which a snapshot may not show it yet: slurmctld answers from its own
state, so this only covers clocks and answers that were under way."""


@dataclass(frozen=True)
class Sight:
    """The jobs of one cluster.

    Attributes:
        at: when the batch system last answered, seconds since the epoch; None before.
        jobs: the last that is known of every job, by `Job.id`.
        started: when each job that has run began, seconds since the epoch, by `Job.id`.
        missing: ids of submits of which the latest answer lacks a job that should live.
    """

    at: float | None = None
    jobs: Mapping[str, Job] = field(default_factory=dict)
    started: Mapping[str, float] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()

    def of(self, submit: Submit) -> list[Job]:
        """The jobs of one submit that were ever seen."""
        return [job for job in self.jobs.values() if job.name == submit.name]


def look(before: Sight, snapshot: Snapshot, record: Record) -> Sight:
    """What is known after one more answer of the batch system."""
    names = {submit.name for submit in record.submits}
    shown = {job.id: job for job in snapshot.jobs if job.name in names}
    jobs = {**before.jobs, **shown}
    missing = {job.array for job in before.jobs.values() if job.state.live and job.id not in shown}
    arrays = {job.array for job in jobs.values()}
    for submit in record.submits:
        old_enough = submit.asked is not None and snapshot.at > submit.asked + _FRESH
        if submit.id and submit.id not in arrays and old_enough and not submit.over:
            missing.add(submit.id)
    return Sight(snapshot.at, jobs, _started(before, shown.values(), snapshot.at), frozenset(missing))


def look_up(before: Sight, asked: Iterable[str], found: Iterable[Job], at: float) -> Sight:
    """What is known after looking up the submits `asked`, of which `found` is all that there is.

    A job that neither a snapshot nor a look-up knows is over; how it ended, nobody can tell.
    """
    known = {job.id: job for job in found}
    gone = set(asked)
    jobs = dict(before.jobs)
    for job in before.jobs.values():
        if job.array not in gone:
            continue
        if job.id in known:
            jobs[job.id] = replace(known[job.id], name=job.name)
        elif job.state.live:
            jobs[job.id] = replace(job, state=JobState.ENDED, word="GONE", reason="", end=None)
    for job in known.values():
        jobs.setdefault(job.id, job)
    started = _started(before, known.values(), at)
    return replace(before, jobs=jobs, started=started, missing=before.missing - gone)


def _started(before: Sight, jobs: Iterable[Job], at: float) -> dict[str, float]:
    """A start is reckoned once, so that it does not tremble from answer to answer."""
    started = dict(before.started)
    for job in jobs:
        if job.state is JobState.PENDING:
            started.pop(job.id, None)
        elif job.id not in started and (job.elapsed or job.state is JobState.RUNNING):
            started[job.id] = round(at - job.elapsed, 1)
    return started
