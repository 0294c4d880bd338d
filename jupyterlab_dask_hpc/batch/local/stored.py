"""One local submission, read from its folder: its jobs, and how to cancel them."""

from __future__ import annotations

import json
import signal
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil

from ..base import BatchSilent
from ..jobs import Cause, Job, JobRef, JobState, Outcome
from . import supervisor as local_supervisor

# A submission younger than this may still be starting.
START_TIMEOUT_S = 20
_KILL_ROUNDS = 5  # of SIGKILL: a process that forks while it is being listed is found in the next round
_NOT_STARTED = "0:53"
"""The exit that the supervisor writes for a task that it could not start."""


class StoredSubmission:
    """The current state of one submission."""

    def __init__(self, folder: Path, stored: dict[str, Any]) -> None:
        self.folder = folder
        self.id = folder.name
        self.stored = stored
        self.supervisor: psutil.Process | None = None
        self.state = read_json(folder / "state.json") or {"tasks": []}
        if "supervisor" in self.state:
            self.supervisor = _supervisor(folder, self.state["supervisor"]["pid"])
            if self.supervisor is None:
                # It may have ended in between; then it has written its final state by now.
                self.state = read_json(folder / "state.json")

    def jobs(self) -> list[Job]:
        count = self.stored["tasks"]
        states = self.state["tasks"] or [None] * (count or 1)
        return [self._job(ref, state) for ref, state in zip(refs(self.id, count), states, strict=True)]

    def _job(self, ref: JobRef, state: dict[str, Any] | None) -> Job:
        began = state["began"] if state else None
        until = (state and state["ended"]) or time.time()
        job_state, native_state, reason = self._state_of(state)
        return Job(
            submission=ref.submission,
            index=ref.index,
            name=self.stored["name"],
            state=job_state,
            native_state=native_state,
            reason=reason,
            node=self.stored["host"] if state else "",
            elapsed=max(0, int(until - began)) if began else 0,
            start=began,
            end=began + self.stored["time"] if began else None,
            **_outcome(job_state, state),
        )

    def _state_of(self, state: dict[str, Any] | None) -> tuple[JobState, str, str]:
        if state is None:
            if time.time() - self.stored["at"] < START_TIMEOUT_S:
                return JobState.PENDING, "PENDING", "Starting"
            return JobState.FAILED, "FAILED", "NotStarted"
        if state["ended"] is None:
            if self.supervisor is None and _process(self.id, state) is None:
                return JobState.FAILED, "LOST", "SupervisorEnded"
            return (JobState.ENDING, "ENDING", state["why"]) if state["why"] else (JobState.RUNNING, "RUNNING", "")
        return _ending(state)

    def ended_before(self, moment: float) -> bool:
        """True if none of its jobs has been alive since then."""
        if any(job.state.live for job in self.jobs()):
            return False
        ends = [state["ended"] or state["began"] + self.stored["time"] for state in self.state["tasks"]]
        last: float = max(ends, default=self.stored["at"])
        return last < moment

    def cancel(self, indices: Sequence[int | None], grace: float) -> None:
        """Cancel the jobs with these indices; None means all."""
        if self.supervisor is not None:
            for index in indices:
                if index is not None:
                    (self.folder / f"cancel-{index}").touch()
            with suppress(psutil.NoSuchProcess):
                self.supervisor.send_signal(signal.SIGTERM if None in indices else signal.SIGUSR1)
            return
        if not any(job.state.live for job in self.jobs()):
            return
        _end(lambda: self._processes_of(indices), grace)

    def _processes_of(self, indices: Sequence[int | None]) -> set[int]:
        """Live processes of these tasks, for when no supervisor watches them any more."""
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
    """State, native state and reason of a task that has ended."""
    if state["why"]:
        return (JobState.ENDED if state["why"] == "CANCELLED" else JobState.FAILED), state["why"], ""
    if state["exit"] == "0:0":
        return JobState.ENDED, "COMPLETED", ""
    code, number = state["exit"].split(":")
    reason = state["error"] or (f"RaisedSignal:{number}" if number != "0" else f"NonZeroExitCode:{code}")
    return JobState.FAILED, "FAILED", reason


def _outcome(job_state: JobState, state: dict[str, Any] | None) -> dict[str, Any]:
    """The fields of a `Job` that describe how it ended."""
    if job_state.live:
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


def refs(id: str, tasks: int | None) -> list[JobRef]:
    return [JobRef(id)] if tasks is None else [JobRef(id, index) for index in range(tasks)]


def written(job: JobRef) -> str:
    return job.submission if job.index is None else f"{job.submission}_{job.index}"


def _supervisor(folder: Path, pid: int) -> psutil.Process | None:
    """The process with this id, if it supervises this folder."""
    with suppress(psutil.Error):
        process = psutil.Process(pid)
        if process.status() != psutil.STATUS_ZOMBIE and process.cmdline()[-1:] == [str(folder)]:
            return process
    return None


def _process(id: str, stored: dict[str, Any]) -> psutil.Process | None:
    """The process that was started then. Process ids are reused, so its start time or its mark has to match."""
    if stored["pid"] is None:
        return None
    try:
        process = psutil.Process(stored["pid"])
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        same = abs(process.create_time() - stored["began"]) < 2
        return process if same or process.environ().get("JUPYTERLAB_DASK_HPC_JOB_ID") == id else None
    except psutil.Error:
        return None


def _end(left: Callable[[], set[int]], grace: float) -> None:
    """Send SIGTERM to the processes that `left` returns, and after `grace` seconds SIGKILL to those it returns then.

    `left` is called again each time: a shell that ignores SIGTERM continues with its next command.
    """
    processes = _signalled(left(), signal.SIGTERM)
    psutil.wait_procs(processes, timeout=grace)
    for _ in range(_KILL_ROUNDS):
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


def read_json(path: Path) -> Any:
    """The content of a file; None if it does not exist."""
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BatchSilent(f"{path} cannot be read: {error}") from error


def last_lines(path: Path) -> str:
    try:
        return path.read_text(errors="replace").strip()[-500:]
    except OSError:
        return "it printed nothing"
