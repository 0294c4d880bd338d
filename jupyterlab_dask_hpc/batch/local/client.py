"""This computer's own processes, as a batch system."""

from __future__ import annotations

import json
import os
import shlex
import shutil
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Any

import psutil

from ...waiting import in_thread
from ..base import (
    BatchOptions,
    BatchRefused,
    BatchSetup,
    BatchSilent,
    Capabilities,
    Cause,
    Job,
    JobOptions,
    JobRef,
    JobState,
    Outcome,
    Snapshot,
)
from ..command import run
from . import supervisor as local_supervisor

LARGEST_ARRAY = 1000
# A submit that is so young may still be starting.
START_SECONDS = 20
_NOT_STARTED = "0:53"
"""What the supervisor writes as the exit of a task that it could not start."""
_ROUNDS = 5  # of SIGKILL: what forks while it is being listed is met in the next


class Local:
    """Local processes as a `BatchSystem`: they outlive the server, and the next server finds them.

    Memory and CPUs are not enforced, the time limit is.

    Args:
        folder: where the submits are kept, one folder each; servers of one user may share it.
        grace: seconds between SIGTERM and SIGKILL.
        remember: seconds for which an ended submit is still shown.
    """

    name = "local"
    title = "this computer"
    capabilities = Capabilities(starts_at_once=True, nodes_are_here=True, jobs_may_cancel=False)
    options = BatchOptions
    job_variable = "JUPYTERLAB_DASK_HPC_JOB_ID"
    task_variable = "JUPYTERLAB_DASK_HPC_TASK_ID"
    restart_variable = "JUPYTERLAB_DASK_HPC_RESTARTS"
    job_pattern = "%j"
    task_pattern = "%j"

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
        """None: everything is in the options. Raises ValueError for what a name cannot hold."""
        for text in (options.name, options.log):
            if not text.isprintable():
                raise ValueError(f"A line break or control character cannot stand in a name: {text!r}")
        return []

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Start all tasks at once; see `BatchSystem.submit`."""
        self.header(options)
        interpreter = shlex.split(script.partition("\n")[0].removeprefix("#!"))
        if not script.startswith("#!") or not interpreter:
            raise BatchRefused("The first line of a job script must be #! and an interpreter.")
        if options.tasks is not None and not 1 <= options.tasks <= LARGEST_ARRAY:
            raise BatchRefused(f"An array on this computer has 1 to {LARGEST_ARRAY} tasks, not {options.tasks}.")
        try:
            folder = self._new_folder()
            id = folder.name
            (folder / "script").write_text(script)
            kept = {"name": options.name, "tasks": options.tasks, "time": options.time, "host": self._host}
            local_supervisor.write(folder / "submit.json", json.dumps({**kept, "at": time.time()}))
        except OSError as error:
            raise BatchRefused(f"The job could not be kept: {error}") from error
        path = PurePosixPath(options.log)
        plan = {
            "id": id,
            "tasks": options.tasks,
            "time": options.time,
            "grace": self._grace,
            "command": [*interpreter, str(folder / "script")],
            "workspace": str(workspace),
            "log": [
                str(workspace / path.with_name(path.name.replace(self.job_pattern, _written(job))))
                for job in _refs(id, options.tasks)
            ],
            "environment": dict(environment),
        }
        # Isolated and without site packages: it starts faster, and no setting of the user's reaches it.
        command = [sys.executable, "-I", "-S", local_supervisor.__file__, str(folder)]
        answer = await run(command, os.environ, START_SECONDS, text=json.dumps(plan))
        if answer.code:
            raise BatchSilent(f"The job did not start: {answer.errors.strip() or _read(folder / 'supervisor.err')}")
        return id

    def job_id(self, job: JobRef) -> str:
        """``1764205200123_5``; see `BatchSystem.job_id`."""
        return _written(job)

    def own_id(self, job: JobRef) -> str:
        """The same; see `BatchSystem.own_id`."""
        return _written(job)

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        """All of this user's jobs on this computer; see `BatchSystem.snapshot`."""
        at = time.time()
        return Snapshot(at, await in_thread(self._jobs, None))

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        """As the snapshot, for these; see `BatchSystem.find`."""
        return await in_thread(self._jobs, {job.submission for job in jobs})

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        """SIGTERM to the process groups, SIGKILL after the grace period; returns at once.

        The supervisor sees to it, so that it happens even when this server ends now.
        """
        await in_thread(self._cancel, jobs)

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """None: every task starts at once, and ends when it finds its cluster over."""
        return []

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """Now."""
        return time.time()

    async def largest_array(self) -> int:
        """As many as a computer may be asked to start at once."""
        return LARGEST_ARRAY

    def _new_folder(self) -> Path:
        """A folder named by a new id: milliseconds since the epoch; making the folder takes the id."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        while True:
            folder = self._folder / str(time.time_ns() // 1_000_000)
            with suppress(FileExistsError):
                folder.mkdir(mode=0o700)
                return folder
            time.sleep(0.001)

    def _jobs(self, wanted: set[str] | None) -> tuple[Job, ...]:
        return tuple(
            job for submit in self._submits() if wanted is None or submit.id in wanted for job in submit.jobs()
        )

    def _submits(self) -> Iterator[_Submit]:
        try:
            folders = sorted(self._folder.glob("[0-9]*"))
        except OSError as error:
            raise BatchSilent(f"{self._folder} cannot be read: {error}") from error
        for folder in folders:
            kept = _json(folder / "submit.json")
            # Process numbers of another computer with the same home mean nothing here.
            if kept is None or kept["host"] != self._host:
                continue
            submit = _Submit(folder, kept)
            if submit.ended_before(time.time() - self._remember):
                shutil.rmtree(folder, ignore_errors=True)
            else:
                yield submit

    def _cancel(self, jobs: Sequence[JobRef]) -> None:
        indices: dict[str, list[int | None]] = {}
        for job in jobs:
            indices.setdefault(job.submission, []).append(job.index)
        for submit in self._submits():
            if submit.id in indices:
                submit.cancel(indices[submit.id], self._grace)


class _Submit:
    """One submit as its folder shows it now."""

    def __init__(self, folder: Path, kept: dict[str, Any]) -> None:
        self.folder = folder
        self.id = folder.name
        self.kept = kept
        self.supervisor: psutil.Process | None = None
        self.state = _json(folder / "state.json") or {"tasks": []}
        if "supervisor" in self.state:
            self.supervisor = _supervisor(folder, self.state["supervisor"]["pid"])
            if self.supervisor is None:
                # It may have ended in between: then it has written its last word by now.
                self.state = _json(folder / "state.json")

    def jobs(self) -> list[Job]:
        count = self.kept["tasks"]
        states = self.state["tasks"] or [None] * (count or 1)
        return [self._job(ref, state) for ref, state in zip(_refs(self.id, count), states, strict=True)]

    def _job(self, ref: JobRef, state: dict[str, Any] | None) -> Job:
        began = state["began"] if state else None
        until = (state and state["ended"]) or time.time()
        where, word, reason = self._standing(state)
        return Job(
            submission=ref.submission,
            index=ref.index,
            name=self.kept["name"],
            state=where,
            native_state=word,
            reason=reason,
            node=self.kept["host"] if state else "",
            elapsed=max(0, int(until - began)) if began else 0,
            start=began,
            end=began + self.kept["time"] if began else None,
            **_outcome(where, state),
        )

    def _standing(self, state: dict[str, Any] | None) -> tuple[JobState, str, str]:
        if state is None:
            if time.time() - self.kept["at"] < START_SECONDS:
                return JobState.PENDING, "PENDING", "Starting"
            return JobState.FAILED, "FAILED", "NotStarted"
        if state["ended"] is None:
            if self.supervisor is None and _process(self.id, state) is None:
                return JobState.FAILED, "LOST", "SupervisorEnded"
            return (JobState.ENDING, "ENDING", state["why"]) if state["why"] else (JobState.RUNNING, "RUNNING", "")
        return _ending(state)

    def ended_before(self, moment: float) -> bool:
        """True when nothing of it has lived since then."""
        if any(job.state.live for job in self.jobs()):
            return False
        ends = [state["ended"] or state["began"] + self.kept["time"] for state in self.state["tasks"]]
        last: float = max(ends, default=self.kept["at"])
        return last < moment

    def cancel(self, indices: Sequence[int | None], grace: float) -> None:
        """The jobs with these indices; None stands for all."""
        if self.supervisor is not None:
            for index in indices:
                if index is not None:
                    (self.folder / f"cancel-{index}").touch()
            with suppress(psutil.NoSuchProcess):
                self.supervisor.send_signal(signal.SIGTERM if None in indices else signal.SIGUSR1)
            return
        if not any(job.state.live for job in self.jobs()):
            return
        _end(lambda: self._left(indices), grace)

    def _left(self, indices: Sequence[int | None]) -> set[int]:
        """Processes of these tasks that live, when no supervisor watches them any more."""
        marks = [
            {
                "JUPYTERLAB_DASK_HPC_JOB_ID": self.id,
                **({} if index is None else {"JUPYTERLAB_DASK_HPC_TASK_ID": str(index)}),
            }
            for index in indices
        ]
        left = {pid for mark in marks for pid in local_supervisor.strays(mark)}
        for state, job in zip(self.state["tasks"], self.jobs(), strict=False):
            process = _process(self.id, state)
            if process and (None in indices or job.index in indices):
                left.update(child.pid for child in [process, *process.children(recursive=True)])
        return left


def _ending(state: dict[str, Any]) -> tuple[JobState, str, str]:
    """State, word and reason of a task that is over."""
    if state["why"]:
        return (JobState.ENDED if state["why"] == "CANCELLED" else JobState.FAILED), state["why"], ""
    if state["exit"] == "0:0":
        return JobState.ENDED, "COMPLETED", ""
    code, number = state["exit"].split(":")
    reason = state["error"] or (f"RaisedSignal:{number}" if number != "0" else f"NonZeroExitCode:{code}")
    return JobState.FAILED, "FAILED", reason


def _outcome(where: JobState, state: dict[str, Any] | None) -> dict[str, Any]:
    """The part of a `Job` that says how it ended."""
    if where.live:
        return {}
    if state is None or state["exit"] == _NOT_STARTED:
        return {"outcome": Outcome.LAUNCH_FAILED, "cause": Cause.LOG_UNWRITABLE if state else None}
    if not state["exit"]:
        return {"outcome": Outcome.FAILED}
    code, number = map(int, state["exit"].split(":"))
    known = {"CANCELLED": Outcome.CANCELLED, "TIMEOUT": Outcome.TIME_LIMIT}.get(state["why"])
    return {
        "outcome": known or (Outcome.FAILED if code or number else Outcome.COMPLETED),
        "exit_code": None if number else code,
        "signal": number or None,
    }


def _refs(id: str, tasks: int | None) -> list[JobRef]:
    return [JobRef(id)] if tasks is None else [JobRef(id, index) for index in range(tasks)]


def _written(job: JobRef) -> str:
    return job.submission if job.index is None else f"{job.submission}_{job.index}"


def _supervisor(folder: Path, pid: int) -> psutil.Process | None:
    """The process with this number if it supervises this folder."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[-1:] == [str(folder)]:
            return process
    return None


