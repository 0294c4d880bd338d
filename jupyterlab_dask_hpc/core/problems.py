"""What needs attention in a cluster: the problems of `docs/contract.md`. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..batch.base import Job, JobState, Outcome
from .cluster_status import ClusterStatus
from .counts import counted
from .outcomes import how_it_ended, what_to_do
from .reasons import Asked, plain_reason, why_it_waits
from .reasons import known as is_known
from .rollover import AGAIN
from .shapes import Json

SILENT = 60.0
"""Seconds after which a scheduler that runs but does not answer is a problem."""
MAX_PROBLEMS = 20


def problems(known: ClusterStatus, now: float) -> list[Json]:
    """What needs attention, worst first: failed, then stuck, then waiting; larger groups first."""
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    for slot in counted(known.workers):
        job, state = slot.job, slot.state
        if job is None or slot.process:
            continue
        if state == "failed" or (job.outcome is Outcome.UNKNOWN and known.record.desired == "running"):
            groups["failed", how_it_ended(job, (), time_limit(known)), job.node].append(job)
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
    of_jobs = [_problem(known, kind, reason, node, jobs) for (kind, reason, node), jobs in ranked]
    others = [*_disk_problems(known), *_refused_cancel(known), *_refused_scale_up(known), *_unrunnable(known)]
    return [*others, *of_jobs][:MAX_PROBLEMS]


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


def _refused_scale_up(known: ClusterStatus) -> Iterator[Json]:
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
        how = how_it_ended(jobs[0], told, time_limit(known))
        message = f"{count:,} failed{f' on {node}' if node else ''}: {how}"
        advice = what_to_do(jobs[0], told, time_limit(known))
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


def time_limit(known: ClusterStatus, role: str = "worker") -> int:
    """Seconds of time limit that a job of this role asked for."""
    request = known.record.request
    return (request.scheduler if role == "scheduler" else request.workers).time


def jobs_to_explain(known: ClusterStatus, shown: Iterable[Json]) -> list[Job]:
    """The jobs whose logs say why: of a scheduler that is over, and of one job of each problem that is `shown`."""
    over = [job for job in known.observed.of(known.record.scheduler) if not job.state.live]
    ids = {id for problem in shown if problem["kind"] != "waiting" for id in problem["jobs"][:1]}
    return over + [job for ref, job in known.observed.jobs.items() if ids and known.batch.job_id(ref) in ids]
