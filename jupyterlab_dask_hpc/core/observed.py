"""The jobs of one cluster, as the latest and earlier snapshots have shown them. Pure.

A job that a snapshot lacks has not necessarily ended: it keeps its last state, and its
submission counts as missing until it has been looked up.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..batch.jobs import Cause, Job, JobRef, JobState, Outcome, Snapshot

if TYPE_CHECKING:
    from .record import Record, Submission

_SNAPSHOT_MARGIN_S = 10.0
"""Seconds after a submission during which a snapshot may lack it: slurmctld answers from its own
state, so this only covers clock differences and answers in transit."""


@dataclass(frozen=True)
class ObservedJobs:
    """The jobs of one cluster.

    Attributes:
        since, at: when the batch system first and last answered, seconds since the epoch; None before.
        jobs: the last known state of every job.
        started: start time of each job that has run, seconds since the epoch.
        missing: ids of submissions with a job that should be live but is not in the latest snapshot.
        explained: failed jobs whose end was looked up, with or without a result.
        others: submission ids that belong to another job now, as the latest snapshot shows: a batch system whose
            controller was killed forgets its last jobs and assigns their ids again.
        absent: jobs that should be live and that the snapshot of `absent_at` lacks, where jobs cannot be looked up
            after their end (`Capabilities.lookup_after_end`).
        absent_at: time of that snapshot's data; None where jobs can be looked up.
    """

    since: float | None = None
    at: float | None = None
    jobs: Mapping[JobRef, Job] = field(default_factory=dict)
    started: Mapping[JobRef, float] = field(default_factory=dict)
    missing: frozenset[str] = frozenset()
    explained: frozenset[JobRef] = frozenset()
    others: frozenset[str] = frozenset()
    absent: frozenset[JobRef] = frozenset()
    absent_at: float | None = None

    @property
    def unexplained(self) -> frozenset[str]:
        """Ids of submissions with a job that failed for an unknown reason: a snapshot has no exit codes."""
        return frozenset(
            job.submission for job in self.jobs.values() if job.unexplained and job.ref not in self.explained
        )

    @property
    def whole(self) -> bool:
        """Whether the batch system has answered, and every job is in the snapshot or known to have ended."""
        return self.at is not None and not self.missing

    def of(self, submission: Submission) -> list[Job]:
        """The jobs of one submission that were ever seen."""
        return list(self._by_name.get(submission.name, ()))

    @cached_property
    def _by_name(self) -> Mapping[str, Sequence[Job]]:
        found: dict[str, list[Job]] = defaultdict(list)
        for job in self.jobs.values():
            found[job.name].append(job)
        return found


def apply_snapshot(
    before: ObservedJobs, snapshot: Snapshot, record: Record, lookup_after_end: bool = True
) -> ObservedJobs:
    """The observed jobs after one more snapshot.

    A job that the snapshot lacks is looked up. Where that is not possible (`Capabilities.lookup_after_end`), it has
    ended with unknown outcome once two snapshots in a row lack it, the second with newer data.

    A snapshot without any job, while this cluster has live jobs, is not trusted: the jobs are
    looked up, and `ObservedJobs.at` does not change. A snapshot older than the last one is ignored; one that is
    older than a submission does not affect that submission.
    """
    if before.at is not None and snapshot.at < before.at:
        return before
    names = {submission.name for submission in record.submissions}
    before = _of_names(before, names)
    seen = [_under_its_name(job, before, names) for job in snapshot.jobs]
    shown = {job.ref: job for job in seen if job.name in names and not _never_taken(job)}
    for ref, job in shown.items():
        if job.unexplained and (known := before.jobs.get(ref)) and known.native_state == job.native_state:
            shown[ref] = _with_ending(job, known)
        elif _cancelled_by_others(job, before, record):
            shown[ref] = replace(job, state=JobState.FAILED)
    older = [one for one in record.submissions if one.id and not one.finished and _is_older(one, snapshot.at)]
    young = {one.id for one in record.submissions if not _is_older(one, snapshot.at)}
    lost = [
        job for ref, job in before.jobs.items() if job.state.live and ref not in shown and job.submission not in young
    ]
    jobs = {**before.jobs, **shown}
    count = Counter(job.submission for job in jobs.values())
    for submission in older:
        if count[submission.id] < submission.jobs:
            lost += [job for job in never_seen(submission) if job.ref not in jobs]
    if not lookup_after_end:
        newer = before.absent_at is not None and snapshot.at > before.absent_at
        ended = before.absent if newer else frozenset()
        jobs.update((job.ref, _vanished(job)) for job in lost if job.ref in ended)
        lost = [job for job in lost if job.ref not in ended]
    missing = frozenset(job.submission for job in lost)
    unexplained = () if lookup_after_end else (ref for ref, job in jobs.items() if job.unexplained)
    unknown = not snapshot.jobs and any(job.state.live for job in before.jobs.values())
    believed = not unknown or not (lookup_after_end or missing)
    own = {submission.id for submission in record.submissions if submission.id}
    return replace(
        before,
        since=snapshot.at if before.since is None else before.since,
        at=snapshot.at if believed else before.at,
        jobs=jobs,
        started=_started(before, shown.values(), snapshot.at),
        missing=missing,
        explained=before.explained.union(unexplained),
        absent=frozenset() if lookup_after_end else frozenset(job.ref for job in lost),
        absent_at=None if lookup_after_end else snapshot.at,
        others=frozenset(job.submission for job in seen if job.submission in own and job.name not in names),
    )


def apply_lookup(
    before: ObservedJobs, asked: Collection[str], found: Iterable[Job], at: float, record: Record
) -> ObservedJobs:
    """The observed jobs after a look-up of the submissions `asked`, which found the jobs `found`.

    A job that neither a snapshot nor a look-up shows has ended, with unknown outcome. So has a job whose id belongs
    to a job of another name now (`ObservedJobs.others`).
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
            jobs[job.ref] = _vanished(job)
    return mark_looked_up(
        replace(
            before,
            jobs=jobs,
            started=_started(before, known.values(), at),
            missing=before.missing - frozenset(asked),
        ),
        asked,
    )


