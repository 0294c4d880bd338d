"""Runs the user's script beside the scheduler, and ends the cluster when the script ends.

``script.json`` in the cluster's folder says which; `scheduler_preload` starts it. The script is a child of the
scheduler's process, so that no server is needed for its end to be noticed.
"""

from __future__ import annotations

import asyncio
import atexit
import json
import logging
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from scheduler_folder import FOLDER, Limits, write

logger = logging.getLogger("distributed.scheduler")

NOTEBOOK = ".ipynb"
BUSY_SHARE = 0.02
"""Share of a CPU above which the script computes. One that sleeps with a connected client uses 0.0005 (measured)."""
_POLL_S = 0.2
_TAIL_BYTES = 8192
_MAX_LINES, _MAX_LINE_LENGTH = 10, 300
_TERMINATE_S = 2.0
"""For a script to end after SIGTERM; the batch system may kill the job soon."""


@dataclass(frozen=True)
class Plan:
    """What ``script.json`` contains.

    Attributes:
        path: of the script or notebook.
        log: of its output.
        notebook: where the executed notebook is written; empty for a script.
        wait_for: number of workers that have to be connected before it starts.
    """

    path: str
    log: str
    notebook: str
    wait_for: int


def read_plan() -> Plan | None:
    """The script that runs in this cluster; None for a cluster without one. Raises OSError, ValueError, KeyError."""
    try:
        found = json.loads((FOLDER / "script.json").read_text())
    except FileNotFoundError:
        return None
    return Plan(str(found["path"]), str(found["log"]), str(found["notebook"]), int(found["wait_for"]))


class Script:
    """The script's process.

    Attributes:
        plan: what runs.
        computes: whether it, with its own processes, has used the CPU lately. A script that has not started computes.
    """

    def __init__(self, plan: Plan, address: str, limits: Limits) -> None:
        self.plan = plan
        self.computes = True
        self._address = address
        self._limits = limits
        self._run: asyncio.Task[None] | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._began = time.monotonic()
        self._terminated = False
        self._written = False

    def start(self, watchdog: Any) -> asyncio.Task[None]:
        """Run it to its end, then end the cluster."""
        self._run = asyncio.ensure_future(self._run_to_end(watchdog))
        return self._run

    async def _run_to_end(self, watchdog: Any) -> None:
        while len(watchdog.scheduler.workers) < self.plan.wait_for:
            self.computes = False
            await asyncio.sleep(_POLL_S)
        try:
            self._execute()
        except OSError as error:
            self._write(None, str(error))
            await watchdog.end("script", f"The script could not be started: {error}")
            return
        code = await self._end()
        if code == -signal.SIGTERM:
            # The batch system signals the whole job. It knows the cause: a time limit, a cancelled job.
            await asyncio.sleep(_TERMINATE_S)
        self._write(code)
        if not watchdog.ending:
            await watchdog.end("script", _sentence(code))

    def _execute(self) -> None:
        program = [str(FOLDER / "script_notebook.py")] if self.plan.notebook else []
        arguments = [self.plan.path, *([self.plan.notebook] if self.plan.notebook else [])]
        environment = {**os.environ, **dask_variables(self._address)}
        if self.plan.notebook:
            # A script finds the modules beside it, and so does a notebook in JupyterLab.
            beside = [str(Path(self.plan.path).parent), os.environ.get("PYTHONPATH", "")]
            environment["PYTHONPATH"] = os.pathsep.join(filter(None, beside))
        with open(self.plan.log, "ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-u", *program, *arguments],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._began = time.monotonic()
        atexit.register(self.end_at_exit)
        logger.info("The script %s runs; its output is in %s", self.plan.path, self.plan.log)

    async def _end(self) -> int:
        """Wait for its end; returns its exit code, or minus the signal that ended it."""
        assert self._process
        sampled, used = time.monotonic(), cpu_seconds(self._process.pid)
        while (code := self._process.poll()) is None:
            await asyncio.sleep(_POLL_S)
            if (elapsed := time.monotonic() - sampled) >= self._limits.script_check:
                now = await asyncio.to_thread(cpu_seconds, self._process.pid)
                self.computes = now - used > BUSY_SHARE * elapsed
                sampled, used = time.monotonic(), now
        return code

    def terminate(self) -> None:
        """Send SIGTERM to it: the cluster ends."""
        self._terminated = True
        self._signal(signal.SIGTERM)

    def end_at_exit(self) -> None:
        """End it before this process ends, and write how it has ended.

        A script whose last call shuts the scheduler down is given the time to end by itself; that is its end then.
        """
        if self._process is None or self._written:
            return
        code = self._wait(self._limits.script_end)
        by_itself = code is not None and code >= 0 and not self._terminated
        if code is None:
            self._signal(signal.SIGTERM)
            code = self._wait(_TERMINATE_S)
        if code is None:
            self._signal(signal.SIGKILL)
            code = self._wait(_TERMINATE_S)
        self._write(code)
        if code is not None and by_itself:
            with suppress(OSError):
                write("scheduler.ended", {"reason": "script", "seconds": None, "message": _sentence(code)})

    def _wait(self, seconds: float) -> int | None:
        assert self._process
        with suppress(subprocess.TimeoutExpired):
            return self._process.wait(seconds)
        return None

    def _signal(self, number: signal.Signals) -> None:
        """Signal its processes, unless it has been reaped: its id may be another process's."""
        if self._process is not None and self._process.returncode is None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, number)

    def _write(self, code: int | None, error: str = "") -> None:
        """Write how it has ended; `code` is its exit code, minus a signal, or None if it did not start."""
        if self._written:
            return
        self._written = True
        content = {
            "exit_code": code if code is None or code >= 0 else None,
            "signal": -code if code is not None and code < 0 else None,
            "error": error,
            "seconds": time.monotonic() - self._began,
            "lines": last_lines(Path(self.plan.log)),
        }
        try:
            write("script.ended", content)
        except OSError:
            logger.exception("script.ended could not be written")


