"""Jobs of several workers: their shares, workers that end alone, and notebooks that count workers or jobs."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from support.dask import connect
from support.polling import until
from support.server import Server

from dask_hpc import DaskCluster

PER_JOB = 3


def processes(client: Client) -> dict[str, int]:
    """Process ids of the workers by name."""
    workers = client.scheduler_info(n_workers=-1)["workers"]
    return {str(workers[address]["name"]): pid for address, pid in client.run(os.getpid).items()}


@pytest.mark.parametrize("threads", [0, 1])
def test_they_share_a_local_job(tmp_path: Path, threads: int) -> None:
    started = Server(tmp_path, tmp_path / "home", [], dict(os.environ))
    started.options = ["--DaskHpc.profiles=local"]
    with started as server:
        asked = {"jobs": 1, "cpus": 4, "memory": "1G", "processes": 2, "threads": threads}
        id = server.launch(name="shared", profile="local", workers=asked)["id"]
        server.until(id, lambda seen: seen["workers"]["connected"] == 2)
        with connect(server.call("GET", f"clusters/{id}/connection")) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"].values()
            assert [one["nthreads"] for one in workers] == [threads or 2] * 2
            assert {one["memory_limit"] for one in workers} == {(2**30 - 2**27) // 2}
            assert client.submit(sum, [20, 22]).result(timeout=60) == 42
        server.end(id)


def test_workers_that_ended_alone_are_shown_and_come_again_on_request(tmp_path: Path) -> None:
    """`client.retire_workers` for one of two that share a job, as a user may call it."""
    started = Server(tmp_path, tmp_path / "home", [], dict(os.environ))
    started.options = ["--DaskHpc.profiles=local"]
    started.job_limits["worker_left"] = 1
    with started as server:
        asked = {"jobs": 1, "cpus": 2, "memory": "1G", "processes": 2}
        id = server.launch(name="shared", profile="local", workers=asked)["id"]
        server.until(id, lambda seen: seen["workers"]["connected"] == 2)
        with connect(server.call("GET", f"clusters/{id}/connection")) as client:
            held = client.scatter([1, 2, 3])
            before = processes(client)
            client.retire_workers(list(client.scheduler_info()["workers"])[:1])
            seen = server.until(id, lambda seen: seen["workers"]["ended"] == 1)
            assert (seen["workers"]["running"], seen["workers"]["connected"]) == (1, 1)
            assert [problem["count"] for problem in seen["problems"]] == [1]
            [stayed] = processes(client)
            assert stayed in before
            # A whole job takes its place, and only then the rest of the first one ends, without losing data.
            server.call("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
            until(lambda: not set(processes(client)) & set(before), "another job has taken its place", 120)
            assert client.gather(held) == [1, 2, 3]
            seen = server.until(id, lambda seen: seen["workers"]["connected"] == seen["workers"]["running"] == 2)
            assert (seen["workers"]["ended"], seen["problems"]) == (0, [])
        server.end(id)


@pytest.mark.usefixtures("kernel")
def test_a_notebook_counts_workers_or_jobs(server: Server) -> None:
    figures: dict[str, Any] = {"worker_memory": "1536M", "worker_cpus": PER_JOB, "processes": PER_JOB}
    with DaskCluster("pairs", "cc-in2p3", 4, **figures, quiet=True) as cluster, cluster.get_client() as client:
        cluster.wait_for_workers(6, timeout=120)
        assert cluster.workers == cluster.observed == set(map(str, processes(client)))
        cluster.scale(jobs=1)
        until(lambda: len(cluster.observed) == 3, "one job ends")
        cluster.scale(cores=6)
        cluster.wait_for_workers(6, timeout=120)
        with pytest.raises(ValueError, match=f"0 to {3000 * PER_JOB:,} workers"):
            cluster.adapt(maximum_jobs=3001)
        for too_small in ({"maximum": 2}, {"maximum_memory": "1GiB"}, {"maximum_cores": 1}):
            with pytest.raises(ValueError, match="The maximum allows no worker: each job of pairs has processes=3"):
                cluster.adapt(**too_small)
        for wrong in ({"n": "4"}, {"jobs": True}, {"cores": float("inf")}):
            with pytest.raises(ValueError, match="has to be a number"):
                cluster.scale(**wrong)
        narrow = cluster.adapt(minimum=1, maximum=5)
        assert (narrow.minimum, narrow.maximum) == (3, 3), "only whole jobs start and end"
        narrow.stop()
        bounded = cluster.adapt(minimum_jobs=1, maximum_memory="3GiB", interval="200ms")
        assert (bounded.minimum, bounded.maximum) == (3, 6)
        until(lambda: len(cluster.observed) == 3, "there is nothing to do")
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42
