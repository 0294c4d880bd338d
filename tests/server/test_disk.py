"""Disks that are full, read-only or cleaned up: running clusters continue, new ones are refused with the reason, and
everything recovers by itself once there is space again.
"""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from support.polling import until
from support.server import Json, Server, has_ended, messages, queue, reason_of, write_profiles

from testbed.slurm import SlurmTestbed


class Disk:
    """A small disk of its own."""

    def __init__(self, path: Path) -> None:
        path.mkdir()
        self.path = path
        self._filler = path / "filler"
        _mount("-t", "tmpfs", "-o", "size=8m", "tmpfs", str(path))

    def fill(self) -> None:
        """To the last byte."""
        with self._filler.open("ab", buffering=0) as file:
            try:
                while file.write(b"\0" * 4096):
                    pass
            except OSError:
                return

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)

    def seal(self) -> None:
        """For files that are opened from now on. Mounted over: a remount waits for all who write."""
        _mount("--bind", str(self.path), str(self.path))
        _mount("-o", "remount,ro,bind", str(self.path))

    def unseal(self) -> None:
        subprocess.run(["umount", "-l", str(self.path)], check=True)


def _mount(*words: str) -> None:
    done = subprocess.run(["mount", *words], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")


@pytest.fixture(scope="module")
def state(shared: Path) -> Iterator[Disk]:
    """The disk of the state folder."""
    disk = Disk(shared / "state-disk")
    yield disk
    disk.unseal()


@pytest.fixture(scope="module")
def small(shared: Path) -> Iterator[Disk]:
    """The disk of one workspace, ``small``."""
    (shared / "disk-home").mkdir()
    disk = Disk(shared / "disk-home" / "small")
    yield disk
    disk.unseal()


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, shared: Path, state: Disk, small: Disk) -> Iterator[Server]:
    folder = shared / "disks"
    folder.mkdir()
    (small.path.parent / "fine").mkdir()
    started = Server(folder, small.path.parent, write_profiles(shared, folder), slurm.environment)
    started.state = state.path
    started.options = ["--DaskHpc.poll_interval_factor=0.25"]
    try:
        yield started.start()
    finally:
        state.free()
        small.free()
        started.stop()


@pytest.fixture(scope="module")
def untouched(server: Server) -> Iterator[Callable[[], None]]:
    """A cluster whose workspace is on another disk; call it to see that nothing happened to it."""
    id = server.launch(name="untouched", workspace="fine")["id"]
    before = server.until(id, running)

    def check() -> None:
        seen = server.cluster(id)
        saved = ("state", "workers", "scheduler", "problems", "reason")
        assert {key: seen[key] for key in saved} == {key: before[key] for key in saved}

    yield check
    server.end(id)


@pytest.fixture
def held(slurm: SlurmTestbed) -> Iterator[Callable[[], None]]:
    """Workers wait until this is called."""

    def release() -> None:
        slurm.run("scontrol", "update", "PartitionName=dask", "State=UP")

    slurm.run("scontrol", "update", "PartitionName=dask", "State=DOWN")
    yield release
    release()


def running(cluster: Json) -> bool:
    assert not has_ended(cluster), reason_of(cluster)
    return cluster["state"] == "running" and cluster["workers"]["connected"] == cluster["workers"]["requested"]


def disk_problems(cluster: Json) -> list[str]:
    return [problem["message"]["text"] for problem in cluster["problems"] if problem["reason"] == "disk"]


def kept_as(server: Server, cluster_id: str) -> str:
    return str(json.loads((server.state / "clusters" / cluster_id / "record.json").read_text())["state"])


def keys(server: Server, cluster_id: str) -> list[Path]:
    return list((server.state / "clusters" / cluster_id).glob("*-key.pem"))


def test_on_a_full_state_folder_clusters_keep_running_and_no_new_one_starts(
    server: Server, slurm: SlurmTestbed, state: Disk, held: Callable[[], None], untouched: Callable[[], None]
) -> None:
    id = server.launch(name="going", workspace="fine")["id"]
    until(lambda: server.ask("GET", f"clusters/{id}/connection").status == 200 and len(queue(slurm, id)) == 2)
    saved = server.cluster_folders()
    state.fill()
    try:
        refused = server.ask("POST", "clusters", {"profile": "cc-in2p3", "name": "new", "workspace": "fine"})
        assert (refused.status, refused.json["reason"]) == (500, "disk")
        assert "no space left on device" in refused.json["message"]
        assert server.cluster_folders() == saved
        # It comes up, though that cannot be written.
        held()
        seen = server.until(id, lambda seen: running(seen) and bool(disk_problems(seen)))
        assert disk_problems(seen) == ["The state of this cluster cannot be written: no space left on device"]
        assert kept_as(server, id) == "starting"
        untouched()
    finally:
        state.free()
    server.until(id, lambda seen: not disk_problems(seen))
    assert kept_as(server, id) == "running"
    # What was refused is taken now, and what runs is stopped on a full disk.
    again = server.launch(name="new", workspace="fine")["id"]
    server.until(again, running)
    state.fill()
    try:
        assert server.end(id)["state"] == "closed"
        assert queue(slurm, id) == []
    finally:
        state.free()
    until(lambda: kept_as(server, id) == "closed" and not keys(server, id))
    assert not has_ended(server.cluster(again))
    server.end(again)
    untouched()


