"""Dask's settings inside the jobs: those of the launch, the user's own files, and none of ours."""

from __future__ import annotations

import json
from typing import Any

import pytest

from testbed.dask import FEW_TICKS

from .running import bring_up

KEYS = ("distributed.worker.memory.target", "distributed.scheduler.allowed-failures", "mine.of.any.kind")


@pytest.mark.parametrize("nanny", [True, False])
def test_the_settings_of_the_launch_apply_to_scheduler_and_workers(new_cluster: Any, nanny: bool) -> None:
    cluster = new_cluster()
    (cluster.workspace / "own.yaml").write_text(
        "mine: {of: {any: {kind: 7}}}\ndistributed: {worker: {memory: {target: 0.2}}}"
    )
    own = {"DASK_CONFIG": str(cluster.workspace / "own.yaml")}
    values = {"distributed.worker.memory.target": 0.41, "distributed.scheduler.allowed-failures": 9}
    (cluster.folder / "dask.json").write_text(json.dumps(values))
    cluster.start("scheduler", environment=own)
    cluster.start("worker", environment=own, nanny=nanny)

    def ask(keys: tuple[str, ...] = KEYS) -> list[Any]:
        import dask

        return [dask.config.get(key, None) for key in keys]

    with cluster.client() as client:
        client.wait_for_workers(1, timeout=90)
        for _ in range(2):
            assert list(client.run(ask).values()) == [[0.41, 9, 7]]
            assert client.run_on_scheduler(ask) == [0.41, 9, 7]
            if nanny:
                client.restart(timeout=60)


def test_the_users_own_preloads_are_loaded_beside_ours(new_cluster: Any) -> None:
    cluster = new_cluster()
    (cluster.workspace / "mark.py").write_text("def dask_setup(server):\n    server.marked = True\n")
    (cluster.workspace / "own.yaml").write_text(
        "distributed: {worker: {preload: [mark]}, nanny: {preload: [mark]}, scheduler: {preload: [mark]}}"
    )
    own = {"DASK_CONFIG": str(cluster.workspace / "own.yaml")}
    cluster.start("scheduler", environment=own)
    cluster.start("worker", environment=own)
    with cluster.client() as client:
        client.wait_for_workers(1, timeout=90)
        assert client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.marked)
        assert list(client.run(lambda dask_worker: dask_worker.marked).values()) == [True]
        assert list(client.run(lambda dask_worker: dask_worker.marked, nanny=True).values()) == [True]


def test_nothing_of_ours_is_in_the_environment_of_a_task(new_cluster: Any) -> None:
    cluster = new_cluster()
    bring_up(cluster, retires=3600)
    with cluster.client() as client:
        for _ in range(2):
            [names] = client.run(lambda: sorted(__import__("os").environ)).values()
            own = set(names) - set(FEW_TICKS)
            assert [name for name in own if "DASK_HPC" in name or name.startswith("DASK_D")] == []
            assert "PYTHONUNBUFFERED" not in names and "NO_PROXY" not in names
            client.restart(timeout=60)


@pytest.mark.parametrize("nanny", [True, False])
def test_a_safe_python_and_a_seed_of_the_users_own(new_cluster: Any, nanny: bool) -> None:
    cluster = new_cluster()
    (cluster.workspace / "own.yaml").write_text("distributed: {nanny: {pre-spawn-environ: {PYTHONHASHSEED: 7}}}")
    own = {"DASK_CONFIG": str(cluster.workspace / "own.yaml"), "PYTHONSAFEPATH": "1"}
    cluster.start("scheduler", environment=own)
    cluster.start("worker", environment=own, nanny=nanny)
    with cluster.client() as client:
        client.wait_for_workers(1, timeout=90)
        [(seed, path)] = client.run(
            lambda: (__import__("os").environ["PYTHONHASHSEED"], __import__("sys").path)
        ).values()
    assert seed == ("7" if nanny else "6640")
    assert str(cluster.folder) not in path
    assert not list(cluster.folder.glob("__pycache__")), "thousands of workers share that folder"
