"""Idle time: when it runs, when it does not, and what it reports and ends."""

from __future__ import annotations

import time
from typing import Any

import pytest
from support.polling import until

from jupyterlab_dask_hpc.control.cluster_folder import read_ended, read_usage
from jupyterlab_dask_hpc.core.scheduler_status import Unrunnable

from .running import bring_up, send_heartbeat


def test_ends_when_idle(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    with cluster.client() as client:
        send_heartbeat(cluster, queued=0)
        until(lambda: client.status != "running" or cluster.processes["scheduler.0"].poll() is not None, seconds=60)
    until(cluster.gone, cluster.logs, 60)
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "idle"


def test_is_not_idle_while_a_worker_is_queued(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    # A server that has just come back does not know yet: what the server before it sent counts.
    for queued in [1, None] * 5:
        answer = send_heartbeat(cluster, queued=queued)
        assert answer.idle is None and answer.ends_idle is None
        time.sleep(0.5)
    send_heartbeat(cluster, queued=0)
    until(cluster.gone, cluster.logs, 60)


def test_reports_when_it_will_end_until_the_timer_is_reset(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=600)
    bring_up(cluster)
    idle = until(lambda: (report := send_heartbeat(cluster)).idle and report, "idle time", 30)
    assert 590 < idle.ends_idle < 600
    assert idle.ends_idle == pytest.approx(600 - idle.idle)
    longer = until(lambda: (report := send_heartbeat(cluster)).idle > idle.idle and report, "more idle time", 30)
    assert longer.ends_idle < idle.ends_idle
    reset = send_heartbeat(cluster, reset_idle=True)
    assert (reset.idle, reset.ends_idle) == (None, None)


def test_is_not_idle_while_a_task_runs(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    with cluster.client() as client:
        send_heartbeat(cluster, queued=0)
        assert client.submit(lambda: time.sleep(5) or "done", pure=False).result(timeout=60) == "done"
    until(cluster.gone, cluster.logs, 60)
    usage = read_usage(cluster.folder)
    assert usage and usage.busy_seconds > 3
    assert usage.thread_seconds > usage.busy_seconds
    assert usage.processor_seconds > 0 and usage.memory_peak > 20 << 20


LONG = 5
"""Seconds of work, under an idle time-out of 2."""

# Text, because neither worker nor scheduler can import this file.
WORK = f"""
import asyncio, time
from distributed import Lock, secede, worker_client

class Actor:
    def waits(self):
        time.sleep({LONG})
        return "done"
    async def waits_too(self):
        await asyncio.sleep({LONG})
        return "done"

async def waits():
    await asyncio.sleep({LONG})
    return "done"

def sleeps():
    time.sleep({LONG})
    return "done"

def seceded():
    secede()
    return sleeps()

def with_client():
    with worker_client(timeout=30) as client:
        return client.submit(sleeps, pure=False).result()

def locked():
    with Lock("held"):
        return "done"

def held_lock(client):
    lock = Lock("held")
    lock.acquire()
    futures = client.map(lambda _: locked(), range(2), pure=False)
    time.sleep({LONG})
    lock.release()
    return set(client.gather(futures)).pop()

def shuffled(client):
    return client.submit(lambda futures: sleeps(), client.scatter([1, 2]), pure=False).result()
"""
WORKS: dict[str, str] = {
    "actor's method": "client.submit(Actor, actor=True).result().waits().result()",
    "actor's coroutine": "client.submit(Actor, actor=True).result().waits_too().result()",
    "run": "client.run(sleeps).popitem()[1]",
    "run a coroutine": "client.run(waits).popitem()[1]",
    "run on scheduler": "client.run_on_scheduler(waits)",
    "seceded": "client.submit(seceded, pure=False).result()",
    "client in a worker": "client.submit(with_client, pure=False).result()",
    "a held lock": "held_lock(client)",
    "data of other tasks": "shuffled(client)",
}


@pytest.mark.parametrize("work", WORKS.values(), ids=WORKS)
def test_is_not_idle_while_anything_works(new_cluster: Any, work: str) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    with cluster.client() as client, client.as_current():
        known: dict[str, Any] = {"__name__": "__main__", "client": client}
        exec(WORK, known)
        send_heartbeat(cluster, queued=0)  # from now on idle time counts
        assert eval(work, known) == "done"
    assert read_ended(cluster.folder) is None
    # And it ends all the same when that is over.
    until(cluster.gone, cluster.logs, 60)
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "idle"


def test_reports_tasks_that_no_worker_may_run(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    assert send_heartbeat(cluster).unrunnable == ()
    with cluster.client() as client:
        wants = [client.submit(sum, [1, n], resources={"GPU": 1}, pure=False) for n in range(3)]
        lost = client.submit(sum, [1, 2], workers=["nobody"], pure=False)
        far = client.submit(sum, [1, 2], workers=["192.0.2.1"], pure=False)
        reported = until(
            lambda: len(found := send_heartbeat(cluster).unrunnable) == 3 and found, "all kinds are reported", 30
        )
        assert reported[0] == Unrunnable(3, {"GPU": 1.0})
        assert sorted(reported[1:], key=str) == [Unrunnable(1, hosts=(host,)) for host in ("192.0.2.1", "nobody")]
        del wants, lost, far
        until(lambda: send_heartbeat(cluster).unrunnable == (), "they are no longer reported", 30)


def test_is_idle_when_the_last_worker_has_gone_with_tasks_left(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    cluster.start("scheduler")
    with cluster.client() as client:
        future = client.submit(sum, range(10))
        send_heartbeat(cluster, queued=0)
        until(lambda: cluster.processes["scheduler.0"].poll() is not None, cluster.logs, 60)
        del future
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "idle"
