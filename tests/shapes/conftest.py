"""One server for each batch system, and one cluster of each shape for the tests that look at it in turn."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import pytest
from distributed import Client
from support.dask import connect
from support.polling import until
from support.server import Json, Server, count_submissions, queue, write_profiles

from testbed.slurm import SlurmTestbed

from .table import SHAPES, Shape

LIMITS = {"watch_interval": 0.2, "worker_left": 8.0}


@dataclass
class Live:
    """A cluster of one shape.

    Attributes:
        slurm: the testbed that its jobs run on; None without Slurm.
        processes: those of its workers, nannies and scheduler that have been seen, to be looked for after its end.
    """

    server: Server
    shape: Shape
    id: str
    folder: Path
    slurm: SlurmTestbed | None
    processes: set[psutil.Process] = field(default_factory=set)

    @property
    def shown(self) -> Json:
        return self.server.cluster(self.id)

    @property
    def jobs(self) -> list[Json]:
        jobs: list[Json] = self.server.call("GET", f"clusters/{self.id}/jobs")["jobs"]
        return jobs

    @property
    def workers(self) -> list[Json]:
        """What is shown of each worker; its job describes it where it has a job of its own."""
        return [
            {"node": job["node"], "log": job["log"], "job": job["id"], **worker}
            for job in self.jobs
            for worker in job.get("workers") or ([{**job, "name": f"w{job['id']}"}] if job["role"] == "worker" else [])
        ]

    @property
    def is_fixed(self) -> bool:
        """Whether all its workers share the job of the scheduler."""
        shown = self.shown
        return bool(shown["fixed_workers"] == shown["workers"]["requested"])

    @property
    def per_job(self) -> int:
        return int(self.shown["request"]["workers"]["processes"])

    def connected(self, count: int) -> Json:
        """The cluster as soon as it has this number of workers, all of them connected."""

        def met(seen: Json) -> bool:
            workers = seen["workers"]
            return bool(seen["state"] == "running" and workers["connected"] == workers["running"] == count)

        return self.server.until(self.id, met)

    def client(self) -> Client:
        """A client that is connected, to be closed."""
        return connect(self.server.call("GET", f"clusters/{self.id}/connection"))

    def submissions(self) -> int:
        """How many the batch system has been asked for so far, where it counts them."""
        return count_submissions(self.slurm) if self.slurm else 0

    @property
    def scheduler_pid(self) -> int:
        folder = self.server.state / "clusters" / self.id
        return int(json.loads((folder / "scheduler.json").read_text())["pid"])

    def pids(self) -> dict[str, int]:
        """Process ids of the connected workers by their names; they, their nannies and the scheduler are remembered."""
        with self.client() as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            found = {str(workers[address]["name"]): pid for address, pid in client.run(os.getpid).items()}
        self.processes.add(psutil.Process(self.scheduler_pid))
        for pid in found.values():
            worker = psutil.Process(pid)
            self.processes |= {worker, *filter(None, [worker.parent()])}
        return found

    def computes(self) -> None:
        """One task gives its result."""
        with self.client() as client:
            assert client.submit(sum, [20, 22], pure=False).result(timeout=60) == 42

    def leaves_nothing(self) -> None:
        """No process of it lives on, at most a minute from now, and no job is in the queue."""

        def left() -> list[str]:
            living = [str(process) for process in self.processes if process.is_running()]
            for process in psutil.process_iter(["cmdline"]):
                line = " ".join(process.info["cmdline"] or ())
                if self.id in line:
                    living.append(line)
            return living

        until(lambda: not left(), lambda: f"the end of {left()}", 60)
        assert self.slurm is None or queue(self.slurm, self.id) == []


def servers_of(slurm: SlurmTestbed | None, batch: str) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="shapes-"))
    changes = {
        name: {"batch": batch, "workers__processes": {"default": 1, "maximum": 4}, **shape.profile}
        for name, shape in SHAPES.items()
        if shape.batch == batch
    }
    more = {"workers__cpus": {"default": 1, "maximum": 4}, "workers__memory": {"default": "1G", "maximum": "4G"}}
    profiles = write_profiles(folder, folder, **{name: {**more, **change} for name, change in changes.items()})
    server = Server(folder, folder / "home", profiles[1:], slurm.environment if slurm else {})
    server.job_limits.update(LIMITS)
    try:
        with server:
            yield server
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def slurm_server(slurm: SlurmTestbed) -> Iterator[Server]:
    yield from servers_of(slurm, "slurm")


@pytest.fixture(scope="session")
def local_server() -> Iterator[Server]:
    yield from servers_of(None, "local")


@pytest.fixture(scope="module", params=SHAPES)
def name(request: pytest.FixtureRequest) -> str:
    """Of the shape; the profile has it too."""
    return str(request.param)


@pytest.fixture(scope="module")
def server(name: str, request: pytest.FixtureRequest) -> Server:
    server: Server = request.getfixturevalue(f"{SHAPES[name].batch}_server")
    return server


@pytest.fixture(scope="module")
def farm(name: str, request: pytest.FixtureRequest) -> SlurmTestbed | None:
    """The testbed of the shape, if it runs on Slurm."""
    return request.getfixturevalue("slurm") if SHAPES[name].batch == "slurm" else None


def launch(server: Server, name: str, cluster: str, farm: SlurmTestbed | None, **workers: int) -> Live:
    """A cluster of that shape, in a folder of its own."""
    folder = server.root / cluster
    folder.mkdir()
    shape = SHAPES[name]
    asked = {"profile": name, "name": cluster, "workspace": cluster, "workers": {**shape.workers, **workers}}
    return Live(server, shape, server.call("POST", "clusters", asked)["id"], folder, farm)


@pytest.fixture(scope="module")
def live(server: Server, name: str, farm: SlurmTestbed | None) -> Iterator[Live]:
    """The cluster that most tests look at; it has all its workers at first."""
    live = launch(server, name, name, farm)
    try:
        live.connected(len(live.shape.names))
        yield live
    finally:
        if live.shown["closed"] is None:
            server.end(live.id)
