"""More workers, or fewer: which jobs are submitted, and which end."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.jobs import Job
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core import scaling
from jupyterlab_dask_hpc.core.actions import RetireWorkers, SubmitJobs, SubmitResult
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.problems import problems
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, is_additional, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.slots import active, slots, worker_name
from jupyterlab_dask_hpc.core.view import cluster_view, jobs_view

from .sample import BEGAN, ID, cancel, job, record, snapshot

S, W0, W1 = (f"dask-demo.{ID}.{part}" for part in ("s", "w0", "w1"))


def up(workers: int = 4) -> Record:
    """A cluster whose submissions were answered."""
    known = with_submission(record(workers), S, submitted_at=BEGAN, attempts=1, id="11")
    return with_submission(known, W0, submitted_at=BEGAN + 1, attempts=1, id="12")


def of_several(jobs: int, processes: int) -> Record:
    """The same with jobs of several workers."""
    return with_submission(up(jobs), W0, processes=processes)


def seen(known: Record, at: float, **words: str) -> ObservedJobs:
    """Tasks of the array 12 by their index, ``_0="RUNNING"``; the scheduler runs."""
    jobs: list[Job] = [job(S, "11"), *(job(W0, f"12{task}", word) for task, word in words.items())]
    return apply_snapshot(ObservedJobs(), snapshot(at, *jobs), known)


def status(*connected: str, retired: tuple[str, ...] = ()) -> SchedulerStatus:
    return SchedulerStatus(started=True, address=True, connected=frozenset(connected), retired=frozenset(retired))


def scale(known: Record, observed: ObservedJobs, count: int, largest_array: int | None) -> Record:
    limits = None if largest_array is None else ArrayLimits(largest_array)
    return scaling.scale(known, slots(known, observed), count, limits)


RUNNING = {f"_{task}": "RUNNING" for task in range(4)}
ALL = [f"w12_{task}" for task in range(4)]


def test_more_workers_are_a_further_array() -> None:
    known = up()
    wanted = scale(known, seen(known, 20, **RUNNING), 7, 1001)
    assert wanted.submissions[:2] == known.submissions
    assert [(array.name, array.tasks, array.first) for array in wanted.worker_submissions[1:]] == [(W1, 3, 4)]
    after, actions = reconcile(wanted, seen(wanted, 20, **RUNNING), status(*ALL), BEGAN + 20)
    assert actions == (SubmitJobs(W1),)
    assert after.wanted_workers == 7


def test_many_more_are_as_few_arrays_as_the_batch_system_allows() -> None:
    known = up()
    wanted = scale(known, seen(known, 20, **RUNNING), 29, 10)
    assert [(array.tasks, array.first) for array in wanted.worker_submissions[1:]] == [(10, 4), (10, 14), (5, 24)]


def test_what_failed_is_asked_for_again() -> None:
    known = up()
    wanted = scale(known, seen(known, 20, **{**RUNNING, "_3": "NODE_FAIL"}), 4, 1001)
    assert [array.tasks for array in wanted.worker_submissions] == [4, 1]


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


def test_which_of_the_connected_retire_is_left_to_the_scheduler() -> None:
    known = up()
    observed = seen(known, 20, **RUNNING)
    wanted, actions = reconcile(scale(known, observed, 1, 1001), observed, status(*ALL), BEGAN + 20)
    assert actions == (RetireWorkers(1),)
    # It reports which workers have retired, also under a name after a requeue; exactly their jobs are cancelled.
    gone = status("w12_1", "w12_3", retired=("w12_0", "w12_2-r1"))
    retired, actions = reconcile(wanted, observed, gone, BEGAN + 21)
    # The same target until the last has gone: a repeated request retires no other worker.
    assert actions == (RetireWorkers(1), cancel("12_0", "12_2"))
    gone = status("w12_3", retired=("w12_0", "w12_1", "w12_2-r1"))
    enough, actions = reconcile(retired, observed, gone, BEGAN + 32)
    assert actions == (cancel("12_0", "12_1", "12_2"),)
    assert [slot.index for slot in active(slots(enough, observed))] == [3]


def test_before_all_jobs_are_known_and_without_an_answer_of_the_scheduler_no_worker_retires() -> None:
    known = up()
    observed = seen(known, 20, **RUNNING)
    wanted = scale(known, observed, 1, 1001)
    assert reconcile(wanted, ObservedJobs(), status(*ALL), BEGAN + 20)[1] == ()
    after, actions = reconcile(wanted, observed, SchedulerStatus(started=True), BEGAN + 20)
    assert actions == ()
    assert len(active(slots(after, observed))) == 4


def test_more_workers_wanted_while_others_retire_are_added() -> None:
    known = up()
    observed = seen(known, 20, **RUNNING)
    fewer, _ = reconcile(scale(known, observed, 2, 1001), observed, status(*ALL), BEGAN + 20)
    again = scale(fewer, observed, 4, 1001)
    assert [array.jobs for array in again.worker_submissions] == [4]
    gone = status("w12_2", "w12_3", retired=("w12_0", "w12_1"))
    after, actions = reconcile(again, observed, gone, BEGAN + 21)
    assert [(array.jobs, array.released) for array in after.worker_submissions] == [(4, (0, 1)), (2, ())]
    assert actions == (SubmitJobs(W1), cancel("12_0", "12_1"))
    # Told once more, it adds no others.
    assert len(reconcile(after, observed, gone, BEGAN + 22)[0].worker_submissions) == 2


def test_more_workers_wanted_after_others_retired_and_their_jobs_ended_are_added() -> None:
    """The jobs end by themselves; the names of the retired workers may arrive later."""
    known = up()
    observed = seen(known, 20, **RUNNING)
    fewer, _ = reconcile(scale(known, observed, 2, 1001), observed, status(*ALL), BEGAN + 20)
    again = scale(fewer, observed, 4, 1001)
    observed = seen(again, 30, **RUNNING | {"_0": "COMPLETED", "_1": "COMPLETED"})
    gone = status("w12_2", "w12_3", retired=("w12_0", "w12_1"))
    after, actions = reconcile(again, observed, gone, BEGAN + 31)
    assert [(array.jobs, array.released) for array in after.worker_submissions] == [(4, (0, 1)), (2, ())]
    assert actions == (SubmitJobs(W1),)
    assert len(reconcile(after, observed, gone, BEGAN + 32)[0].worker_submissions) == 2
    # Those that ended by themselves, as at their time limit, are not started again.
    assert reconcile(again, observed, status("w12_2", "w12_3"), BEGAN + 31)[1] == ()


def test_an_array_that_goes_whole_is_cancelled_as_one() -> None:
    known = up()
    observed = seen(known, 20, **{name: "PENDING" for name in RUNNING})
    after, actions = reconcile(scale(known, observed, 0, 1001), observed, status(), BEGAN + 20)
    assert actions == (cancel("12"),)
    # And again only after a while.
    assert reconcile(after, observed, status(), BEGAN + 21)[1] == ()
    assert reconcile(after, observed, status(), BEGAN + 31)[1] == (cancel("12"),)
    gone = seen(after, 32, **{name: "CANCELLED" for name in RUNNING})
    assert scaling.to_cancel(after, slots(after, gone), ()) == []
    assert reconcile(after, gone, status(), BEGAN + 60)[1] == ()


def test_what_is_not_submitted_yet_never_is() -> None:
    known = with_submission(record(4), S, submitted_at=BEGAN, attempts=1, id="11")
    observed = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "11", "PENDING")), known)
    after, actions = reconcile(scale(known, observed, 1, 1001), observed, SchedulerStatus(), BEGAN + 5)
    assert (actions, after.worker_submissions[0].tasks) == ((), None)
    none, _ = reconcile(scale(known, observed, 0, 1001), observed, SchedulerStatus(), BEGAN + 5)
    assert reconcile(none, observed, SchedulerStatus(started=True), BEGAN + 6)[1] == ()
    assert none.worker_submissions == ()
    again = scale(none, observed, 2, 1001)
    assert reconcile(again, observed, SchedulerStatus(started=True), BEGAN + 7)[1] == (SubmitJobs(W0),)


def test_retired_workers_are_not_counted_and_are_no_problem() -> None:
    known = up()
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING", _2="PENDING", _3="PENDING")
    after, _ = reconcile(scale(known, observed, 2, 1001), observed, status("w12_0", "w12_1"), BEGAN + 20)
    shown = cluster_view(ClusterStatus(after, observed, Slurm(), connected={"w12_0": 0, "w12_1": 0}), BEGAN + 20)
    assert shown["workers"] == {"requested": 2, "pending": 0, "running": 2, "connected": 2, "ended": 0, "failed": 0}
    assert shown["problems"] == []


def test_the_name_and_the_index_of_a_later_array_are_never_those_of_another() -> None:
    """Also where an array in the middle was left out before it was submitted."""
    known = record(6, largest=2)
    known = with_submission(known, S, submitted_at=BEGAN, attempts=1, id="11")
    known = with_submission(known, W0, submitted_at=BEGAN, attempts=1, id="12")
    known = with_submission(known, f"dask-demo.{ID}.w2", submitted_at=BEGAN, attempts=1, id="14")
    observed = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "11"), job(W0, "12_0"), job(W0, "12_1")), known)
    left = scaling.release(known, [slot for slot in slots(known, observed) if slot.submission.name == W1])
    more = scale(left, observed, 6, 1001)
    assert [(array.name[-2:], array.first, array.jobs) for array in more.worker_submissions] == [
        ("w0", 0, 2),
        ("w2", 4, 2),
        ("w3", 6, 2),
    ]


def test_an_array_of_the_launch_is_none_of_the_additional_ones_after_a_scale() -> None:
    known = record(6, largest=2)
    more = scaling.add_workers(known, 3, ArrayLimits(2))
    assert [is_additional(more, one) for one in more.submissions] == [False] * 4 + [True] * 2
    assert is_additional(
        scaling.add_workers(record(0), 1, ArrayLimits(2)),
        scaling.add_workers(record(0), 1, ArrayLimits(2)).submissions[-1],
    )


@pytest.mark.parametrize("processes", [2, 16])
def test_of_jobs_with_several_workers_as_few_come_as_hold_them(processes: int) -> None:
    known = of_several(2, processes)
    assert known.wanted_workers == 2 * processes
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING")
    assert [array.jobs for array in scale(known, observed, 2 * processes + 1, 1001).worker_submissions] == [2, 1]
    assert [array.jobs for array in scale(known, observed, 5 * processes, 1001).worker_submissions] == [2, 3]


@pytest.mark.parametrize("processes", [2, 16])
def test_a_job_ends_only_when_none_of_its_workers_is_needed(processes: int) -> None:
    known = of_several(3, processes)
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING", _2="PENDING")
    connected = [worker_name("12", job, process) for job in (0, 1) for process in range(processes)]
    # One worker too many is no job too many.
    after, actions = reconcile(scale(known, observed, 3 * processes - 1, None), observed, status(*connected), BEGAN)
    assert actions == ()
    # The queued job first, and of those that are connected whole jobs, by the names of their workers.
    after, actions = reconcile(scale(known, observed, processes, None), observed, status(*connected), BEGAN + 20)
    newest = tuple(connected[processes:])
    assert actions == (RetireWorkers(processes, newest, only_preferred=True), cancel("12_2"))
    # While some of its workers are still there, its job stays.
    some = status(*connected[:-1], retired=newest[-1:])
    after, actions = reconcile(after, observed, some, BEGAN + 40)
    assert actions == (RetireWorkers(processes, newest[:-1], only_preferred=True), cancel("12_2"))
    all_of_them = status(*connected[:processes], retired=newest)
    after, actions = reconcile(after, observed, all_of_them, BEGAN + 60)
    assert actions == (cancel("12_1", "12_2"),)
    assert after.worker_submissions[0].released == (1, 2)


def test_a_job_that_already_retires_is_released_before_a_newer_one() -> None:
    known = of_several(3, 2)
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING", _2="RUNNING")
    connected = [worker_name("12", job, process) for job in range(3) for process in range(2)]
    retiring = status(*(name for name in connected if name != "w12_0-1"), retired=("w12_0-1",))
    _, actions = reconcile(scale(known, observed, 4, None), observed, retiring, BEGAN + 20)
    assert actions == (RetireWorkers(4, ("w12_0-0",), only_preferred=True),)


@pytest.mark.parametrize("processes", [2, 16])
def test_jobs_that_have_begun_to_retire_when_more_workers_are_wanted_are_replaced(processes: int) -> None:
    """Otherwise they would go on with fewer workers, and the wanted number would never be reached."""
    known = of_several(4, processes)
    observed = seen(known, 20, **RUNNING)
    connected = [worker_name("12", job, process) for job in range(4) for process in range(processes)]
    fewer, _ = reconcile(scale(known, observed, 2 * processes, None), observed, status(*connected), BEGAN + 20)
    again = scale(fewer, observed, 4 * processes, 1001)
    gone = (connected[-1], connected[-processes - 1])
    left = [name for name in connected if name not in gone]
    after, actions = reconcile(again, observed, status(*left, retired=gone), BEGAN + 21)
    assert [(array.jobs, array.replaced, array.released) for array in after.worker_submissions] == [
        (4, (2, 3), ()),
        (2, (), ()),
    ]
    assert actions == (SubmitJobs(W1),)
    after = with_submission(after, W1, id="13")
    # Told once more, it adds no others; nothing retires before the new ones are connected.
    same, actions = reconcile(after, observed, status(*left, retired=gone), BEGAN + 22)
    assert (same, actions) == (after, ())
    more = [worker_name("13", job, process) for job in range(2) for process in range(processes)]
    jobs = [job(W1, "13_0"), job(W1, "13_1")]
    observed = apply_snapshot(observed, snapshot(60, *observed.jobs.values(), *jobs), after)
    rest = [name for name in left if name not in connected[: 2 * processes]]
    _, actions = reconcile(after, observed, status(*left, *more, retired=gone), BEGAN + 61)
    assert actions == (RetireWorkers(4 * processes, tuple(rest), only_preferred=True),)
    ended, actions = reconcile(
        after, observed, status(*connected[: 2 * processes], *more, retired=(*gone, *rest)), BEGAN + 62
    )
    assert actions == (cancel("12_2", "12_3"),)
    assert len(active(slots(ended, observed))) == 4 * processes


def test_jobs_that_have_begun_to_retire_stay_if_their_replacements_are_refused() -> None:
    known = of_several(2, 2)
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING")
    connected = [worker_name("12", job, process) for job in range(2) for process in range(2)]
    fewer, _ = reconcile(scale(known, observed, 2, None), observed, status(*connected), BEGAN + 20)
    retired = status(*connected[:-1], retired=("w12_1-1",))
    asked, actions = reconcile(scale(fewer, observed, 4, 1001), observed, retired, BEGAN + 21)
    assert actions == (SubmitJobs(W1),)
    refused, actions = reconcile(
        asked, observed, retired, BEGAN + 22, SubmitResult(W1, refused=Message("text", text=""))
    )
    assert (actions, refused.worker_submissions[0].replaced) == ((), ())
    assert reconcile(refused, observed, retired, BEGAN + 600) == (refused, ())


@pytest.mark.parametrize("processes", [2, 16])
def test_workers_that_ended_alone_are_not_counted_and_a_job_replaces_theirs_on_request(processes: int) -> None:
    """They retired at the user's wish, or died for good, while the others of their job go on."""
    known = of_several(2, processes).model_copy(update={"ready": True})
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING")
    connected = [worker_name("12", job, process) for job in (0, 1) for process in range(processes)]
    left, rest = connected[-1], connected[:-1]
    lost = replace(status(*rest), left=frozenset([left]))
    now = ClusterStatus(known, observed, Slurm(), connected=dict.fromkeys(rest, 0), left=lost.left)
    counts = {"requested": 2 * processes, "pending": 0, "running": 2 * processes - 1, "connected": 2 * processes - 1}
    assert cluster_view(now, BEGAN + 900)["workers"] == {**counts, "ended": 1, "failed": 0}
    rows = jobs_view(now)[1:]
    assert [row["state"] for row in rows] == ["running", "running"]
    assert rows[1]["workers"][-1]["state"] == "ended"
    [problem] = problems(now, BEGAN + 900)
    assert (problem["kind"], problem["count"], problem["jobs"]) == ("stuck", 1, ["12_1"])
    # Nothing replaces them, as nothing replaces a worker that has ended with its job.
    assert reconcile(known, observed, lost, BEGAN + 900)[1] == ()
    # As soon as they are wanted again, a whole job is added.
    again = scaling.scale(known, now.workers, 2 * processes, ArrayLimits(1001))
    assert [array.jobs for array in again.worker_submissions] == [2, 1]
    assert scaling.scale(again, slots(again, observed, rest, left=[left]), 2 * processes, ArrayLimits(9)) == again
    after, actions = reconcile(again, observed, lost, BEGAN + 901)
    assert actions == (SubmitJobs(W1),)
    # The rest of their job stays until all of the new one are connected; then it has too many.
    after = with_submission(after, W1, id="13")
    for word, more in (("PENDING", 0), ("RUNNING", 0), ("RUNNING", processes - 1), ("RUNNING", processes)):
        there = apply_snapshot(observed, snapshot(960, *observed.jobs.values(), job(W1, "13", word)), after)
        new = [worker_name("13", 0, process) for process in range(more)]
        _, actions = reconcile(after, there, replace(lost, connected=frozenset([*rest, *new])), BEGAN + 960)
        retiring = RetireWorkers(2 * processes, tuple(rest[processes:]), only_preferred=True)
        assert actions == ((retiring,) if more == processes else ())
    # One that comes back is no longer ended.
    back = slots(known, observed, connected, left=[left])
    assert {slot.state for slot in back} == {"running"}


