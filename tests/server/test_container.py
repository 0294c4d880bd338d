"""A server in a container that is stopped: SIGTERM, ten seconds, SIGKILL."""

from __future__ import annotations

import signal
from pathlib import Path

from support.polling import until
from support.server import Server, queue, write_profiles

from testbed.slurm import SlurmTestbed


def test_a_stopped_container_leaves_nothing(slurm: SlurmTestbed, shared: Path) -> None:
    """One cluster computes, one has workers that still wait."""
    folder = shared / "container"
    folder.mkdir()
    server = Server(folder, folder / "home", write_profiles(shared, folder), slurm.environment).start()
    try:
        ids = [server.launch(name=name, workers={"jobs": 2})["id"] for name in ("one", "two")]
        for id in ids:
            server.until(id, lambda seen: seen["workers"]["running"] == 2)
        slurm.run("scontrol", "update", "PartitionName=dask", "State=DOWN")
        server.call("PATCH", f"clusters/{ids[1]}", {"workers": {"count": 40}})
        server.until(ids[1], lambda seen: len(queue(slurm, ids[1])) == 41)
        server.signal(signal.SIGTERM)
        server.wait_or_kill(10)
    finally:
        slurm.run("scontrol", "update", "PartitionName=dask", "State=UP")
        server.stop()
    # Nobody is left who could send a cancel again.
    until(lambda: not any(queue(slurm, id) for id in ids), "an empty queue")
    assert not list((server.state / "clusters").glob("*/*-key.pem"))
