"""One worker for each GPU of a job, by ``dask worker`` and by ``dask cuda worker``: both do what is asked of them.

No GPU is needed: with a variable for its own tests, dask-cuda does not open the devices that it names.
"""

from __future__ import annotations

import os
import signal
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import psutil
import pytest
from distributed import Client
from support.once import virtual_environment
from support.polling import until

from jupyterlab_dask_hpc.core.fields import WorkerCommand
from jupyterlab_dask_hpc.core.node_workers import WorkerGroup

from .running import Cluster, send_heartbeat
from .test_several_workers import GIB, addresses, pids

VISIBLE = "CUDA_VISIBLE_DEVICES"
NO_DEVICES = {"DASK_CUDA_TEST_DISABLE_DEVICE_SPECIFIC": "1"}


@dataclass(frozen=True)
class Kind:
    """A worker command, with a Python that has it.

    Attributes:
        seen: the devices that the two workers of a job with the devices 3 and 5 see, each its own first.
    """

    command: WorkerCommand
    seen: tuple[str, str]

    @cached_property
    def python(self) -> str:
        if self.command == "dask worker":
            return sys.executable
        return str(virtual_environment("dask-cuda", "dask-cuda[cu12]"))

    def start(self, cluster: Cluster, devices: str | None, *groups: WorkerGroup, **changes: Any) -> None:
        variables = NO_DEVICES if devices is None else {**NO_DEVICES, VISIBLE: devices}
        cluster.start("scheduler", python=(self.python,))
        cluster.start(
            "worker", python=(self.python,), command=self.command, environment=variables, groups=groups, **changes
        )


PLAIN = Kind("dask worker", ("3", "5"))
CUDA = Kind("dask cuda worker", ("3,5", "5,3"))


def visible(client: Client) -> dict[str, str]:
    return by_name(client, lambda: os.environ.get("CUDA_VISIBLE_DEVICES"))


def by_name(client: Client, function: Any) -> dict[str, Any]:
    names = {address: name for name, address in addresses(client).items()}
    return {names[address]: value for address, value in client.run(function).items()}


@pytest.mark.parametrize("kind", [PLAIN, CUDA], ids=lambda kind: kind.command.replace(" ", "-"))
def test_both_commands_start_the_same_workers_with_a_gpu_each(new_cluster: Any, kind: Kind) -> None:
    cluster = new_cluster(limits={"nanny_close": 2, "scheduler_gone": 3, "worker_check": 0.05})
    kind.start(cluster, "3,5", WorkerGroup(0, 2, 2, GIB), gpus=2)
    names = ["w71_0-0", "w71_0-1"]
    seen = dict(zip(names, kind.seen, strict=True))
    with cluster.client() as client:
        client.wait_for_workers(2, timeout=120)
        info = client.scheduler_info(n_workers=-1)["workers"].values()
        assert {(one["name"], one["nthreads"], one["memory_limit"]) for one in info} == {
            (name, 2, GIB) for name in names
        }
        assert all(address.startswith("tls://") for address in addresses(client).values())
        scratch = str(cluster.scratch / "dask-worker-")
        assert all(one["local_directory"].startswith(scratch) for one in info)
        assert visible(client) == seen
        ours = by_name(client, lambda: [key for key in os.environ if "DASK_HPC" in key])
        assert ours == {name: [] for name in names}
        stopped = by_name(client, lambda dask_worker: dask_worker.http_server._stopped)
        assert stopped == {name: True for name in names}, "the HTTP server"
        assert by_name(client, lambda: os.environ.get("PYTHONHASHSEED")) == {name: "6640" for name in names}
        report = send_heartbeat(cluster)
        assert (report.gpus, all(report.names.values())) == (seen, True)
        # One is killed: its nanny restarts it with the same GPU, and the scheduler is told.
        before = pids(client)
        os.kill(before["w71_0-1"], signal.SIGKILL)
        until(lambda: send_heartbeat(cluster).restarts, "the scheduler knows of it")
        until(lambda: len(addresses(client)) == 2, "it is restarted")
        assert pids(client)["w71_0-1"] != before["w71_0-1"]
        assert visible(client) == seen
        # One retires, and the job goes on.
        client.retire_workers([addresses(client)["w71_0-0"]])
        until(lambda: list(pids(client)) == ["w71_0-1"], "one has retired")
        until(lambda: "w71_0-0" not in send_heartbeat(cluster).gpus, "the scheduler reports the other")
        assert cluster.processes["worker.0"].poll() is None
    # The scheduler is killed: the nannies end the job.
    psutil.Process(cluster.processes["scheduler.0"].pid).send_signal(signal.SIGKILL)
    until(cluster.gone, cluster.logs)
    assert not list(cluster.scratch.glob("dask-worker-*"))


@pytest.mark.parametrize("kind", [PLAIN, CUDA], ids=lambda kind: kind.command.replace(" ", "-"))
def test_one_gpu_is_one_worker(new_cluster: Any, kind: Kind) -> None:
    """Also where the job sees more than it has requested."""
    cluster = new_cluster()
    kind.start(cluster, "3,5", WorkerGroup(0, 1, 1, GIB), gpus=1, nanny=True)
    with cluster.client() as client:
        client.wait_for_workers(1, timeout=120)
        assert visible(client) == {"w71_0": "3"}
        assert send_heartbeat(cluster).gpus == {"w71_0": "3"}


def test_without_a_list_all_gpus_of_the_node_are_visible(new_cluster: Any) -> None:
    cluster = new_cluster()
    PLAIN.start(cluster, None, WorkerGroup(0, 2, 1, GIB), gpus=2)
    with cluster.client() as client:
        client.wait_for_workers(2, timeout=120)
        assert visible(client) == {"w71_0-0": "0", "w71_0-1": "1"}


def test_a_job_without_gpus_is_left_alone(new_cluster: Any) -> None:
    """Where a site's own options request some, all workers of a job see them, as before."""
    cluster = new_cluster()
    PLAIN.start(cluster, "3,5", WorkerGroup(0, 2, 1, GIB))
    with cluster.client() as client:
        client.wait_for_workers(2, timeout=120)
        assert visible(client) == {"w71_0-0": "3,5", "w71_0-1": "3,5"}


@pytest.mark.parametrize(
    ("command", "devices", "words"),
    [
        ("dask worker", "3", "its job has 1 GPUs (CUDA_VISIBLE_DEVICES=3), and each of 2 workers needs one"),
        ("dask worker", "", "its job has 0 GPUs (CUDA_VISIBLE_DEVICES=), and each of 2 workers needs one"),
        ("dask cuda worker", "3,5", f"the Python environment of {sys.executable} has no dask-cuda"),
    ],
)
def test_what_the_job_lacks_is_in_its_log(
    new_cluster: Any, tmp_path: Path, command: WorkerCommand, devices: str, words: str
) -> None:
    cluster = new_cluster()
    job = cluster.start(
        "worker", command=command, environment={VISIBLE: devices}, groups=(WorkerGroup(0, 2, 1, GIB),), gpus=2
    )
    assert job.wait(60) == 1
    assert words in cluster.log("worker").read_text()
