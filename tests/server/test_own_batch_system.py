"""A batch system that a site adds: a package of its own with an entry point, and nothing changed here."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from support.server import Server

from jupyterlab_dask_hpc.batch.registry import GROUP

MODULE = '''"""The site's own: processes of this computer, with a queue."""

from jupyterlab_dask_hpc.batch.base import (BatchOptions, Line)
from jupyterlab_dask_hpc.batch.local.client import Local


class FarmOptions(BatchOptions):
    queue: Line = ""

    def summary(self):
        return [f"queue {self.queue}"] if self.queue else []


class Farm(Local):
    name = "farm"
    title = "the farm"
    options = FarmOptions

    def header(self, options):
        return [*super().header(options), f"#FARM --queue={options.native.queue}"]
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
def server(tmp_path: Path, site: Path) -> Iterator[Server]:
    profile = json.loads((Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json").read_text())
    profile = {**profile, "name": "farm", "title": "Farm", "batch": "farm"}
    profile["workers"]["queue"] = "short"
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
    assert profile["summary"] == "The farm, queue short"
    assert profile["starts_at_once"]
    scripts = server.call("POST", "clusters/preview", {"profile": "farm"})["scripts"]
    assert {script["role"]: "#FARM --queue=short" in script["text"] for script in scripts} == {
        "scheduler": False,
        "worker": True,
    }
    id = server.launch(name="own", profile="farm", workers={"jobs": 2})["id"]
    seen = server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    assert seen["batch"] == "farm"
    server.call("DELETE", f"clusters/{id}")
    assert server.until(id, lambda seen: bool(seen["closed"]))["state"] == "closed"
