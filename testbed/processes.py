"""Processes of a testbed: started in their own session, recorded in a file, and reliably ended."""

from __future__ import annotations

import json
import random
import socket
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

import psutil


def free_ports(count: int) -> list[int]:
    """Free ports on the loopback interface, below the range of outgoing connections."""
    ports: list[int] = []
    with ExitStack() as held:
        for port in random.sample(range(12000, 32000), 4000):
            probe = held.enter_context(socket.socket())
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            ports.append(port)
            if len(ports) == count:
                return ports
    raise RuntimeError(f"This machine has no {count} free ports between 12000 and 32000.")


class Processes:
    """Daemons of one testbed, recorded with their start times in a file, so that a later command can end them."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def start(self, command: Sequence[str], environment: Mapping[str, str], output: Path) -> psutil.Process:
        """Start a daemon in its own session, with its output in the file `output`."""
        with output.open("ab") as log:
            started = subprocess.Popen(
                command,
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=output.parent,
                start_new_session=True,
            )
        process = psutil.Process(started.pid)
        entries = [*self._entries(), [process.pid, process.create_time()]]
        self.file.write_text(json.dumps(entries))
        return process

    def living(self) -> list[psutil.Process]:
        """The daemons that are still alive, oldest first."""
        return [process for pid, started in self._entries() if (process := same_process(pid, started))]

    def _entries(self) -> list[tuple[int, float]]:
        return json.loads(self.file.read_text()) if self.file.exists() else []


def same_process(pid: int, started: float) -> psutil.Process | None:
    """The process with this id, if it is still the one that started then (process ids are reused)."""
    try:
        process = psutil.Process(pid)
        if abs(process.create_time() - started) < 1 and process.status() != psutil.STATUS_ZOMBIE:
            return process
    except psutil.NoSuchProcess:
        pass
    return None


def marked(**variables: str) -> list[psutil.Process]:
    """All processes whose environment contains all these variables."""
    found = []
    for process in psutil.process_iter():
        try:
            if variables.items() <= process.environ().items():
                found.append(process)
        except psutil.Error:
            continue
    return found


def named(name: str, inside: Path) -> list[psutil.Process]:
    """All processes of a program whose working folder is inside `inside`."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.exe()).name.startswith(name) and Path(process.cwd()).is_relative_to(inside):
                found.append(process)
        except psutil.Error:
            continue
    return found


def end(processes: Sequence[psutil.Process], grace: float = 10) -> None:
    """Send SIGTERM, then SIGKILL after `grace` seconds; returns when no process is left."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _, alive = psutil.wait_procs(processes, timeout=grace)
    for process in alive:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(alive, timeout=grace)