def _process(id: str, kept: dict[str, Any]) -> psutil.Process | None:
    """The process that was started then; numbers are used again, so its start or its mark must agree."""
    if kept["pid"] is None:
        return None
    try:
        process = psutil.Process(kept["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        same = abs(process.create_time() - kept["began"]) < 2
        return process if same or process.environ().get("JUPYTERLAB_DASK_HPC_JOB_ID") == id else None
    except psutil.Error:
        return None


def _end(left: Callable[[], set[int]], grace: float) -> None:
    """SIGTERM to what `left` gives, and after `grace` seconds SIGKILL to what it gives then.

    It is asked again each time: a shell that ignores SIGTERM goes on to its next command.
    """
    processes = _signalled(left(), signal.SIGTERM)
    psutil.wait_procs(processes, timeout=grace)
    for _ in range(_ROUNDS):
        processes = _signalled(left(), signal.SIGKILL)
        if not processes:
            return
        psutil.wait_procs(processes, timeout=1)


def _signalled(pids: set[int], number: signal.Signals) -> list[psutil.Process]:
    processes = []
    for pid in pids:
        with suppress(psutil.Error):
            process = psutil.Process(pid)
            process.send_signal(number)
            processes.append(process)
    return processes


def _json(path: Path) -> Any:
    """What a file holds; None when there is none."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BatchSilent(f"{path} cannot be read: {error}") from error


def _read(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()[-500:]
    except OSError:
        return "it said nothing"
