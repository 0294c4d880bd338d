"""Trouble in one job of several nodes, on the four nodes of a real Slurm: what is lost is shown, and the rest works."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.dask import connect
from support.polling import until
from support.server import Json, Server, has_ended, queue, reason_of, write_profiles

from testbed.daemons import TestbedError
from testbed.slurm import SlurmTestbed

SHAPE: Json = {
    "layout": "one-job",
    "workers__nodes": {"default": 3, "maximum": 4},
    "workers__cpus": {"default": 2, "maximum": 64},
    "workers__memory": {"default": "1G", "maximum": "16G"},
    "workers__processes": {"default": 1, "maximum": 8},
    "workers__time": {"default": "00:20:00", "maximum": "08:00:00"},
    "scheduler__memory": {"default": "256M", "maximum": "1G"},
}
MPIEXEC = """#!/bin/sh
# What mpiexec of MPICH does under Slurm: it starts the command once on each node by srun, numbers the processes, and
# passes its own variables on, among them the name of its node.
[ "$1 $2 $3" = "-disable-auto-cleanup -ppn 1" ] || exit 2
shift 3
export FIRST="$SLURMD_NODENAME"
exec srun --ntasks="$SLURM_NNODES" --ntasks-per-node=1 --mpi=none --no-kill --kill-on-bad-exit=0 --wait=0 \\
    sh -c 'export PMI_RANK="$SLURM_PROCID" SLURMD_NODENAME="$FIRST"; exec "$@"' sh "$@"
"""
PBSDSH = """#!/bin/sh
# What pbsdsh does: it starts the command once on each node, with its number, but without the job's variables.
exec srun --ntasks="$SLURM_NNODES" --ntasks-per-node=1 --mpi=none --no-kill --kill-on-bad-exit=0 --wait=0 \\
    sh -c 'exec env -i HOME="$HOME" PATH="$PATH" PBS_NODENUM="$SLURM_PROCID" "$@"' sh "$@"
"""

WORKERS_OF_THREE = ("0-0", "1-0", "1-1", "2-0", "2-1")
"""Nodes and processes of two workers a node, where one CPU of the first node is the scheduler's."""


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, shared: Path) -> Iterator[Server]:
    """A notebook server that does not wait long for what does not come."""
    folder = shared / "allocation"
    folder.mkdir()
    for name, text in (("mpiexec", MPIEXEC), ("pbsdsh", PBSDSH)):
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    step = ["srun", "--nodes=1", "--ntasks=1", "--mpi=none"]
    variants: dict[str, Json] = {
        "three": SHAPE,
        "one-comes": {**SHAPE, "launcher": step},
        "mpiexec": {**SHAPE, "launcher": [str(folder / "mpiexec"), "-disable-auto-cleanup", "-ppn", "1"]},
        "pbsdsh": {**SHAPE, "launcher": [str(folder / "pbsdsh")]},
        "bound": {**SHAPE, "workers__threads_per_core": 1, "workers__cpu_bind": "map_cpu:0"},
        # The nodes of the testbed have one thread a core.
        "two-threads": {**SHAPE, "workers__threads_per_core": 2},
    }
    started = Server(folder, shared / "home-allocation", write_profiles(shared, folder, **variants), slurm.environment)
    started.options = ["--DaskHpc.poll_interval_factor=0.25", "--DaskHpc.stuck_after=10"]
    started.job_limits["worker_left"] = 3
    with started:
        yield started


def launch(server: Server, folder: Path, profile: str, **workers: Any) -> str:
    body = {"profile": profile, "name": "wide", "workspace": folder.name, "workers": workers}
    return str(server.call("POST", "clusters", body)["id"])


def connected(server: Server, id: str, count: int) -> Json:
    return server.until(id, lambda seen: seen["workers"]["connected"] == count)


def computes(server: Server, id: str) -> None:
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        assert client.submit(sum, [20, 22], pure=False).result(timeout=60) == 42


def three_nodes(server: Server, folder: Path, slurm: SlurmTestbed) -> tuple[str, str]:
    """A cluster whose workers on three nodes are connected, and its job."""
    id = launch(server, folder, "three")
    connected(server, id, 3)
    [(job, _)] = queue(slurm, id)
    return id, job


def processes_on(slurm: SlurmTestbed, job: str, node: str) -> list[psutil.Process]:
    """Processes of the launcher's step on a node."""
    found = []
    for process in slurm.processes(job):
        try:
            variables = process.environ()
        except psutil.Error:
            continue
        if variables.get("SLURMD_NODENAME") == node and variables.get("SLURM_STEP_ID"):
            found.append(process)
    return found


def come_back(slurm: SlurmTestbed, node: str) -> None:
    """Let Slurm use a node again; it may have begun to by itself."""
    with contextlib.suppress(TestbedError):
        slurm.run("scontrol", "update", f"nodename={node}", "state=resume")
    until(lambda: "down" not in slurm.run("sinfo", "-h", "-n", node, "-o", "%t"), f"{node} is back")


def problem(server: Server, id: str, text: str) -> Json:
    """The problem with this text, once it is shown."""
    seen = server.until(id, lambda seen: any(text in one["message"]["text"] for one in seen["problems"]))
    found: Json = next(one for one in seen["problems"] if text in one["message"]["text"])
    return found


