"""Several workers that share a job."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from typing import Any

from distributed import Client
from support.polling import until

from jupyterlab_dask_hpc.core.node_workers import WorkerGroup
from jupyterlab_dask_hpc.core.scheduler_status import Restarts

from .running import Cluster, send_heartbeat
from .test_life import environment

GIB = 1 << 30


def bring_up(cluster: Cluster, workers: int, threads: int = 1, **changes: Any) -> None:
    cluster.start("scheduler")
    cluster.start("worker", groups=(WorkerGroup(0, workers, threads, GIB),), **changes)
    with cluster.client() as client:
        client.wait_for_workers(workers, timeout=120)


def pids(client: Client) -> dict[str, int]:
    """Process ids of the workers by name."""
    names = {address: str(info["name"]) for address, info in client.scheduler_info(n_workers=-1)["workers"].items()}
    return {names[address]: pid for address, pid in client.run(os.getpid).items() if address in names}


def addresses(client: Client) -> dict[str, str]:
    return {str(info["name"]): address for address, info in client.scheduler_info(n_workers=-1)["workers"].items()}


def test_they_have_names_threads_and_memory_of_their_own(new_cluster: Any) -> None:
    cluster = new_cluster(limits={"nanny_close": 2})
    bring_up(cluster, 3, threads=2)
    job = cluster.processes["worker.0"]
    with cluster.client() as client:
        info = client.scheduler_info(n_workers=-1)["workers"].values()
        assert {(one["name"], one["nthreads"], one["memory_limit"]) for one in info} == {
            (f"w71_0-{number}", 2, GIB) for number in range(3)
        }
        before = pids(client)
        # One is killed: its nanny restarts it, and the job and the others go on.
        with contextlib.suppress(Exception):
            client.submit(os._exit, 1, pure=False, workers=[addresses(client)["w71_0-1"]]).result(timeout=60)
        until(lambda: len(after := pids(client)) == 3 and after["w71_0-1"] != before["w71_0-1"], "it is restarted")
        after = pids(client)
        assert {name for name, pid in after.items() if pid == before[name]} == {"w71_0-0", "w71_0-2"}
        line = f"[w71_0-1] The worker's process {before['w71_0-1']} has ended, and its nanny has started it again"
        until(lambda: line in cluster.log("worker").read_text(), "the log says which")
        restarts = until(lambda: send_heartbeat(cluster).restarts, "the scheduler knows of it")
        assert restarts == {"w71_0-1": Restarts(1, 1)}
        text = cluster.log("worker").read_text()
        assert re.search(r" - distributed\.worker - INFO - \[w71_0-2\] +Start worker at", text)
        # One retires: its nanny ends, and the others still do when its time for that is over.
        client.retire_workers([addresses(client)["w71_0-2"]])
        until(lambda: len(pids(client)) == 2, "one has retired")
        time.sleep(4)
        assert pids(client) == {name: after[name] for name in ("w71_0-0", "w71_0-1")}
        assert job.poll() is None
        client.retire_workers(list(addresses(client).values()))
        assert job.wait(60) == 0
    assert not list(cluster.scratch.glob("dask-worker-*"))


def test_a_worker_that_takes_too_much_memory_is_restarted_and_shown(new_cluster: Any) -> None:
    """Its nanny ends it; what a client restarts on request is not reported."""
    cluster = new_cluster()
    bring_up(cluster, 2)
    with cluster.client() as client:
        before = pids(client)
        client.restart(timeout=60)
        until(lambda: len(after := pids(client)) == 2 and not after.items() & before.items(), "both are restarted")
        before = pids(client)
        hungry = "held = bytearray(2**30); import time; time.sleep(60)"
        future = client.submit(exec, hungry, {}, pure=False, workers=[addresses(client)["w71_0-1"]])
        until(lambda: send_heartbeat(cluster).restarts, "the scheduler knows of it")
        del future
        assert send_heartbeat(cluster).restarts["w71_0-1"].exit_code in (-15, -9)
        assert list(send_heartbeat(cluster).restarts) == ["w71_0-1"]
        assert pids(client)["w71_0-0"] == before["w71_0-0"]


def test_a_job_ends_when_none_of_them_can_be_restarted(new_cluster: Any) -> None:
    cluster = new_cluster(limits={"worker_restart": 3})
    bring_up(cluster, 2, python=(str(environment(cluster.workspace / "env")),))
    job = cluster.processes["worker.0"]
    with cluster.client() as client:
        first, second = sorted(addresses(client).items())
        shutil.rmtree(cluster.workspace / "env")
        with contextlib.suppress(Exception):
            client.submit(os._exit, 1, pure=False, workers=[first[1]]).result(timeout=5)
        time.sleep(8)
        assert job.poll() is None
        assert client.submit(sum, [1, 2], workers=[second[1]], pure=False).result(timeout=60) == 3
        with contextlib.suppress(Exception):
            client.submit(os._exit, 1, pure=False, workers=[second[1]]).result(timeout=5)
        assert job.wait(60) == 1
    assert "the nanny could not start another one" in cluster.log("worker").read_text()
    assert not list(cluster.scratch.glob("dask-worker-*"))
