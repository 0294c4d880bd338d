"""A batch system that a site adds: a package of its own with an entry point, and nothing changed here."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from support.server import Server, reason_of

from jupyterlab_dask_hpc.batch.registry import GROUP

MODULE = '''"""The site's own: processes of this computer, with a queue."""

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.base import BatchOptions, BatchRefused, Capabilities, Line
from jupyterlab_dask_hpc.batch.jobs import Snapshot
from jupyterlab_dask_hpc.batch.local.client import Local


class FarmOptions(BatchOptions):
    queue: Line = ""

    def summary(self):
        return [Message("text", text=f"queue {self.queue}")] if self.queue else []


class Farm(Local):
    name = "farm"
    title = "the farm"
    options = FarmOptions

    def header(self, options):
        prolog = {
            "closed": 'echo "ERROR: farm: the queue is closed" >&2; exit 7',
            "late": f"mkdir {options.log.replace('{id}', '$JUPYTERLAB_DASK_HPC_JOB_ID')}",
        }
        return [
            *super().header(options),
            f"#FARM --queue={options.native.queue}",
            'echo "ERROR: farm: no scratch folder on this node" >&2',
            prolog.get(options.native.queue, ""),
        ]


class Single(Farm):
    """It has no arrays, and forgets a job when it ends."""

    name = "single"
    title = "the single farm"
    capabilities = Capabilities(
        arrays=False, starts_at_once=True, nodes_are_here=True, lookup_after_end=False, jobs_may_cancel=False
    )

    async def submit(self, options, script, workspace, environment):
        if options.tasks is not None:
            raise BatchRefused("there are no arrays")
        return await super().submit(options, script, workspace, environment)

    async def snapshot(self, known):
        shown = await super().snapshot(known)
        return Snapshot(shown.at, tuple(job for job in shown.jobs if job.state.live))

    async def find(self, jobs):
        raise BatchRefused("nothing can be looked up")

    async def largest_array(self):
        raise BatchRefused("there are no arrays")
