"""Clusters for the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .running import Cluster, make


@pytest.fixture
def new_cluster(tmp_path: Path) -> Iterator[Callable[..., Cluster]]:
    """Makes clusters; ends what is left of them."""
    made: list[Cluster] = []

    def new(**settings: Any) -> Cluster:
        # As users call their folders: nothing on the way to a job may take it for something else.
        room = tmp_path / f"{len(made)} %j 50% é"
        room.mkdir()
        made.append(make(room / "cluster", **settings))
        return made[-1]

    yield new
    for cluster in made:
        cluster.end()


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    """One cluster with two workers, for tests that leave it as it was."""
    running = make(tmp_path_factory.mktemp("room") / "cluster")
    # As an earlier version wrote it, without limits.
    (running.folder / "settings.json").write_text('{"idle_timeout": 0, "lease": null}')
    try:
        running.start("scheduler")
        for task in (0, 1):
            running.start("worker", task)
        with running.client() as client:
            client.wait_for_workers(2, timeout=90)
        yield running
    finally:
        running.end()