def test_a_node_whose_processes_are_killed_is_shown_and_the_rest_goes_on(
    server: Server, folder: Path, slurm: SlurmTestbed
) -> None:
    id, job = three_nodes(server, folder, slurm)
    lost = processes_on(slurm, job, "n1")
    assert lost
    for process in lost:
        process.send_signal(signal.SIGKILL)
    shown = problem(server, id, "on n1 has ended; its job goes on with the others")
    assert f"w{job}_1" in shown["message"]["text"] and shown["jobs"] == [job]
    assert shown["advice"]["text"].startswith("Nothing starts them again in this job.")
    seen = connected(server, id, 2)
    assert (seen["state"], seen["workers"]["ended"], queue(slurm, id)) == ("running", 1, [(job, "RUNNING")])
    computes(server, id)
    server.end(id)
    until(lambda: not slurm.processes(job), "its processes end")
    # The nodes of a cluster that has ended are still known after a restart.
    server.stop()
    server.start()
    [shown] = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    assert [worker["node"] for worker in shown["workers"]] == ["n0", "n1", "n2"]


def test_a_node_that_slurm_takes_away_is_shown_and_the_rest_goes_on(
    server: Server, folder: Path, slurm: SlurmTestbed
) -> None:
    id, job = three_nodes(server, folder, slurm)
    try:
        slurm.run("scontrol", "update", "nodename=n2", "state=down", "reason=test")
        shown = problem(server, id, "on n2")
        assert shown["kind"] in ("failed", "stuck")
        seen = connected(server, id, 2)
        assert (seen["state"], queue(slurm, id)) == ("running", [(job, "RUNNING")])
        computes(server, id)
        assert "on n2" in str(server.cluster(id)["problems"])
    finally:
        come_back(slurm, "n2")
    server.end(id)
    until(lambda: not slurm.processes(job), "its processes end")


def test_the_end_of_the_first_node_is_the_end_of_the_cluster(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id, job = three_nodes(server, folder, slurm)
    try:
        slurm.run("scontrol", "update", "nodename=n0", "state=down", "reason=test")
        ended = server.until(id, has_ended)
    finally:
        come_back(slurm, "n0")
    assert ended["state"] == "failed"
    assert reason_of(ended).endswith("Its log ends with: srun: error: Node failure on n0")
    assert queue(slurm, id) == []
    until(lambda: not slurm.processes(job), "its processes end")


def test_nodes_that_do_not_come_are_shown(server: Server, folder: Path) -> None:
    """Its launcher starts the workers of the first node alone."""
    id = launch(server, folder, "one-comes")
    connected(server, id, 1)
    shown = problem(server, id, "1 on node 2 of the job have not started for over 10 s")
    assert (shown["kind"], shown["count"], shown["node"]) == ("stuck", 1, "")
    assert "its launcher has started nothing on this node" in shown["advice"]["text"]
    assert problem(server, id, "1 on node 3 of the job")
    computes(server, id)


@pytest.mark.parametrize("profile", ["mpiexec", "pbsdsh"])
def test_another_launcher_starts_the_workers_of_all_nodes(
    server: Server, folder: Path, slurm: SlurmTestbed, profile: str
) -> None:
    id = launch(server, folder, profile, processes=2)
    connected(server, id, 5)
    [shown] = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    # The nodes of the testbed are this machine, and know their names in Slurm from its variables alone.
    assert [worker["node"] for worker in shown["workers"]] == [socket.gethostname()] * 5
    assert [worker["name"] for worker in shown["workers"]] == [f"w{shown['id']}_{of}" for of in WORKERS_OF_THREE]
    computes(server, id)
    [(job, _)] = queue(slurm, id)
    server.end(id)
    until(lambda: not slurm.processes(job), "its processes end")


def test_threads_per_core_and_binding_reach_slurm(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id = launch(server, folder, "bound", nodes=2)
    connected(server, id, 2)
    [(job, _)] = queue(slurm, id)
    assert slurm.run("squeue", "-h", "-j", job, "-o", "%z").strip() == "*:*:1"  # sockets, cores, threads
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        asked = client.run(lambda: (os.environ.get("SLURM_CPU_BIND"), os.environ.get("SLURM_THREADS_PER_CORE")))
    assert set(asked.values()) == {("quiet,map_cpu:0", "1")}
    profiles = {one["name"]: one for one in server.call("GET", "profiles")["profiles"]}
    texts = [option["text"] for option in profiles["bound"]["options"]["workers"]]
    assert texts[-2:] == ["1 thread per core", "CPU binding map_cpu:0"]
    answer = server.ask("POST", "clusters", {"profile": "two-threads", "workspace": folder.name})
    assert answer.status == 502 and "Requested node configuration is not available" in answer.json["message"]


@pytest.mark.parametrize(
    ("workers", "field", "message"),
    [
        ({"nodes": 5}, "workers.nodes", "A whole number from 1 to 4."),
        ({"nodes": 0}, "workers.nodes", "A whole number from 1 to 4."),
        ({"processes": 0}, "workers.processes", "A whole number from 1 to 8."),
        ({"processes": 9}, "workers.processes", "A whole number from 1 to 8."),
        ({"processes": 3}, "workers.processes", "At most 2, since each worker needs a CPU."),
        ({"processes": 2, "cpus": 3}, "workers.processes", "This does not divide the number of CPUs (3)."),
        ({"processes": 2, "threads": 2}, "workers.threads", "At most 1: the workers of a job cannot have more threads"),
        (
            {"processes": 8, "cpus": 8, "memory": "1G"},
            "workers.memory",
            "At least 2G for this number of workers per job.",
        ),
        ({"nodes": 1, "cpus": 1}, "workers.cpus", "The scheduler runs on the same node"),
        ({"nodes": 1, "memory": "300M"}, "workers.memory", "The scheduler runs on the same node"),
    ],
)
def test_a_shape_that_cannot_be_is_refused_at_its_field(
    server: Server, folder: Path, workers: Json, field: str, message: str
) -> None:
    answer = server.ask("POST", "clusters", {"profile": "three", "workspace": folder.name, "workers": workers})
    assert (answer.status, answer.json["field"]) == (400, field)
    assert answer.json["message"].startswith(message)
