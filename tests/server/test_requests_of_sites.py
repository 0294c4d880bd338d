"""How sites have jobs asked for, on a real Slurm whose job-submit plugin refuses everything else: memory per CPU, no
memory and no arrays, all memory of a node, and arrays of which few jobs run at once."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from distributed import Client
from support.dask import connect
from support.server import Json, Server, queue, shown_by_slurm, write_profiles

from testbed.slurm import SlurmTestbed

JOB_SUBMIT = """
local function refused(text) slurm.log_user(text); return slurm.ERROR end

function slurm_job_submit(job, partitions, user)
  local partition = job.partition
  if partition == "dask" and not job.min_mem_per_cpu then
    return refused("Use --mem-per-cpu and not --mem.")
  end
  if partition == "urgent" and (job.min_mem_per_cpu or job.min_mem_per_node) then
    return refused("Memory options are not accepted: nodes are not shared.")
  end
  if partition == "urgent" and job.array_inx then
    return refused("Job arrays are not available.")
  end
  if partition == "urgent" and not job.account then
    return refused("Name the account that pays.")
  end
  if partition == "urgent" and job.qos == "debug" and job.time_limit > 30 then
    return refused("QOS debug: at most 30 minutes.")
  end
  if partition == "htc_daemon" and job.array_inx and not string.find(job.array_inx, "%2", 1, true) then
    return refused("At most 2 jobs of an array may run at once.")
  end
  return slurm.SUCCESS
end

function slurm_job_modify(job, record, partitions, user) return slurm.SUCCESS end
return slurm.SUCCESS
"""
"""Partition `dask` is as at DelftBlue, `urgent` as at TACC, with an account and a QOS; `htc_daemon` demands arrays with
``%2``."""


def role(partition: str, **options: object) -> Json:
    """The options of a site's `workers` and `scheduler`."""
    return {f"{role}__{key}": value for role in ROLES for key, value in {"partition": partition, **options}.items()}


ROLES = ("workers", "scheduler")
SIZE: Json = {
    "workers__cpus": {"default": 2, "maximum": 4},
    "workers__memory": {"default": "1001M", "maximum": "8G"},
    "scheduler__memory": {"default": "512M", "maximum": "1G"},
}
TWO_NODES: Json = {
    **SIZE,
    "layout": "one-job",
    "workers__nodes": {"default": 2, "maximum": 2},
    "workers__processes": {"default": 2, "maximum": 2},
    "workers__memory": {"default": "2001M", "maximum": "8G"},
}
PROFILES: dict[str, Json] = {
    "refused": {**SIZE, **role("dask")},
    "per-cpu": {**SIZE, **role("dask", memory_request="cpu")},
    "per-cpu-one-job": {**TWO_NODES, **role("dask", memory_request="cpu")},
    "whole-node-one-job": {**TWO_NODES, **role("htc", memory_request="node")},
    "whole-nodes": {
        **SIZE,
        **role("urgent", memory_request="none", extra=["--exclusive"]),
        "workers__jobs": {"default": 3, "maximum": 200},
        "workers__arrays": {"largest": 0},
        "options": {
            "account": {"choices": ["", "atlas"]},
            "qos": {
                "choices": [
                    "regular",
                    {
                        "value": "debug",
                        "limits": {
                            "workers": {"time": {"maximum": "30m", "default": "30m"}, "jobs": {"maximum": 3}},
                            "scheduler": {"time": {"maximum": "30m", "default": "30m"}},
                        },
                    },
                ]
            },
        },
    },
    "two-at-once": {
        **SIZE,
        **role("htc_daemon"),
        "workers__jobs": {"default": 5, "maximum": 10},
        "workers__arrays": {"at_once": 2},
    },
}


@pytest.fixture(scope="module")
def slurm() -> Iterator[SlurmTestbed]:
    with SlurmTestbed(nodes=4, job_submit=JOB_SUBMIT) as testbed:
        yield testbed


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    shared = tmp_path_factory.mktemp("shared")
    folder = shared / "requests"
    folder.mkdir()
    started = Server(folder, shared / "home", write_profiles(shared, folder, **PROFILES), slurm.environment)
    started.options = ["--DaskHpc.poll_interval_factor=0.25"]
    with started:
        yield started


def launch(server: Server, profile: str, options: Json | None = None, **workers: object) -> str:
    body = {"profile": profile, "name": profile, "workers": workers, "options": options or {}}
    return str(server.call("POST", "clusters", body)["id"])


def asked(slurm: SlurmTestbed, cluster_id: str) -> dict[str, dict[str, str]]:
    """For each job of a cluster, by the end of its name: what Slurm says about its memory, array and nodes."""
    jobs = slurm.run("scontrol", "--oneliner", "show", "job").splitlines()
    return {
        line.split(" JobName=")[1].split()[0].rpartition(".")[2]: dict(
            re.findall(r" (MinMemory\w+|OverSubscribe|NumNodes|ArrayTaskThrottle)=(\S+)", line)
        )
        for line in jobs
        if cluster_id in line
    }


