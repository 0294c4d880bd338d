"""Who goes when the cluster is to have fewer workers, or others; nothing that they hold is lost."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from typing import Any

import pytest
from distributed import Client, LocalCluster

from jupyterlab_dask_hpc.in_job.scheduler_retire import Retirement

PATIENCE = 60


@pytest.fixture
def four() -> Iterator[tuple[LocalCluster, Client, Retirement]]:
    """Four workers that hold forty results."""
    with (
        LocalCluster(n_workers=4, threads_per_worker=1, processes=False, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        held = client.scatter({f"key-{number}": [number] * 1000 for number in range(40)})
        yield cluster, client, Retirement(cluster.scheduler)
        del held


def on_loop(client: Client, *deeds: Any) -> None:
    async def do() -> None:
        for deed in deeds:
            deed()

    asyncio.run_coroutine_threadsafe(do(), client.loop.asyncio_loop).result()


def left(cluster: LocalCluster, count: int) -> set[str]:
    until = time.monotonic() + PATIENCE
    while len(cluster.scheduler.workers) > count:
        assert time.monotonic() < until
        time.sleep(0.05)
    # Long enough for one more to go, if it were to.
    time.sleep(0.5)
    return {str(worker.name) for worker in cluster.scheduler.workers.values()}


def test_those_named_go_first_and_alone(four: tuple[LocalCluster, Client, Retirement]) -> None:
    cluster, client, retirement = four
    on_loop(client, lambda: retirement.let_stay(2, first=["3"], only=True))
    assert left(cluster, 3) == {"0", "1", "2"}
    on_loop(client, lambda: retirement.let_stay(2, first=["1"]))
    assert left(cluster, 2) == {"0", "2"}
    assert retirement.gone == {"1", "3"}
    assert len(cluster.scheduler.tasks) == 40


def test_two_wishes_at_once_leave_as_many_as_the_last_one_says(four: tuple[LocalCluster, Client, Retirement]) -> None:
    cluster, client, retirement = four
    on_loop(
        client,
        lambda: retirement.let_stay(2),
        lambda: retirement.let_stay(2, first=["0", "1", "2", "3"], only=True),
    )
    assert len(left(cluster, 2)) == 2
    assert sum(len(worker.has_what) for worker in cluster.scheduler.workers.values()) == 40


def test_with_nobody_left_it_is_given_up(four: tuple[LocalCluster, Client, Retirement]) -> None:
    cluster, client, retirement = four
    on_loop(client, lambda: retirement.let_stay(0, first=["0"], only=False))
    assert left(cluster, 0) == set()
