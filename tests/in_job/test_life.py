"""How a cluster ends: whatever the way, no process of it lives on, and it says why."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import psutil
import pytest

from jupyterlab_dask_hpc.control.cluster_folder import read_ended, write_settings
from jupyterlab_dask_hpc.control.scheduler_client import SchedulerClient, SchedulerSilent
from jupyterlab_dask_hpc.core.scheduler_status import Unrunnable

from .running import PYTHON, Cluster, until


def say(cluster: Cluster, lease: float | None = None, queued: int | None = 0, reset_idle: bool = False) -> Any:
    """One sign of life of a notebook server."""

    async def once() -> Any:
        channel = SchedulerClient()
        try:
            return await channel.report(cluster.folder, lease, queued, reset_idle=reset_idle)
        finally:
            channel.close()

    return asyncio.run(once())


def bring_up(cluster: Cluster, workers: int = 1, **changes: Any) -> None:
    cluster.start("scheduler")
    for task in range(workers):
        cluster.start("worker", task, **changes)
    with cluster.client() as client:
        client.wait_for_workers(workers, timeout=90)
    assert len(cluster.alive()) > workers


QUICK = {"scheduler_gone": 2, "scheduler_frozen": 4, "scheduler_answer": 1, "alive_interval": 0.5, "worker_close": 3}
"""For tests that wait for these limits."""

# Text, because a worker cannot import this file.
SLEEP = "import time; open(mark, 'w').close(); time.sleep(600)"
# C code that gives the interpreter's lock to nobody for hours.
HOLD = "open(mark, 'w').close(); 10 ** (10**9)"


def busy(cluster: Cluster, task: str) -> None:
    """Make a worker run `task` and leave it alone with it."""
    mark = cluster.workspace / "began"
    client = cluster.client()
    future = client.submit(exec, task, {"mark": str(mark)}, pure=False)
    until(mark.exists, what="the task began")
    del future
    client.close(timeout=2)


def test_ends_when_the_lease_is_lost(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster, workers=2)
    say(cluster, lease=2)
    until(cluster.gone, 60, cluster.logs())
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "lease"
    assert "Dask cluster ended (lease)" in cluster.log("scheduler").read_text().splitlines()[-1]
    assert cluster.processes["scheduler.0"].returncode == 0


def test_lives_while_the_lease_is_renewed(new_cluster: Any) -> None:
    cluster = new_cluster(lease=20)
    bring_up(cluster)
    start = time.monotonic()
    while time.monotonic() - start < 5:
        say(cluster, lease=2)
        time.sleep(0.3)
    assert read_ended(cluster.folder) is None
    until(cluster.gone, 60, cluster.logs())


def test_ends_when_idle(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    with cluster.client() as client:
        say(cluster, queued=0)
        until(lambda: client.status != "running" or cluster.processes["scheduler.0"].poll() is not None, 60)
    until(cluster.gone, 60, cluster.logs())
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "idle"


def test_is_not_idle_while_a_worker_is_queued(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    # A server that has just come back does not know yet: what its predecessor said holds.
    for queued in [1, None] * 5:
        answer = say(cluster, queued=queued)
        assert answer.idle is None and answer.ends_idle is None
        time.sleep(0.5)
    say(cluster, queued=0)
    until(cluster.gone, 60, cluster.logs())


def test_tells_when_it_will_end_and_is_kept(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=600)
    bring_up(cluster)
    idle = until(lambda: (heard := say(cluster)).idle and heard, 30, "idle time")
    assert 590 < idle.ends_idle < 600
    assert idle.ends_idle == pytest.approx(600 - idle.idle)
    longer = until(lambda: (heard := say(cluster)).idle > idle.idle and heard, 30, "more idle time")
    assert longer.ends_idle < idle.ends_idle
    kept = say(cluster, reset_idle=True)
    assert (kept.idle, kept.ends_idle) == (None, None)


def test_is_not_idle_while_a_task_runs(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    bring_up(cluster)
    with cluster.client() as client:
        say(cluster, queued=0)
        assert client.submit(lambda: time.sleep(5) or "done", pure=False).result(timeout=60) == "done"
    until(cluster.gone, 60, cluster.logs())


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
        say(cluster, queued=0)  # from now on idle time counts
        assert eval(work, known) == "done"
    assert read_ended(cluster.folder) is None
    # And it ends all the same when that is over.
    until(cluster.gone, 60, cluster.logs())
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "idle"


def test_tells_of_tasks_that_no_worker_may_run(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    assert say(cluster).unrunnable == ()
    with cluster.client() as client:
        wants = [client.submit(sum, [1, n], resources={"GPU": 1}, pure=False) for n in range(3)]
        lost = client.submit(sum, [1, 2], workers=["nobody"], pure=False)
        far = client.submit(sum, [1, 2], workers=["192.0.2.1"], pure=False)
        told = until(lambda: len(found := say(cluster).unrunnable) == 3 and found, 30, "all kinds are told")
        assert told[0] == Unrunnable(3, {"GPU": 1.0})
        assert sorted(told[1:], key=str) == [Unrunnable(1, hosts=(host,)) for host in ("192.0.2.1", "nobody")]
        del wants, lost, far
        until(lambda: say(cluster).unrunnable == (), 30, "they are told no more")


def test_is_idle_when_the_last_worker_has_gone_with_tasks_left(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=2)
    cluster.start("scheduler")
    with cluster.client() as client:
        future = client.submit(sum, range(10))
        say(cluster, queued=0)
        until(lambda: cluster.processes["scheduler.0"].poll() is not None, 60, cluster.logs())
        del future
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "idle"


def test_says_that_it_was_asked_to_end(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    cluster.processes["scheduler.0"].send_signal(signal.SIGTERM)
    until(cluster.gone, 60, cluster.logs())
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "asked"
    assert cluster.processes["scheduler.0"].returncode == 0
    assert not list(cluster.scratch.glob("dask-worker-*"))


def test_a_cluster_that_ends_does_not_wait_for_a_task(new_cluster: Any) -> None:
    cluster = new_cluster(limits={"worker_close": 3})
    bring_up(cluster)
    busy(cluster, SLEEP)
    start = time.monotonic()
    cluster.processes["scheduler.0"].send_signal(signal.SIGTERM)
    until(cluster.gone, 60, cluster.logs())
    assert time.monotonic() - start < 25  # distributed alone waits 30 s for the task


@pytest.mark.parametrize("nanny", [True, False])
@pytest.mark.parametrize("task", ["", SLEEP, HOLD], ids=["idle", "sleeps", "holds the interpreter"])
def test_workers_go_with_a_killed_scheduler(new_cluster: Any, task: Any, nanny: bool) -> None:
    cluster = new_cluster(limits=QUICK)
    bring_up(cluster, nanny=nanny)
    if task:
        busy(cluster, task)
    cluster.alive()
    cluster.processes["scheduler.0"].kill()
    until(cluster.gone, 60, cluster.logs())
    # Without a nanny another process removes it.
    until(lambda: not list(cluster.scratch.glob("dask-worker-*")), 20)


def test_a_nanny_starts_no_worker_for_a_scheduler_that_is_gone(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    nanny = psutil.Process(cluster.processes["worker.0"].pid)
    workers = [process for process in nanny.children() if "spawn_main" in " ".join(process.cmdline())]
    assert workers
    # As a stop of the whole cluster does it, when the signal to the nanny comes last.
    cluster.processes["scheduler.0"].kill()
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    until(lambda: "Nanny" in cluster.log("worker").read_text() and cluster.gone(), 60, cluster.logs())
    assert "its scheduler has gone" in cluster.log("worker").read_text().splitlines()[-1]


def test_a_job_whose_worker_cannot_be_started_again_ends_and_says_why(new_cluster: Any) -> None:
    """Its environment was removed, say; a nanny alone would try again for ever."""
    cluster = new_cluster(limits={"worker_restart": 3})
    bring_up(cluster, python=(str(environment(cluster.workspace / "env")),))
    with cluster.client() as client:
        shutil.rmtree(cluster.workspace / "env")
        with contextlib.suppress(Exception):
            client.submit(os._exit, 1, pure=False).result(timeout=5)
        assert cluster.processes["worker.0"].wait(60) == 1
    assert "the nanny could not start another one" in cluster.log("worker").read_text().splitlines()[-1]
    assert not list(cluster.scratch.glob("dask-worker-*"))


def environment(folder: Path) -> Path:
    """The Python of an environment that has what this one has, and can be removed."""
    own = Path(PYTHON).parent.parent
    (folder / "bin").mkdir(parents=True)
    shutil.copy(own / "pyvenv.cfg", folder)
    (folder / "lib").symlink_to(own / "lib")
    (folder / "bin" / "python").symlink_to(Path(PYTHON).resolve())
    return folder / "bin" / "python"


def test_a_restart_by_the_client_leaves_jobs_and_workers(new_cluster: Any) -> None:
    """Also while tasks run that nobody waits for, and after one worker has been killed."""
    cluster = new_cluster()
    bring_up(cluster, workers=2)
    with cluster.client() as client:
        for _ in range(2):
            running = client.map(lambda _: time.sleep(600), range(4), pure=False)
            until(lambda: any(client.processing().values()), what="tasks run")
            client.restart(timeout=60)
            assert all(future.status in ("cancelled", "lost", "error") for future in running)
            assert len(client.scheduler_info()["workers"]) == 2
            with contextlib.suppress(Exception):
                client.submit(os._exit, 1, pure=False).result(timeout=5)
            client.wait_for_workers(2, timeout=60)
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
    assert all(process.poll() is None for process in cluster.processes.values())


def test_an_unknown_option_is_the_last_word_of_a_workers_log(new_cluster: Any) -> None:
    cluster = new_cluster()
    cluster.start("scheduler")
    words = ("--host", "127.0.0.1", "--no-such-option")
    assert cluster.start("worker", words=words).wait(60) == 2
    assert cluster.log("worker").read_text().splitlines()[-1].startswith("Error: ")
    assert not list(cluster.scratch.glob("dask-worker-*"))


def test_a_worker_near_its_time_limit_hands_over_what_it_holds(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    cluster.start("worker", 1, retires=10)
    with cluster.client() as client:
        client.wait_for_workers(2, timeout=90)
        [address] = [one for one, info in client.scheduler_info()["workers"].items() if info["name"] == "w71_1"]
        # Computed anew it would be another number.
        kept = client.submit(random.random, workers=[address], allow_other_workers=True, pure=False)
        number = kept.result()
        assert cluster.processes["worker.1"].wait(60) == 0
        assert kept.result() == number
        assert "near-its-time-limit" in cluster.log("worker", 1).read_text()


def test_workers_go_with_a_frozen_scheduler(new_cluster: Any) -> None:
    cluster = new_cluster(limits=QUICK)
    bring_up(cluster)
    busy(cluster, SLEEP)
    scheduler = cluster.processes["scheduler.0"]
    scheduler.send_signal(signal.SIGSTOP)
    until(lambda: cluster.processes["worker.0"].poll() is not None, 120, cluster.logs())
    scheduler.kill()
    until(cluster.gone, 20, cluster.logs())


def test_a_worker_that_comes_too_late_says_so(new_cluster: Any) -> None:
    cluster = new_cluster()
    (cluster.folder / "scheduler.ended").write_text('{"reason": "idle", "message": ""}')
    assert cluster.start("worker").wait(60) == 0
    assert "had ended before" in cluster.log("worker").read_text()


def test_a_worker_gives_up_when_no_scheduler_comes(new_cluster: Any) -> None:
    cluster = new_cluster()
    assert cluster.start("worker", death_timeout=2).wait(60) == 1
    assert "no scheduler was found" in cluster.log("worker").read_text()


@pytest.mark.parametrize("broken", ["settings.json", "server route"])
def test_a_scheduler_that_cannot_be_guarded_does_not_run(new_cluster: Any, broken: str) -> None:
    cluster = new_cluster()
    if broken == "settings.json":
        (cluster.folder / "settings.json").unlink()
        changes: dict[str, Any] = {}
    else:
        # As in a version of distributed that takes its HTTP server from elsewhere.
        guard = cluster.folder / "scheduler_guard.py"
        guard.write_text(f"{guard.read_text()}\n\ndef install() -> None:\n    pass\n")
        changes = {}
    assert cluster.start("scheduler", **changes).wait(60) != 0
    assert not (cluster.folder / "scheduler.json").exists()
    with pytest.raises(SchedulerSilent):
        say(cluster)


def test_a_requeued_scheduler_forgets_its_predecessors_address(new_cluster: Any) -> None:
    cluster = new_cluster()
    stale = {
        "address": "tls://127.0.0.1:9",
        "control": "https://127.0.0.1:9",
        "pid": 1,
        "distributed": "",
        "python": "",
    }
    (cluster.folder / "scheduler.json").write_text(json.dumps(stale))
    cluster.start("scheduler")
    until(lambda: "127.0.0.1:9" not in cluster.address().control, 60)
    assert say(cluster).workers == 0


def test_cancels_its_workers_jobs_when_the_lease_is_lost(new_cluster: Any) -> None:
    cluster = new_cluster(lease=3)
    marks = [cluster.workspace / f"cancelled {number}" for number in range(2)]
    cluster.start("scheduler")
    cluster.address()
    # After its start: workers are submitted later than their scheduler.
    write_settings(cluster.folder, 0, 3, [["touch", str(mark)] for mark in marks])
    until(cluster.gone, 60, cluster.logs())
    assert all(mark.exists() for mark in marks)


@pytest.mark.parametrize("alone", [True, False])
def test_cancels_its_workers_jobs_when_it_is_asked_to_end_and_no_server_is_there(new_cluster: Any, alone: bool) -> None:
    cluster = new_cluster(limits={"no_report": -1 if alone else 600})
    mark = cluster.workspace / "cancelled"
    write_settings(cluster.folder, 0, 600, [["touch", str(mark)]])
    scheduler = cluster.start("scheduler")
    cluster.address()
    scheduler.send_signal(signal.SIGTERM)
    until(cluster.gone, 60, cluster.logs())
    assert mark.exists() == alone


def test_ends_although_its_workers_jobs_cannot_be_cancelled(new_cluster: Any) -> None:
    cluster = new_cluster(lease=2, limits={"cancel_jobs": 2})
    write_settings(cluster.folder, 0, 2, [["sleep", "600"]])
    cluster.start("scheduler")
    until(cluster.gone, 90, cluster.logs()) if cluster.address() else None
    assert "could not be cancelled from here" in cluster.log("scheduler").read_text()
