"""How a cluster ends: in each case no process of it lives on, and it writes the reason."""

from __future__ import annotations

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
from support.polling import until

from jupyterlab_dask_hpc.control.cluster_folder import read_ended, write_settings
from jupyterlab_dask_hpc.control.scheduler_client import SchedulerSilent

from .running import HOLD, PYTHON, SLEEP, bring_up, busy, send_heartbeat

QUICK = {"scheduler_gone": 2, "scheduler_frozen": 4, "scheduler_answer": 1, "alive_interval": 0.5, "worker_close": 3}
"""For tests that wait for these limits."""


def test_ends_when_the_lease_is_lost(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster, workers=2)
    send_heartbeat(cluster, lease=2)
    until(cluster.gone, cluster.logs, 60)
    ended = read_ended(cluster.folder)
    assert ended and ended.reason == "lease"
    assert "Dask cluster ended (lease)" in cluster.log("scheduler").read_text().splitlines()[-1]
    assert cluster.processes["scheduler.0"].returncode == 0


def test_lives_while_the_lease_is_renewed(new_cluster: Any) -> None:
    cluster = new_cluster(lease=20)
    bring_up(cluster)
    start = time.monotonic()
    while time.monotonic() - start < 5:
        send_heartbeat(cluster, lease=2)
        time.sleep(0.3)
    assert read_ended(cluster.folder) is None
    until(cluster.gone, cluster.logs, 60)


