"""Servers that do not come back, or hang, and schedulers that do: the cluster ends itself, and nothing of it stays."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from support.dask import connect
from support.polling import until
from support.server import Json, Server, has_ended, queue, reason_of, write_profiles

from testbed.slurm import SlurmTestbed

LEASE = 30
# A C function that never returns and holds the interpreter's lock: without processor time, whatever signal comes.
HOLD = """
import ctypes
c, lock = ctypes.PyDLL(None), ctypes.create_string_buffer(64)
open(mark, 'w').close()
for _ in range(2):
    c.pthread_mutex_lock(lock)
"""

Gone = dict[str, tuple[Server, Json]]


@pytest.fixture(scope="module")
def gone(slurm: SlurmTestbed, shared: Path) -> Iterator[Gone]:
    """A server and a cluster of its own for each way to go, all of them gone at the same time."""
    servers = [make(slurm, shared, name) for name in ("killed", "hung", "frozen")]
    killed, hung, frozen = servers
    with ThreadPoolExecutor() as pool:
        try:
            list(pool.map(Server.start, servers))
            running = list(pool.map(run, servers))
            slurm.run("scontrol", "update", "PartitionName=dask", "State=DOWN")
            queued = killed.launch(name="queued", workers={"jobs": 3})
            killed.until(
                queued["id"], lambda seen: killed.ask("GET", f"clusters/{seen['id']}/connection").status == 200
            )
            until(lambda: len(queue(slurm, queued["id"])) == 4, "its workers wait")
            hold(killed, running[0], shared / "held")
            killed.kill()
            hung.signal(signal.SIGSTOP)
            for process in slurm.processes(running[2]["scheduler"]["job"]):
                process.suspend()
            yield {
                "queued": (killed, queued),
                "busy": (killed, running[0]),
                "hung": (hung, running[1]),
                "frozen": (frozen, running[2]),
            }
        finally:
            slurm.run("scontrol", "update", "PartitionName=dask", "State=UP")
            list(pool.map(Server.stop, servers))


def make(slurm: SlurmTestbed, shared: Path, name: str) -> Server:
    folder = shared / f"gone-{name}"
    folder.mkdir()
    server = Server(folder, folder / "home", write_profiles(shared, folder), slurm.environment)
    server.options = [f"--DaskHpc.lease={LEASE}"]
    return server


def run(server: Server) -> Json:
    id = server.launch(name="running")["id"]
    return server.until(id, lambda seen: seen["state"] == "running")


def hold(server: Server, cluster: Json, mark: Path) -> None:
    """Have its worker hold the interpreter forever."""
    found = server.call("GET", f"clusters/{cluster['id']}/connection")
    with connect(found) as client:
        future = client.submit(exec, HOLD, {"mark": str(mark)}, pure=False)
        until(mark.exists, "the task began")
        del future


def nothing_left(slurm: SlurmTestbed, cluster: Json) -> None:
    """Neither in the queue nor alive, though the workers' partition has been down all the while."""
    until(lambda: not queue(slurm, cluster["id"]), f"{queue(slurm, cluster['id'])} stays")
    folder = f"/clusters/{cluster['id']}/"
    until(lambda: not [each for each in slurm.processes() if folder in words(each)], "a process")


def words(process: Any) -> str:
    try:
        return " ".join(process.cmdline())
    except Exception:  # it has ended
        return ""


def ended(cluster: Json, server: Server) -> str:
    return (server.state / "clusters" / cluster["id"] / "scheduler.ended").read_text()


@pytest.mark.parametrize("which", ["queued", "busy"])
def test_without_its_server_a_cluster_ends_itself(gone: Gone, slurm: SlurmTestbed, which: str) -> None:
    """Workers that still wait are taken out of the queue; one that holds the interpreter is ended."""
    server, cluster = gone[which]
    nothing_left(slurm, cluster)
    assert '"reason": "lease"' in ended(cluster, server)


def test_a_server_that_hung_shows_why_its_cluster_has_ended(gone: Gone, slurm: SlurmTestbed) -> None:
    server, cluster = gone["hung"]
    nothing_left(slurm, cluster)
    server.signal(signal.SIGCONT)
    closed = server.until(cluster["id"], has_ended)
    assert closed["state"] == "closed"
    assert reason_of(closed).startswith("Nothing was heard from the notebook server for ")
    assert not list((server.state / "clusters" / cluster["id"]).glob("*-key.pem"))


def test_a_cluster_whose_scheduler_is_frozen_is_ended(gone: Gone, slurm: SlurmTestbed) -> None:
    server, cluster = gone["frozen"]
    failed = server.until(cluster["id"], has_ended)
    assert failed["state"] == "failed"
    assert "has not answered for longer than its lease" in reason_of(failed)
    nothing_left(slurm, cluster)
