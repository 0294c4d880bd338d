"""A notebook server inside of what is not the nodes': a Slurm job of its own, a container with folders of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.dask import connect
from support.server import Json, Server, queue, write_profiles

from testbed.slurm import SlurmTestbed

OWN = "/of-the-server"
"""Where everything is that belongs to the server's own job or container."""
CONTAINER = """
new="$(mktemp -d)"
mount -t tmpfs none "$new"
for path; do
    shift
    [ "$path" != -- ] || break
    mkdir -p "$new/${path#/tmp/}" && mount --bind "$path" "$new/${path#/tmp/}" || exit
done
mount --rbind "$new" /tmp
mount -t tmpfs none /run
mkdir -p /tmp/own /run/user
exec "$@"
"""
"""Runs a command in a root whose /tmp has the folders before ``--``, and what the command makes."""


def inside_a_job(slurm: SlurmTestbed, shared: Path) -> list[str]:
    return ["srun", "--ntasks=1", "--cpus-per-task=2", "--mem=1G", "--job-name=server", "--mpi=none", "--quiet"]


def inside_a_container(slurm: SlurmTestbed, shared: Path) -> list[str]:
    return ["unshare", "--mount", "sh", "-c", CONTAINER, "sh", str(slurm.folder), str(shared), "--"]


@pytest.fixture(scope="module", params=[inside_a_job, inside_a_container])
def server(slurm: SlurmTestbed, shared: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    inside = request.param
    if inside is inside_a_container and subprocess.run(["unshare", "--mount", "true"], check=False).returncode:
        pytest.skip("NOT TESTED in a container: this user may not make one")
    folder = shared / inside.__name__
    folder.mkdir()
    variants: Json = {
        "own-path": {"environment": {"drop": ["PATH"]}},
        "local": {"batch": "local", "setup": []},
    }
    server = Server(folder, folder / "home", write_profiles(shared, folder, **variants), slurm.environment)
    own = {
        "TMPDIR": "/tmp/own" if inside is inside_a_container else str(folder / "tmp"),
        "XDG_RUNTIME_DIR": f"{OWN}/run",
        "APPTAINER_BIND": f"{OWN}/bind",
        "LD_LIBRARY_PATH": f"{OWN}/lib",
        "CONDA_PREFIX": f"{OWN}/conda",
        "SLURM_SUBMIT_DIR": OWN,
        "SBATCH_PARTITION": "of-the-server",
        "PATH": f"{OWN}/bin:{os.environ['PATH']}",
    }
    server.inside = [*inside(slurm, shared), "env", *(f"{name}={value}" for name, value in own.items())]
    with server:
        yield server
    shutil.rmtree(folder, ignore_errors=True)


@pytest.mark.parametrize(("profile", "path"), [("cc-in2p3", True), ("own-path", False)])
def test_nothing_of_it_reaches_the_workers(server: Server, slurm: SlurmTestbed, profile: str, path: bool) -> None:
    id = server.launch(profile=profile)["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        [worker] = client.run(lambda: dict(os.environ)).values()
        scheduler = client.run_on_scheduler(lambda: dict(os.environ))
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42
    jobs = [job for job, _ in queue(slurm, id)]
    for variables in (worker, scheduler):
        found = {name for name, value in variables.items() if "of-the-server" in value or "/tmp/own" in value}
        assert found == ({"PATH"} if path else set())
        assert variables["SLURM_JOB_NAME"] != "server" and variables["SLURM_CPUS_PER_TASK"] == "1"
        assert any(variables["SLURM_JOB_ID"] in job or variables.get("SLURM_ARRAY_JOB_ID", "-") in job for job in jobs)
    server.end(id)
    assert queue(slurm, id) == []


def test_local_processes_have_its_folders(server: Server) -> None:
    id = server.launch(profile="local")["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    [job] = [job for job in server.call("GET", f"clusters/{id}/jobs")["jobs"] if job["role"] == "worker"]
    assert "Traceback" not in (server.root / "log" / job["log"]).read_text()
    server.end(id)
