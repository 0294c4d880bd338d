"""What is known of the jobs of one cluster: the latest answer, and what earlier ones told. Pure.

Unknown is not dead: a job that an answer does not show stays as it was last seen, and
is named as missing until it has been looked up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..batch.base import Cause, Job, JobRef, JobState, Outcome, Snapshot

if TYPE_CHECKING:
    from .record import Record, Submission

_FRESH = 10.0
"""Seconds after a submit in which a snapshot may not show it yet: slurmctld answers from its own
state, so this only covers clocks and answers that were under way."""


@dataclass(frozen=True)
class ObservedJobs:
    """The jobs of one cluster.

    Attributes:
        at: when the batch system last answered, seconds since the epoch; None before.
        jobs: the last that is known of every job.
        started: when each job that has run began, seconds since the epoch.
        missing: ids of submissions of which the latest answer lacks a job that should live.
        explained: failed jobs whose end was looked up, whatever came of it.
        others: numbers that another job has by now, as the latest answer shows: a controller that was killed forgets
            its last jobs, and gives their numbers away again.
    """

    at: float | None = None
    jobs: Mapping[JobRef, Job] = field(default_factory=dict)
    started: Mapping[JobRef, float] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    explained: frozenset[JobRef] = frozenset()
    others: frozenset[str] = frozenset()

    @property
    def unexplained(self) -> frozenset[str]:
        """Ids of submissions of which a job has failed, nobody knows how: a snapshot tells no exit."""
        return frozenset(
            job.submission for job in self.jobs.values() if job.unexplained and job.ref not in self.explained
        )

    @property
    def whole(self) -> bool:
        """Whether the batch system has answered, and every job is seen or known to be over."""
        return self.at is not None and not self.missing

    def of(self, submission: Submission) -> list[Job]:
        """The jobs of one submit that were ever seen."""
        return list(self._by_name.get(submission.name, ()))

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Job]]:
        found: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs.values():
            found[job.name].append(job)
        return found


def apply_snapshot(before: ObservedJobs, snapshot: Snapshot, record: Record) -> ObservedJobs:
    """What is known after one more answer of the batch system.

    An answer without any job, while jobs of this cluster live, is not believed: they are
    looked up, and `ObservedJobs.at` stays. One whose data is older than that of the last one tells nothing; one that
    is older than a submission says nothing of it.
    """
    if before.at is not None and snapshot.at < before.at:
        return before
    names = {submission.name for submission in record.submissions}
    seen = [_under_its_name(job, before, names) for job in snapshot.jobs]
    shown = {job.ref: job for job in seen if job.name in names and not _never_taken(job)}
    for ref, job in shown.items():
        if job.unexplained and (known := before.jobs.get(ref)) and known.native_state == job.native_state:
            shown[ref] = _with_ending(job, known)
        elif _cancelled_by_others(job, before, record):
            shown[ref] = replace(job, state=JobState.FAILED)
    young = {one.id for one in record.submissions if not _is_older(one, snapshot.at)}
    lost = {
        job.submission
        for job in before.jobs.values()
        if job.state.live and job.ref not in shown and job.submission not in young
    }
    jobs = {**before.jobs, **shown}
    count = Counter(job.submission for job in jobs.values())
    for submission in record.submissions:
        unfinished = submission.id and not submission.finished
        if unfinished and count[submission.id] < (submission.tasks or 1) and _is_older(submission, snapshot.at):
            lost.add(submission.id)
    own = {submission.id for submission in record.submissions if submission.id}
    believed = bool(snapshot.jobs) or not any(job.state.live for job in before.jobs.values())
    return replace(
        before,
        at=snapshot.at if believed else before.at,
        jobs=jobs,
        started=_started(before, shown.values(), snapshot.at),
        missing=frozenset(lost),
        others=frozenset(job.submission for job in seen if job.submission in own and job.name not in names),
    )


def apply_lookup(
    before: ObservedJobs, asked: Collection[str], found: Iterable[Job], at: float, record: Record
) -> ObservedJobs:
    """What is known after looking up the submissions `asked`, of which `found` is all that there is.

    A job that neither a snapshot nor a look-up knows is over; how it ended, nobody can tell. Nor is one known whose
    number belongs to a job of another name by now (`ObservedJobs.others`).
    """
    names = {submission.id: submission.name for submission in record.submissions if submission.id}
    seen = (_under_its_name(job, before, names.values()) for job in found)
    known = {job.ref: job for job in seen if job.name == names.get(job.submission)}
    jobs = {
        job.ref: job for submission in record.submissions if submission.id in asked for job in never_seen(submission)
    }
    jobs.update(before.jobs)
    for job in list(jobs.values()):
        if job.submission not in asked:
            continue
        if job.ref in known:
            found_job = replace(known[job.ref], name=job.name)
            cancelled = _cancelled_by_others(found_job, before, record)
            jobs[job.ref] = replace(found_job, state=JobState.FAILED) if cancelled else found_job
        elif job.state.live:
            jobs[job.ref] = replace(
                job, state=JobState.ENDED, native_state="GONE", outcome=Outcome.UNKNOWN, reason="", end=None
            )
    return mark_looked_up(
        replace(
            before,
            jobs=jobs,
            started=_started(before, known.values(), at),
            missing=before.missing - frozenset(asked),
        ),
        asked,
    )


def unsure(observed: ObservedJobs, ids: Collection[str], record: Record) -> list[JobRef]:
    """The single jobs of these arrays of which is not known that they are over, or how they failed."""
    there = [
        job
        for submission in record.submissions
        if submission.id in ids and submission.tasks
        for job in never_seen(submission)
    ]
    known = [observed.jobs.get(job.ref, job) for job in there]
    return [job.ref for job in known if job.state.live or job.unexplained]


def mark_looked_up(before: ObservedJobs, asked: Collection[str]) -> ObservedJobs:
    """How jobs of these submissions failed has been asked; what is not known now will not be known later."""
    failed = {job.ref for job in before.jobs.values() if job.submission in asked and job.state is JobState.FAILED}
    return replace(before, explained=before.explained | failed)


def _is_older(submission: Submission, at: float) -> bool:
    """Whether data of that moment must show a submission."""
    return submission.submitted_at is not None and at > submission.submitted_at + _FRESH


def _under_its_name(job: Job, before: ObservedJobs, names: Collection[str]) -> Job:
    """A job that was seen to run, and goes by another name since: that its number and its start are the same says so.

    To be taken for somebody else's, and spared when its cluster is cancelled, takes more than a name.
    """
    known = before.jobs.get(job.ref)
    if job.name in names or known is None or known.state in (JobState.PENDING, JobState.ENDED, JobState.FAILED):
        return job
    return replace(job, name=known.name) if job.start is not None and job.start == known.start else job


def _never_taken(job: Job) -> bool:
    """Whether its submission was refused: it is none of the cluster's."""
    return job.cause is Cause.NOT_ACCEPTED


