"""What a user is shown: counts that add up, and the worst problem first."""

from __future__ import annotations

from jupyterlab_dask_hpc.batch.base import Job
from jupyterlab_dask_hpc.batch.slurm import Slurm
from jupyterlab_dask_hpc.clusters.history import LONGEST, History
from jupyterlab_dask_hpc.clusters.reconcile import with_submit
from jupyterlab_dask_hpc.clusters.sight import Sight, look
from jupyterlab_dask_hpc.clusters.view import Known, cluster_view, jobs_view

from .sample import BEGAN, ID, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"


def known(*jobs: Job, workers: int, connected: dict[str, int] | None = None) -> Known:
    kept = with_submit(with_submit(record(workers), 0, asked=BEGAN, id="11"), 1, asked=BEGAN, id="12")
    return Known(kept, look(Sight(), snapshot(5, *jobs), kept), Slurm(), connected=connected or {})


def test_counts_add_up_to_what_was_asked_for() -> None:
    now = known(
        job(S, "11"),
        job(W, "12_0"),
        job(W, "12_1"),
        job(W, "12_2", "PENDING", reason="Priority"),
        job(W, "12_3", "OUT_OF_MEMORY", node="n2"),
        workers=6,
        connected={"w12_0": 0, "w12_1-r1": 0},
    )
    counts = cluster_view(now, BEGAN + 6)["workers"]
    assert counts == {"requested": 6, "pending": 3, "running": 2, "connected": 2, "ended": 0, "failed": 1}


def test_running_but_not_connected_is_connecting() -> None:
    now = known(job(S, "11"), job(W, "12_0"), workers=1)
    assert cluster_view(now, BEGAN + 6)["workers"]["connected"] == 0
    assert [row["state"] for row in jobs_view(now)] == ["running", "connecting"]


def test_jobs_that_no_answer_has_shown_yet_wait() -> None:
    rows = jobs_view(known(job(S, "11"), workers=3))
    assert [(row["id"], row["state"]) for row in rows[1:]] == [
        ("12_0", "pending"),
        ("12_1", "pending"),
        ("12_2", "pending"),
    ]


def test_problems_are_grouped_and_the_worst_comes_first() -> None:
    failed = [job(W, f"12_{task}", "OUT_OF_MEMORY", node="n214") for task in range(3)]
    silent = [job(W, f"12_{task}", node="n087", elapsed=500) for task in (3, 4)]
    waiting = [job(W, "12_5", "PENDING", reason="Priority")]
    now = known(job(S, "11"), *waiting, *silent, *failed, workers=6)
    problems = cluster_view(now, BEGAN + 6)["problems"]
    assert [problem["message"] for problem in problems] == [
        "3 failed on n214: out of memory",
        "2 connecting on n087 for over 4 min",
        "1 pending: Priority",
    ]
    assert problems[0]["jobs"] == ["12_0", "12_1", "12_2"]
    assert problems[0]["reason"] == "OUT_OF_MEMORY"


def test_a_log_that_the_node_cannot_write_is_told_plainly() -> None:
    now = known(job(S, "11"), job(W, "12_0", "FAILED", exit="0:53", node="n1"), workers=1)
    assert cluster_view(now, BEGAN + 6)["problems"][0]["message"] == "1 failed on n1: the node cannot write its log"


def test_history_stays_small_and_keeps_both_ends() -> None:
    history = History()
    for second in range(10_000):
        history.add(float(second), (second, 0, 0, 0))
    samples = history.samples()
    assert len(samples) <= LONGEST
    assert samples[0][0] == 0
    assert samples[-1][:2] == [9999.0, 9999]


def test_history_notes_changes_alone() -> None:
    history = History()
    for second in range(100):
        history.add(float(second), (4, 0, 0, 0))
    assert history.samples() == [[0.0, 4, 0, 0, 0]]
