"""What this server sees: the batch system, folders, the Python, and whether the jobs would be accepted."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchRefused, BatchSystem
from ..control.environments import Environments, can_run
from ..control.workspace import Workspaces
from ..core.chosen_options import Available
from ..core.errors import ApiError, os_error_text
from ..core.profile import Profile
from ..core.shapes import iso_utc
from .findings import Finding, failed, not_checked, ok, warning
from .node_jobs import NodeJob

_MAX_VALUES = 10
STATE_FOLDER = "c.DaskHpc.state_folder"


def needed_for_jobs(finding: Finding) -> bool:
    """Whether no job can be submitted and watched while this fails."""
    return finding.check in ("state-folder", "workspace") or finding.check.startswith("batch.")


async def batch_system(batch: BatchSystem) -> list[Finding]:
    """The commands and services of the batch system, and whether it shows the user's jobs."""
    found = []
    for one in await batch.examine():
        check, title = f"batch.{one.subject}", Message("doctor.command", subject=one.subject)
        if one.advice is None:
            found.append(ok(check, title, one.found))
        else:
            found.append((failed if one.needed else warning)(check, title, one.found, one.advice))
    if any(finding.status == "failed" for finding in found):
        return found
    title = Message("doctor.queue", batch=batch.title)
    try:
        snapshot = await batch.snapshot({})
    except BatchError as error:
        advice = Message("doctor.queue.advice", batch=batch.title)
        return [*found, failed("batch.queue", title, Message("text", text=str(error)), advice)]
    return [*found, ok("batch.queue", title, Message("doctor.queue.found", count=len(snapshot.jobs)))]


def access(profile: Profile, denied: Message | None) -> Finding:
    """Whether this user may launch."""
    title = Message("doctor.access")
    if denied is None:
        return ok("access", title, Message("doctor.access.allowed"))
    return failed("access", title, denied, Message("doctor.access.advice"), "access")


def state_folder(folder: Path, workspaces: Workspaces, profile: Profile, nodes_are_here: bool) -> Finding:
    """Whether the state folder can be written, and nothing is known against the nodes seeing it."""
    check, title, advice = "state-folder", Message("doctor.state-folder"), Message("doctor.state-folder.advice")
    there = next(path for path in (folder, *folder.parents) if path.exists())
    if error := _not_writable(there):
        found = Message("doctor.folder.not-writable", folder=str(there), detail=error)
        return failed(check, title, found, advice, STATE_FOLDER)
    if not nodes_are_here and (kind := workspaces.unseen(there, profile.shared_paths)) is not None:
        found = Message("doctor.folder.here-alone", folder=str(folder), kind=kind or "-")
        return failed(check, title, found, advice, STATE_FOLDER)
    if there == folder and folder.stat().st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return warning(
            check, title, Message("doctor.folder.open", folder=str(folder)), Message("doctor.folder.open-advice")
        )
    return ok(check, title, Message("text", text=str(folder)))


def workspace(folder: Path, workspaces: Workspaces, profile: Profile, nodes_are_here: bool) -> Finding:
    """Whether the workspace can be written, and nothing is known against the nodes seeing it."""
    check, title = "workspace", Message("doctor.workspace")
    if why := _not_writable(folder):
        found = Message("doctor.folder.not-writable", folder=str(folder), detail=why)
        return failed(check, title, found, Message("doctor.workspace.advice"))
    try:
        if not nodes_are_here:
            workspaces.check_shared(folder, profile.shared_paths)
    except ApiError as error:
        return failed(check, title, error.message, Message("doctor.workspace.shared-advice"), "shared_paths")
    return ok(check, title, Message("text", text=str(folder)))


async def python(profile: Profile) -> Finding:
    """Whether the Python of the jobs runs here, where this server sees it."""
    check, title = "python", Message("doctor.python")
    command = Environments().python("", profile.python)
    if not can_run(command):
        return not_checked(check, title, Message("doctor.python.unseen", python=" ".join(command)))
    try:
        await Environments().check_command(command)
    except ApiError as error:
        return failed(check, title, error.message, Message("doctor.python.advice"), "python")
    return ok(check, title, Message("text", text=" ".join(command)))


def option(name: str, available: Available) -> Finding:
    """What the user has, of an option whose values are not in the profile."""
    check, title = f"options.{name}", Message("doctor.option", name=name)
    values = Message("doctor.option.found", values=available.values[:_MAX_VALUES] or ["-"])
    if available.problem is None:
        return ok(check, title, values)
    return (warning if available.values else failed)(
        check, title, available.problem, Message("doctor.option.advice"), f"options.{name}"
    )


async def accepted(batch: BatchSystem, job: NodeJob) -> Finding:
    """Whether the batch system would take this job."""
    check, title = f"accepted.{job.role}", Message("doctor.accepted", role=role_name(job.role))
    try:
        start = await batch.expected_start(job.options, job.script)
    except BatchRefused as error:
        return refusal(batch, job, check, title, str(error))
    except BatchError as error:
        return warning(
            check, title, Message("text", text=str(error)), Message("doctor.queue.advice", batch=batch.title)
        )
    at = iso_utc(start)
    if at is None or batch.capabilities.starts_at_once:
        return ok(check, title, Message("doctor.accepted.unasked"))
    return ok(check, title, Message("doctor.accepted.start", at=at))


def refusal(batch: BatchSystem, job: NodeJob, check: str, title: Message, words: str) -> Finding:
    """The finding for a job that the batch system refuses."""
    part = "scheduler" if job.role == "scheduler" else "workers"
    keys = tuple(f"{part}.{key}" for key in batch.refused_keys(words)) or (part,)
    options = [str(option) for option in job.options.native.summary()]
    found = Message("check.refused", batch=batch.title, detail=" ".join(words.split()))
    advice = Message("doctor.refused.advice", options=options or ["-"], part=part)
    return failed(check, title, found, advice, *keys)


def role_name(role: str) -> Message:
    """``scheduler`` or ``worker``, for people."""
    return Message("role.scheduler") if role == "scheduler" else Message("role.worker")


def _not_writable(folder: Path) -> str:
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")
            os.fsync(probe.fileno())
    except OSError as error:
        return os_error_text(error)
    return ""
