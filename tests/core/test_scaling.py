"""More workers, or fewer: which submits come, and which tasks go."""

from __future__ import annotations

from jupyterlab_dask_hpc.batch.base import Job
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import SubmitJobs, reconcile
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.scaling import release_retired, retire_target, scale, tasks, to_cancel
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.view import ClusterStatus, cluster_view

from .sample import BEGAN, ID, cancel, job, record, snapshot

S, W0, W1 = (f"dask-demo.{ID}.{part}" for part in ("s", "w0", "w1"))


def up(workers: int = 4) -> Record:
    """A cluster whose submits were answered."""
    known = with_submission(record(workers), 0, submitted_at=BEGAN, attempts=1, id="11")
    return with_submission(known, 1, submitted_at=BEGAN + 1, attempts=1, id="12")


def seen(known: Record, at: float, **words: str) -> ObservedJobs:
    """Tasks of the array 12 by their index, ``_0="RUNNING"``; the scheduler runs."""
    jobs: list[Job] = [job(S, "11"), *(job(W0, f"12{task}", word) for task, word in words.items())]
    return apply_snapshot(ObservedJobs(), snapshot(at, *jobs), known)


def status(*connected: str) -> SchedulerStatus:
    return SchedulerStatus(started=True, address=True, connected=frozenset(connected))


RUNNING = {f"_{task}": "RUNNING" for task in range(4)}
ALL = [f"w12_{task}" for task in range(4)]


def test_more_workers_are_a_further_array() -> None:
    known = up()
    wanted = scale(known, seen(known, 20, **RUNNING), 7, 1001)
    assert wanted.submissions[:2] == known.submissions
    assert [(array.name, array.tasks, array.first) for array in wanted.arrays[1:]] == [(W1, 3, 4)]
    after, actions = reconcile(wanted, seen(wanted, 20, **RUNNING), status(*ALL), BEGAN + 20)
    assert actions == (SubmitJobs(2),)
    assert after.wanted_workers == 7


def test_many_more_are_as_few_arrays_as_the_batch_system_allows() -> None:
    known = up()
    wanted = scale(known, seen(known, 20, **RUNNING), 29, 10)
    assert [(array.tasks, array.first) for array in wanted.arrays[1:]] == [(10, 4), (10, 14), (5, 24)]


def test_what_failed_is_asked_for_again() -> None:
    known = up()
    wanted = scale(known, seen(known, 20, **{**RUNNING, "_3": "NODE_FAIL"}), 4, 1001)
    assert [array.tasks for array in wanted.arrays] == [4, 1]


def test_of_fewer_the_queued_go_first_and_the_newest_before_the_older() -> None:
    known = up()
    observed = seen(known, 20, _0="RUNNING", _1="PENDING", _2="PENDING", _3="RUNNING")
    after, actions = reconcile(scale(known, observed, 3, 1001), observed, status("w12_0", "w12_3"), BEGAN + 20)
    assert actions == (cancel("12_2"),)
    _, actions = reconcile(scale(known, observed, 2, 1001), observed, status("w12_0", "w12_3"), BEGAN + 20)
    assert actions == (cancel("12_1", "12_2"),)
    assert len(after.submissions) == 2


def test_then_those_that_are_not_connected_yet() -> None:
    known = up()
    observed = seen(known, 20, **RUNNING)
    _, actions = reconcile(scale(known, observed, 2, 1001), observed, status("w12_0", "w12_3"), BEGAN + 20)
    assert actions == (cancel("12_1", "12_2"),)


def test_what_is_connected_is_left_to_the_scheduler() -> None:
    known = up()
    observed = seen(known, 20, **RUNNING)
    wanted, actions = reconcile(scale(known, observed, 1, 1001), observed, status(*ALL), BEGAN + 20)
    assert actions == ()
    assert retire_target(wanted, observed) == 1
    # It says who has gone, also under a name that a requeue has given; exactly those are cancelled, not yet over.
    retired = release_retired(wanted, observed, {"w12_0", "w12_2-r1"})
    assert retire_target(retired, observed) == 1
    assert retire_target(release_retired(retired, observed, {"w12_0", "w12_1", "w12_2-r1"}), observed) is None
    _, actions = reconcile(retired, observed, status("w12_1", "w12_3"), BEGAN + 21)
    assert actions == (cancel("12_0", "12_2"),)


def test_without_a_word_of_the_scheduler_nothing_that_runs_goes() -> None:
    known = up()
    observed = seen(known, 20, **RUNNING)
    after, actions = reconcile(scale(known, observed, 1, 1001), observed, SchedulerStatus(started=True), BEGAN + 20)
    assert actions == ()
    assert len(tasks(after, observed)) == 4


def test_an_array_that_goes_whole_is_cancelled_as_one() -> None:
    known = up()
    observed = seen(known, 20, **{name: "PENDING" for name in RUNNING})
    after, actions = reconcile(scale(known, observed, 0, 1001), observed, status(), BEGAN + 20)
    assert actions == (cancel("12"),)
    # And again only after a while.
    assert reconcile(after, observed, status(), BEGAN + 21)[1] == ()
    assert reconcile(after, observed, status(), BEGAN + 31)[1] == (cancel("12"),)
    gone = seen(after, 32, **{name: "CANCELLED" for name in RUNNING})
    assert to_cancel(after, gone) == []
    assert reconcile(after, gone, status(), BEGAN + 60)[1] == ()


def test_what_is_not_submitted_yet_never_is() -> None:
    known = with_submission(record(4), 0, submitted_at=BEGAN, attempts=1, id="11")
    observed = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "11", "PENDING")), known)
    after, actions = reconcile(scale(known, observed, 1, 1001), observed, SchedulerStatus(), BEGAN + 5)
    assert (actions, after.arrays[0].tasks) == ((), 1)
    none, _ = reconcile(scale(known, observed, 0, 1001), observed, SchedulerStatus(), BEGAN + 5)
    assert reconcile(none, observed, SchedulerStatus(started=True), BEGAN + 6)[1] == ()
    assert none.arrays == ()
    again = scale(none, observed, 2, 1001)
    assert reconcile(again, observed, SchedulerStatus(started=True), BEGAN + 7)[1] == (SubmitJobs(1),)


def test_who_was_told_to_go_is_counted_no_more_and_no_problem() -> None:
    known = up()
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING", _2="PENDING", _3="PENDING")
    after, _ = reconcile(scale(known, observed, 2, 1001), observed, status("w12_0", "w12_1"), BEGAN + 20)
    shown = cluster_view(ClusterStatus(after, observed, Slurm(), connected={"w12_0": 0, "w12_1": 0}), BEGAN + 20)
    assert shown["workers"] == {"requested": 2, "pending": 0, "running": 2, "connected": 2, "ended": 0, "failed": 0}
    assert shown["problems"] == []
