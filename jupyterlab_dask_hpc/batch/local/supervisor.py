"""Runs the tasks of one local submission, independently of the notebook server. Uses only the standard library.

It is started as a separate program, with the submission's folder as its argument and a JSON plan on standard input:
``{"id", "tasks": n or null, "time", "grace", "command", "workspace", "log": one path a task, "environment"}``.
It goes to the background, starts every task in its own session, and maintains ``state.json`` in the folder:
``{"supervisor": {"pid"}, "tasks": [{"pid", "began", "ended", "why": "" or "CANCELLED" or "TIMEOUT",
"exit": "code:signal", "error"}]}``. SIGTERM cancels all tasks; SIGUSR1 those that have a file ``cancel-<index>``.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h


class Task:
    """One process group, from its start until none of its processes is left."""

    def __init__(self, index: int, plan: dict[str, Any]) -> None:
        self.index = index
        self.mark = {"JUPYTERLAB_DASK_HPC_JOB_ID": plan["id"]}
        if plan["tasks"] is not None:
            self.mark["JUPYTERLAB_DASK_HPC_TASK_ID"] = str(index)
        self.began = time.time()
        self.ends = time.monotonic() + plan["time"]
        self.grace = plan["grace"]
        self.kill_at: float | None = None
        self.process: subprocess.Popen[bytes] | None = None
        self.state: dict[str, Any] = {
            "pid": None,
            "began": self.began,
            "ended": None,
            "why": "",
            "exit": "",
            "error": "",
        }
        try:
            with open_output(plan["output"]) as output:
                self.process = subprocess.Popen(
                    plan["command"],
                    env={**plan["environment"], **self.mark, "JUPYTERLAB_DASK_HPC_RESTARTS": "0"},
                    cwd=plan["workspace"],
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=output,
                    start_new_session=True,
                    umask=plan["umask"],
                )
            self.state["pid"] = self.process.pid
        except OSError as error:
            self.state.update(ended=time.time(), exit="0:53", error=str(error))

    def end(self, why: str) -> None:
        """Send SIGTERM now, and SIGKILL after the grace period."""
        if self.process and self.kill_at is None:
            self.state["why"] = why
            self.kill_at = time.monotonic() + self.grace
            self._signal(signal.SIGTERM)

    def look(self) -> None:
        """Check the time limit, the end of the grace period, and the end of the process."""
        if not self.process:
            return
        now = time.monotonic()
        if now >= self.ends:
            self.end("TIMEOUT")
        if self.kill_at is not None and now >= self.kill_at:
            self._signal(signal.SIGKILL)
        code = self.process.poll()
        if code is not None:
            # As on a farm, processes that the job left behind are killed.
            self._signal(signal.SIGKILL)
            self.process = None
            self.state.update(ended=time.time(), exit=f"{max(code, 0)}:{max(-code, 0)}")

    def next_look(self) -> float | None:
        """Time on the monotonic clock at which `look` has to be called even if no signal arrives."""
        if not self.process:
            return None
        return self.ends if self.kill_at is None else max(self.kill_at, time.monotonic() + 0.05)

    def _signal(self, number: signal.Signals) -> None:
        """Signal each process of the job once: a second SIGTERM would interrupt the handling of the first."""
        assert self.process
        group = self.process.pid
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)
        for pid in strays(self.mark):
            with suppress(ProcessLookupError, PermissionError):
                if os.getpgid(pid) != group:
                    os.kill(pid, number)


def strays(mark: dict[str, str]) -> list[int]:
    """Processes with these variables, in any process group (needs /proc)."""
    wanted = {f"{name}={value}".encode() for name, value in mark.items()}
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if wanted <= set(path.read_bytes().split(b"\0")):
                found.append(int(path.parent.name))
    return [pid for pid in found if pid != os.getpid()]


def adopt() -> None:
    """Make orphans of the tasks children of this process, not of init (Linux)."""
    with suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def children() -> list[int]:
    """The children of this process, including ended ones that are not reaped yet (needs /proc)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            # pid (any name) state ppid ...
            if int(path.read_bytes().rpartition(b")")[2].split()[1]) == os.getpid():
                found.append(int(path.parent.name))
    return found