'''


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where the site's package is installed."""
    place = tmp_path / "site-packages"
    installed = place / "site_farm-1.0.dist-info"
    installed.mkdir(parents=True)
    (place / "site_farm.py").write_text(MODULE)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: site-farm\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(
        f"[{GROUP}]\nfarm = site_farm:Farm\nsingle = site_farm:Single\nbroken = site_farm:NoSuchClass\n"
    )
    return place


@pytest.fixture
def server(tmp_path: Path, site: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    path = Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json"
    profiles = []
    for name in ("farm", "single"):
        profile = {**json.loads(path.read_text()), "name": name, "title": name.title(), "batch": name}
        profile["workers"]["queue"] = "short"
        profile["scheduler"]["queue"] = getattr(request, "param", "short")
        profiles.append(tmp_path / f"{name}.json")
        profiles[-1].write_text(json.dumps(profile))
    started = Server(tmp_path / "root", tmp_path / "home", profiles, {"PYTHONPATH": str(site)})
    with started:
        yield started


def test_a_cluster_runs_on_it(server: Server) -> None:
    profile, _ = server.call("GET", "profiles")["profiles"]
    assert (profile["batch"], profile["batch_title"]) == ("farm", "the farm")
    assert [option["text"] for option in profile["options"]["workers"]] == ["queue short"]
    assert [option["text"] for option in profile["options"]["scheduler"]] == ["queue short"]
    assert profile["starts_at_once"]
    scripts = server.call("POST", "clusters/preview", {"profile": "farm"})["scripts"]
    assert all("#FARM --queue=short" in script["text"] for script in scripts)
    id = server.launch(name="own", profile="farm", workers={"jobs": 2})["id"]
    seen = server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    assert seen["batch"] == "farm"
    server.call("DELETE", f"clusters/{id}")
    assert server.until(id, lambda seen: bool(seen["closed"]))["state"] == "closed"


def test_what_it_writes_itself_is_shown_beside_the_logs(server: Server) -> None:
    """It cannot write ids into names of files, so the scripts open the logs."""
    id = server.launch(name="own", profile="farm", workers={"jobs": 2})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    jobs = {job["log"]: job["id"] for job in server.call("GET", f"clusters/{id}/jobs")["jobs"]}
    logs = {log["file"]: log for log in server.call("GET", f"clusters/{id}/logs")["logs"]}
    array = next(iter(job for log, job in jobs.items() if ".worker." in log)).rpartition("_")[0]
    outputs = {f"own.scheduler.{id}.out": next(iter(jobs.values())), f"own.worker.{id}.out": array}
    assert logs.keys() == {*jobs, *outputs}
    assert {file: logs[file]["job"] for file in outputs} == outputs
    assert {logs[file]["state"] for file in outputs} == {"running"}
    text = server.ask("GET", f"clusters/{id}/logs/own.worker.{id}.out").body.decode()
    assert text == "ERROR: farm: no scratch folder on this node\n" * 2
    assert "distributed.worker" in server.ask("GET", f"clusters/{id}/logs/own.worker.{array}_0.log").body.decode()
    [kind] = server.call("GET", f"clusters/{id}/problems")["kinds"]
    assert (kind["count"], kind["jobs"]) == (3, []), "what it writes itself is of no worker"


@pytest.mark.parametrize("server", ["closed"], indirect=True)
def test_a_job_that_ends_before_its_log_is_explained_by_what_was_written(server: Server) -> None:
    id = server.launch(name="own", profile="farm", workers={"jobs": 2})["id"]
    seen = server.until(id, lambda seen: bool(seen["closed"]))
    assert seen["state"] == "failed"
    assert "ERROR: farm: the queue is closed" in reason_of(seen)
    [log] = server.call("GET", f"clusters/{id}/logs")["logs"]
    assert (log["file"], log["state"]) == (f"own.scheduler.{id}.out", "failed")


@pytest.mark.parametrize("server", ["late"], indirect=True)
def test_a_log_that_the_script_cannot_open_is_shown(server: Server) -> None:
    id = server.launch(name="own", profile="farm", workers={"jobs": 2})["id"]
    seen = server.until(id, lambda seen: bool(seen["closed"]))
    assert seen["state"] == "failed"
    assert "the node cannot write its log" in reason_of(seen)
    assert "Is a directory" in reason_of(seen)


def jobs_of(server: Server, id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    return found


def test_without_arrays_and_without_a_memory_a_cluster_runs_grows_and_ends(server: Server, tmp_path: Path) -> None:
    id = server.launch(name="own", profile="single", workers={"jobs": 2})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    _, *workers = jobs_of(server, id)
    assert [job["index"] for job in workers] == [0, 1]
    assert {job["log"] for job in workers} == {f"own.worker.{job['id']}.log" for job in workers}
    logs = {log["file"]: log["job"] for log in server.call("GET", f"clusters/{id}/logs")["logs"]}
    assert logs[f"own.worker.{id}.out"] == "workers"
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 3}})
    server.until(id, lambda seen: seen["workers"]["connected"] == 3)

    folder = server.state / "single"
    ended = json.loads((folder / workers[0]["id"] / "state.json").read_text())["tasks"][0]["pid"]
    os.kill(ended, signal.SIGKILL)
    seen = server.until(id, lambda seen: seen["workers"]["ended"] == 1)
    assert seen["workers"]["connected"] == 2
    [problem] = [problem for problem in seen["problems"] if problem["kind"] == "failed"]
    assert problem["jobs"] == [workers[0]["id"]]
    assert {job["id"]: job["outcome"] for job in jobs_of(server, id)}[workers[0]["id"]] == "unknown"

    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
    server.call("DELETE", f"clusters/{id}")
    seen = server.until(id, lambda seen: bool(seen["closed"]))
    assert seen["state"] == "closed"
    assert {job["state"] for job in jobs_of(server, id)} <= {"ended", "failed"}
