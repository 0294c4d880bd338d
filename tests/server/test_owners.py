"""Servers that die, come back, or share a home; and a user who clicks too often."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.server import WITHOUT_NANNY, Server, count_submissions, has_ended, queue, write_profiles

from jupyterlab_dask_hpc.control.manager import MAX_LIVE
from testbed.slurm import SlurmTestbed


@pytest.fixture
def home(slurm: SlurmTestbed, shared: Path) -> Iterator[list[Server]]:
    """Two servers of one user, not started: the same root, the same state."""
    folder = Path(tempfile.mkdtemp(prefix="two-", dir=shared))
    profiles = write_profiles(shared, folder, **WITHOUT_NANNY)
    pair = [Server(folder / name, folder / "home", profiles, slurm.environment) for name in ("first", "second")]
    pair[1].state = pair[0].state
    yield pair
    for server in pair:
        server.stop()


def test_a_killed_server_comes_back_to_its_clusters(home: list[Server], slurm: SlurmTestbed) -> None:
    first, second = home
    first.start()
    id = first.launch(name="survivor", workers={"jobs": 2})["id"]
    over_id = first.launch(name="earlier")["id"]
    before = first.until(id, lambda seen: seen["state"] == "running")
    first.until(over_id, lambda seen: seen["state"] == "running")
    earlier = first.end(over_id)
    first.kill()
    assert len(queue(slurm, id)) == 3
    asked = count_submissions(slurm)

    first.start()
    after = first.until(id, lambda seen: seen["workers"]["connected"] == 2)
    changing = ("as_of", "expected_start", "ends")
    assert {key: after[key] for key in after if key not in changing} == {
        key: before[key] for key in before if key not in changing
    }
    assert count_submissions(slurm) == asked
    known = first.cluster(over_id)
    assert known == earlier
    assert known["scheduler"]["node"]

    # A second server of the same home at the same time has clusters of its own, even of the same name.
    second.start()
    assert second.clusters() == []
    own = second.launch(name="survivor")["id"]
    assert [cluster["id"] for cluster in second.clusters()] == [own]
    assert own not in [cluster["id"] for cluster in first.clusters()]
    assert second.ask("DELETE", f"clusters/{id}").status == 404
    second.stop()
    assert queue(slurm, own) == []
    assert len(queue(slurm, id)) == 3
    first.stop()
    assert queue(slurm, id) == []


def test_a_server_killed_while_workers_are_replaced_continues_that(home: list[Server], slurm: SlurmTestbed) -> None:
    [first, _] = home
    first.start()
    id = first.launch(name="kept", workers={"jobs": 2, "time": "00:01:00"})["id"]
    first.call("PATCH", f"clusters/{id}", {"workers": {"replace": True}})
    first.until(id, lambda seen: seen["workers"]["connected"] == 2)
    # The replacements are submitted, and no worker has retired for them yet.
    first.until(id, lambda _: len(queue(slurm, id)) == 5)
    first.kill()
    first.start()
    first.until(id, lambda _: len(queue(slurm, id)) == 3)
    after = first.until(id, lambda seen: seen["workers"]["connected"] == 2)
    assert (after["replace_workers"], after["workers"]["running"], after["workers"]["pending"]) == (True, 2, 0)
    first.end(id)
    assert queue(slurm, id) == []


def test_a_hundred_requests_for_one_name_launch_one_cluster(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=DOWN")
    try:
        asked = count_submissions(slurm)
        small = {"profile": "cc-in2p3", "workspace": folder.name}
        with ThreadPoolExecutor(100) as users:
            same = list(users.map(lambda _: server.ask("POST", "clusters", {**small, "name": "again"}), range(100)))
        assert sorted(answer.status for answer in same) == [201, *[409] * 99]
        assert {answer.json["field"] for answer in same if answer.status == 409} == {"name"}
        assert count_submissions(slurm) == asked + 1

        live = sum(not has_ended(cluster) for cluster in server.clusters())
        with ThreadPoolExecutor(100) as users:
            many = list(users.map(lambda _: server.ask("POST", "clusters", small), range(60)))
        assert sorted(answer.status for answer in many) == [201] * (MAX_LIVE - live) + [409] * (60 - MAX_LIVE + live)
        names = [answer.json["name"] for answer in many if answer.status == 201]
        assert len(set(names)) == len(names)
        assert {answer.json["reason"] for answer in many if answer.status == 409} == {"too-many"}
    finally:
        with ThreadPoolExecutor(10) as users:
            list(users.map(lambda cluster: server.ask("DELETE", f"clusters/{cluster['id']}"), server.clusters()))
        slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
