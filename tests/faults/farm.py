"""A farm, a server on it, and the ways in which a test breaks them."""

from __future__ import annotations

import contextlib
import os
import shlex
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from distributed import Client
from support.dask import connect
from support.server import Json, Server, has_ended, queue, reason_of

from testbed.slurm import SlurmTestbed


@dataclass
class Farm:
    """One Slurm and one notebook server."""

    slurm: SlurmTestbed
    server: Server
    shared: Path

    def launch(self, name: str, profile: str, jobs: int = 1, **more: Any) -> str:
        """A cluster of small workers; its id."""
        workers = {"jobs": jobs, "memory": "512M", **more.pop("workers", {})}
        return str(self.server.launch(name=name, profile=profile, workers=workers, **more)["id"])

    def running(self, cluster: str) -> Json:
        """The cluster, once all its workers are connected."""
        return self.server.until(cluster, complete)

    def submitted(self, cluster: str) -> str:
        """Slurm's id of its array of workers, once there is one."""
        [array] = {job["id"].split("_")[0] for job in self.jobs(cluster) if job["role"] == "worker"}
        return array

    def jobs(self, cluster: str) -> list[Json]:
        """Its jobs, the scheduler's first, once the workers are submitted."""
        self.server.until(cluster, lambda _: len(self._jobs(cluster)) > 1)
        return self._jobs(cluster)

    def _jobs(self, cluster: str) -> list[Json]:
        jobs: list[Json] = self.server.call("GET", f"clusters/{cluster}/jobs")["jobs"]
        return jobs

    def control(self, *words: str) -> None:
        """One call of ``scontrol``."""
        self.slurm.run("scontrol", *words)

    def client(self, cluster: str) -> Client:
        """A connected client."""
        found = self.server.call("GET", f"clusters/{cluster}/connection")
        return connect(found)

    def failed(self, cluster: str) -> str:
        """Why it failed; nothing of it is left but its logs."""
        ended = self.server.until(cluster, has_ended)
        assert ended["state"] == "failed", ended
        self.none_left(cluster)
        return reason_of(ended)

    def end(self, cluster: str) -> Json:
        """Stop it; nothing of it is left but its logs."""
        ended = self.server.end(cluster)
        self.none_left(cluster)
        return ended

    def none_left(self, cluster: str) -> None:
        """No job and no process of a cluster that is over."""
        assert queue(self.slurm, cluster) == []
        arrays = {job["id"].split("_")[0] for job in self._jobs(cluster)}
        self.server.until(cluster, lambda _: not any(self.processes(array) for array in arrays))

    def processes(self, submit: str, task: int | None = None) -> list[psutil.Process]:
        """What runs of one submit, or of one task of it."""
        found = []
        for process in self.slurm.processes(submit):
            with contextlib.suppress(psutil.Error):
                if task is None or process.environ().get("SLURM_ARRAY_TASK_ID") == str(task):
                    found.append(process)
        return found

    def environment(self, name: str, before: str = "") -> Path:
        """A Python environment that is this one, after some lines of shell."""
        folder = self.shared / name
        (folder / "bin").mkdir(parents=True)
        python = folder / "bin" / "python"
        python.write_text(f'#!/bin/sh\n{before}\nexec {shlex.quote(sys.executable)} "$@"\n')
        os.chmod(python, 0o755)
        return folder


def complete(cluster: Json) -> bool:
    """All workers are connected."""
    workers = cluster["workers"]
    return bool(cluster["state"] == "running" and workers["connected"] == workers["requested"])


def problem(cluster: Json, kind: str) -> Json:
    """The one problem of that kind; empty when there is none."""
    found: list[Json] = [problem for problem in cluster["problems"] if problem["kind"] == kind]
    return found[0] if found else {}
