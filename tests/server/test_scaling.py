"""More workers and fewer, while a client computes: nothing is restarted, and no data is lost."""

from __future__ import annotations

from pathlib import Path

from support.dask import connect
from support.polling import TIMEOUT_S, until
from support.server import Server, queue

from testbed.slurm import SlurmTestbed


def test_scale_to_nothing_and_back(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    """To more and fewer, without a loss of data: tests/shapes."""
    id = server.launch(name="elastic", workspace=folder.name, workers={"jobs": 1})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        server.call("PATCH", f"clusters/{id}", {"workers": {"count": 0}})
        server.until(id, lambda seen: seen["workers"]["running"] == 0)
        assert server.cluster(id)["state"] == "running"
        waiting = client.submit(sum, [20, 22])
        server.call("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
        assert waiting.result(timeout=TIMEOUT_S) == 42
    server.end(id)
    assert queue(slurm, id) == []
    assert {job["state"] for job in server.call("GET", f"clusters/{id}/jobs")["jobs"]} == {"ended"}


def test_more_at_the_moment_at_which_others_have_retired(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    """Before the server knows of it: the jobs of those workers end by themselves."""
    id = server.launch(name="moment", workspace=folder.name, workers={"jobs": 3})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 3)
    with connect(server.call("GET", f"clusters/{id}/connection")) as client:
        for _ in range(3):
            server.call("PATCH", f"clusters/{id}", {"workers": {"count": 1}})
            until(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == 1, "two retire")
            server.call("PATCH", f"clusters/{id}", {"workers": {"count": 3}})
            until(lambda: len(client.scheduler_info(n_workers=-1)["workers"]) == 3, "two others come")
    server.end(id)
    assert queue(slurm, id) == []


def test_queued_workers_go_at_once(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    slurm.run("scontrol", "update", "PartitionName=dask", "State=DOWN")
    try:
        id = server.launch(workspace=folder.name, workers={"jobs": 40})["id"]
        server.until(id, lambda seen: len(queue(slurm, id)) == 41)
        server.call("PATCH", f"clusters/{id}", {"workers": {"count": 25}})
        server.until(id, lambda seen: len(queue(slurm, id)) == 26)
        assert server.cluster(id)["workers"]["pending"] == 25
        assert {job for job, _ in queue(slurm, id)} >= {
            f"{job.split('_')[0]}_24" for job, _ in queue(slurm, id) if "_" in job
        }
        # A bound above the present number changes nothing, and starts no worker.
        for bound, left in ((30, 25), (20, 20)):
            bounded = server.call("PATCH", f"clusters/{id}", {"workers": {"at_most": bound}})
            assert bounded["workers"]["requested"] == left
        server.until(id, lambda seen: len(queue(slurm, id)) == 21)
    finally:
        slurm.run("scontrol", "update", "PartitionName=dask", "State=UP")
        server.end(id)


def test_what_cannot_be_is_refused(server: Server, folder: Path) -> None:
    id = server.launch(workspace=folder.name)["id"]
    for body, field in (
        ({"workers": {"count": 3001}}, "workers.count"),
        ({"workers": {"count": -1}}, "workers.count"),
        ({"workers": {"count": "2"}}, "workers.count"),
        ({"workers": {"count": True}}, "workers.count"),
        ({"workers": {"memory": "2G"}}, "workers.memory"),
        ({"workers": {}}, "workers.count"),
        ({"workers": {"count": 2, "at_most": 2}}, "workers.count"),
        ({"workers": {"at_most": -1}}, "workers.at_most"),
        ({"name": "other"}, "name"),
    ):
        answer = server.ask("PATCH", f"clusters/{id}", body)
        assert (answer.status, answer.json["field"]) == (400, field), body
    assert server.ask("PATCH", "clusters/0123456789", {"workers": {"count": 2}}).status == 404
    server.end(id)
    answer = server.ask("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
    assert (answer.status, answer.json["reason"]) == (409, "closed")


def test_more_workers_that_slurm_refuses_cost_none_of_those_there(
    server: Server, folder: Path, slurm: SlurmTestbed
) -> None:
    id = server.launch(workspace=folder.name, workers={"jobs": 1})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    slurm.run("scontrol", "update", "PartitionName=dask", "State=DRAIN")
    try:
        server.call("PATCH", f"clusters/{id}", {"workers": {"count": 3}})
        shown = server.until(id, lambda seen: bool(seen["problems"]))
        assert shown["problems"][0]["message"]["text"] == "Further workers were refused"
        assert "Slurm refused the workers" in shown["problems"][0]["advice"]["text"]
        assert (shown["state"], shown["workers"]["requested"], shown["workers"]["connected"]) == ("running", 1, 1)
    finally:
        slurm.run("scontrol", "update", "PartitionName=dask", "State=UP")
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 2}})
    assert server.until(id, lambda seen: seen["workers"]["connected"] == 2)["problems"] == []
    server.end(id)
    assert queue(slurm, id) == []
