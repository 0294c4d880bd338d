"""A cluster that lasts: its workers reach their time limit, and computations on it continue."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from support.polling import TIMEOUT_S
from support.server import Server, count_submissions, queue

from dask_hpc import DaskCluster
from testbed.slurm import SlurmTestbed


@pytest.mark.usefixtures("kernel")
def test_workers_are_replaced_before_their_time_limit(server: Server, slurm: SlurmTestbed) -> None:
    """With adaptive scaling besides, to which those that come and those that go together are not too many."""
    with (
        DaskCluster(
            "lasting", "cc-in2p3", 2, worker_memory="1G", worker_time="00:01:00", replace_workers=True, quiet=True
        ) as cluster,
        cluster.get_client() as client,
    ):
        cluster.wait_for_workers(2)
        asked = count_submissions(slurm)
        adaptive = cluster.adapt(minimum=2, maximum=2, interval="200ms")
        held = [client.submit(pow, number, 2, pure=False) for number in range(20)]
        client.gather(held)

        def names() -> set[str]:
            return {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}

        first, fewest = names(), 2
        deadline = time.monotonic() + TIMEOUT_S
        while names() & first or len(names()) < 2:
            fewest = min(fewest, len(names()))
            assert time.monotonic() < deadline, (first, names())
            time.sleep(0.1)
        assert fewest == 2, "there were always two"
        # Not computed again: their results were handed over.
        assert client.gather(held) == [number**2 for number in range(20)]
        assert client.submit(sum, [20, 22]).result(timeout=TIMEOUT_S) == 42
        assert count_submissions(slurm) == asked + 1
        assert not adaptive.log
        server.until(cluster.id, lambda _: len(queue(slurm, cluster.id)) == 3)
        after = server.until(cluster.id, lambda seen: seen["workers"]["connected"] == 2)
        assert (after["workers"]["requested"], after["workers"]["running"], after["problems"]) == (2, 2, [])
    server.until(cluster.id, lambda seen: bool(seen["closed"]))
    assert queue(slurm, cluster.id) == []
    words = [job["native_state"] for job in server.call("GET", f"clusters/{cluster.id}/jobs")["jobs"]]
    assert "TIMEOUT" not in words


def test_a_value_that_is_no_boolean_is_refused(server: Server, folder: Path) -> None:
    id = server.launch(workspace=folder.name)["id"]
    for value in ({"replace": "yes"}, {"replace": 1}, {"replace": None}):
        answer = server.ask("PATCH", f"clusters/{id}", {"workers": value})
        assert (answer.status, answer.json["field"]) == (400, "workers.replace"), value
    answer = server.ask("PATCH", f"clusters/{id}", {"workers": {"replace": True, "count": 2}})
    assert (answer.status, answer.json["field"]) == (400, "workers.count")
    server.end(id)
    assert server.ask("PATCH", f"clusters/{id}", {"workers": {"replace": True}}).status == 409
