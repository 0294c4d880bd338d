"""What needs attention in a cluster: the problems of `docs/contract.md`. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from dask_hpc.messages import Message

from ..batch.jobs import Job, JobState, Outcome
from .cluster_status import ClusterStatus
from .counts import counted
from .node_problems import node_problems
from .outcomes import outcome_advice, outcome_message
from .rollover import REPLACE_RETRY_S
from .shapes import Json
from .slots import by_job, job_state
from .waits import RequestedResources
from .waits import advice as advice_of
from .worker_problems import ended_workers, restarted_workers

SILENT_AFTER_S = 60.0
"""Seconds after which a scheduler that runs but does not answer is a problem."""
MAX_PROBLEMS = 20


def problems(known: ClusterStatus, now: float) -> list[Json]:
    """The problems, worst first: failed, then stuck, then waiting; larger groups first."""
    groups: dict[tuple[str, str, str], list[Job]] = defaultdict(list)
    scheduler = next(iter(known.observed.of(known.record.scheduler)), None)
    queued = scheduler is not None and scheduler.state is JobState.PENDING
    for workers in by_job(slot for slot in counted(known.workers) if not slot.fixed):
        job = workers[0].job
        if job is None:
            continue
        state = job_state(workers)
        if state == "failed" or (job.outcome is Outcome.UNKNOWN and known.record.desired == "running"):
            groups["failed", str(outcome_message(job, (), time_limit(known))), job.node] += [job] * len(workers)
        elif state == "connecting" and now - known.observed.started.get(job.ref, now) > known.stuck_after:
            groups["stuck", "", job.node] += [job] * sum(slot.state == "connecting" for slot in workers)
        elif state == "pending" and not (queued and workers[0].submission.waits_for_scheduler):
            groups["waiting", _waits_for(job), ""] += [job] * len(workers)
    if scheduler is not None and queued:
        groups["waiting", _waits_for(scheduler), "scheduler"].append(scheduler)
    running = scheduler if scheduler is not None and scheduler.state is JobState.RUNNING else None
    if running and known.silence > SILENT_AFTER_S:
        groups["stuck", "scheduler", running.node].append(running)
    order = ["failed", "stuck", "waiting"]
    ranked = sorted(groups.items(), key=lambda item: (order.index(item[0][0]), -len(item[1])))
    of_jobs = [_problem(known, kind, reason, node, jobs) for (kind, reason, node), jobs in ranked]
    others = [*_disk_problems(known), *_refused_cancel(known), *_refused_scale_up(known), *_unrunnable(known)]
    of_nodes = node_problems(known, running, now) if running and known.record.fixed_workers else ()
    of_workers = [*ended_workers(known), *restarted_workers(known)]
    waiting = [one for one in of_jobs if one["kind"] == "waiting"]
    return [*others, *of_nodes, *of_jobs[: len(of_jobs) - len(waiting)], *of_workers, *waiting][:MAX_PROBLEMS]


def _disk_problems(known: ClusterStatus) -> Iterator[Json]:
    """What cannot be written; shown first, since it explains most of the rest."""
    if known.log_dir_error:
        folder = f"{known.log_folder}/"
        message = Message("problem.log-folder", folder=folder, detail=known.log_dir_error)
        yield _stuck("disk", message, Message("advice.log-folder"))
    if known.record_error:
        message = Message("problem.record", detail=known.record_error)
        yield _stuck("disk", message, Message("advice.record"))


def _refused_cancel(known: ClusterStatus) -> Iterator[Json]:
    if known.refusal:
        live = sum(job.state.live for job in known.observed.jobs.values())
        message = Message("problem.not-cancelled", batch=known.batch.title)
        advice = Message("advice.not-cancelled", detail=known.refusal)
        yield _stuck(known.refusal, message, advice, live)


def _refused_scale_up(known: ClusterStatus) -> Iterator[Json]:
    if refusal := known.record.scale_up_refused:
        advice = Message("advice.scale-up-refused", refusal=refusal)
        if known.record.replace_workers:
            advice = Message("advice.replacements-refused", interval=REPLACE_RETRY_S, refusal=refusal)
        yield _stuck("refused", Message("problem.scale-up-refused"), advice)


def _unrunnable(known: ClusterStatus) -> Iterator[Json]:
    """Tasks that would wait forever."""
    for tasks in known.unrunnable:
        count = tasks.count
        if tasks.resources:
            some = [f"{name} {amount:g}" if amount > 1 else name for name, amount in tasks.resources.items()]
            one = ", ".join(f'"{name}": {amount:g}' for name, amount in tasks.resources.items())
            setting = f'dask.config.set({{"distributed.worker.resources": {{{one}}}}})'
            message = Message("problem.no-worker-with-resources", count=count, resources=some)
            advice = Message("advice.no-worker-with-resources", setting=setting)
        else:
            names = [*tasks.workers, *tasks.hosts]
            message = Message("problem.no-such-worker", count=count, names=names)
            advice = Message("advice.no-such-worker")
        yield _stuck("unrunnable", message, advice, count)


def _stuck(reason: str, message: Message, advice: Message, count: int = 0) -> Json:
    """A problem of the kind `stuck` that belongs to no job."""
    texts = {"message": message.as_json(), "advice": advice.as_json()}
    return {"kind": "stuck", "reason": reason, **texts, "count": count, "node": "", "jobs": [], "log": []}


def _problem(known: ClusterStatus, kind: str, reason: str, node: str, jobs: list[Job]) -> Json:
    count = len(jobs)
    # Jobs with log lines come first.
    jobs = sorted(jobs, key=lambda job: not known.last_lines.get(job.ref))
    if kind == "failed":
        lines = known.last_lines.get(jobs[0].ref, ())
        how = outcome_message(jobs[0], lines, time_limit(known))
        message = Message("problem.failed", count=count, how=how)
        if node:
            message = Message("problem.failed-on-node", count=count, node=node, how=how)
        advice = outcome_advice(jobs[0], lines, time_limit(known))
        reason = jobs[0].native_state
    elif kind == "stuck" and reason == "scheduler":
        message = Message("problem.scheduler-silent", time=SILENT_AFTER_S)
        if node:
            message = Message("problem.scheduler-silent-on-node", node=node, time=SILENT_AFTER_S)
        advice = Message("advice.scheduler-silent")
        reason = ""
    elif kind == "stuck":
        message = Message("problem.connecting", count=count, node=node, time=known.stuck_after)
        advice = Message("advice.connecting")
    else:
        # The longest reason has the most detail, such as names of nodes, or a time.
        longest = max(jobs, key=lambda job: len(job.reason))
        reason = longest.reason
        message, advice = _waiting(known, longest, count, node == "scheduler")
    return {
        "kind": kind,
        "reason": reason,
        "message": message.as_json(),
        "advice": advice.as_json(),
        "count": count,
        "node": "" if node == "scheduler" else node,
        "jobs": [known.batch.job_id(ref) for ref in list(dict.fromkeys(job.ref for job in jobs))[:5]],
        "log": list(known.last_lines.get(jobs[0].ref, ())) if kind != "waiting" else [],
    }


def _waiting(known: ClusterStatus, job: Job, count: int, scheduler: bool) -> tuple[Message, Message]:
    """Message and advice for jobs that wait for the same reason, given by the batch system."""
    requested = known.record.request.as_text()
    alone = scheduler and not known.record.scheduler.runs_workers
    part, who = (requested["scheduler"], "scheduler") if alone else (requested["workers"], "worker")
    asked_for = RequestedResources(who, part["time"], part["memory"], part.get("cpus", 0), known.ask)
    why = Message("text", text=job.reason) if job.reason else Message("wait.not-considered")
    if scheduler:
        never, pending = Message("problem.scheduler-never", why=why), Message("problem.scheduler-pending", why=why)
    else:
        never, pending = (
            Message("problem.never", count=count, why=why),
            Message("problem.pending", count=count, why=why),
        )
    return never if job.wait and job.wait.never else pending, advice_of(job.wait, asked_for)


def _waits_for(job: Job) -> str:
    """The key by which waiting jobs are grouped."""
    return job.wait.group if job.wait else job.reason


def time_limit(known: ClusterStatus, role: str = "worker") -> int:
    """The requested time limit of jobs of this role, in seconds."""
    request = known.record.request
    return (request.scheduler if role == "scheduler" else request.workers).time


def jobs_to_explain(known: ClusterStatus, shown: Iterable[Json]) -> list[Job]:
    """The jobs whose logs explain a problem: an ended scheduler, and one job of each problem in `shown`."""
    ended = [job for job in known.observed.of(known.record.scheduler) if not job.state.live]
    ids = {id for problem in shown if problem["kind"] != "waiting" for id in problem["jobs"][:1]}
    return ended + [job for ref, job in known.observed.jobs.items() if ids and known.batch.job_id(ref) in ids]
