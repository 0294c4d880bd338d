"""The doctor's jobs: submitted, watched, and removed without a trace, whatever happens."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import shutil
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from ..batch.base import BatchError, BatchSilent, BatchSystem, JobOptions
from ..batch.jobs import Job, JobRef, JobState
from ..control.certificates import make_certificates
from ..control.scheduler_client import tls_context
from ..files import write_private
from ..waiting import in_thread, is_done
from .reach import Reach, reach

log = logging.getLogger(__name__)

JobRole = Literal["scheduler", "worker"]
REPORT_TIME_S = 50
"""Seconds that a job's processes may take for their reports and connections."""
_FIRST_INTERVAL_S, _LAST_INTERVAL_S = 0.5, 5.0
"""Between two calls of the batch system."""
_CANCEL_TIMEOUT_S = 20.0
_SUBMIT_TIMEOUT_S = 30.0
_LOG_LINES = 3


@dataclass
class NodeJob:
    """One job of the doctor, and what is known of it.

    Attributes:
        role: the role in whose place it runs.
        id: its submission's id; empty until it is known.
        refused: why it was not submitted, in the batch system's own words.
        silent: the error if the batch system gave no answer to its submission; the job may exist.
        job: the job as it was seen last.
        started: seconds since the epoch when it was first seen to run.
        report: what the node reported, and the time at which this was read, in seconds since the epoch.
        peers: how the node reached the others.
        reach: how this server reaches the node.
        lines: the last lines of its log.
    """

    role: JobRole
    options: JobOptions
    script: str
    id: str = ""
    refused: str = ""
    silent: str = ""
    submitted: float = 0.0
    job: Job | None = None
    started: float | None = None
    report: Mapping[str, Any] | None = None
    read_at: float = 0.0
    peers: Mapping[str, Any] | None = None
    reach: Reach | None = None
    lines: Sequence[str] = ()

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return bool(self.refused) or (self.job is not None and not self.job.state.live)


