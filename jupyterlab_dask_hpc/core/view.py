"""The Cluster and Job objects of `docs/contract.md`, for browsers and kernels. Pure."""

from __future__ import annotations

from ..batch.jobs import Job, JobRef, JobState
from .cluster_status import ClusterStatus
from .counts import counted, counts, job_counts
from .deadlines import Deadline, first_end, next_end
from .observed import never_seen, unseen_job
from .outcomes import outcome_message
from .problems import problems, time_limit
from .record import Record
from .script_run import script_view
from .shapes import Json, iso_utc
from .slots import Slot, by_job, current_name, job_state, slots
from .usage import usage_view

_WORST_FIRST = (JobState.FAILED, JobState.RUNNING, JobState.ENDING, JobState.PENDING)
_PEAK_STEP = 2**26
"""Bytes: peaks are rounded to 64 MiB, so that they do not change with every heartbeat."""


def cluster_view(known: ClusterStatus, now: float) -> Json:
    """The Cluster of `docs/contract.md`."""
    record, observed = known.record, known.observed
    scheduler = next(iter(observed.of(record.scheduler)), None)
    # The time limit of a worker that will be replaced ends nothing else.
    ends = first_end(observed.of(record.scheduler) if record.replace_workers else observed.jobs.values())
    waiting = [job.start for job in observed.jobs.values() if job.state is JobState.PENDING and job.start is not None]
    live = record.live
    counted_workers = counted(known.workers)
    reason = (known.step_error if record.desired == "running" else None) or record.reason
    return {
        "id": record.id,
        "name": record.request.name,
        "profile": record.request.profile,
        "batch": record.batch,
        "state": record.state,
        "reason": reason.as_json() if reason else None,
        "stale": known.stale and live,
        "as_of": iso_utc(observed.at),
        "workers": {"requested": record.wanted_workers, **counts(record, counted_workers)},
        **({"jobs": job_counts(record, counted_workers)} if _shares_jobs(record) else {}),
        "fixed_workers": record.fixed_workers,
        "worker_memory": record.worker_memory,
        "replace_workers": record.replace_workers,
        "scheduler": {
            "job": record.scheduler.id,
            "state": _scheduler_state(record, scheduler),
            "reason": scheduler.reason if scheduler and scheduler.state is JobState.PENDING else "",
            "node": scheduler.node if scheduler else "",
        },
        "problems": problems(known, now) if live else [],
        "created": iso_utc(record.created),
        "ends": iso_utc(ends) if live else None,
        "warning": _warning(next_end(record, known.workers, observed, known.idle_ends, now)),
        "expected_start": iso_utc(min(waiting)) if live and waiting else None,
        "closed": iso_utc(record.closed),
        "dashboard": f"jupyterlab-dask-hpc/clusters/{record.id}/dashboard/{record.dashboard_key}/status"
        if live
        else None,
        "log_folder": known.log_folder,
        "script": script_view(known),
        "usage": usage_view(known),
        "request": record.request.as_text(),
    }


def jobs_view(known: ClusterStatus) -> list[Json]:
    """Every Job of `docs/contract.md`: the scheduler's, then those of the workers in order."""
    record, observed = known.record, known.observed
    unseen = never_seen(record.scheduler) if record.scheduler.id and record.live else ()
    jobs = [_job(known, job, "scheduler", None, job.state.value) for job in observed.of(record.scheduler) or unseen]
    number = 0
    for workers in by_job(
        slots(record, observed, known.connected, with_former=True, nodes=known.nodes, left=known.left)
    ):
        first = workers[0]
        state = job_state(workers)
        job = first.job
        shown = {"workers": [_worker(known, slot, number + n) for n, slot in enumerate(workers)]}
        number += len(workers)
        if first.submission.runs_scheduler:
            jobs = [{**scheduler, **shown} for scheduler in jobs]
            continue
        if job is None and first.ref and state == "pending":
            job = unseen_job(first.submission, first.index)
        if job is not None:
            peak = sum(_peak(known, slot) for slot in workers)
            one = _job(known, job, "worker", first.number, state, peak)
            jobs.append({**one, **shown} if _shares_jobs(record) else {**one, **_gpus(known, first)})
    return jobs


def outputs_view(known: ClusterStatus) -> list[Json]:
    """The files of what the batch system writes itself, for the list of logs; none if that is in the logs."""
    found = []
    for role, some in (("scheduler", [known.record.scheduler]), ("worker", known.record.worker_submissions)):
        if name := known.output_name(role):
            ids = [one.id for one in some if one.id]
            id = known.batch.job_id(JobRef(ids[0])) if len(ids) == 1 else f"{role}s"
            states = {job.state for one in some for job in known.observed.of(one)}
            state = next((state for state in _WORST_FIRST if state in states), JobState.ENDED)
            found.append({"id": id, "role": role, "state": state.value, "log": name})
    return found


def _shares_jobs(record: Record) -> bool:
    """Whether its workers are no jobs of their own."""
    return record.processes > 1 or record.scheduler.runs_workers


def _worker(known: ClusterStatus, slot: Slot, number: int) -> Json:
    """One of the `workers` of a Job."""
    worker = {
        "name": current_name(slot),
        "index": number,
        "state": slot.state,
        "memory_peak": _rounded(_peak(known, slot)),
        **_gpus(known, slot),
    }
    if not slot.fixed:
        return worker
    node = known.nodes.get(slot.node)
    return {**worker, "node": node.name if node else "", "log": known.node_log(slot.node)}


def _gpus(known: ClusterStatus, slot: Slot) -> Json:
    """The devices that a worker sees, as it has reported; nothing for one without GPUs."""
    seen = known.gpus.get(current_name(slot))
    return {"cuda_visible_devices": seen} if seen else {}


def _peak(known: ClusterStatus, slot: Slot) -> int:
    return max((known.connected[name] for name in slot.names), default=0)


def _rounded(peak: int) -> int | None:
    return -(-peak // _PEAK_STEP) * _PEAK_STEP or None


def _warning(end: Deadline | None) -> Json | None:
    return None if end is None else {"kind": end.kind, "ends": end.what, "at": iso_utc(end.at)}


def _scheduler_state(record: Record, job: Job | None) -> str:
    if job is None:
        return "pending" if record.live else "ended"
    return job.state.value


def _job(known: ClusterStatus, job: Job, role: str, index: int | None, state: str, peak: int = 0) -> Json:
    ended = not job.state.live
    return {
        "id": known.batch.job_id(job.ref),
        "role": role,
        "index": index,
        "state": state,
        "native_state": job.native_state,
        "reason": job.reason,
        "end": outcome_message(job, (), time_limit(known, role)).as_json() if state == "failed" else None,
        "node": job.node,
        "elapsed": job.elapsed if ended else 0,
        "started": known.observed.started.get(job.ref),
        "outcome": job.outcome and job.outcome.value,
        "exit_code": job.exit_code,
        "signal": job.signal,
        "memory_peak": _rounded(peak),
        "log": known.log_name(job, role),
    }
