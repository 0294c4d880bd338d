"""Jobs that are ended, held up or restarted from outside: the cause is shown, and nothing is left over.

All clusters are launched at once and each is broken another way, so that they start side by side.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time

import pytest
from distributed import fire_and_forget
from support.server import queue, reason_of

from .farm import Farm, problem

ODD_FAIL = """
if [ "$((${SLURM_ARRAY_TASK_ID:-0} % 2))" = 1 ]; then
    echo "ImportError: libfoo.so.1: cannot open shared object file" >&2; exit 3
fi"""
Clusters = dict[str, str]


@pytest.fixture(scope="module")
def clusters(farm: Farm) -> Clusters:
    """One for each test, by name."""
    half = farm.environment("half", ODD_FAIL)
    # The shortest limits that Slurm knows come first: they need a minute and more.
    limit = farm.launch("scheduler-limit", "n0", scheduler={"time": 60})
    workers_limit = farm.launch("workers-limit", "n0", jobs=2, workers={"time": 60})
    farm.running(limit)
    with farm.client(limit) as client:
        # The idle time-out, which is at most the scheduler's time, is not to strike first.
        fire_and_forget(client.submit(time.sleep, 600))
    launched = {
        "scheduler-limit": limit,
        "workers-limit": workers_limit,
        "scheduler-cancelled": farm.launch("scheduler-cancelled", "n0"),
        "scheduler-held": farm.launch("scheduler-held", "held"),
        "scheduler-held-cancelled": farm.launch("scheduler-held-cancelled", "held"),
        "one-cancelled": farm.launch("one-cancelled", "n0", jobs=2),
        "waiting-cancelled": farm.launch("waiting-cancelled", "workers-held", jobs=2),
        "half": farm.launch("half", "n0", jobs=4, python_environment=str(half)),
        "memory": farm.launch("memory", "n0"),
        "preempted": farm.launch("preempted", "workers-on-n1"),
        "scheduler-preempted": farm.launch("scheduler-preempted", "scheduler-on-n1"),
        "node": farm.launch("node", "workers-on-n2", jobs=2),
        "scheduler-node": farm.launch("scheduler-node", "scheduler-on-n2"),
    }
    return launched


def test_a_scheduler_cancelled_from_outside_ends_its_cluster(farm: Farm, clusters: Clusters) -> None:
    id = clusters["scheduler-cancelled"]
    known = farm.running(id)
    farm.slurm.run("scancel", known["scheduler"]["job"])
    assert farm.failed(id) == "The scheduler's job was cancelled outside of JupyterLab."


def test_a_scheduler_cancelled_while_it_waits_ends_its_cluster(farm: Farm, clusters: Clusters) -> None:
    id = clusters["scheduler-held-cancelled"]
    farm.slurm.run("scancel", farm.server.cluster(id)["scheduler"]["job"])
    assert farm.failed(id) == "The scheduler's job was cancelled outside of JupyterLab."


def test_a_pending_scheduler_shows_the_reason_and_runs_when_it_may(farm: Farm, clusters: Clusters) -> None:
    id = clusters["scheduler-held"]
    waits = farm.server.until(id, lambda seen: bool(seen["scheduler"]["reason"]))
    assert (waits["state"], waits["scheduler"]["reason"]) == ("queued", "JobHeldUser")
    held = problem(waits, "waiting")
    assert held["message"]["text"] == "Scheduler pending: JobHeldUser"
    assert held["advice"]["text"] == "They are held. The user who holds them can release them."
    farm.control("release", waits["scheduler"]["job"])
    farm.running(id)
    farm.end(id)


def test_a_worker_and_then_all_cancelled_from_outside_are_shown(farm: Farm, clusters: Clusters) -> None:
    id = clusters["one-cancelled"]
    farm.running(id)
    array = farm.submitted(id)
    farm.slurm.run("scancel", f"{array}_0")
    shown = farm.server.until(id, lambda seen: seen["workers"]["failed"] == 1)
    cancelled = problem(shown, "failed")
    assert cancelled["message"]["text"].startswith("1 failed on n0: cancelled")
    assert cancelled["advice"]["text"] == "Somebody cancelled them outside of JupyterLab."
    assert log(farm.server.until(id, lambda seen: bool(log(seen))))
    assert shown["workers"]["running"] == 1
    assert shown["state"] == "running"
    farm.slurm.run("scancel", array)
    shown = farm.server.until(id, lambda seen: seen["workers"]["failed"] == 2)
    assert problem(shown, "failed")["message"]["text"].startswith("2 failed on n0: cancelled")
    # Of the stop's own making is neither.
    assert farm.end(id)["workers"]["failed"] == 2


def test_all_workers_cancelled_before_one_came_end_their_cluster(farm: Farm, clusters: Clusters) -> None:
    id = clusters["waiting-cancelled"]
    farm.slurm.run("scancel", farm.submitted(id))
    assert farm.failed(id) == "All 2 workers failed: cancelled. Somebody cancelled them outside of JupyterLab."


def test_half_the_array_fails_and_the_other_half_works(farm: Farm, clusters: Clusters) -> None:
    id = clusters["half"]
    seen = farm.server.until(id, lambda seen: seen["state"] == "running" and bool(log(seen)))
    assert (seen["workers"]["connected"], seen["workers"]["failed"]) == (2, 2)
    failed = problem(seen, "failed")
    assert failed["message"]["text"] == "2 failed on n0: exit 3"
    assert failed["log"][-1] == "ImportError: libfoo.so.1: cannot open shared object file"
    with farm.client(id) as client:
        assert client.submit(sum, [20, 22]).result(timeout=120) == 42
    farm.end(id)


def test_a_worker_out_of_memory_is_shown_with_slurms_text(farm: Farm, clusters: Clusters) -> None:
    id = clusters["memory"]
    farm.running(id)
    with farm.client(id) as client:
        # In a child of the worker, where the nanny does not look.
        eat = f"import time; taken = bytearray(b'x') * {900 << 20}; time.sleep(600)"
        doomed = client.submit(subprocess.run, [sys.executable, "-c", eat])
        # That it has failed is known before how, which Slurm is asked for then.
        seen = farm.server.until(
            id, lambda seen: any("memory" in one["advice"]["text"] and one["log"] for one in seen["problems"])
        )
        doomed.release()
    failed = problem(seen, "failed")
    assert failed["message"]["text"] in ("1 failed on n0: out of memory", "1 failed on n0: killed by SIGKILL")
    assert "memory" in failed["advice"]["text"]
    assert any("memory" in line for line in failed["log"]), failed
    farm.end(id)


def test_preempted_workers_come_back_and_a_preempted_scheduler_ends_its_cluster(farm: Farm, clusters: Clusters) -> None:
    id, scheduler = clusters["preempted"], clusters["scheduler-preempted"]
    farm.running(id), farm.running(scheduler)
    farm.slurm.run(
        "sbatch", "-p", "urgent", "-w", "n1", "--exclusive", "--mem=0", "-o", "/dev/null", "--wrap", "sleep 1"
    )
    waits = farm.server.until(id, lambda seen: seen["workers"]["pending"] == 1)
    assert problem(waits, "waiting")["message"]["text"].startswith("1 pending: ")
    farm.running(id)
    assert (
        farm.failed(scheduler) == "The scheduler was preempted by another job, and what it knew is lost. Launch again."
    )
    farm.end(id)


def test_workers_of_a_failed_node_come_back_and_its_scheduler_ends_its_cluster(farm: Farm, clusters: Clusters) -> None:
    id, scheduler = clusters["node"], clusters["scheduler-node"]
    farm.running(id), farm.running(scheduler)
    with farm.client(id) as client:
        before = {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}
        farm.control("update", "NodeName=n2", "State=DOWN", "Reason=test")
        waits = farm.server.until(id, lambda seen: seen["workers"]["pending"] == 2)
        assert waits["state"] == "running"
        assert problem(waits, "waiting")["message"]["text"].startswith("2 pending: ")
        assert farm.failed(scheduler) == "The scheduler's node failed, and what it knew is lost. Launch again."
        farm.running(id)
        after = {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}
        assert after == {f"{name}-r1" for name in before}
        assert client.submit(sum, [20, 22]).result(timeout=120) == 42
    farm.end(id)


@pytest.mark.parametrize("state", ["before the scheduler starts", "before the workers start"])
def test_an_environment_that_vanishes_is_shown(farm: Farm, state: str) -> None:
    early = "scheduler" in state
    environment = farm.environment("early" if early else "late")
    id = farm.launch("vanish", "held" if early else "workers-held", jobs=2, python_environment=str(environment))
    job = farm.server.cluster(id)["scheduler"]["job"] if early else farm.submitted(id)
    farm.server.until(id, lambda seen: early or farm.server.ask("GET", f"clusters/{id}/connection").status == 200)
    shutil.rmtree(environment)
    farm.control("release", job)
    reason = farm.failed(id)
    who = "The scheduler ended by itself" if early else "All 2 workers failed"
    assert reason.startswith(
        f"{who}: its Python was not found. The Python environment was removed, or the nodes do not see it."
    )
    assert f"{environment}/bin/python" in reason


def test_workers_that_never_connect_are_shown(farm: Farm) -> None:
    """Who listens at the scheduler's address never answers: so it looks where a firewall swallows packets."""
    id = farm.launch("unheard", "workers-held")
    array = farm.submitted(id)
    file = farm.server.state / "clusters" / id / "scheduler.json"
    farm.server.until(id, lambda _: file.exists())
    with socket.create_server(("127.0.0.1", 0)) as deaf:
        address = f"tls://127.0.0.1:{deaf.getsockname()[1]}"
        file.write_text(json.dumps(json.loads(file.read_text()) | {"address": address}))
        farm.control("release", array)
        stuck = farm.server.until(id, lambda seen: bool(problem(seen, "stuck") and log(seen)))
    assert (stuck["workers"]["running"], stuck["workers"]["connected"]) == (1, 0)
    shown = problem(stuck, "stuck")
    assert shown["message"]["text"] == "1 connecting on n0 for over 8 s"
    assert shown["advice"]["text"].startswith("Their jobs run, but they have not connected to the scheduler.")
    farm.end(id)


