"""A scheduler leaves nothing on its node's disk, however it ends."""

from __future__ import annotations

import signal
from typing import Any

import pytest
from support.polling import until

from .running import Cluster


def folders(cluster: Cluster) -> list[str]:
    """What is in the node's folder for temporary files."""
    return [path.name for path in cluster.scratch.iterdir()]


def test_nothing_is_left_when_it_is_asked_to_end(new_cluster: Any) -> None:
    cluster = new_cluster()
    scheduler = cluster.start("scheduler")
    cluster.address()
    [folder] = folders(cluster)
    assert folder.startswith("dask-scheduler-")
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(60) == 0
    assert folders(cluster) == []


@pytest.mark.parametrize("limits", [{}, {"scheduler_close": 0}], ids=["in order", "at once"])
def test_nothing_is_left_when_it_ends_itself(new_cluster: Any, limits: dict[str, float]) -> None:
    cluster = new_cluster(lease=1, limits=limits)
    assert cluster.start("scheduler").wait(60) == 0
    assert "Dask cluster ended (lease)" in cluster.log("scheduler").read_text()
    assert folders(cluster) == []


def test_nothing_is_left_of_one_that_must_not_run(new_cluster: Any) -> None:
    cluster = new_cluster()
    (cluster.folder / "settings.json").unlink()
    assert cluster.start("scheduler").wait(60) == 1
    assert folders(cluster) == []


def test_nothing_is_left_of_one_that_is_cancelled_while_it_starts(new_cluster: Any) -> None:
    cluster = new_cluster()
    # A preload of the user's is loaded before distributed handles signals.
    (cluster.workspace / "slow.py").write_text("import time; open('began', 'w').close(); time.sleep(600)\n")
    (cluster.workspace / "own.yaml").write_text("distributed: {scheduler: {preload: [slow]}}")
    own = {"DASK_CONFIG": str(cluster.workspace / "own.yaml")}
    scheduler = cluster.start("scheduler", environment=own)
    until((cluster.workspace / "began").exists, cluster.logs, 60)
    assert folders(cluster)
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(30) == -signal.SIGTERM
    assert folders(cluster) == []


def test_the_folder_of_the_users_own_configuration_is_used(new_cluster: Any) -> None:
    cluster = new_cluster()
    own = cluster.workspace / "own"
    scheduler = cluster.start("scheduler", environment={"DASK_TEMPORARY_DIRECTORY": str(own)})
    cluster.address()
    assert (own / "dask-scratch-space").is_dir()
    assert folders(cluster) == []
    scheduler.send_signal(signal.SIGTERM)
    assert scheduler.wait(60) == 0