def test_writes_that_it_was_asked_to_end(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    cluster.processes["scheduler.0"].send_signal(signal.SIGTERM)
    until(cluster.gone, cluster.logs, 60)
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
    until(cluster.gone, cluster.logs, 60)
    assert time.monotonic() - start < 25  # distributed alone waits 30 s for the task


@pytest.mark.parametrize("nanny", [True, False])
@pytest.mark.parametrize("task", ["", SLEEP, HOLD], ids=["idle", "sleeps", "holds the interpreter"])
def test_workers_end_after_their_scheduler_was_killed(new_cluster: Any, task: Any, nanny: bool) -> None:
    cluster = new_cluster(limits=QUICK)
    bring_up(cluster, nanny=nanny)
    if task:
        busy(cluster, task)
    cluster.alive()
    cluster.processes["scheduler.0"].kill()
    until(cluster.gone, cluster.logs, 60)
    # Without a nanny another process removes it.
    until(lambda: not list(cluster.scratch.glob("dask-worker-*")), seconds=20)


def test_a_nanny_starts_no_worker_for_a_scheduler_that_is_gone(new_cluster: Any) -> None:
    cluster = new_cluster(limits={"worker_check": 0.2, "worker_close": 3})
    bring_up(cluster)
    with cluster.client() as client:
        # A worker connects before its nanny knows that it has started; a nanny that fails to start gives up by itself.

        def states() -> set[str]:
            return set(client.run(lambda dask_worker: dask_worker.status.name, nanny=True).values())

        until(lambda: states() == {"running"}, "the nanny has started its worker")
    nanny = psutil.Process(cluster.processes["worker.0"].pid)
    workers = [process for process in nanny.children() if "spawn_main" in " ".join(process.cmdline())]
    assert workers
    # As a stop of the whole cluster does it, when the signal to the nanny comes last.
    cluster.processes["scheduler.0"].kill()
    for worker in workers:
        worker.send_signal(signal.SIGTERM)
    until(lambda: "Nanny" in cluster.log("worker").read_text() and cluster.gone(), cluster.logs, 60)
    assert "its scheduler has gone" in cluster.log("worker").read_text().splitlines()[-1]


def test_a_job_whose_worker_cannot_be_restarted_ends_with_the_reason(new_cluster: Any) -> None:
    """Its environment was removed, for example; a nanny alone would try again forever."""
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
    """Also while tasks run for which no client waits, and after one worker has been killed."""
    cluster = new_cluster()
    bring_up(cluster, workers=2)
    with cluster.client() as client:
        for _ in range(2):
            running = client.map(lambda _: time.sleep(600), range(4), pure=False)
            until(lambda: any(client.processing().values()), "tasks run")
            client.restart(timeout=60)
            assert all(future.status in ("cancelled", "lost", "error") for future in running)
            assert len(client.scheduler_info()["workers"]) == 2
            with contextlib.suppress(Exception):
                client.submit(os._exit, 1, pure=False).result(timeout=5)
            client.wait_for_workers(2, timeout=60)
        assert client.submit(sum, [1, 2]).result(timeout=60) == 3
    assert all(process.poll() is None for process in cluster.processes.values())


def test_an_unknown_option_is_the_last_line_of_a_workers_log(new_cluster: Any) -> None:
    cluster = new_cluster()
    cluster.start("scheduler")
    words = ("--host", "127.0.0.1", "--no-such-option")
    assert cluster.start("worker", arguments=words).wait(60) == 2
    assert cluster.log("worker").read_text().splitlines()[-1].startswith("Error: ")
    assert not list(cluster.scratch.glob("dask-worker-*"))


def test_a_worker_near_its_time_limit_moves_its_data(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster)
    cluster.start("worker", 1, retires=10)
    with cluster.client() as client:
        client.wait_for_workers(2, timeout=90)
        [address] = [one for one, info in client.scheduler_info()["workers"].items() if info["name"] == "w71_1"]
        # Computed again it would be another number.
        saved = client.submit(random.random, workers=[address], allow_other_workers=True, pure=False)
        number = saved.result()
        assert cluster.processes["worker.1"].wait(60) == 0
        assert saved.result() == number
        assert "near-its-time-limit" in cluster.log("worker", 1).read_text()


def test_a_worker_that_is_cancelled_while_it_starts_leaves_no_folder(new_cluster: Any) -> None:
    cluster = new_cluster()
    # A preload of the user's is loaded before distributed handles signals.
    (cluster.workspace / "slow.py").write_text("import time; open('began', 'w').close(); time.sleep(600)\n")
    (cluster.workspace / "own.yaml").write_text("distributed: {nanny: {preload: [slow]}}")
    (cluster.folder / "scheduler.json").write_text('{"address": "tls://127.0.0.1:9"}')
    worker = cluster.start("worker", environment={"DASK_CONFIG": str(cluster.workspace / "own.yaml")})
    until((cluster.workspace / "began").exists, cluster.logs, 60)
    assert list(cluster.scratch.glob("dask-worker-*"))
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == -signal.SIGTERM
    assert not list(cluster.scratch.glob("dask-worker-*"))


def test_workers_end_after_their_scheduler_froze(new_cluster: Any) -> None:
    cluster = new_cluster(limits=QUICK)
    bring_up(cluster)
    busy(cluster, SLEEP)
    scheduler = cluster.processes["scheduler.0"]
    scheduler.send_signal(signal.SIGSTOP)
    until(lambda: cluster.processes["worker.0"].poll() is not None, cluster.logs, 120)
    scheduler.kill()
    until(cluster.gone, cluster.logs, 20)


def test_a_worker_that_starts_after_the_end_logs_that(new_cluster: Any) -> None:
    cluster = new_cluster()
    (cluster.folder / "scheduler.ended").write_text('{"reason": "idle", "message": ""}')
    assert cluster.start("worker").wait(60) == 0
    assert "had ended before" in cluster.log("worker").read_text()


def test_a_worker_exits_when_no_scheduler_starts(new_cluster: Any) -> None:
    cluster = new_cluster()
    assert cluster.start("worker", death_timeout=2).wait(60) == 1
    assert "no scheduler was found" in cluster.log("worker").read_text()


@pytest.mark.parametrize("broken", ["settings.json", "server route"])
def test_a_scheduler_without_its_guard_does_not_run(new_cluster: Any, broken: str) -> None:
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
        send_heartbeat(cluster)


def test_a_requeued_scheduler_removes_the_old_address(new_cluster: Any) -> None:
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
    until(lambda: "127.0.0.1:9" not in cluster.address().control, seconds=60)
    assert send_heartbeat(cluster).workers == 0


def test_cancels_its_workers_jobs_when_the_lease_is_lost(new_cluster: Any) -> None:
    cluster = new_cluster(lease=3)
    marks = [cluster.workspace / f"cancelled {number}" for number in range(2)]
    cluster.start("scheduler")
    cluster.address()
    # After its start: workers are submitted later than their scheduler.
    write_settings(cluster.folder, 0, 3, [["touch", str(mark)] for mark in marks])
    until(cluster.gone, cluster.logs, 60)
    assert all(mark.exists() for mark in marks)


@pytest.mark.parametrize("alone", [True, False])
def test_cancels_its_workers_jobs_when_it_is_asked_to_end_and_no_server_is_there(new_cluster: Any, alone: bool) -> None:
    cluster = new_cluster(limits={"no_heartbeat": -1 if alone else 600})
    mark = cluster.workspace / "cancelled"
    write_settings(cluster.folder, 0, 600, [["touch", str(mark)]])
    scheduler = cluster.start("scheduler")
    cluster.address()
    scheduler.send_signal(signal.SIGTERM)
    until(cluster.gone, cluster.logs, 60)
    assert mark.exists() == alone


def test_ends_although_its_workers_jobs_cannot_be_cancelled(new_cluster: Any) -> None:
    cluster = new_cluster(lease=2, limits={"cancel_jobs": 2})
    write_settings(cluster.folder, 0, 2, [["sleep", "600"]])
    cluster.start("scheduler")
    until(cluster.gone, cluster.logs, 90) if cluster.address() else None
    assert "could not be cancelled from this node" in cluster.log("scheduler").read_text()