def unresolved_jobs(observed: ObservedJobs, ids: Collection[str], record: Record) -> list[JobRef]:
    """The jobs of these arrays that are not known to have ended, or that failed for an unknown reason."""
    there = [
        job
        for submission in record.submissions
        if submission.id in ids and submission.tasks
        for job in never_seen(submission)
    ]
    known = [observed.jobs.get(job.ref, job) for job in there]
    return [job.ref for job in known if job.state.live or job.unexplained]


def mark_looked_up(before: ObservedJobs, asked: Collection[str]) -> ObservedJobs:
    """Mark the failed jobs of these submissions as looked up; another look-up would show nothing more."""
    failed = {job.ref for job in before.jobs.values() if job.submission in asked and job.state is JobState.FAILED}
    return replace(before, explained=before.explained | failed)


def _of_names(before: ObservedJobs, names: Collection[str]) -> ObservedJobs:
    """Without the jobs of submissions that the record no longer has."""
    if all(job.name in names for job in before.jobs.values()):
        return before
    jobs = {ref: job for ref, job in before.jobs.items() if job.name in names}
    started = {ref: at for ref, at in before.started.items() if ref in jobs}
    return replace(before, jobs=jobs, started=started, explained=before.explained & jobs.keys())


def _is_older(submission: Submission, at: float) -> bool:
    """Whether a snapshot of that time must show the submission."""
    return submission.submitted_at is not None and at > submission.submitted_at + _SNAPSHOT_MARGIN_S


def _under_its_name(job: Job, before: ObservedJobs, names: Collection[str]) -> Job:
    """The job, under its former name if it was renamed while it ran: its id and its start time are the same.

    A changed name alone does not make it another user's job, which a cancel of its cluster would skip.
    """
    if job.name in names:
        return job
    known = before.jobs.get(job.ref)
    if known is None or known.state in (JobState.PENDING, JobState.ENDED, JobState.FAILED):
        return job
    return replace(job, name=known.name) if job.start is not None and job.start == known.start else job


def _vanished(job: Job) -> Job:
    """The job after its end, of which the batch system shows nothing."""
    return replace(job, state=JobState.ENDED, native_state="GONE", outcome=Outcome.UNKNOWN, reason="", end=None)


def _never_taken(job: Job) -> bool:
    """Whether its submission was refused, so that it does not belong to the cluster."""
    return job.cause is Cause.NOT_ACCEPTED


def _with_ending(job: Job, known: Job) -> Job:
    """The job with the end that a look-up has shown; a snapshot does not show how a job failed."""
    return replace(job, outcome=known.outcome, exit_code=known.exit_code, signal=known.signal, cause=known.cause)


def _cancelled_by_others(job: Job, before: ObservedJobs, record: Record) -> bool:
    """Whether it was cancelled while its cluster should run; this stays true once the cluster is stopped."""
    if job.outcome is not Outcome.CANCELLED:
        return False
    known = before.jobs.get(job.ref)
    earlier = known is not None and known.outcome is job.outcome and known.state is JobState.FAILED
    return record.desired == "running" or earlier


def never_seen(submission: Submission) -> Iterator[Job]:
    """Every job of an accepted submission, for as long as no snapshot has shown any."""
    for index in range(submission.jobs):
        yield unseen_job(submission, index)


def unseen_job(submission: Submission, index: int) -> Job:
    """One job of an accepted submission, for as long as no snapshot has shown it."""
    ref = submission.ref(index)
    return Job(ref.submission, ref.index, submission.name, JobState.PENDING, "")


def _started(before: ObservedJobs, jobs: Iterable[Job], at: float) -> dict[JobRef, float]:
    """The start times; each is computed once, so that it does not vary from snapshot to snapshot."""
    started = dict(before.started)
    for job in jobs:
        if job.state is JobState.PENDING:
            started.pop(job.ref, None)
        elif job.ref not in started and (job.elapsed or job.state is JobState.RUNNING):
            started[job.ref] = round(at - job.elapsed, 1)
    return started
