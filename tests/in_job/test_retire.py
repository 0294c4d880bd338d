"""Which workers retire when the cluster is to have fewer or others; none of their data is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client, LocalCluster

from jupyterlab_dask_hpc.in_job.scheduler_retire import Retirement

TIMEOUT_S = 60


@pytest.fixture
def four(tmp_path: Path) -> Iterator[tuple[LocalCluster, Client, Retirement]]:
    """Four workers that hold forty results."""
    with (
        LocalCluster(
            n_workers=4, threads_per_worker=1, processes=False, dashboard_address=None, local_directory=tmp_path
        ) as cluster,
        Client(cluster) as client,
    ):
        held = client.scatter({f"key-{number}": [number] * 1000 for number in range(40)})
        yield cluster, client, Retirement(cluster.scheduler)
        del held


def on_loop(client: Client, *calls: Any) -> None:
    async def do() -> None:
        for call in calls:
            call()

    asyncio.run_coroutine_threadsafe(do(), client.loop.asyncio_loop).result()


def left(cluster: LocalCluster, count: int) -> set[str]:
    until = time.monotonic() + TIMEOUT_S
    while len(cluster.scheduler.workers) > count:
        assert time.monotonic() < until
        time.sleep(0.05)
    # Long enough for one more to go, if it were to.
    time.sleep(0.5)
    return {str(worker.name) for worker in cluster.scheduler.workers.values()}


def test_preferred_workers_retire_first_or_alone(four: tuple[LocalCluster, Client, Retirement]) -> None:
    cluster, client, retirement = four
    on_loop(client, lambda: retirement.retire_down_to(2, prefer=["3"], only_preferred=True))
    assert left(cluster, 3) == {"0", "1", "2"}
    on_loop(client, lambda: retirement.retire_down_to(2, prefer=["1"]))
    assert left(cluster, 2) == {"0", "2"}
    assert retirement.gone == {"1", "3"}
    assert len(cluster.scheduler.tasks) == 40


def test_two_requests_at_once_leave_as_many_as_the_last_one_asks_for(
    four: tuple[LocalCluster, Client, Retirement],
) -> None:
    cluster, client, retirement = four
    on_loop(
        client,
        lambda: retirement.retire_down_to(2),
        lambda: retirement.retire_down_to(2, prefer=["0", "1", "2", "3"], only_preferred=True),
    )
    assert len(left(cluster, 2)) == 2
    assert sum(len(worker.has_what) for worker in cluster.scheduler.workers.values()) == 40


def test_the_last_workers_retire_without_moving_their_data(four: tuple[LocalCluster, Client, Retirement]) -> None:
    cluster, client, retirement = four
    on_loop(client, lambda: retirement.retire_down_to(0, prefer=["0"]))
    assert left(cluster, 0) == set()
