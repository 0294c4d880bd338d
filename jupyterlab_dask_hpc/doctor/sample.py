"""What a launch under a profile would submit: the options and the script of each kind of job. Nothing is written."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..batch.base import BatchSystem, JobOptions
from ..control.environments import Environments
from ..control.job_templates import describe, describe_node
from ..control.launch import shown_submissions
from ..core.arrays import array_limits
from ..core.chosen_options import Available, with_options
from ..core.fields import Layout
from ..core.node_workers import worker_memory
from ..core.profile import Profile
from ..core.record import Record, plan
from ..core.request import first_node, read_request


@dataclass(frozen=True)
class SampleJob:
    """One kind of job of a launch.

    Attributes:
        layout: the layout of the launch.
        role: ``scheduler`` or ``worker``.
        options: its options; None for a script that runs on each node of another job.
        script: its whole script.
    """

    layout: Layout
    role: str
    options: JobOptions | None
    script: str


def sample_record(
    body: Mapping[str, Any], offered: Profile, batch: BatchSystem, workspace: Path, available: Mapping[str, Available]
) -> tuple[Record, Profile]:
    """The record of a requested cluster, and the profile with the options that were chosen.

    Args:
        available: what the user has, of each option whose values are not in the profile.

    Raises ApiError if the profile does not allow the request.
    """
    request = read_request({"profile": offered.name, **body}, offered, (), available)
    profile = with_options(offered, request.options)
    cluster_id = secrets.token_hex(5)
    arrays = array_limits(batch.capabilities, max(1, request.workers.jobs), profile.workers.arrays)
    record = Record(
        id=cluster_id,
        owner="doctor",
        batch=profile.batch,
        request=request,
        workspace=str(workspace),
        dashboard_key="-",
        created=time.time(),
        submissions=plan(cluster_id, request, arrays, first_node(request, profile), batch.capabilities.starts_after),
        worker_memory=worker_memory(request.workers.memory, profile.workers.nanny, request.workers.processes),
    )
    return record, profile


def sample_jobs(
    offered: Profile, batch: BatchSystem, folder: Path, workspace: Path, available: Mapping[str, Available]
) -> Iterator[SampleJob]:
    """The jobs of a launch with all defaults, in each layout on offer. Raises ApiError, like `sample_record`.

    Args:
        folder: the cluster's folder.
    """
    for layout in offered.layout.choices:
        asked = {"layout": layout} if len(offered.layout.choices) > 1 else {}
        record, profile = sample_record(asked, offered, batch, workspace, available)
        python = Environments().python("", profile.python)
        shown = shown_submissions(record.submissions, batch.capabilities, profile.workers.arrays)
        for submission in shown:
            options, script = describe(record, submission, profile, batch, folder, python)
            yield SampleJob(layout, submission.job_role, options, script)
        if shown[0].runs_workers:
            script = describe_node(record, shown[0], profile, batch, folder, python)
            yield SampleJob(layout, "worker", None, script)
