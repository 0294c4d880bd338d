"""Workers that leave a job while others of it go on, as the scheduler reports them."""

from __future__ import annotations

import contextlib
import os
import time
from typing import Any

from support.polling import until

from jupyterlab_dask_hpc.core.node_workers import WorkerGroup

from .running import Cluster, send_heartbeat


def left(cluster: Cluster) -> frozenset[str]:
    names: frozenset[str] = send_heartbeat(cluster).left
    return names


def test_those_that_left_for_good_are_reported_after_a_while(new_cluster: Any) -> None:
    cluster = new_cluster(limits={"worker_left": 3})
    cluster.start("scheduler")
    cluster.start("worker", groups=(WorkerGroup(0, 3, 1, 1 << 28),))
    with cluster.client() as client:
        client.wait_for_workers(3, timeout=120)
        addresses = {info["name"]: address for address, info in client.scheduler_info()["workers"].items()}
        # One is killed, and its nanny restarts it.
        with contextlib.suppress(Exception):
            client.submit(os._exit, 1, pure=False, workers=[addresses["w71_0-1"]]).result(timeout=60)
        client.retire_workers([addresses["w71_0-2"]])
        retired = time.monotonic()
        assert left(cluster) == frozenset()
        until(lambda: left(cluster) == {"w71_0-2"}, cluster.logs, 60)
        assert time.monotonic() - retired > 2
        client.wait_for_workers(2, timeout=60)
        # Without any other worker, the job ends.
        client.retire_workers(list(client.scheduler_info()["workers"]))
        assert cluster.processes["worker.0"].wait(60) == 0
        assert left(cluster) == frozenset()