def test_a_scheduler_that_starts_on_a_full_state_folder_shows_that(
    server: Server, slurm: SlurmTestbed, state: Disk, untouched: Callable[[], None]
) -> None:
    slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=DOWN")
    try:
        id = server.launch(name="unlucky", workspace="fine")["id"]
        state.fill()
        slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
        failed = server.until(id, has_ended)
    finally:
        slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
        state.free()
    assert failed["state"] == "failed"
    assert "No space left on device" in reason_of(failed)
    assert queue(slurm, id) == []
    until(lambda: not keys(server, id))
    untouched()


def test_a_cluster_on_a_read_only_state_folder_is_stopped_and_put_away_later(
    server: Server, slurm: SlurmTestbed, state: Disk, untouched: Callable[[], None]
) -> None:
    id = server.launch(name="sealed", workspace="fine")["id"]
    server.until(id, running)
    state.seal()
    try:
        refused = server.ask("POST", "clusters", {"profile": "cc-in2p3", "name": "new", "workspace": "fine"})
        assert (refused.status, refused.json["reason"]) == (500, "disk")
        assert "read-only file system" in refused.json["message"]
        assert server.end(id)["state"] == "closed"
        assert queue(slurm, id) == []
        assert keys(server, id)
    finally:
        state.unseal()
    until(lambda: kept_as(server, id) == "closed" and not keys(server, id))
    untouched()


def test_a_full_workspace_is_shown_and_its_cluster_keeps_running(
    server: Server, small: Disk, untouched: Callable[[], None]
) -> None:
    id = server.launch(name="crammed", workspace="small", workers={"jobs": 2})["id"]
    server.until(id, running)
    small.fill()
    try:
        seen = server.until(id, lambda seen: bool(disk_problems(seen)))
        assert disk_problems(seen) == ["small/log/ cannot be written: the disk is full"]
        assert running(seen)
        refused = server.ask("POST", "clusters", {"profile": "cc-in2p3", "name": "new", "workspace": "small"})
        assert (refused.status, refused.json["field"]) == (400, "workspace")
        assert "no space left on device" in refused.json["message"]
        untouched()
    finally:
        small.free()
    assert running(server.until(id, lambda seen: not disk_problems(seen)))
    small.fill()
    try:
        assert server.end(id)["state"] == "closed"
        assert server.call("GET", f"clusters/{id}/logs")["logs"]
    finally:
        small.free()


def test_a_log_folder_that_is_removed_is_made_again(
    server: Server, slurm: SlurmTestbed, small: Disk, untouched: Callable[[], None]
) -> None:
    log = small.path / "log"
    slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=DOWN")
    try:
        id = server.launch(name="swept", workspace="small")["id"]
        shutil.rmtree(log)
        until(log.is_dir)
    finally:
        slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
    server.until(id, running)
    files = [found["file"] for found in server.call("GET", f"clusters/{id}/logs")["logs"]]
    assert len(files) == 2

    output = asyncio.run(_follow(server, id, files[0], lambda: shutil.rmtree(log)))
    assert output == f"{files[0]} was removed. What was read before is shown."
    until(log.is_dir)
    assert running(server.cluster(id))
    assert server.call("GET", f"clusters/{id}/logs")["logs"] == []
    server.end(id)
    untouched()


async def _follow(server: Server, id: str, file: str, spoil: Callable[[], None]) -> str:
    """What a tab that follows a log receives when something happens to the file."""
    tab = await server.connect()
    spoiled = False
    try:
        async for message in messages(tab):
            if message["type"] == "state":
                await tab.write_message(json.dumps({"watch": "log", "id": id, "file": file, "offset": 0}))
            elif message["type"] == "log" and not spoiled:
                spoil()
                spoiled = True
            elif message["type"] == "error":
                return str(message["message"])
    finally:
        tab.close()
    raise AssertionError("the server hung up")
