"""A profile's file without a server: its mistakes, its scripts, and whether the batch system would take its jobs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchRefused, BatchSystem
from ..control.profiles import BrokenProfile, checked_file, fill_names, refused
from ..core.chosen_options import Available
from ..core.errors import ApiError
from ..core.profile import Profile
from ..core.profile_text import Mistake
from ..core.shapes import Json, iso_utc
from .sample import SampleJob, sample_jobs

Adapter = Callable[[Profile, Path], BatchSystem]
"""Creates the adapter of a profile, with a state folder. Raises ValueError."""
AskAvailable = Callable[[Profile], Awaitable[Mapping[str, Available]]]
"""Returns what the user has, of each option of a profile whose values are not in it."""


@dataclass(frozen=True)
class JobAnswer:
    """The batch system's answer to one job, which it was not given.

    Attributes:
        job: the job.
        accepted: whether it would take the job; None if it was not asked, or has not answered.
        message: its answer.
    """

    job: SampleJob
    accepted: bool | None
    message: Message


@dataclass(frozen=True)
class FileCheck:
    """What is known about one file: its mistakes, or its jobs."""

    file: Path
    broken: BrokenProfile | None
    jobs: Sequence[JobAnswer] = ()

    @property
    def usable(self) -> bool:
        """Whether it has no mistake, and the batch system has refused none of its jobs."""
        return self.broken is None and not any(answer.accepted is False for answer in self.jobs)

    def as_json(self, scripts: bool) -> Json:
        """For other programs; with the whole scripts if `scripts`."""
        return {
            "file": str(self.file),
            "mistakes": [mistake.as_json() for mistake in self.broken.mistakes] if self.broken else [],
            "jobs": [
                {
                    "layout": answer.job.layout,
                    "role": answer.job.role,
                    "accepted": answer.accepted,
                    "message": answer.message.as_json(),
                    **({"script": answer.job.script} if scripts else {}),
                }
                for answer in self.jobs
            ],
        }


async def check_file(
    file: Path,
    systems: Mapping[str, type[BatchSystem]],
    adapter: Adapter,
    available: AskAvailable,
    folder: Path,
    workspace: Path,
) -> FileCheck:
    """Check the profile in a file.

    Args:
        folder: the state folder of the extension; nothing is written there.
        workspace: the folder that the jobs would run in.
    """
    profile = checked_file(file, systems, fill_names)
    if isinstance(profile, BrokenProfile):
        return FileCheck(file, profile)
    try:
        batch = adapter(profile, folder)
    except ValueError as error:
        return FileCheck(file, refused(profile, str(error)))
    try:
        own = await available(profile)
        jobs = list(sample_jobs(profile, batch, folder / "clusters" / "0123456789", workspace, own))
    except ApiError as error:
        mistake = Mistake(0, 0, "", Message("check.default-refused", field=error.field or "", why=error.message))
        return FileCheck(file, BrokenProfile(profile.name, profile.title, str(file), (mistake,)))
    return FileCheck(file, None, [await ask(batch, job) for job in jobs])


async def ask(batch: BatchSystem, job: SampleJob) -> JobAnswer:  # noqa: PLR0911  one for each answer
    """Ask the batch system whether it would take a job. Nothing is submitted."""
    if job.options is None:
        return JobAnswer(job, None, Message("check.runs-on-nodes"))
    if not batch.installed():
        return JobAnswer(job, None, Message("check.not-installed", batch=batch.title))
    try:
        start = await batch.expected_start(job.options, job.script)
    except BatchRefused as error:
        return JobAnswer(job, False, Message("check.refused", batch=batch.title, detail=str(error)))
    except BatchError as error:
        return JobAnswer(job, None, Message("check.silent", batch=batch.title, detail=str(error)))
    if batch.capabilities.starts_at_once:
        return JobAnswer(job, True, Message("check.starts-at-once"))
    if at := iso_utc(start):
        return JobAnswer(job, True, Message("check.accepted", batch=batch.title, at=at))
    return JobAnswer(job, None, Message("check.no-estimate", batch=batch.title))