def limits(server: Server, cluster_id: str, workers: int) -> tuple[list[int], int]:
    """The memory limits of the workers in MiB, and the result of a computation that each of them has a part of."""
    server.until(cluster_id, lambda seen: seen["workers"]["connected"] == workers)
    with connect(server.call("GET", f"clusters/{cluster_id}/connection")) as client:
        known = client.scheduler_info(n_workers=-1)["workers"].values()
        return sorted(one["memory_limit"] // 2**20 for one in known), total(client)


def total(client: Client) -> int:
    return int(client.submit(sum, client.map(lambda number: number + 1, range(100))).result())


def test_a_site_that_demands_memory_per_cpu_refuses_the_usual_form(server: Server) -> None:
    answer = server.ask("POST", "clusters", {"profile": "refused"})
    assert (answer.status, "Use --mem-per-cpu and not --mem." in answer.body.decode()) == (502, True)


def test_memory_per_cpu(slurm: SlurmTestbed, server: Server) -> None:
    id = launch(server, "per-cpu", jobs=2)
    # What a nanny needs is left to it: 128 MiB. 501 MiB for each of two CPUs are at least what was chosen.
    assert limits(server, id, 2) == ([1001 - 128] * 2, 5050)
    jobs = asked(slurm, id)
    assert {name: found["MinMemoryCPU"] for name, found in jobs.items()} == {"s": "512M", "w0": "501M"}
    assert server.end(id)["state"] == "closed"


@pytest.mark.parametrize(
    ("profile", "memory"),
    [("per-cpu-one-job", {"MinMemoryCPU": "1001M"}), ("whole-node-one-job", {"MinMemoryNode": "0"})],
)
def test_one_job_of_two_nodes(slurm: SlurmTestbed, server: Server, profile: str, memory: dict[str, str]) -> None:
    """Its srun takes the memory from the job, whichever way it was asked for."""
    id = launch(server, profile)
    # Two workers a node; the scheduler takes its part of the memory of one.
    found, result = limits(server, id, 3)
    assert (found[-2:], result) == ([(2001 - 128) // 2] * 2, 5050)
    assert asked(slurm, id)["a"].items() >= memory.items()
    assert server.end(id)["state"] == "closed"


def test_whole_nodes_without_memory_and_without_arrays(slurm: SlurmTestbed, server: Server) -> None:
    """Whose users name an account, and a QOS that allows 30 minutes and three jobs."""
    debug = {"account": "atlas", "qos": "debug"}
    without = {"profile": "whole-nodes", "options": {"qos": "debug"}}
    answer = server.ask("POST", "clusters", without)
    assert (answer.status, "Name the account that pays." in answer.body.decode()) == (502, True), answer.body
    for key, value in (("time", "31m"), ("jobs", 4)):
        refused = server.ask("POST", "clusters", {**without, "options": debug, "workers": {key: value}})
        assert (refused.status, refused.json["field"]) == (400, f"workers.{key}")
    id = launch(server, "whole-nodes", debug)
    assert limits(server, id, 3) == ([1001 - 128] * 3, 5050)
    jobs = asked(slurm, id)
    assert {name: found["OverSubscribe"] for name, found in jobs.items()} == dict.fromkeys(
        ("s", "w0", "w1", "w2"), "NO"
    )
    assert server.cluster(id)["state"] == "running"
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 1}})
    server.until(id, lambda seen: seen["workers"]["running"] == 1)
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    assert server.end(id)["state"] == "closed"


def running(slurm: SlurmTestbed, cluster_id: str) -> list[str]:
    """Ids of a cluster's array jobs that Slurm runs."""
    return [job for job, state in shown_by_slurm(slurm, cluster_id) if state == "RUNNING" and "_" in job]


def test_few_jobs_of_an_array_run_at_once(slurm: SlurmTestbed, server: Server) -> None:
    """The rest waits, goes first when the cluster is made smaller, and follows when others end."""
    id = launch(server, "two-at-once")
    most = 0

    def watched(seen: Json) -> bool:
        nonlocal most
        most = max(most, len(running(slurm, id)))
        return bool(seen["state"] == "running" and seen["workers"]["connected"] == 2)

    seen = server.until(id, watched)
    [why] = [problem["advice"]["text"] for problem in seen["problems"]]
    assert (most, seen["workers"]["pending"], why) == (2, 3, "As many of them run at once as their array allows.")
    first = running(slurm, id)
    slurm.run("scancel", first[0])
    server.until(id, lambda seen: watched(seen) and seen["workers"]["failed"] == 1)
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 3}})
    server.until(id, lambda seen: watched(seen) and seen["workers"]["pending"] == 1)
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 1}})
    server.until(id, lambda seen: len(running(slurm, id)) == 1 and seen["workers"]["pending"] == 0)
    assert most == 2
    assert server.end(id)["state"] == "closed"
    assert queue(slurm, id) == []
