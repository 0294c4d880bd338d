"""A worker of several that share a job is killed: its nanny starts it again, and the user sees which one and why."""

from __future__ import annotations

import json
import os
import signal
from importlib.resources import files
from pathlib import Path

import pytest
from support.dask import connect
from support.server import Server


@pytest.mark.parametrize("layout", ["separate", "one-job"])
def test_a_killed_worker_is_shown_with_its_job(tmp_path: Path, layout: str) -> None:
    profile = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "local.json").read_text("utf-8"))
    (tmp_path / "local.json").write_text(json.dumps({**profile, "layout": layout}))
    started = Server(tmp_path, tmp_path / "home", [tmp_path / "local.json"], dict(os.environ))
    started.options = ["--DaskHpc.poll_interval_factor=0.25"]
    with started as server:
        asked = {"cpus": 4, "memory": "2G", "processes": 3, "threads": 1}
        asked |= {"jobs": 1} if layout == "separate" else {"nodes": 1}
        shown = server.call("POST", "clusters", {"name": "shared", "profile": "local", "workers": asked})
        # In one job, the scheduler takes the memory of some of them.
        id, count = shown["id"], shown["workers"]["requested"]
        assert count == 3 if layout == "separate" else count > 1
        server.until(id, lambda seen: seen["workers"]["connected"] == count)
        with connect(server.call("GET", f"clusters/{id}/connection")) as client:
            workers = client.scheduler_info(n_workers=-1)["workers"]
            pids = {str(workers[address]["name"]): pid for address, pid in client.run(os.getpid).items()}
            name = sorted(pids)[1]
            os.kill(pids[name], signal.SIGKILL)
            [problem] = server.until(id, lambda seen: bool(seen["problems"]))["problems"]
            text = problem["message"]["text"]
            assert text.startswith(f"Worker {name} of job ") and text.endswith(" was restarted: killed by SIGKILL")
            assert (problem["kind"], problem["reason"], problem["count"]) == ("stuck", "restarted", 1)
            assert "The nanny has started it again; the job goes on." in problem["advice"]["text"]
            seen = server.until(id, lambda seen: seen["workers"]["connected"] == count)
            assert seen["state"] == "running"
            assert client.submit(sum, [20, 22]).result(timeout=60) == 42
        server.end(id)
