"""A script whose scheduler still waits in Slurm's queue when the notebook server ends."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from support.polling import until
from support.server import Json, Server, has_ended, queue, reason_of, write_profiles

from testbed.slurm import SlurmTestbed

TEXT = """
from distributed import Client
client = Client()
client.wait_for_workers(2)
print(client.submit(sum, [20, 22]).result())
"""


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, shared: Path) -> Iterator[Server]:
    folder = shared / "script-queued"
    folder.mkdir()
    variants: dict[str, Json] = {
        "later": {"scheduler__extra": ["--begin=now+12"]},
        "held": {"scheduler__extra": ["--hold"]},
    }
    profiles = write_profiles(shared, folder, **variants)
    started = Server(folder, shared / "home-script-queued", profiles, slurm.environment)
    with started:
        yield started


def launch(server: Server, folder: Path, slurm: SlurmTestbed, profile: str) -> str:
    (folder / "fit.py").write_text(TEXT)
    request = {"script": f"{folder.name}/fit.py", "workspace": folder.name, "workers": {"jobs": 2}}
    id = str(server.launch(name="fit", profile=profile, **request)["id"])
    until(lambda: len(queue(slurm, id)) == 3, "scheduler and workers are in the queue")
    assert {state for _, state in queue(slurm, id)} == {"PENDING"}
    return id


def test_its_workers_start_without_the_server(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id = launch(server, folder, slurm, "later")
    scheduler = server.cluster(id)["scheduler"]["job"]
    [dependency] = set(slurm.run("squeue", "-h", "-p", "dask,htc,htc_daemon", "-o", "%E").split()) - {"(null)"}
    assert dependency.startswith(f"after:{scheduler}")
    server.stop()
    ended = server.state / "clusters" / id / "script.ended"
    until(ended.exists, lambda: slurm.run("squeue"), 120)
    until(lambda: not queue(slurm, id), "all of its jobs end")
    server.start()
    cluster = server.until(id, has_ended)
    assert (cluster["state"], reason_of(cluster)) == ("closed", "The script has ended.")
    assert cluster["script"]["lines"] == ["42"]


def test_workers_do_not_wait_for_a_scheduler_that_was_cancelled(
    server: Server, folder: Path, slurm: SlurmTestbed
) -> None:
    id = launch(server, folder, slurm, "held")
    [problem] = server.until(id, lambda seen: bool(seen["problems"]))["problems"]
    assert problem["message"]["text"].startswith("Scheduler ")
    slurm.run("scancel", server.cluster(id)["scheduler"]["job"])
    ended = server.until(id, has_ended)
    assert ended["state"] == "failed"
    assert queue(slurm, id) == []


def test_both_are_cancelled_by_stop(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id = launch(server, folder, slurm, "held")
    assert reason_of(server.end(id)) == "Stopped."
    assert queue(slurm, id) == []
