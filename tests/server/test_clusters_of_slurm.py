"""Jobs on another Slurm cluster than the server's own, and a controller that has lost them: the real thing."""

from __future__ import annotations

import signal
import warnings
from collections.abc import Iterator

import pytest
from support.server import Server, has_ended, queue, write_profiles

from testbed import accounting as testbed_accounting
from testbed import slurm as testbed_slurm
from testbed.accounting import Accounting
from testbed.slurm import SlurmTestbed


@pytest.fixture(scope="module")
def farms() -> Iterator[tuple[SlurmTestbed, SlurmTestbed]]:
    """The local one, and the other."""
    if reason := testbed_slurm.missing() or testbed_accounting.missing():
        warnings.warn(f"NOT TESTED with two Slurm clusters and accounting: {reason}", stacklevel=1)
        pytest.skip(reason)
    with (
        Accounting() as accounting,
        SlurmTestbed(nodes=1, accounting=accounting) as local,
        SlurmTestbed(nodes=1, accounting=accounting) as other,
    ):
        yield local, other


@pytest.fixture(scope="module")
def server(farms: tuple[SlurmTestbed, SlurmTestbed], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose profiles send jobs to the other cluster in each way there is."""
    local, other = farms
    shared = tmp_path_factory.mktemp("shared")
    folder = shared / "server"
    folder.mkdir()
    there = [f"--clusters={other.cluster}"]
    variants = {
        "key": {"scheduler__clusters": other.cluster, "workers__extra": there},
        "kept": {"environment": {"keep": ["SLURM_CLUSTERS"]}},
    }
    environment = {**local.environment, "SLURM_CLUSTERS": other.cluster}
    started = Server(folder, shared / "home", write_profiles(shared, folder, **variants), environment)
    started.options = ["--DaskHpc.poll_interval_factor=0.25"]
    with started:
        yield started


@pytest.mark.parametrize("profile", ["key", "kept"])
def test_a_cluster_runs_scales_and_ends_on_another_slurm_cluster(
    farms: tuple[SlurmTestbed, SlurmTestbed], server: Server, profile: str
) -> None:
    local, other = farms
    id = server.launch(name=f"on-{profile}", profile=profile, workers={"jobs": 2})["id"]
    running = server.until(id, lambda seen: seen["state"] == "running" and seen["workers"]["connected"] == 2)
    assert running["scheduler"]["job"].startswith(f"{other.cluster}:")
    assert running["problems"] == []
    assert (len(queue(other, id)), queue(local, id)) == (3, [])
    # Known by more than one poll, and by a server that starts again.
    server.kill()
    server.start()
    server.until(id, lambda seen: seen["workers"]["connected"] == 2 and not seen["stale"])
    logs = {log["job"] for log in server.call("GET", f"clusters/{id}/logs")["logs"]}
    assert logs == {job["id"] for job in server.call("GET", f"clusters/{id}/jobs")["jobs"]}
    server.call("PATCH", f"clusters/{id}", {"workers": {"count": 1}})
    server.until(id, lambda seen: seen["workers"]["running"] == 1 and len(queue(other, id)) == 2)
    assert server.cluster(id)["state"] == "running"
    assert server.end(id)["state"] == "closed"
    assert queue(other, id) == []


def test_a_stop_ends_though_slurmctld_has_lost_the_jobs_and_sacct_shows_running(
    farms: tuple[SlurmTestbed, SlurmTestbed], server: Server
) -> None:
    local, _ = farms
    local.keep_state()
    id = server.launch(name="forgotten")["id"]
    seen = server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    job = seen["scheduler"]["job"]
    while local.run("sacct", "-X", "-n", "-o", "State", "-j", job).split() != ["RUNNING"]:
        pass
    local.stop_controller(signal.SIGKILL)
    server.call("DELETE", f"clusters/{id}")
    local.lose_state()
    assert server.until(id, has_ended)["state"] == "closed"
    assert local.run("sacct", "-X", "-n", "-o", "State", "-j", job).split() == ["RUNNING"]