def reap(tasks: list[Task]) -> None:
    """Reap adopted processes that have ended."""
    own = {task.process.pid for task in tasks if task.process}
    with suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid in own:
                return
            os.waitpid(ended.si_pid, 0)


def end_children() -> None:
    """Kill and reap until none is left: during an exec, a process cannot be found by its environment."""
    while left := children():
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)


def open_output(path: str) -> BinaryIO:
    """Open the output file for appending, locked as long as any process has it open. Raises OSError.

    Several submissions share it, and each removes it at its end if it is empty and not locked.
    """
    for _ in range(10):
        output = open(path, "ab")  # noqa: SIM115  the caller closes it
        with suppress(OSError):  # the file system has no locks
            fcntl.flock(output, fcntl.LOCK_SH)
        if is_at(path, output):
            break
        output.close()
    else:
        output = open(path, "ab")  # noqa: SIM115  the file system's inode numbers change
    return output


def remove_empty(path: str) -> None:
    """Remove the output file if the tasks have written to their logs only, as they should."""
    with suppress(OSError), open(path, "rb") as output:
        fcntl.flock(output, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not os.fstat(output.fileno()).st_size and is_at(path, output):
            os.unlink(path)


def is_at(path: str, file: BinaryIO) -> bool:
    """Whether this open file is still the one at `path`: another submission may have removed it meanwhile."""
    with suppress(FileNotFoundError):
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    return False


def supervise(folder: Path, plan: dict[str, Any], started: int) -> None:
    """Start all tasks, close `started` to report that, and return when the last one has ended."""
    wake, woken = os.pipe()
    os.set_blocking(wake, False)
    os.set_blocking(woken, False)
    signal.set_wakeup_fd(woken, warn_on_full_buffer=False)
    cancelled = False

    def cancel_all(*_: object) -> None:
        nonlocal cancelled
        cancelled = True

    signal.signal(signal.SIGTERM, cancel_all)
    for number in (signal.SIGCHLD, signal.SIGUSR1, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, lambda *_: None)

    adopt()
    supervisor = {"pid": os.getpid()}
    tasks = [Task(index, plan) for index in range(plan["tasks"] or 1)]
    written = ""
    while True:
        for task in tasks:
            if cancelled or (folder / f"cancel-{task.index}").exists():
                task.end("CANCELLED")
            task.look()
        reap(tasks)
        text = json.dumps({"supervisor": supervisor, "tasks": [task.state for task in tasks]})
        if text != written:
            write(folder / "state.json", text)
            written = text
        if started >= 0:
            os.close(started)
            started = -1
        looks = [look for task in tasks if (look := task.next_look()) is not None]
        if not looks:
            end_children()
            remove_empty(plan["output"])
            return
        select.select([wake], [], [], max(0.0, min(looks) - time.monotonic()))
        with suppress(BlockingIOError):
            os.read(wake, 4096)


def write(path: Path, text: str) -> None:
    """Replace a file atomically, so that no reader sees a part of it."""
    new = path.with_name(f".{path.name}.new")
    new.write_text(text)
    new.replace(path)


def main() -> None:
    """Go to the background; the foreground process ends when the tasks are started."""
    folder = Path(sys.argv[1])
    plan = json.load(sys.stdin)
    # Files of the tasks get the same mode as outside of jobs.
    plan["umask"] = os.umask(0o077)
    ready, started = os.pipe()
    if os.fork():
        os.close(started)
        os.read(ready, 1)
        sys.exit(0 if (folder / "state.json").exists() else 1)
    os.close(ready)
    os.setsid()
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1):
        os.dup2(nothing, standard)
    errors = os.open(folder / "supervisor.err", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(errors, 2)
    supervise(folder, plan, started)


if __name__ == "__main__":
    main()