def dask_variables(address: str) -> dict[str, str]:
    """Dask's configuration as variables, so that ``Client()`` connects, in the script's child processes as well."""
    settings: dict[str, Any] = {}
    with suppress(FileNotFoundError):
        settings = json.loads((FOLDER / "dask.json").read_text())
    settings |= {
        "scheduler-address": address,
        "distributed.comm.require-encryption": True,
        "distributed.comm.tls.ca-file": str(FOLDER / "ca.pem"),
        "distributed.comm.tls.client.cert": str(FOLDER / "client.pem"),
        "distributed.comm.tls.client.key": str(FOLDER / "client-key.pem"),
    }
    # Dask reads the values as Python writes them.
    return {"DASK_" + key.replace(".", "__").replace("-", "_").upper(): repr(value) for key, value in settings.items()}


def last_lines(log: Path) -> list[str]:
    """The last lines of a log, printable and shortened; only its end is read."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            end = file.read(_TAIL_BYTES).decode(errors="replace")
    except OSError:
        return []
    lines = ["".join(filter(str.isprintable, line)).rstrip() for line in end.splitlines()]
    return [line[:_MAX_LINE_LENGTH] for line in lines if line][-_MAX_LINES:]


def cpu_seconds(root: int) -> float:
    """CPU time of a process, of its descendants, and of all in its session; 0 where /proc does not show it."""
    parents: dict[int, int] = {}
    ticks: dict[int, int] = {}
    found = {root}
    for name in os.listdir("/proc") if os.path.isdir("/proc") else ():
        with suppress(OSError, ValueError, IndexError):
            # pid (any name) state ppid pgrp session ...; user and system time of it and of its ended children
            fields = Path("/proc", name, "stat").read_bytes().rpartition(b")")[2].split() if name.isdigit() else []
            parents[int(name)] = int(fields[1])
            ticks[int(name)] = sum(map(int, fields[11:15]))
            if int(fields[3]) == root:
                found.add(int(name))
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return sum(ticks.get(pid, 0) for pid in found) / os.sysconf("SC_CLK_TCK")


def _sentence(code: int) -> str:
    """For the log; the server composes its own message."""
    return f"The script was ended by signal {-code}." if code < 0 else f"The script ended with exit code {code}."
