"""What is shown of a cluster that is over: requested against used, and a suggestion only where it is plain."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import Usage
from jupyterlab_dask_hpc.core.usage import usage_view
from jupyterlab_dask_hpc.core.view import cluster_view

from .sample import BEGAN, ID, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"
USAGE = Usage(thread_seconds=1000.0, busy_seconds=340.0, processor_seconds=250.4, memory_peak=1 << 30)
G = 1 << 30


def over(usage: Usage | None = USAGE, memory: int = 3 * G, **of_workers: Any) -> ClusterStatus:
    """A closed cluster of two workers that ran for 500 s and 600 s."""
    saved = record(2, state="closed", desired="stopped", closed=BEGAN + 700)
    saved = with_submission(with_submission(saved, S, submitted_at=BEGAN, id="11"), W, submitted_at=BEGAN, id="12")
    saved = with_submission(saved, W, **of_workers)
    workers = saved.request.workers.model_copy(update={"memory": memory})
    saved = saved.model_copy(update={"request": saved.request.model_copy(update={"workers": workers})})
    jobs = [job(S, "11", "CANCELLED", elapsed=700)]
    jobs += [job(W, f"12_{index}", "CANCELLED", elapsed=500 + 100 * index) for index in (0, 1)]
    return ClusterStatus(saved, apply_snapshot(ObservedJobs(), snapshot(5, *jobs), saved), Slurm(), usage=usage)


def view(known: ClusterStatus) -> dict[str, Any]:
    shown = usage_view(known)
    assert shown is not None
    return shown


def test_what_was_requested_and_used() -> None:
    shown = cluster_view(over(), BEGAN + 800)["usage"]
    assert shown["requested_cpu_seconds"] == 1100
    assert shown["used_cpu_seconds"] == 250
    assert (shown["requested_memory"], shown["used_memory"]) == (3 * G, G)
    assert shown["busy_percent"] == 34


def test_workers_that_share_a_job_have_a_part_of_its_memory() -> None:
    shown = view(over(memory=8 * G, processes=4))
    assert shown["requested_memory"] == 2 * G
    assert shown["suggestion"] is None, "1.5 G rounded up is what it has"
    assert view(over(memory=16 * G, processes=4))["suggestion"]["workers"] == {"memory": "8G"}


def test_a_live_cluster_and_one_of_an_earlier_version_show_nothing() -> None:
    live = over()
    running: Record = live.record.model_copy(update={"state": "running", "desired": "running", "closed": None})
    assert usage_view(replace(live, record=running)) is None
    assert usage_view(over(None)) is None
    assert usage_view(over(replace(USAGE, thread_seconds=0.0))) is None, "no worker has ever connected"


@pytest.mark.parametrize(
    ("peak", "memory", "suggested"),
    [
        (G, 8 * G, "2G"),
        (int(1.1 * G), 8 * G, "2G"),
        (4 * G, 8 * G, "6G"),
        (4 * G + 1, 8 * G, None),
        (7 * G, 8 * G, None),
        (int(7.3 * G), 8 * G, "11G"),
        (300 << 20, 1 * G, None),
        (0, 8 * G, None),
    ],
)
def test_another_memory_is_suggested_where_it_is_plain(peak: int, memory: int, suggested: str | None) -> None:
    found = view(over(replace(USAGE, memory_peak=peak), memory))["suggestion"]
    assert (found and found["workers"]["memory"]) == suggested


def test_the_suggestion_says_why() -> None:
    less = view(over(replace(USAGE, memory_peak=int(1.1 * G)), 8 * G))["suggestion"]["message"]
    assert less["text"] == "Workers used at most 1152M of 8G. Worker memory 2G is enough."
    more = view(over(replace(USAGE, memory_peak=8 * G), 8 * G))["suggestion"]["message"]
    assert more["text"] == "Workers used up to 8G of 8G. Ask for worker memory 12G."


def test_a_short_try_suggests_nothing() -> None:
    assert view(over(replace(USAGE, busy_seconds=59.0), 8 * G))["suggestion"] is None
