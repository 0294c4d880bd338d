"""What users rely on, for each shape of a cluster. The tests of a shape look at one cluster, in this order."""

from __future__ import annotations

import os
import signal
from contextlib import suppress

import psutil
import pytest
from support.polling import until
from support.server import Server, has_ended, queue, reason_of

from dask_hpc import DaskCluster
from testbed.slurm import SlurmTestbed

from .conftest import Live, launch
from .table import SHAPES

PAGE = {"Sec-Fetch-Dest": "document", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Site": "same-origin"}


def test_launch(live: Live) -> None:
    count = len(live.shape.names)
    shown = live.shown
    assert (shown["state"], shown["problems"]) == ("running", [])
    assert shown["workers"] == {
        "requested": count, "pending": 0, "running": count, "connected": count, "ended": 0, "failed": 0
    }  # fmt: skip
    assert len(live.jobs) == live.shape.jobs
    submissions = {job["id"].partition("_")[0] for job in live.jobs}
    names = set(live.pids())
    assert {name[name.index("_") :] for name in names} == set(live.shape.names)
    assert {name[1 : name.index("_")] for name in names} <= submissions
    live.computes()


def test_status(live: Live) -> None:
    workers = live.workers
    assert {worker["name"] for worker in workers} == set(live.pids())
    assert all(worker["name"].startswith(f"w{worker['job']}") for worker in workers)
    assert {worker["state"] for worker in workers} == {"running"} == {job["state"] for job in live.jobs}
    assert sorted(worker["index"] for worker in workers) == list(range(len(workers)))
    assert all(worker["node"] for worker in workers)
    nodes = live.shown["request"]["workers"]["nodes"]
    assert len({worker["node"] for worker in workers}) >= nodes
    scripts = live.server.call("GET", f"clusters/{live.id}/scripts")["scripts"]
    assert [script["role"] for script in scripts] == ["scheduler", "worker"]


def test_logs(live: Live) -> None:
    logs = {log["file"]: log for log in live.server.call("GET", f"clusters/{live.id}/logs")["logs"]}
    written = {path.name for path in (live.folder / "log").iterdir() if path.stat().st_size}
    assert set(logs) == written
    assert {worker["log"] for worker in live.workers} <= set(logs)
    for worker in live.workers:
        body = live.server.ask("GET", f"clusters/{live.id}/logs/{worker['log']}").body
        assert b"Registered to" in body
        assert live.per_job == 1 or f"[{worker['name']}]".encode() in body
    [scheduler] = [log["file"] for log in logs.values() if log["role"] == "scheduler"]
    body = live.server.ask("GET", f"clusters/{live.id}/logs/{scheduler}?offset=-20").body
    assert body == (live.folder / "log" / scheduler).read_bytes()[-20:]


def test_dashboard(live: Live) -> None:
    page = "/" + live.shown["dashboard"]
    until(lambda: live.server.ask("GET", page, login=False).status == 200, "the dashboard is loaded")
    other = page.replace(page.split("/dashboard/")[1].partition("/")[0], "another-key")
    assert live.server.ask("GET", other, login=False).status in (403, 404)


def test_notebook(live: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(live.server.credentials_file))
    monkeypatch.chdir(live.folder)
    with DaskCluster.from_name(live.shown["name"], quiet=True) as cluster, cluster.get_client() as client:
        assert cluster.observed == cluster.workers == set(live.pids())
        assert client.submit(sum, [20, 22], pure=False).result(timeout=60) == 42


def test_scaling_by_whole_jobs(live: Live) -> None:
    count, before = len(live.shape.names), live.pids()
    if live.is_fixed:
        for other in (count + 1, count - 1):
            answer = live.server.ask("PATCH", f"clusters/{live.id}", {"workers": {"count": other}})
            assert (answer.status, answer.json["field"]) == (400, "workers.count")
            assert answer.json["message"] == f"The workers run in one job, so that their number stays {count}."
        assert live.pids() == before
        return
    with live.client() as client:
        # Something on every worker.
        held = [
            client.submit(lambda one: [one] * 1000, one, workers=[address], allow_other_workers=True, pure=False)
            for one, address in enumerate(client.scheduler_info(n_workers=-1)["workers"])
        ]
        client.gather(held)
        live.server.call("PATCH", f"clusters/{live.id}", {"workers": {"count": 1}})
        left = live.per_job
        assert live.connected(left)["workers"] == {
            "requested": left, "pending": 0, "running": left, "connected": left, "ended": 0, "failed": 0
        }  # fmt: skip
        assert client.gather(held) == [[one] * 1000 for one in range(count)], "no data is lost"
    assert live.slurm is None or until(lambda: len(queue(live.slurm, live.id)) == 2, "the end of the other job")
    stayed = live.pids()
    # Exactly the workers of one job, in the same processes.
    assert stayed.items() <= before.items() and len({name.partition("-")[0] for name in stayed}) == 1
    asked = live.submissions()
    scaled = live.server.call("PATCH", f"clusters/{live.id}", {"workers": {"count": live.per_job + 1}})
    assert scaled["workers"]["requested"] == 2 * live.per_job
    assert live.connected(2 * live.per_job)["state"] == "running"
    assert live.submissions() == asked + (live.slurm is not None)
    assert stayed.items() <= live.pids().items()


def test_a_server_that_comes_back(live: Live) -> None:
    changing = ("as_of", "expected_start", "ends")
    before, jobs, pids, asked = live.shown, live.jobs, live.pids(), live.submissions()
    live.server.kill()
    live.server.start()
    live.connected(len(pids))
    after = live.shown
    assert {key: after[key] for key in after if key not in changing} == {
        key: before[key] for key in before if key not in changing
    }
    running = [job["id"] for job in jobs if job["state"] == "running"]
    assert [job["id"] for job in live.jobs if job["state"] == "running"] == running
    assert live.pids() == pids, "nothing was started a second time"
    assert live.submissions() == asked


def test_a_killed_worker_is_started_again(live: Live) -> None:
    before = live.pids()
    running = [job["id"] for job in live.jobs if job["state"] == "running"]
    name = max(before)
    os.kill(before[name], signal.SIGKILL)

    def is_back() -> bool:
        with suppress(OSError):  # a worker that goes while it is asked
            return live.pids().get(name, before[name]) != before[name]
        return False

    until(is_back, f"{name} is back")
    [problem] = live.server.until(live.id, lambda seen: bool(seen["problems"]))["problems"]
    text = problem["message"]["text"]
    assert text.startswith(f"Worker {name} of job ") and text.endswith(" was restarted: killed by SIGKILL")
    assert (problem["kind"], problem["reason"], problem["count"]) == ("stuck", "restarted", 1)
    assert "The nanny has started it again; the job goes on." in problem["advice"]["text"]
    assert live.connected(len(before))["state"] == "running"
    assert {one: pid for one, pid in live.pids().items() if one != name}.items() <= before.items()
    assert [job["id"] for job in live.jobs if job["state"] == "running"] == running
    live.computes()


def test_a_job_that_fails_is_shown_and_the_rest_works(live: Live) -> None:
    """The nanny, which is the parent of all workers of a job or of a node, is killed with them."""
    before = live.pids()
    nanny = psutil.Process(before[max(before)]).parent()
    assert nanny is not None
    gone = {name for name, pid in before.items() if psutil.Process(pid).parent() == nanny}
    if gone == set(before):
        pytest.skip("All workers have one nanny: with it, the cluster ends.")
    for process in (nanny, *nanny.children()):
        process.kill()
    left = len(before) - len(gone)
    seen = live.server.until(live.id, lambda seen: seen["workers"]["connected"] == left and seen["problems"])
    assert (seen["state"], seen["workers"]["failed"]) == ("running", len(gone))
    assert any(problem["kind"] == "failed" for problem in seen["problems"])
    assert {worker["name"] for worker in live.workers if worker["state"] == "failed"} == gone
    live.computes()


def test_a_scheduler_that_is_killed_ends_the_cluster(live: Live) -> None:
    live.pids()
    os.kill(live.scheduler_pid, signal.SIGKILL)
    ended = live.server.until(live.id, has_ended)
    assert ended["state"] == "failed" and reason_of(ended)
    live.leaves_nothing()
    assert not list((live.server.state / "clusters" / live.id).glob("*-key.pem"))
    assert live.server.call("GET", f"clusters/{live.id}/logs")["logs"], "the logs stay"


def test_log_out_leaves_nothing(server: Server, name: str, farm: SlurmTestbed | None) -> None:
    live = launch(server, name, f"{name}-left", farm, **({"jobs": 1} if "jobs" in SHAPES[name].workers else {}))
    server.until(live.id, lambda seen: seen["workers"]["connected"] == seen["workers"]["requested"])
    live.pids()
    assert server.ask("GET", "/logout", headers=PAGE).status < 400
    ended = server.until(live.id, has_ended)
    assert (ended["state"], reason_of(ended)) == ("closed", "You logged out.")
    assert ended["usage"]["used_memory"] > 20 << 20
    assert ended["usage"]["used_memory"] < ended["usage"]["requested_memory"]
    live.leaves_nothing()