@dataclass
class NodeJobs:
    """The jobs of one examination, in a folder of their own.

    Attributes:
        folder: is created, and removed at the end.
        workspace: the folder that they run in; their logs go to its ``log/``.
        wait: seconds that they may wait in the queue.
    """

    batch: BatchSystem
    jobs: Sequence[NodeJob]
    folder: Path
    workspace: Path
    variables: Mapping[str, str]
    wait: float
    trouble: str = ""
    _made: list[Path] = field(default_factory=list)

    async def run(self) -> None:
        """Submit them and return when all has been reported, or when nothing more will come. Leaves nothing behind.

        Raises OSError if the folder or the logs cannot be written.
        """
        try:
            # Its thread goes on when this is cancelled, and would write after everything has been removed.
            await _whatever_happens(in_thread(self._prepare))
            for job in self.jobs:
                await self._submit(job)
            await self._watch()
        finally:
            await _whatever_happens(self._clean())

    def _prepare(self) -> None:
        for folder in (self.folder, self.workspace / "log"):
            self._made += [path for path in (folder, *folder.parents) if not path.exists()]
        make_certificates(self.folder, self.folder.name)
        (self.workspace / "log").mkdir(exist_ok=True)
        plan = {
            "roles": [job.role for job in self.jobs],
            "workspace": str(self.workspace),
            "seconds": REPORT_TIME_S,
        }
        write_private(self.folder / "plan.json", json.dumps(plan).encode())
        source = files("jupyterlab_dask_hpc") / "in_job" / "node_report.py"
        write_private(self.folder / "node_report.py", source.read_bytes())

    async def _submit(self, job: NodeJob) -> None:
        job.submitted = time.time()
        submitting = asyncio.ensure_future(self.batch.submit(job.options, job.script, self.workspace, self.variables))
        try:
            await asyncio.wait({submitting})
        finally:
            # A submission that is interrupted would leave a job that nobody knows.
            if not submitting.done():
                await _whatever_happens(is_done(submitting, _SUBMIT_TIMEOUT_S))
            if submitting.done() and not submitting.cancelled() and submitting.exception() is None:
                job.id = submitting.result()
        try:
            submitting.result()
        except BatchSilent as error:
            job.silent = str(error)
        except (BatchError, ValueError) as error:
            job.refused = str(error)

    async def _watch(self) -> None:
        interval, ends = _FIRST_INTERVAL_S, time.monotonic() + self.wait
        while not all(job.ended or self._complete(job) for job in self.jobs):
            for job in self.jobs:
                await self._read(job)
            if all(job.ended or self._complete(job) for job in self.jobs):
                break
            try:
                await self._look()
                self.trouble = ""
            except BatchError as error:
                self.trouble = str(error)
            if any(self._is_busy(job) for job in self.jobs):
                ends = max(ends, time.monotonic() + 1)
            if time.monotonic() > ends:
                break
            await asyncio.sleep(interval)
            interval = min(interval * 1.2, _LAST_INTERVAL_S)
        for job in self.jobs:
            await self._read(job)
            if job.report is None:
                job.lines = await in_thread(self._last_lines, job)

    def _complete(self, job: NodeJob) -> bool:
        """Whether all is known that a job can report, as far as the others run."""
        if job.report is None or ("address" in job.report and job.reach is None):
            return False
        others = [other for other in self.jobs if other is not job and not other.ended]
        return job.peers is not None or not others or "address" not in job.report

    def _is_busy(self, job: NodeJob) -> bool:
        """Whether a job runs that will soon report more, without another one that waits."""
        if job.started is None or job.ended or time.time() - job.started > REPORT_TIME_S:
            return False
        return job.report is None or (job.peers is None and all(other.report is not None for other in self.jobs))

    async def _look(self) -> None:
        known = {job.options.name: job.id for job in self.jobs if not job.ended}
        seen = await self.batch.snapshot(known)
        unknown = []
        for job in self.jobs:
            if job.ended:
                continue
            found = next((one for one in seen.jobs if one.name == job.options.name), None)
            if found is not None:
                self._seen(job, found)
            # A snapshot may lack a job that has ended, or not show how it has.
            if job.job is not None and (found is None or found.unexplained):
                unknown.append(job)
        if unknown and self.batch.capabilities.lookup_after_end:
            refs = [JobRef(job.id) for job in unknown if job.id]
            for found in await self.batch.find(refs):
                for job in unknown:
                    if job.id == found.submission:
                        self._seen(job, found)

    def _seen(self, job: NodeJob, found: Job) -> None:
        job.id = job.id or found.submission
        job.job = found
        if found.state is not JobState.PENDING and job.started is None:
            job.started = time.time()

    async def _read(self, job: NodeJob) -> None:
        if job.report is None:
            job.report = await in_thread(self._json, f"report.{job.role}.json")
            job.read_at = time.time()
        if job.report is not None and job.reach is None and (address := job.report.get("address")):
            job.reach = await reach(str(address), await in_thread(tls_context, self.folder))
        if job.peers is None:
            job.peers = await in_thread(self._json, f"peers.{job.role}.json")

    def _json(self, name: str) -> Any:
        # On a network file system, listing makes a new file visible.
        if name not in {path.name for path in self.folder.iterdir()}:
            return None
        return json.loads((self.folder / name).read_text())

    def _logs(self) -> Iterator[Path]:
        stems = {job.options.log.rpartition("/")[2].partition(".")[0] for job in self.jobs}
        for stem in stems:
            yield from (self.workspace / "log").glob(f"{stem}.*")

    def _last_lines(self, job: NodeJob) -> list[str]:
        lines: list[str] = []
        for path in sorted(self._logs()):
            if f".{job.role}." in path.name:
                with contextlib.suppress(OSError):
                    lines += [line[:300] for line in path.read_text(errors="replace").splitlines() if line.strip()]
        return lines[-_LOG_LINES:]

    async def _clean(self) -> None:
        with contextlib.suppress(OSError):
            write_private(self.folder / "done", b"")
        ends = time.monotonic() + _CANCEL_TIMEOUT_S
        while live := [job for job in self.jobs if not job.ended and (job.id or job.silent)]:
            try:
                if ids := [JobRef(job.id) for job in live if job.id]:
                    await self.batch.cancel(ids)
                await self._look()
            except BatchError as error:
                self.trouble = str(error)
            if time.monotonic() > ends:
                break
            await asyncio.sleep(_FIRST_INTERVAL_S)
        await in_thread(self._remove)

    def _remove(self) -> None:
        for path in self._logs():
            path.unlink(missing_ok=True)
        shutil.rmtree(self.folder, ignore_errors=True)
        for path in self._made:
            with contextlib.suppress(OSError):
                path.rmdir()


async def _whatever_happens(work: Coroutine[Any, Any, Any]) -> None:
    """Finish work also if this task is cancelled meanwhile, and only then let the cancellation through."""
    working = asyncio.ensure_future(work)
    cancelled: asyncio.CancelledError | None = None
    while not working.done():
        try:
            await asyncio.wait({working})
        except asyncio.CancelledError as error:
            cancelled = error
    working.result()
    if cancelled is not None:
        raise cancelled
