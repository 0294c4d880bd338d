"""GPUs on a real Slurm, which hands out invented ones: each gets a worker, by either command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from support.dask import connect
from support.once import virtual_environment
from support.server import Json, Server, write_profiles

from dask_hpc import DaskCluster
from dask_hpc.server_client import RequestRefused
from testbed.slurm import SlurmTestbed

GPUS: Json = {
    "workers__gpus": {"default": 0, "maximum": 2},
    "workers__gpu_model": ["a100", "h100"],
    "workers__cpus": {"default": 2, "maximum": 4},
    "workers__memory": {"default": "2G", "maximum": "8G"},
}
PROFILES: dict[str, Json] = {
    "gpu": GPUS,
    "gres": {**GPUS, "workers__gpu_option": "gres"},
    "cuda": {
        **GPUS,
        "workers__command": "dask cuda worker",
        "environment": {"set": {"DASK_CUDA_TEST_DISABLE_DEVICE_SPECIFIC": "1"}},
    },
    "one-job": {**GPUS, "layout": "one-job", "workers__nodes": {"default": 2, "maximum": 2}},
}
"""With a variable for its own tests, dask-cuda does not open the devices that it names."""


@pytest.fixture(scope="module")
def slurm() -> Iterator[SlurmTestbed]:
    with SlurmTestbed(nodes=2, gpus={"a100": 2, "h100": 2}) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    shared = tmp_path_factory.mktemp("shared")
    folder = shared / "gpus"
    folder.mkdir()
    started = Server(folder, shared / "home", write_profiles(shared, folder, **PROFILES), slurm.environment)
    with started:
        yield started


def visible(client: Client) -> dict[str, str]:
    """CUDA_VISIBLE_DEVICES by the name of the worker, as a task sees it."""
    names = {address: str(info["name"]) for address, info in client.scheduler_info(n_workers=-1)["workers"].items()}
    seen = client.run(lambda: os.environ.get("CUDA_VISIBLE_DEVICES"))
    return {names[address]: str(devices) for address, devices in seen.items()}


def shown(server: Server, id: str) -> dict[str, str]:
    """The same as the status has it."""
    jobs = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    workers = [worker for job in jobs for worker in job.get("workers", ())]
    return {worker["name"]: worker["cuda_visible_devices"] for worker in workers if "cuda_visible_devices" in worker}


def launch(server: Server, folder: Path, profile: str, **workers: Any) -> str:
    body = {"profile": profile, "name": "gpus", "workspace": folder.name, "workers": workers}
    return str(server.call("POST", "clusters", body)["id"])


def devices(server: Server, id: str, workers: int) -> dict[str, str]:
    """The devices of so many workers, which the status shows as well."""
    server.until(id, lambda seen: seen["workers"]["connected"] == workers)
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        seen = visible(client)
    server.until(id, lambda _: len(shown(server, id)) == workers)
    assert shown(server, id) == seen
    return seen


@pytest.mark.parametrize(
    ("profile", "model", "expected"),
    [("gpu", "a100", ["0", "1"]), ("gres", "h100", ["2", "3"])],
)
def test_a_job_with_two_gpus_has_two_workers_with_one_each(
    server: Server, folder: Path, slurm: SlurmTestbed, profile: str, model: str, expected: list[str]
) -> None:
    id = launch(server, folder, profile, jobs=1, gpus=2, gpu_model=model)
    assert sorted(devices(server, id, 2).values()) == expected
    jobs = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    [job] = [job["id"].partition("_")[0] for job in jobs if job["role"] == "worker"]
    assert f"gpu:{model}:2" in slurm.run("scontrol", "show", "job", "-d", job)
    server.end(id)


def test_one_gpu_is_shown_at_its_job(server: Server, folder: Path) -> None:
    id = launch(server, folder, "gpu", jobs=1, gpus=1)
    server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    jobs = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    assert [job.get("cuda_visible_devices") for job in jobs] == [None, "0"]
    server.end(id)


def test_dask_cuda_starts_a_worker_for_each(server: Server, folder: Path) -> None:
    """And the nodes of the profile's own command hold the same names, so that scaling finds them."""
    python = virtual_environment("dask-cuda", "dask-cuda[cu12]").parents[1]
    body = {"profile": "cuda", "name": "gpus", "workspace": folder.name, "python_environment": str(python)}
    id = server.call("POST", "clusters", {**body, "workers": {"jobs": 1, "gpus": 2}})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    server.until(id, lambda _: len(shown(server, id)) == 2)
    assert sorted(shown(server, id).values()) == ["0,1", "1,0"]
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 0}})
    server.until(id, lambda seen: seen["workers"]["connected"] == seen["workers"]["requested"] == 0)
    server.end(id)


def test_each_node_of_one_job_has_its_gpus(server: Server, folder: Path) -> None:
    """The scheduler's CPU comes from the last worker of the first node, which keeps its GPU."""
    id = launch(server, folder, "one-job", nodes=2, gpus=2, cpus=4, memory="4G")
    seen = devices(server, id, 4)
    assert sorted(seen.values()) == ["0", "0", "1", "1"]
    server.end(id)


def test_a_kernel_asks_for_them(server: Server, folder: Path, kernel: None) -> None:
    with DaskCluster(profile="gpu", workers=2, gpus=2, gpu_model="h100", virtual_env="", quiet=True) as cluster:
        cluster.wait_for_workers(2, timeout=120)
        request = server.call("GET", f"clusters/{cluster.id}")["request"]["workers"]
        assert (request["jobs"], request["processes"], request["gpus"], request["gpu_model"]) == (1, 2, 2, "h100")
        with Client(cluster) as client:
            assert sorted(visible(client).values()) == ["2", "3"]
    with pytest.raises(RequestRefused, match="The site offers a100, h100") as caught:
        DaskCluster(profile="gpu", gpus=1, gpu_model="v100", virtual_env="", quiet=True)
    assert caught.value.field == "workers.gpu_model"
