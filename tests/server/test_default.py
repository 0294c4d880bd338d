"""Without configured profiles, the default profile is one that can be launched."""

from __future__ import annotations

import asyncio
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.polling import until
from support.server import Server, messages

from jupyterlab_dask_hpc.batch.base import BatchSilent
from jupyterlab_dask_hpc.batch.jobs import Snapshot
from jupyterlab_dask_hpc.batch.registry import batch_systems
from jupyterlab_dask_hpc.extension import DaskHpc, unanswered
from testbed.processes import free_ports
from testbed.slurm import SlurmTestbed

NewServer = Callable[..., Server]


@pytest.fixture
def new_server() -> Iterator[NewServer]:
    """Starts servers without a profile of their own, in an environment."""
    place = Path(tempfile.mkdtemp(prefix="default-"))
    started: list[Server] = []

    def start(environment: dict[str, str], *options: str) -> Server:
        server = Server(place / str(len(started)), place / "home", [], environment)
        server.options = list(options)
        started.append(server)
        return server.start()

    yield start
    for server in started:
        server.stop()
    shutil.rmtree(place, ignore_errors=True)


def default(server: Server, wanted: str) -> list[str]:
    """The profiles in order, once the first is `wanted`."""

    def names() -> list[str]:
        found = server.call("GET", "profiles")
        names = [profile["name"] for profile in found["profiles"]]
        assert found["default"] == names[0]
        return names if names[0] == wanted else []

    return until(names, f"{wanted} as the first")


def notices(server: Server) -> list[str]:
    """The notices that a tab receives first."""

    async def first() -> list[str]:
        tab = await server.connect()
        async for message in messages(tab):
            if "notices" in message:
                tab.close()
                shown: list[str] = [notice["text"] for notice in message["notices"]]
                return shown
        return []

    return asyncio.run(first())


@pytest.fixture
def nowhere() -> Iterator[dict[str, str]]:
    """Slurm's commands without a controller."""
    if shutil.which("sbatch") is None:
        warnings.warn("NOT TESTED: sbatch is not installed", stacklevel=1)
        pytest.skip("sbatch is not installed")
    folder = Path(tempfile.mkdtemp(prefix="nowhere-"))
    [port] = free_ports(1)
    conf = folder / "slurm.conf"
    conf.write_text(f"ClusterName=nowhere\nSlurmctldHost=localhost(127.0.0.1)\nSlurmctldPort={port}\n")
    yield {"SLURM_CONF": str(conf)}
    shutil.rmtree(folder)


def test_without_a_controller_local_is_the_default_and_the_reason_is_logged(
    new_server: NewServer, nowhere: dict[str, str]
) -> None:
    server = new_server(nowhere, "--DaskHpc.command_timeout=8")
    assert default(server, "local") == ["local", "slurm"]
    [shown] = notices(server)
    assert shown.startswith('Slurm is installed here, and does not answer ("')
    assert server.call("POST", "clusters/preview", {"name": "a"})["scripts"]


@pytest.mark.parametrize("profiles", [["slurm", "local"], ["slurm"]])
def test_what_an_administrator_has_set_stays(profiles: list[str]) -> None:
    extension = DaskHpc(profiles=profiles)
    assert list(extension._offered(batch_systems())[0]) == profiles
    assert not extension._guessed


def test_with_a_controller_slurm_is_first(new_server: NewServer, slurm: SlurmTestbed) -> None:
    server = new_server(slurm.environment)
    assert default(server, "slurm") == ["slurm", "local"]
    assert notices(server) == []


class System:
    """A batch system that answers, or does not."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error

    async def snapshot(self, known: object) -> Snapshot:
        if self.error:
            raise self.error
        return Snapshot(0.0, ())


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (None, ""),
        (BatchSilent("slurm_load_jobs error:\n Unable to contact"), "slurm_load_jobs error: Unable to contact"),
        (BatchSilent(""), "nothing"),
        (FileNotFoundError(2, "No such file", "squeue"), "[Errno 2] No such file: 'squeue'"),
    ],
)
def test_whether_it_answers(error: Exception | None, shown: str) -> None:
    system: object = System(error)
    assert asyncio.run(unanswered(system)) == shown  # type: ignore[arg-type]
