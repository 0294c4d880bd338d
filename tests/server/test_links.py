"""A home below a link, with a scratch disk linked into it: jobs run and log there by the path that the user sees."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Server, write_profiles

from dask_hpc import DaskCluster
from testbed.slurm import SlurmTestbed


@pytest.fixture(scope="module")
def place() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="links-"))
    for path in ("fast disk 100%/home/ada é", "scratch/ada/runs"):
        (folder / path).mkdir(parents=True)
    (folder / "pbs").symlink_to(folder / "fast disk 100%")
    (folder / "pbs" / "home" / "ada é" / "scratch").symlink_to(folder / "scratch" / "ada")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def linked(slurm: SlurmTestbed, place: Path) -> Iterator[Server]:
    """A server whose root is below a link; the nodes share that link and the scratch disk."""
    folder = place / "server"
    folder.mkdir()
    own = {"both": {"shared_paths": [str(place / "pbs"), str(place / "scratch")]}}
    server = Server(
        folder, place / "pbs" / "home" / "ada é", write_profiles(place / "pbs", folder, **own), slurm.environment
    )
    try:
        yield server.start()
    finally:
        server.stop()


def work_folder(slurm: SlurmTestbed, job: str) -> str:
    """Where Slurm runs a job."""
    found = re.search(r"WorkDir=(.*)", slurm.run("scontrol", "show", "job", job))
    assert found
    return found[1]


@pytest.mark.parametrize(("workspace", "profile"), [("", "cc-in2p3"), ("scratch/runs", "both")])
def test_jobs_run_and_log_where_the_user_sees_it(
    linked: Server, slurm: SlurmTestbed, workspace: str, profile: str
) -> None:
    folder = linked.root / workspace
    id = linked.launch(name="linked", profile=profile, workspace=workspace)["id"]
    linked.until(id, lambda seen: seen["workers"]["connected"] == 1)
    for job in linked.call("GET", f"clusters/{id}/jobs")["jobs"]:
        assert work_folder(slurm, job["id"]) == str(folder)
        assert (folder / "log" / job["log"]).is_file()
        assert linked.ask("GET", f"clusters/{id}/logs/{job['log']}").status == 200
    assert linked.cluster(id)["log_folder"] == str(Path(workspace) / "log")
    linked.end(id)


def test_a_notebook_on_the_scratch_disk_logs_there(linked: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its kernel knows its folder by the path without links alone."""
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(linked.credentials_file))
    monkeypatch.chdir(linked.root / "scratch" / "runs")
    with DaskCluster("mine", profile="both", workers=1, worker_memory="1G", quiet=True) as cluster:
        assert linked.cluster(cluster.id)["log_folder"] == "scratch/runs/log"
