"""What the doctor's jobs tell: how they started, what their nodes see, and how all reach one another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import BatchSystem
from ..batch.jobs import Cause, JobState
from ..core.log_names import FOLDER_UNSEEN, LOG_UNWRITABLE, NOT_SET, SETUP_FAILED
from ..core.profile import Profile
from ..core.units import write_memory, write_time
from ..core.waits import RequestedResources
from ..core.waits import advice as advice_of_wait
from .findings import Finding, failed, not_checked, ok, warning
from .here import STATE_FOLDER, refusal, role_name
from .node_jobs import REPORT_TIME_S, NodeJob, NodeJobs

CLOCK_S = 60.0
"""Seconds by which a clock may differ. Tickets and credentials of many sites are refused after five minutes."""
NOTES_OF_PROFILE = (SETUP_FAILED, NOT_SET)
"""Beginnings of lines in logs of jobs whose shell ended before Python."""
_IN_MEMORY = {"tmpfs", "ramfs", "devtmpfs"}
_NOT_FOUND, _NOT_EXECUTABLE = 127, 126
"""Exit codes of a shell that cannot run a program."""
MIN_SCRATCH_BYTES = 2**30
"""Free bytes below which workers soon cannot write what does not fit into memory."""


def findings_of_jobs(profile: Profile, batch: BatchSystem, jobs: NodeJobs) -> Iterator[Finding]:
    """All findings of the jobs, one job after the other."""
    for job in jobs.jobs:
        yield from _launch(profile, batch, jobs, job)
        if job.report is not None:
            yield from _node(profile, batch, job, job.report)
            yield from _from_server(profile, batch, job, job.report)
    yield from _between_nodes(profile, jobs)
    if any(job.reach is not None and not job.reach.failed for job in jobs.jobs):
        yield ok("network.back", Message("doctor.back"), Message("doctor.back.found"))


def _launch(profile: Profile, batch: BatchSystem, jobs: NodeJobs, job: NodeJob) -> Iterator[Finding]:
    check, title = f"launch.{job.role}", Message("doctor.launch.role", role=role_name(job.role))
    if job.refused:
        yield refusal(batch, job, check, title, job.refused)
    elif job.report is not None:
        node = job.job.node if job.job and job.job.node else str(job.report["host"])
        yield ok(check, title, Message("doctor.launch.ran", node=node, seconds=max(0.0, job.read_at - job.submitted)))
        yield ok(
            f"state-folder.{job.role}",
            _on_node("doctor.state-folder.node", job),
            Message("text", text=jobs_folder(jobs)),
        )
    elif job.silent and job.job is None:
        advice = Message("doctor.queue.advice", batch=batch.title)
        yield failed(check, title, Message("text", text=job.silent), advice)
    elif job.job is not None and job.job.state is JobState.PENDING:
        asked = RequestedResources(
            job.role, write_time(job.options.time), write_memory(job.options.memory), job.options.cpus,
            profile.access.ask if profile.access else "",
        )  # fmt: skip
        why = Message("text", text=job.job.reason) if job.job.reason else Message("wait.not-considered")
        found = Message("doctor.launch.pending", seconds=jobs.wait, why=why)
        yield failed(
            check, title, found, Message("doctor.launch.pending-advice", why=advice_of_wait(job.job.wait, asked))
        )
    elif job.job is None:
        why = Message("text", text=jobs.trouble) if jobs.trouble else Message("doctor.launch.unseen")
        yield failed(check, title, why, Message("doctor.queue.advice", batch=batch.title))
    else:
        yield _failed_job(profile, jobs, job)


def _failed_job(profile: Profile, jobs: NodeJobs, job: NodeJob) -> Finding:
    """The finding for a job that has reported nothing."""
    assert job.job is not None
    node, code = job.job.node or "-", job.job.exit_code
    lines = " | ".join(job.lines) or "-"
    if code == FOLDER_UNSEEN:
        found = Message("doctor.state-folder.unseen", node=node, folder=jobs_folder(jobs))
        title = _on_node("doctor.state-folder.node", job)
        return failed(f"state-folder.{job.role}", title, found, Message("doctor.state-folder.advice"), STATE_FOLDER)
    if job.job.cause is Cause.LOG_UNWRITABLE or code == LOG_UNWRITABLE:
        found = Message("doctor.workspace.unseen", node=node, folder=str(jobs.workspace))
        title = _on_node("doctor.workspace.node", job)
        return failed(f"workspace.{job.role}", title, found, Message("doctor.workspace.shared-advice"), "shared_paths")
    noted = any(line.startswith(NOTES_OF_PROFILE) for line in job.lines)
    if code in (_NOT_FOUND, _NOT_EXECUTABLE) and not noted:
        found = Message("doctor.python.not-started", node=node, python=" ".join(profile.python) or "-", lines=lines)
        title = _on_node("doctor.python.node", job)
        return failed(f"python.{job.role}", title, found, Message("doctor.python.advice"), "python")
    title = Message("doctor.launch.role", role=role_name(job.role))
    if job.job.state.live:
        found = Message("doctor.launch.slow", node=node, seconds=REPORT_TIME_S, lines=lines)
    else:
        found = Message(
            "doctor.launch.failed", node=node, state=f"{job.job.native_state} {job.job.reason}".strip(), lines=lines
        )
    return failed(
        f"launch.{job.role}",
        title,
        found,
        Message("doctor.launch.advice"),
        *(("setup",) if noted else ("setup", "python")),
    )


def _node(profile: Profile, batch: BatchSystem, job: NodeJob, report: Mapping[str, Any]) -> Iterator[Finding]:
    """What one node sees."""
    title = _on_node("doctor.workspace.node", job)
    if error := report["workspace"]:
        found = Message("doctor.folder.not-writable", folder="", detail=error)
        yield failed(f"workspace.{job.role}", title, found, Message("doctor.workspace.shared-advice"), "shared_paths")
    title = _on_node("doctor.python.node", job)
    distributed = report["distributed"]
    if error := distributed.get("error"):
        found = Message("doctor.python.no-distributed", python=report["executable"], detail=error)
        yield failed(f"python.{job.role}", title, found, Message("doctor.python.distributed-advice"), "python")
    else:
        found = Message(
            "doctor.python.found",
            python=report["executable"],
            version=report["python"],
            distributed=distributed["version"],
        )
        yield ok(f"python.{job.role}", title, found)
    yield _clock(job, report)
    if job.role == "worker" or batch.capabilities.nodes_are_here:
        yield _scratch(profile, job, report["scratch"])
    if dashboard := report["dashboard"]:
        yield _dashboard(dashboard, "error" in distributed)


def _clock(job: NodeJob, report: Mapping[str, Any]) -> Finding:
    """The node's clock, read between the job's submission and now by this server's clock."""
    check, title = f"clock.{job.role}", _on_node("doctor.clock", job)
    off = max(job.submitted - report["time"], report["time"] - job.read_at, 0.0)
    if off <= CLOCK_S:
        return ok(check, title, Message("doctor.clock.same"))
    code = "doctor.clock.behind" if report["time"] < job.submitted else "doctor.clock.ahead"
    return failed(check, title, Message.fitted(code, {"seconds": off}), Message("doctor.clock.advice"))