@pytest.mark.parametrize("processes", [2, 16])
def test_it_runs_once_all_workers_of_all_jobs_are_connected(processes: int) -> None:
    known = of_several(2, processes)
    observed = seen(known, 20, _0="RUNNING", _1="RUNNING")
    connected = [worker_name("12", job, process) for job in (0, 1) for process in range(processes)]
    assert reconcile(known, observed, status(*connected[:-1]), BEGAN + 20)[0].state == "starting"
    assert reconcile(known, observed, status(*connected), BEGAN + 20)[0].state == "running"
    now = ClusterStatus(known, observed, Slurm(), connected=dict.fromkeys(connected[:-1], 2**26))
    counts = {"requested": 2 * processes, "pending": 0, "running": 2 * processes, "connected": 2 * processes - 1}
    assert cluster_view(now, BEGAN + 20)["workers"] == {**counts, "ended": 0, "failed": 0}
    assert [(row["id"], row["state"]) for row in jobs_view(now)[1:]] == [("12_0", "running"), ("12_1", "connecting")]
    assert jobs_view(now)[1]["memory_peak"] == processes * 2**26
    # A job of which a worker is missing for long is a problem, whichever worker it is.
    for lost in range(processes):
        there = [*connected[:processes], *(name for name in connected[processes:] if name != f"w12_1-{lost}")]
        late = ClusterStatus(known, observed, Slurm(), connected=dict.fromkeys(there, 0), stuck_after=60)
        assert [(one["kind"], one["jobs"]) for one in problems(late, BEGAN + 200)] == [("stuck", ["12_1"])]
