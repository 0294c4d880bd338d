"""A batch system that a site adds: a package of its own with an entry point, and nothing changed here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from support.server import Server, reason_of

from jupyterlab_dask_hpc.batch.registry import GROUP

MODULE = '''"""The site's own: processes of this computer, with a queue."""

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.base import (BatchOptions, Line)
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
'''


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """Where the site's package is installed."""
    place = tmp_path / "site-packages"
    installed = place / "site_farm-1.0.dist-info"
    installed.mkdir(parents=True)
    (place / "site_farm.py").write_text(MODULE)
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: site-farm\nVersion: 1.0\n")
    (installed / "entry_points.txt").write_text(f"[{GROUP}]\nfarm = site_farm:Farm\nbroken = site_farm:NoSuchClass\n")
    return place


@pytest.fixture
def server(tmp_path: Path, site: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    profile = json.loads((Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json").read_text())
    profile = {**profile, "name": "farm", "title": "Farm", "batch": "farm"}
    profile["workers"]["queue"] = "short"
    profile["scheduler"]["queue"] = getattr(request, "param", "short")
    path = tmp_path / "farm.json"
    path.write_text(json.dumps(profile))
    started = Server(tmp_path / "root", tmp_path / "home", [path], {"PYTHONPATH": str(site)})
    try:
        yield started.start()
    finally:
        started.stop()


def test_a_cluster_runs_on_it(server: Server) -> None:
    [profile] = server.call("GET", "profiles")["profiles"]
    assert (profile["batch"], profile["batch_title"]) == ("farm", "the farm")
    assert [option["text"] for option in profile["options"]["workers"]] == ["queue short"]
    assert profile["options"]["scheduler"] == []
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
    assert (kind["count"], kind["jobs"]) == (3, [*outputs.values()])


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
