"""Real schedulers and workers, started by the very scripts that a batch system gets, without a batch system."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
from distributed import Client
from support.dask import security
from support.polling import until

from jupyterlab_dask_hpc.control.certificates import make_certificates
from jupyterlab_dask_hpc.control.cluster_folder import Address, read_address
from jupyterlab_dask_hpc.control.job_files import install
from jupyterlab_dask_hpc.control.job_templates import render
from jupyterlab_dask_hpc.control.scheduler_client import SchedulerClient
from jupyterlab_dask_hpc.core.job_script import JobScript, Role
from jupyterlab_dask_hpc.core.node_workers import WorkerGroup
from jupyterlab_dask_hpc.files import write_private
from testbed.dask import FEW_TICKS

# Another Python, with the oldest distributed that is supported: DASK_HPC_TEST_PYTHON=/path/python pytest tests/in_job
PYTHON = os.environ.get("DASK_HPC_TEST_PYTHON", sys.executable)


@dataclass
class Cluster:
    """One cluster's folder and the processes that its scripts became."""

    folder: Path
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    seen: dict[int, psutil.Process] = field(default_factory=dict)

    def start(self, role: Role, task: int = 0, **changes: Any) -> subprocess.Popen[bytes]:
        """Run this role's script as a batch system would; its log is ``<role>.<task>.log`` in the workspace."""
        options: dict[str, Any] = {
            "header": ("#SBATCH --job-name=test",),
            "folder": self.folder,
            "python": (PYTHON,),
            "job_variable": "TEST_JOB",
            "task_variable": "TEST_TASK",
            "restart_variable": "TEST_RESTART",
            "groups": (WorkerGroup(0, 1, 1, 1 << 30),),
            "death_timeout": 60,
            "arguments": ("--host", "tls://127.0.0.1") if role == "scheduler" else ("--host", "127.0.0.1"),
        }
        script = render(role, JobScript(**{**options, **changes}))
        environment = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        environment |= {"TEST_JOB": "71", "TEST_TASK": str(task), "TMPDIR": str(self.scratch), **FEW_TICKS}
        with self.log(role, task).open("ab") as log:
            process = subprocess.Popen(
                ["/bin/bash"],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.workspace,
                env=environment,
                start_new_session=True,
            )
        assert process.stdin
        process.stdin.write(script.encode())
        process.stdin.close()
        self.processes[f"{role}.{task}"] = process
        return process

    @cached_property
    def scratch(self) -> Path:
        """Not below pytest's own folder, whose path may be too long for a socket."""
        return Path(tempfile.mkdtemp(prefix="scratch-"))

    @property
    def workspace(self) -> Path:
        return self.folder.parent

    def log(self, role: Role, task: int = 0) -> Path:
        return self.workspace / f"{role}.{task}.log"

    def address(self) -> Address:
        found = until(lambda: read_address(self.folder), self.logs)
        assert found
        return found

    def client(self, role: str = "client") -> Client:
        files = {"ca": "ca", "cert": role, "key": f"{role}-key"}
        connection = {key: str(self.folder / f"{name}.pem") for key, name in files.items()}
        return Client(self.address().address, security=security(connection), set_as_default=False)

    def alive(self) -> list[psutil.Process]:
        """Every process that this cluster has now or had before and that still lives."""
        for process in self.processes.values():
            if process.poll() is None:
                root = psutil.Process(process.pid)
                for each in [root, *root.children(recursive=True)]:
                    self.seen[each.pid] = each
        return [each for each in self.seen.values() if _lives(each)]

    def gone(self) -> bool:
        for process in self.processes.values():
            process.poll()
        return not self.alive()

    def logs(self) -> str:
        return "\n".join(f"== {path.name}\n{path.read_text()[-4000:]}" for path in self.workspace.glob("*.log"))

    def end(self) -> None:
        for process in self.alive():
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
        for started in self.processes.values():
            started.wait()
        if self.processes:
            shutil.rmtree(self.scratch, ignore_errors=True)


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def make(folder: Path, **settings: Any) -> Cluster:
    """A cluster's folder as the server makes it, and nothing running yet."""
    make_certificates(folder, "0123456789")
    install(folder)
    limits = {"watch_interval": 0.2} | settings.pop("limits", {})
    content = {"idle_timeout": 0, "lease": None, "limits": limits} | settings
    write_private(folder / "settings.json", json.dumps(content).encode())
    return Cluster(folder)


def send_heartbeat(
    cluster: Cluster, lease: float | None = None, queued: int | None = 0, reset_idle: bool = False
) -> Any:
    """One heartbeat to the scheduler, as from a notebook server."""

    async def once() -> Any:
        channel = SchedulerClient()
        try:
            return await channel.send_heartbeat(cluster.folder, lease, queued, reset_idle=reset_idle)
        finally:
            channel.close()

    return asyncio.run(once())


def bring_up(cluster: Cluster, workers: int = 1, **changes: Any) -> None:
    cluster.start("scheduler")
    for task in range(workers):
        cluster.start("worker", task, **changes)
    with cluster.client() as client:
        client.wait_for_workers(workers, timeout=90)
    assert len(cluster.alive()) > workers


# Text, because a worker cannot import this file.
SLEEP = "import time; open(mark, 'w').close(); time.sleep(600)"
# A C function that never returns and holds the interpreter's lock: without processor time, whatever signal comes.
HOLD = """
import ctypes
c, lock = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
open(mark, 'w').close()
for _ in range(2):
    c.pthread_mutex_lock(lock)
"""


def busy(cluster: Cluster, task: str) -> None:
    """Make a worker run `task` and leave it alone with it."""
    mark = cluster.workspace / "began"
    client = cluster.client()
    future = client.submit(exec, task, {"mark": str(mark)}, pure=False)
    until(mark.exists, "the task began")
    del future
    client.close(timeout=2)
