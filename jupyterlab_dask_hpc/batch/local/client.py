"""Processes on this computer, as a batch system."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import socket
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ...waiting import in_thread
from ..base import BatchOptions, BatchRefused, BatchSetup, BatchSilent, Capabilities, JobOptions
from ..command import run
from ..examined import Examined
from ..jobs import Job, JobRef, Snapshot
from ..resources import OwnValues
from . import supervisor as local_supervisor
from .stored import START_TIMEOUT_S, StoredSubmission, last_lines, read_json, written

MAX_ARRAY_SIZE = 1000


class Local:
    """Local processes as a `BatchSystem`. They continue when the server ends, and the next server finds them.

    Memory and CPUs are not enforced, the time limit is.

    Args:
        folder: contains one folder for each submission; servers of one user may share it.
        grace: seconds between SIGTERM and SIGKILL.
        remember: seconds for which an ended submission is still shown.
    """

    name = "local"
    title = "this computer"
    capabilities = Capabilities(starts_at_once=True, nodes_are_here=True, jobs_may_cancel=False)
    options = BatchOptions
    job_variable = "JUPYTERLAB_DASK_HPC_JOB_ID"
    task_variable = "JUPYTERLAB_DASK_HPC_TASK_ID"
    restart_variable = "JUPYTERLAB_DASK_HPC_RESTARTS"

    def __init__(self, folder: Path, *, grace: float = 5, remember: float = 600) -> None:
        self._folder = folder.absolute()
        self._grace = grace
        self._remember = remember
        self._host = socket.gethostname()

    @classmethod
    def create(cls, setup: BatchSetup) -> Local:
        """See `BatchSystem.create`."""
        return cls(setup.folder / cls.name)

    @classmethod
    def installed(cls) -> bool:
        """Always."""
        return True

    def header(self, options: JobOptions) -> list[str]:
        """No lines, since everything is in the options. Raises ValueError for characters not allowed in a name."""
        for text in (options.name, options.output):
            if not text.isprintable():
                raise ValueError(f"A line break or control character is not allowed in a name: {text!r}")
        return []

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Start all tasks at once; see `BatchSystem.submit`."""
        self.header(options)
        interpreter = shlex.split(script.partition("\n")[0].removeprefix("#!"))
        if not script.startswith("#!") or not interpreter:
            raise BatchRefused("The first line of a job script must be #! and an interpreter.")
        if options.tasks is not None and not 1 <= options.tasks <= MAX_ARRAY_SIZE:
            raise BatchRefused(f"An array on this computer has 1 to {MAX_ARRAY_SIZE} tasks, not {options.tasks}.")
        try:
            folder = self._new_folder()
            id = folder.name
            (folder / "script").write_text(script)
            stored = {"name": options.name, "tasks": options.tasks, "time": options.time, "host": self._host}
            local_supervisor.write(folder / "submit.json", json.dumps({**stored, "at": time.time()}))
        except OSError as error:
            raise BatchRefused(f"The job's files could not be written: {error}") from error
        plan = {
            "id": id,
            "tasks": options.tasks,
            "time": options.time,
            "grace": self._grace,
            "command": [*interpreter, str(folder / "script")],
            "workspace": str(workspace),
            "output": str(workspace / options.output),
            "environment": dict(environment),
        }
        # Isolated and without site packages: it starts faster, and the user's settings do not affect it.
        command = [sys.executable, "-I", "-S", local_supervisor.__file__, str(folder)]
        answer = await run(command, os.environ, START_TIMEOUT_S, text=json.dumps(plan))
        if answer.code:
            raise BatchSilent(
                f"The job did not start: {answer.errors.strip() or last_lines(folder / 'supervisor.err')}"
            )
        return id

    def job_id(self, job: JobRef) -> str:
        """``1764205200123_5``; see `BatchSystem.job_id`."""
        return written(job)

    def own_id(self, submission: str) -> str:
        """The same; see `BatchSystem.own_id`."""
        return submission

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        """All of this user's jobs on this computer; see `BatchSystem.snapshot`."""
        at = time.time()
        return Snapshot(at, await in_thread(self._jobs, None))

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        """As for the snapshot, for these jobs only; see `BatchSystem.find`."""
        return await in_thread(self._jobs, {job.submission for job in jobs})

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        """Send SIGTERM to the process groups, SIGKILL after the grace period; returns at once.

        The supervisor does this, so it happens even if this server ends now.
        """
        await in_thread(self._cancel, jobs)

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """None: every task starts at once, and ends when it finds that its cluster has ended."""
        return []

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """Now."""
        return time.time()

    async def own_values(self, kind: str, options: BatchOptions) -> OwnValues:
        """None."""
        return OwnValues(())

    async def free(self, options: JobOptions) -> None:
        """Unknown: other programs use this computer too."""

    async def largest_array(self) -> int:
        """A fixed limit on how many processes one submission may start."""
        return MAX_ARRAY_SIZE

    async def examine(self) -> Sequence[Examined]:
        """Nothing: there are no commands."""
        return ()

    def refused_keys(self, words: str) -> tuple[str, ...]:
        """None: it has no options."""
        return ()

    def _new_folder(self) -> Path:
        """Create a folder whose name is a new id, milliseconds since the epoch; this reserves the id."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            folder = self._folder / str(time.time_ns() // 1_000_000)
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                return folder
            time.sleep(0.001)

    def _jobs(self, wanted: set[str] | None) -> tuple[Job, ...]:
        return tuple(
            job for submit in self._submissions() if wanted is None or submit.id in wanted for job in submit.jobs()
        )

    def _submissions(self) -> Iterator[StoredSubmission]:
        try:
            folders = sorted(self._folder.glob("[0-9]*"))
        except OSError as error:
            raise BatchSilent(f"{self._folder} cannot be read: {error}") from error
        for folder in folders:
            stored = read_json(folder / "submit.json")
            # Process ids of another computer with the same home are meaningless here.
            if stored is None or stored["host"] != self._host:
                continue
            submit = StoredSubmission(folder, stored)
            if submit.ended_before(time.time() - self._remember):
                shutil.rmtree(folder, ignore_errors=True)
            else:
                yield submit

    def _cancel(self, jobs: Sequence[JobRef]) -> None:
        indices: dict[str, list[int | None]] = {}
        for job in jobs:
            indices.setdefault(job.submission, []).append(job.index)
        for submit in self._submissions():
            if submit.id in indices:
                submit.cancel(indices[submit.id], self._grace)