def _scratch(profile: Profile, job: NodeJob, scratch: Mapping[str, Any]) -> Finding:
    check, title, advice = "scratch", _on_node("doctor.scratch", job), Message("doctor.scratch.advice")
    if error := scratch["error"]:
        return failed(check, title, Message("text", text=error), advice, "scratch")
    if scratch["kind"] in _IN_MEMORY:
        found = Message("doctor.scratch.in-memory", folder=scratch["path"], kind=scratch["kind"])
        return failed(check, title, found, advice, "scratch")
    free = scratch["free"]
    found = Message("doctor.scratch.found", folder=scratch["path"], kind=scratch["kind"], free=free // 2**30 * 2**30)
    if profile.scratch and free < profile.scratch.at_least:
        return failed(check, title, found, advice, "scratch.at_least")
    return (warning(check, title, found, advice, "scratch")) if free < MIN_SCRATCH_BYTES else ok(check, title, found)


def _dashboard(dashboard: Mapping[str, str], no_distributed: bool) -> Finding:
    check, title = "dashboard", Message("doctor.dashboard")
    if no_distributed:
        return not_checked(check, title, Message("doctor.python.none"))
    if error := dashboard.get("error"):
        found = Message("doctor.dashboard.missing", detail=error)
        return failed(check, title, found, Message("doctor.dashboard.advice"), "python")
    return ok(check, title, Message("doctor.dashboard.found", version=dashboard["bokeh"]))


def _from_server(profile: Profile, batch: BatchSystem, job: NodeJob, report: Mapping[str, Any]) -> Iterator[Finding]:
    """Name, route and TLS from this server to a node."""
    part, role = ("scheduler", "scheduler_args") if job.role == "scheduler" else ("workers", "worker_args")
    key = f"{part}.{role}"
    title = _on_node("doctor.route", job)
    if error := report.get("address_error"):
        found = Message("doctor.address.failed", detail=error)
        yield failed(f"network.{job.role}", title, found, _other_interface(report), key)
    reach = job.reach
    if reach is None:
        return
    name, tls = _on_node("doctor.name", job), _on_node("doctor.tls", job)
    if reach.failed == "name":
        found = Message("doctor.name.failed", host=reach.host, detail=reach.error)
        yield failed(f"name.{job.role}", name, found, _other_interface(report), key)
        return
    code = "doctor.name.found" if reach.named else "doctor.name.not-needed"
    yield ok(f"name.{job.role}", name, Message.fitted(code, {"host": reach.host}))
    if reach.failed == "route":
        found = Message("doctor.route.failed", host=reach.host, detail=reach.error)
        yield failed(f"network.{job.role}", title, found, _other_interface(report), key)
        return
    yield ok(f"network.{job.role}", title, Message("doctor.route.found", host=reach.host))
    if reach.failed == "tls":
        yield failed(f"tls.{job.role}", tls, Message("text", text=reach.error), Message("doctor.tls.advice"), key)
        return
    yield ok(f"tls.{job.role}", tls, Message("doctor.tls.found"))


def _between_nodes(profile: Profile, jobs: NodeJobs) -> Iterator[Finding]:
    for job in jobs.jobs:
        for other in (one for one in jobs.jobs if one is not job):
            title = Message("doctor.peers", here=role_name(job.role), there=role_name(other.role))
            check = f"network.{job.role}-{other.role}"
            reached = (job.peers or {}).get(other.role)
            if reached is None or reached.get("missing"):
                yield not_checked(check, title, Message("doctor.peers.missing"))
            elif reached["error"]:
                found = Message("doctor.peers.failed", address=reached["address"], detail=reached["error"])
                keys = ("scheduler.scheduler_args", "workers.worker_args")
                yield failed(check, title, found, _other_interface(other.report or {}), *keys)
            else:
                yield ok(check, title, Message("doctor.peers.found", address=reached["address"]))


def _other_interface(report: Mapping[str, Any]) -> Message:
    """Advice to choose among the interfaces that the node has."""
    known = [f"{name} {address}" for name, address in report.get("interfaces", {}).items()]
    return Message("doctor.route.advice", interfaces=known or ["-"])


def _on_node(code: str, job: NodeJob) -> Message:
    return Message.fitted(code, {"role": role_name(job.role)})


def jobs_folder(jobs: NodeJobs) -> str:
    """The state folder of these jobs."""
    return str(jobs.folder.parent.parent)
