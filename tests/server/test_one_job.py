"""Scheduler and workers in one job of one or several nodes: usual recipes of centres, and what may go wrong."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from support.dask import connect
from support.polling import until
from support.server import Json, Server, has_ended, queue, reason_of, write_profiles

from testbed.slurm import SlurmTestbed

ALLIANCE = {
    "layout": "one-job",
    "workers__time": {"default": "00:20:00", "maximum": "08:00:00"},
    "scheduler__memory": {"default": "512M", "maximum": "1G"},
}
"""What both recipes of the Digital Research Alliance of Canada have in common."""
RECIPES: dict[str, Json] = {
    # A node with 6 CPUs: 6 processes of one thread, the scheduler among them.
    "one-node": {
        **ALLIANCE,
        "workers__cpus": {"default": 6, "maximum": 6},
        "workers__memory": {"default": "6G", "maximum": "18G"},
        "workers__processes": {"default": 6, "maximum": 6},
    },
    # Two nodes with two processes of three CPUs each; the first worker has a thread less, for the scheduler.
    "two-nodes": {
        **ALLIANCE,
        "workers__nodes": {"default": 2, "maximum": 2},
        "workers__cpus": {"default": 6, "maximum": 6},
        "workers__memory": {"default": "4G", "maximum": "16000M"},
        "workers__processes": {"default": 2, "maximum": 2},
    },
    # Perlmutter: 4 nodes with 16 workers of 4 threads each, started by srun. The tests ask for fewer workers a node.
    "four-nodes": {
        **ALLIANCE,
        "workers__nodes": {"default": 4, "maximum": 4},
        "workers__cpus": {"default": 64, "maximum": 64},
        "workers__memory": {"default": "448G", "maximum": "448G"},
        "workers__processes": {"default": 16, "maximum": 16},
        "workers__threads": {"default": 4, "maximum": 64},
        "grow": True,
    },
}


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, shared: Path) -> Iterator[Server]:
    """A notebook server that offers the recipes."""
    folder = shared / "one-job"
    folder.mkdir()
    bad = {
        # The number of the node is in SLURM_NODEID; the first one runs the script of the job itself.
        "third-fails": {**RECIPES["four-nodes"], "setup": ['[ "${SLURM_PROCID:-0}" != 2 ] || exit 3']},
        "first-fails": {**RECIPES["two-nodes"], "setup": ["exit 4"]},
        "no-launcher": {**RECIPES["two-nodes"], "launcher": ["no-such-launcher", "-n", "{nodes}"]},
        "starts-nothing": {**RECIPES["two-nodes"], "launcher": ["false"]},
        "counted": {**RECIPES["two-nodes"], "setup": ['echo "$HOSTNAME" >>"setup-$SLURM_JOB_ID"']},
    }
    profiles = write_profiles(shared, folder, **RECIPES, **bad)
    started = Server(folder, shared / "home-one-job", profiles, slurm.environment)
    with started:
        yield started


def launch(server: Server, folder: Path, profile: str, **request: Any) -> str:
    body = {"profile": profile, "name": "together", "workspace": folder.name, **request}
    return str(server.call("POST", "clusters", body)["id"])


def threads(client: Client) -> dict[str, int]:
    """Threads of the workers by name."""
    workers = client.scheduler_info(n_workers=-1)["workers"].values()
    return {str(one["name"]): one["nthreads"] for one in workers}


@pytest.mark.parametrize(
    ("recipe", "request_", "expected"),
    [
        ("one-node", {}, {0: [1, 1, 1, 1, 1]}),
        ("two-nodes", {}, {0: [3, 2], 1: [3, 3]}),
        ("four-nodes", {"workers": {"processes": 1}}, {0: [4], 1: [4], 2: [4], 3: [4]}),
    ],
)
def test_a_recipe_of_a_centre(
    server: Server, folder: Path, slurm: SlurmTestbed, recipe: str, request_: Json, expected: dict[int, list[int]]
) -> None:
    count = sum(map(len, expected.values()))
    id = launch(server, folder, recipe, **request_)
    seen = server.until(id, lambda seen: seen["workers"]["connected"] == count and seen["state"] == "running")
    assert (seen["state"], seen["workers"]["requested"]) == ("running", count)
    [(job, state)] = queue(slurm, id)
    assert state == "RUNNING"
    asked = slurm.run("scontrol", "show", "job", job)
    assert (
        f"NumNodes={len(expected)}" in asked
        and f"NumCPUs={server.cluster(id)['request']['workers']['cpus'] * len(expected)}" in asked
    )
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        found = threads(client)
        assert found == {
            f"w{job}_{node}{f'-{process}' if count > len(expected) else ''}": number
            for node, some in expected.items()
            for process, number in enumerate(some)
        }
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42
        on = client.run(lambda: os.environ["SLURMD_NODENAME"])
        assert len(set(on.values())) == len(expected)
    [shown] = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    assert [worker["state"] for worker in shown["workers"]] == ["running"] * count
    assert {worker["node"] for worker in shown["workers"]} == {f"n{node}" for node in expected}
    logs = {log["file"] for log in server.call("GET", f"clusters/{id}/logs")["logs"]}
    assert logs == {f"together.scheduler.{job}.log", *(f"together.worker.{job}_{node}.log" for node in expected)}
    server.end(id)
    assert queue(slurm, id) == []
    until(lambda: not slurm.processes(job), "its processes end")


def test_nothing_replaces_the_workers_and_their_own_number_is_no_change(server: Server, folder: Path) -> None:
    id = launch(server, folder, "one-node")
    server.until(id, lambda seen: seen["workers"]["connected"] == 5)
    answer = server.ask("PATCH", f"clusters/{id}", {"workers": {"replace": True}})
    text = "The workers end together with the scheduler, in whose job they run. Nothing replaces them."
    assert (answer.status, answer.json["message"]) == (400, text)
    assert server.call("PATCH", f"clusters/{id}", {"workers": {"count": 5}})["workers"]["requested"] == 5


def test_it_grows_by_jobs_of_the_shape_of_a_node(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id = launch(server, folder, "four-nodes", workers={"nodes": 1, "processes": 2, "threads": 1, "cpus": 4})
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 5}})
    seen = server.until(id, lambda seen: seen["workers"]["connected"] == 6)
    assert (seen["workers"]["requested"], seen["jobs"]["running"], len(queue(slurm, id))) == (6, 3, 3)
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        before = set(threads(client))
        held = client.map(lambda number: [number] * 1000, range(12), pure=False)
        client.gather(held)
        server.call("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
        server.until(id, lambda seen: seen["workers"]["connected"] == 2 and len(queue(slurm, id)) == 1)
        [(job, _)] = queue(slurm, id)
        assert {name for name in before if name.startswith(f"w{job}_")} == set(threads(client))
        assert client.gather(held) == [[number] * 1000 for number in range(12)], "no data is lost"
    answer = server.ask("PATCH", f"clusters/{id}", {"workers": {"count": 1}})
    assert (answer.status, answer.json["message"]) == (400, "At least 2: these workers share the job of the scheduler.")


def test_the_setup_lines_run_once_on_each_node(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id = launch(server, folder, "counted")
    server.until(id, lambda seen: seen["workers"]["connected"] == 4)
    [(job, _)] = queue(slurm, id)
    assert len((folder / f"setup-{job}").read_text().splitlines()) == 2


def test_a_node_that_fails_is_a_problem_and_the_rest_works(server: Server, folder: Path) -> None:
    id = launch(server, folder, "third-fails", workers={"processes": 1})
    seen = server.until(id, lambda seen: seen["workers"]["connected"] == 3 and seen["workers"]["failed"] == 1)
    assert seen["state"] in ("starting", "running")
    seen = server.until(id, lambda seen: seen["state"] == "running" and seen["problems"])
    [problem] = seen["problems"]
    assert (problem["kind"], problem["count"], problem["node"]) == ("failed", 1, "n2")
    assert any("Dask was not started" in line for line in problem["log"])
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42


@pytest.mark.parametrize(
    ("profile", "reason"),
    [
        ("first-fails", "the shell ended before Dask was started"),
        ("no-launcher", "no-such-launcher"),
        ("starts-nothing", "All workers have ended; the command that had started them returned 1."),
    ],
)
def test_a_job_in_which_no_worker_can_start_ends(
    server: Server, folder: Path, slurm: SlurmTestbed, profile: str, reason: str
) -> None:
    id = launch(server, folder, profile)
    ended = server.until(id, has_ended)
    assert ended["state"] == "failed" and reason in reason_of(ended), reason_of(ended)
    assert queue(slurm, id) == []


@pytest.mark.parametrize(
    ("request_", "field", "message"),
    [
        ({"workers": {"nodes": 3}}, "workers.nodes", "A whole number from 1 to 2."),
        (
            {"workers": {"jobs": 3}},
            "workers.jobs",
            "All workers run in one job here: choose the number of its nodes instead (workers.nodes).",
        ),
        ({"layout": "separate"}, "layout", "Choose one of one-job."),
        (
            {"workers": {"nodes": 1, "cpus": 1, "processes": 1}},
            "workers.cpus",
            "The scheduler runs on the same node and needs 1 CPU and 512M of it. This leaves nothing for a worker.",
        ),
        (
            {"workers": {"nodes": 1, "memory": "600M", "processes": 1}},
            "workers.memory",
            "The scheduler runs on the same node and needs 1 CPU and 512M of it. This leaves nothing for a worker.",
        ),
    ],
)
def test_what_cannot_be_had_is_refused_at_its_field(
    server: Server, folder: Path, request_: Json, field: str, message: str
) -> None:
    answer = server.ask("POST", "clusters", {"profile": "two-nodes", **request_})
    assert (answer.status, answer.json["field"], answer.json["message"]) == (400, field, message)


def test_local_processes_share_one_job(tmp_path: Path) -> None:
    local = {**RECIPES["one-node"], "batch": "local", "shared_paths": []}
    profiles = write_profiles(tmp_path, tmp_path, **{"local-one": local})[1:]
    with Server(tmp_path / "server", tmp_path / "home", profiles, dict(os.environ)) as server:
        id = launch(server, server.root, "local-one", workspace="", workers={"processes": 2})
        server.until(id, lambda seen: seen["workers"]["connected"] == 2)
        with connect(server.call("GET", f"clusters/{id}/connection")) as client:
            assert Counter(threads(client).values()) == {3: 1, 2: 1}
            assert client.submit(sum, [20, 22]).result(timeout=60) == 42
        server.end(id)