def test_workers_that_the_scheduler_does_not_let_in_end_their_cluster(farm: Farm, steady: dict[str, str]) -> None:
    id = farm.launch("strangers", "workers-held")
    clusters = farm.server.state / "clusters"
    for name in ("worker.pem", "worker-key.pem"):
        shutil.copy(clusters / steady["id"] / name, clusters / id / name)
    farm.control("release", farm.submitted(id))
    assert farm.failed(id).startswith("The worker failed: exit 1. A log ends with: ")


def test_time_limits_are_shown(farm: Farm, clusters: Clusters) -> None:
    scheduler, workers = clusters["scheduler-limit"], clusters["workers-limit"]
    ended = farm.server.until(scheduler, lambda seen: seen["closed"] is not None, seconds=240)
    assert (ended["state"], reason_of(ended)) == ("closed", "The cluster reached its scheduler's time limit.")
    farm.none_left(scheduler)
    seen = farm.server.until(workers, lambda seen: seen["workers"]["failed"] == 2, seconds=240)
    assert seen["state"] == "running"
    limit = problem(seen, "failed")
    assert limit["message"]["text"] == "2 failed on n0: time limit reached"
    assert limit["advice"]["text"] == "They reached their time limit. Ask for more worker time."
    farm.end(workers)


def test_nothing_of_all_these_is_left(farm: Farm, clusters: Clusters) -> None:
    for id in clusters.values():
        assert farm.server.cluster(id)["closed"]
        assert queue(farm.slurm, id) == []


def log(cluster: dict) -> list[str]:
    """Last lines shown with its worst problem."""
    return cluster["problems"][0]["log"] if cluster["problems"] else []
