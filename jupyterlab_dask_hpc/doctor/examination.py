"""The whole examination of one profile: what this server sees, then what the nodes report."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import BatchSystem
from ..control.access import Account, access_denied_reason
from ..control.environments import Environments
from ..control.job_templates import render_report
from ..control.workspace import Workspaces
from ..core.errors import ApiError
from ..core.job_spec import job_spec
from ..core.profile import Profile
from ..core.record import Record
from ..waiting import in_thread
from . import here
from .findings import Finding, failed, not_checked
from .node_findings import findings_of_jobs
from .node_jobs import NodeJob, NodeJobs
from .profile_check import Adapter, AskAvailable
from .sample import sample_record

FOLDER = "doctor"
"""The folder in the state folder that exists as long as an examination."""
JOB_TIME_S = 120
"""Time limit of a job, in seconds, if the profile allows so short a job. It ends as soon as it has reported."""
_JOB_MEMORY = 512 * 2**20
"""Bytes for a Python process that loads distributed and the dashboard, if the profile allows so few."""


@dataclass(frozen=True)
class Examination:
    """What is examined, and with what.

    Attributes:
        state_folder: the state folder of the extension.
        workspace: the folder that users would launch from.
        variables: returns the environment variables of a profile's jobs.
        available: returns what the user has, of each option whose values are not in the profile.
        options: the options that a user would choose, by name; the defaults of the others are taken.
        wait: seconds that the jobs may wait in the queue.
        progress: is told what takes a while.
    """

    profile: Profile
    adapter: Adapter
    state_folder: Path
    workspace: Path
    workspaces: Workspaces
    variables: Callable[[Profile], Mapping[str, str]]
    account: Callable[[], Account]
    available: AskAvailable
    options: Mapping[str, str] = field(default_factory=dict)
    wait: float = 120.0
    progress: Callable[[Message], None] = lambda message: None

    async def run(self) -> list[Finding]:
        """All findings. Nothing is left behind, no job and no folder, also if it is cancelled."""
        folder = self.state_folder / FOLDER / secrets.token_hex(5)
        batch = self.adapter(self.profile, folder)
        found = [*await here.batch_system(batch), *await in_thread(self._here, batch)]
        found.append(await here.python(self.profile))
        title = Message("doctor.launch")
        if any(finding.status == "failed" and here.needed_for_jobs(finding) for finding in found):
            return [*found, not_checked("launch", title, Message("doctor.launch.impossible"))]
        own = await self.available(self.profile)
        found += [here.option(name, one) for name, one in own.items()]
        try:
            record, profile = sample_record(self._smallest(), self.profile, batch, self.workspace, own)
        except ApiError as error:
            why = Message("check.default-refused", field=error.field or "", why=error.message)
            return [*found, failed("launch", title, why, Message("doctor.launch.request-advice"), error.field or "")]
        jobs = list(_jobs(record, profile, batch, folder))
        accepted = [await here.accepted(batch, job) for job in jobs]
        found += accepted
        if any(finding.status == "failed" for finding in accepted):
            return [*found, not_checked("launch", title, Message("doctor.launch.refused-before"))]
        self.progress(Message("doctor.progress", batch=batch.title, wait=self.wait))
        variables = self.variables(profile)
        running = NodeJobs(batch, jobs, folder, self.workspace, variables, self.wait)
        try:
            await running.run()
        except OSError as error:
            advice = Message("doctor.state-folder.advice")
            why = Message("text", text=str(error))
            return [*found, failed("launch", title, why, advice, "c.DaskHpc.state_folder")]
        return [*found, *findings_of_jobs(profile, batch, running)]

    def _here(self, batch: BatchSystem) -> list[Finding]:
        nodes_are_here = batch.capabilities.nodes_are_here
        return [
            here.access(self.profile, access_denied_reason(self.profile, self.account)),
            here.state_folder(self.state_folder, self.workspaces, self.profile, nodes_are_here),
            here.workspace(self.workspace, self.workspaces, self.profile, nodes_are_here),
        ]

    def _smallest(self) -> dict[str, Any]:
        """The request of the smallest cluster, by which its jobs soon start."""
        profile = self.profile
        workers: dict[str, Any] = {
            "memory": _between(profile.workers.memory.minimum, _JOB_MEMORY, profile.workers.memory.maximum),
            "time": _between(profile.workers.time.minimum, JOB_TIME_S, profile.workers.time.maximum),
        }
        scheduler: dict[str, Any] = {
            "memory": _between(profile.scheduler.memory.minimum, _JOB_MEMORY, profile.scheduler.memory.maximum)
        }
        if profile.layout.default == "separate":
            workers["jobs"] = 1
            scheduler["time"] = _between(profile.scheduler.time.minimum, JOB_TIME_S, profile.scheduler.time.maximum)
        chosen = {"options": dict(self.options)} if self.options else {}
        return {"name": f"doctor-{secrets.token_hex(3)}", "workers": workers, "scheduler": scheduler, **chosen}


def _jobs(record: Record, profile: Profile, batch: BatchSystem, folder: Path) -> Iterator[NodeJob]:
    python = Environments().python("", profile.python)
    for submission in record.submissions:
        options, script = job_spec(record, submission, profile, batch, folder, python)
        role = submission.job_role
        yield NodeJob(role, options, render_report(role, script))


def _between(minimum: int, wanted: int, maximum: int) -> int:
    return min(max(minimum, wanted), maximum)
