"""A cluster of which no notebook server ever asks: a script's may run like that for all of its time."""

from __future__ import annotations

import json
import time
from typing import Any

from support.polling import until

from jupyterlab_dask_hpc.control.cluster_folder import read_ended
from jupyterlab_dask_hpc.files import write_private

from .running import Cluster, bring_up


def why_it_ended(cluster: Cluster) -> str:
    until(cluster.gone, cluster.logs, 60)
    ended = read_ended(cluster.folder)
    assert ended
    return ended.reason


def test_it_ends_when_idle_once_its_workers_have_connected(new_cluster: Any) -> None:
    """Those that have not may wait in the queue, which never counts."""
    cluster = new_cluster(idle_timeout=2, workers=2)
    bring_up(cluster)
    time.sleep(6)
    assert read_ended(cluster.folder) is None
    cluster.start("worker", 1)
    assert why_it_ended(cluster) == "idle"


def test_it_ends_when_its_script_waits_for_nothing(new_cluster: Any) -> None:
    cluster = new_cluster(idle_timeout=3, workers=1, limits={"script_check": 0.5})
    script = cluster.workspace / "sleeps.py"
    script.write_text("import time; print('sleeps', flush=True); time.sleep(900)")
    plan = {"path": str(script), "log": str(cluster.workspace / "script.log"), "notebook": "", "wait_for": 1}
    write_private(cluster.folder / "script.json", json.dumps(plan).encode())
    bring_up(cluster)
    assert why_it_ended(cluster) == "idle"
    assert (cluster.workspace / "script.log").read_text() == "sleeps\n"