def _with_ending(job: Job, known: Job) -> Job:
    """A snapshot does not say how a job failed; what a look-up has said stays."""
    return replace(job, outcome=known.outcome, exit_code=known.exit_code, signal=known.signal, cause=known.cause)


def _cancelled_by_others(job: Job, before: ObservedJobs, record: Record) -> bool:
    """Whether it was cancelled while its cluster was to run; told once, it stays so when the cluster is ended."""
    known = before.jobs.get(job.ref)
    earlier = known is not None and known.outcome is job.outcome and known.state is JobState.FAILED
    return job.outcome is Outcome.CANCELLED and (record.desired == "running" or earlier)


def never_seen(submission: Submission) -> Iterator[Job]:
    """Every job of a submission that was taken, as long as none was ever shown."""
    for index in range(submission.jobs):
        yield unseen_job(submission, index)


def unseen_job(submission: Submission, index: int) -> Job:
    """One job of a submission that was taken, as long as it was never shown."""
    ref = submission.ref(index)
    return Job(ref.submission, ref.index, submission.name, JobState.PENDING, "")


def _started(before: ObservedJobs, jobs: Iterable[Job], at: float) -> dict[JobRef, float]:
    """A start is reckoned once, so that it does not tremble from answer to answer."""
    started = dict(before.started)
    for job in jobs:
        if job.state is JobState.PENDING:
            started.pop(job.ref, None)
        elif job.ref not in started and (job.elapsed or job.state is JobState.RUNNING):
            started[job.ref] = round(at - job.elapsed, 1)
    return started
