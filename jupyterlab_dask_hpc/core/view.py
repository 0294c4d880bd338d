"""What browsers and kernels are told of a cluster: the shapes of `docs/contract.md`. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ..batch.base import BatchSystem, Job, JobRef, JobState, Outcome
from .deadlines import Deadline, first_end, next_end
from .log_names import file_name
from .observed import ObservedJobs, never_seen
from .outcomes import how_it_ended, what_to_do
from .reasons import Asked, plain_reason, why_it_waits
from .reasons import known as is_known
from .record import Record, Submission
from .rollover import AGAIN
from .scaling import job_of
from .scheduler_status import Unrunnable

SILENT = 60.0
"""Seconds after which a scheduler that runs but does not answer is told as a problem."""
MOST_PROBLEMS = 20
_PEAK_STEP = 2**26
"""Bytes: peaks are told in steps of 64 MiB, so that they do not change with every heartbeat."""

Json = dict[str, Any]


@dataclass(frozen=True)
class ClusterStatus:
    """Everything that is known of one cluster at one moment.

    Attributes:
        batch: its batch system; for title and log names.
        stale: the batch system has not answered twice.
        connected: peak of memory in bytes by worker's name; empty while the scheduler cannot be asked.
        base: path of the workspace below the server's root, for people.
        idle_ends: when the idle time-out strikes if nothing is computed until then, seconds since the epoch.
        silence: seconds for which a scheduler whose job runs has not answered.
        stuck_after: seconds after which a worker that runs but has not reached the scheduler is told as a problem.
        refusal: why the batch system did not take the last cancel; empty when it did.
        last_lines: with what logs end, of jobs whose end or silence has to be told.
        record_error: why its record cannot be written; empty while it can.
        log_dir_error: the same of its `log/`.
        ask: whom the profile says to ask; empty where it does not.
        unrunnable: tasks that no connected worker may run.
    """

    record: Record
    observed: ObservedJobs
    batch: BatchSystem
    stale: bool = False
    connected: Mapping[str, int] = field(default_factory=dict)
    base: str = ""
    idle_ends: float | None = None
    silence: float = 0.0
    stuck_after: float = 240.0
    refusal: str = ""
    last_lines: Mapping[JobRef, tuple[str, ...]] = field(default_factory=dict)
    record_error: str = ""
    log_dir_error: str = ""
    ask: str = ""
    unrunnable: tuple[Unrunnable, ...] = ()

    @property
    def log_folder(self) -> str:
        """The folder of its logs, for people."""
        return str(Path(self.base) / "log")


def when(seconds: float | None) -> str | None:
    """ISO 8601 in UTC."""
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def cluster_view(known: ClusterStatus, now: float) -> Json:
    """The Cluster of the contract."""
    record, observed = known.record, known.observed
    rows = _counted(known)
    counts = {"requested": record.wanted_workers, **_counts(record, rows)}
    scheduler = next(iter(observed.of(record.scheduler)), None)
    # Those of workers that others succeed are no end of anything.
    ends = first_end(observed.of(record.scheduler) if record.replace_workers else observed.jobs.values())
    waiting = [job.start for job in observed.jobs.values() if job.state is JobState.PENDING and job.start is not None]
    live = record.live
    return {
        "id": record.id,
        "name": record.request.name,
        "profile": record.request.profile,
        "batch": record.batch,
        "state": record.state,
        "reason": record.reason,
        "stale": known.stale and live,
        "as_of": when(observed.at),
        "workers": counts,
        "worker_memory": record.worker_memory,
        "replace_workers": record.replace_workers,
        "scheduler": {
            "job": record.scheduler.id,
            "state": _scheduler_state(record, scheduler),
            "reason": scheduler.reason if scheduler and scheduler.state is JobState.PENDING else "",
            "node": scheduler.node if scheduler else "",
        },
        "problems": _problems(known, rows, now) if live else [],
        "created": when(record.created),
        "ends": when(ends) if live else None,
        "warning": _warning(next_end(record, observed, known.idle_ends, now)),
        "expected_start": when(min(waiting)) if live and waiting else None,
        "closed": when(record.closed),
        "dashboard": f"jupyterlab-dask-hpc/clusters/{record.id}/dashboard/{record.dashboard_key}/status"
        if live
        else None,
        "log_folder": known.log_folder,
        "request": record.request.as_people_write(),
    }


def jobs_view(known: ClusterStatus) -> list[Json]:
    """Every Job of the contract: the scheduler, then the workers in order."""
    record, observed, peaks = known.record, known.observed, _peaks(known)
    unseen = never_seen(record.scheduler) if record.scheduler.id and record.live else ()
    schedulers = observed.of(record.scheduler) or unseen
    jobs = [_job(known, job, "scheduler", None, job.state.value) for job in schedulers]
    for index, submission, job, state, *_ in _workers(known):
        if job is not None:
            jobs.append(_job(known, job, "worker", index, state, peaks.get(_own(submission, job.index), 0)))
        elif submission.id and state == "pending":
            waiting = Job(submission.id, index - submission.first, "", JobState.PENDING, "")
            jobs.append(_job(known, waiting, "worker", index, "pending"))
    return jobs


def counts_now(known: ClusterStatus) -> tuple[int, int, int, int]:
    """pending, connecting, running (and connected), failed: what the timeline draws."""
    counts = _counts(known.record, _counted(known))
    return (
        counts["pending"],
        counts["running"] - counts["connected"],
        counts["connected"],
        counts["failed"],
    )


def still_to_come(known: ClusterStatus, now: float) -> int:
    """Workers that may still connect: they wait in the queue, or have begun lately (`ClusterStatus.stuck_after`).

    Those that succeed others are nobody's work to wait for while these are there.
    """
    started, lately = known.observed.started, now - known.stuck_after
    coming = sum(
        state == "pending" or (state == "connecting" and job is not None and started.get(job.ref, now) > lately)
        for _, _, job, state, *_ in _counted(known)
    )
    connected = _counts(known.record, _counted(known))["connected"]
    return min(coming, max(0, known.record.wanted_workers - connected))


class _Row(NamedTuple):
    """A worker that was asked for; its job is None before it was seen."""

    number: int
    submission: Submission
    job: Job | None
    state: str
    released: bool
    replaced: bool


def _workers(known: ClusterStatus, with_former: bool = True) -> Iterator[_Row]:
    """Every worker that was asked for; without arrays that are over and whose end was meant, if that is wished."""
    observed = known.observed
    connected = _peaks(known).keys()
    for submission in known.record.arrays:
        if submission.fully_released and not with_former:
            continue
        released, replaced = set(submission.released), set(submission.replaced)
        for task in range(submission.tasks or 0):
            job = observed.jobs.get(JobRef(submission.id, task)) if submission.id else None
            state = _state(job, _own(submission, task) in connected, known.record.live)
            if job is None and submission.finished:
                # From before this server's time.
                state = "ended"
            elif task in released:
                state = "ending" if job is not None and job.state.live else "ended"
            elif task in replaced and state == "failed":
                state = "ended"
            yield _Row(submission.first + task, submission, job, state, task in released, task in replaced)


def _counted(known: ClusterStatus) -> list[_Row]:
    """Without those that were told to go, or that were succeeded and have gone."""
    there = _workers(known, with_former=False)
    return [row for row in there if not row.released and not (row.replaced and row.state == "ended")]


def _own(submission: Submission, index: int | None) -> tuple[str, int]:
    """A worker's job as `job_of` finds it in the worker's name."""
    return (submission.own_id or submission.id, -1 if index is None else index)


def _state(job: Job | None, connected: bool, live: bool) -> str:
    if job is None:
        return "pending" if live else "ended"
    if job.state is JobState.RUNNING and not connected:
        return "connecting"
    return job.state.value


def _peaks(known: ClusterStatus) -> dict[tuple[str, int], int]:
    """Peak of memory in bytes by job (`job_of`) of the workers that the scheduler has heard from."""
    return {job_of(name): peak for name, peak in known.connected.items()}


def _counts(record: Record, rows: list[_Row]) -> dict[str, int]:
    tally: dict[str, int] = defaultdict(int)
    for row in rows:
        tally[row.state] += 1
    # A worker and its successor are one, while both run.
    most = record.wanted_workers if any(row.replaced for row in rows) else len(rows)
    return {
        "pending": tally["pending"],
        "running": min(most, tally["running"] + tally["connecting"] + tally["ending"]),
        "connected": min(most, tally["running"]),
        "ended": tally["ended"],
        "failed": tally["failed"],
    }


def _warning(end: Deadline | None) -> Json | None:
    return None if end is None else {"kind": end.kind, "ends": end.what, "at": when(end.at)}


def _scheduler_state(record: Record, job: Job | None) -> str:
    if job is None:
        return "pending" if record.live else "ended"
    return job.state.value


def _job(known: ClusterStatus, job: Job, role: str, index: int | None, state: str, peak: int = 0) -> Json:
    over = not job.state.live
    return {
        "id": known.batch.job_id(job.ref),
        "role": role,
        "index": index,
        "state": state,
        "native_state": job.native_state,
        "reason": how_it_ended(job, (), _limit(known, role)) if state == "failed" else job.reason,
        "node": job.node,
        "elapsed": job.elapsed if over else 0,
        "started": known.observed.started.get(job.ref),
        "outcome": job.outcome and job.outcome.value,
        "exit_code": job.exit_code,
        "signal": job.signal,
        "memory_peak": -(-peak // _PEAK_STEP) * _PEAK_STEP or None,
        "log": file_name(known.record.request.name, role, known.batch.own_id(job.ref)),
    }


def _problems(known: ClusterStatus, rows: list[_Row], now: float) -> list[Json]:
    """What needs attention, worst first: failed, then stuck, then waiting; larger groups first."""
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for _, _, job, state, *_ in rows:
        if job is None:
            continue
        if state == "failed" or (job.outcome is Outcome.UNKNOWN and known.record.desired == "running"):
            groups["failed", how_it_ended(job, (), _limit(known)), job.node].append(job)
        elif state == "connecting" and now - known.observed.started.get(job.ref, now) > known.stuck_after:
            groups["stuck", "", job.node].append(job)
        elif state == "pending":
            groups["waiting", _waits_for(job), ""].append(job)
    scheduler = next(iter(known.observed.of(known.record.scheduler)), None)
    if scheduler is not None and scheduler.state is JobState.PENDING:
        groups["waiting", _waits_for(scheduler), "scheduler"].append(scheduler)
    if scheduler is not None and scheduler.state is JobState.RUNNING and known.silence > SILENT:
        groups["stuck", "scheduler", scheduler.node].append(scheduler)
    order = ["failed", "stuck", "waiting"]
    ranked = sorted(groups.items(), key=lambda item: (order.index(item[0][0]), -len(item[1])))
    problems = [_problem(known, kind, reason, node, jobs) for (kind, reason, node), jobs in ranked]
    return [*_disk_problems(known), *_refused_cancel(known), *_denied(known), *_unrunnable(known), *problems][
        :MOST_PROBLEMS
    ]


def _disk_problems(known: ClusterStatus) -> Iterator[Json]:
    """What cannot be written: it comes first, since it explains most of the rest."""
    some = {"kind": "stuck", "reason": "disk", "count": 0, "node": "", "jobs": [], "log": []}
    if known.log_dir_error:
        yield {
            **some,
            "message": f"{known.log_folder}/ cannot be written: {known.log_dir_error}",
            "advice": "What the jobs write meanwhile is lost, and a job that starts may fail. "
            "Put that right, or free some space; the logs then go on by themselves.",
        }
    if known.record_error:
        yield {
            **some,
            "message": f"The state of this cluster cannot be written: {known.record_error}",
            "advice": "It runs on and can be stopped, but submits nothing. Free some space in the folder where "
            "the notebook server keeps its clusters; it then goes on by itself.",
        }


def _refused_cancel(known: ClusterStatus) -> Iterator[Json]:
    if known.refusal:
        live = sum(job.state.live for job in known.observed.jobs.values())
        yield {
            "kind": "stuck",
            "reason": known.refusal,
            "message": f"{known.batch.title} has not cancelled the jobs",
            "advice": f'It is asked again until none is left. It said: "{known.refusal}"',
            "count": live,
            "node": "",
            "jobs": [],
            "log": [],
        }


def _denied(known: ClusterStatus) -> Iterator[Json]:
    if known.record.scale_up_refused:
        again = f"They are asked for again every {AGAIN / 60:.0f} min. " if known.record.replace_workers else ""
        yield {
            "kind": "stuck",
            "reason": "refused",
            "message": "Further workers were refused",
            "advice": f"The cluster goes on with those that it has. {again}{known.record.scale_up_refused}",
            "count": 0,
            "node": "",
            "jobs": [],
            "log": [],
        }


def _unrunnable(known: ClusterStatus) -> Iterator[Json]:
    """Tasks that would wait for ever."""
    for tasks in known.unrunnable:
        who = f"{tasks.count:,} tasks wait" if tasks.count != 1 else "1 task waits"
        if tasks.resources:
            some = ", ".join(f"{name} {amount:g}" if amount > 1 else name for name, amount in tasks.resources.items())
            wanted = f"a worker with resource {some}"
            one = ", ".join(f'"{name}": {amount:g}' for name, amount in tasks.resources.items())
            advice = (
                "No connected worker has that. Cancel them, or launch a cluster whose workers have it: "
                f'dask.config.set({{"distributed.worker.resources": {{{one}}}}}) in the notebook, before the launch.'
            )
        else:
            wanted = f"the worker or host {', '.join([*tasks.workers, *tasks.hosts])}"
            advice = "No such worker is connected. Cancel them, or submit them with allow_other_workers=True."
        yield {
            "kind": "stuck",
            "reason": "unrunnable",
            "message": f"{who} for {wanted}",
            "advice": advice,
            "count": tasks.count,
            "node": "",
            "jobs": [],
            "log": [],
        }


def _problem(known: ClusterStatus, kind: str, reason: str, node: str, jobs: list[Job]) -> Json:
    count = len(jobs)
    # First the ones whose log says something.
    jobs = sorted(jobs, key=lambda job: not known.last_lines.get(job.ref))
    if kind == "failed":
        told = known.last_lines.get(jobs[0].ref, ())
        how = how_it_ended(jobs[0], told, _limit(known))
        message = f"{count:,} failed{f' on {node}' if node else ''}: {how}"
        advice = what_to_do(jobs[0], told, _limit(known))
    elif kind == "stuck" and reason == "scheduler":
        message = f"Scheduler{f' on {node}' if node else ''} has not answered for over {int(SILENT // 60)} min"
        advice = "It is very busy, or its process or node hangs. Counts and dashboard are as of before. See its log."
    elif kind == "stuck":
        patience = known.stuck_after
        over = f"{patience / 60:.0f} min" if patience >= 60 else f"{patience:.0f} s"
        message = f"{count:,} connecting on {node} for over {over}"
        advice = "Their jobs run, but the scheduler has not heard from them. Their logs say more."
    else:
        who = "Scheduler" if node == "scheduler" else f"{count:,}"
        # The longest says most: with names of nodes, or since when.
        reason = max((job.reason for job in jobs), key=len)
        asked = known.record.request.as_people_write()
        part = asked["scheduler" if node == "scheduler" else "workers"]
        wait = why_it_waits(
            reason,
            Asked(
                "scheduler" if node == "scheduler" else "worker",
                part["time"],
                part["memory"],
                part.get("cpus", 0),
                known.ask,
            ),
        )
        message = f"{who} {'will not start' if wait.never else 'pending'}: {reason or 'not yet looked at'}"
        advice = wait.advice
    return {
        "kind": kind,
        "reason": {"failed": jobs[0].native_state, "stuck": ""}.get(kind, reason),
        "message": message,
        "advice": advice,
        "count": count,
        "node": "" if node == "scheduler" else node,
        "jobs": [known.batch.job_id(job.ref) for job in jobs[:5]],
        "log": list(known.last_lines.get(jobs[0].ref, ())) if kind != "waiting" else [],
    }


def _waits_for(job: Job) -> str:
    """What jobs that wait are told together by."""
    word = plain_reason(job.reason)
    return word if is_known(word) else job.reason


def _limit(known: ClusterStatus, role: str = "worker") -> int:
    """Seconds of time limit that a job of this role asked for."""
    request = known.record.request
    return (request.scheduler if role == "scheduler" else request.workers).time
