"""Workers whose time is up get successors, where their user wants the cluster to last."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.job_refs import ref

from jupyterlab_dask_hpc.batch.base import Job
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.deadlines import Deadline, next_end
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile, stop
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.rollover import AGAIN, is_due, lead, renew, retire_candidates
from jupyterlab_dask_hpc.core.scaling import refuse_scale_up, release_retired, retire_target, scale, tasks, to_cancel
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.view import ClusterStatus, cluster_view, still_to_come

from .sample import BEGAN, ID, cancel, job, record, snapshot

S, W0, W1 = (f"dask-demo.{ID}.{part}" for part in ("s", "w0", "w1"))
HOUR = 3600.0
LIMIT = BEGAN + 2 * HOUR  # of workers that started at once
DUE = LIMIT - 720


def up(workers: int = 4, lasting: bool = True) -> Record:
    """A cluster whose submits were answered, and which is to last."""
    known = with_submission(record(workers), 0, submitted_at=BEGAN, attempts=1, id="11")
    known = with_submission(known, 1, submitted_at=BEGAN, attempts=1, id="12")
    return known.model_copy(update={"replace_workers": lasting})


def seen(known: Record, **tasks: Job) -> ObservedJobs:
    """Tasks of the array 12 by their index; four that began at once when none is named. A scheduler of 8 h."""
    jobs = tasks or {f"_{task}": running(f"12_{task}") for task in range(4)}
    return apply_snapshot(ObservedJobs(), snapshot(60, job(S, "11", end=BEGAN + 8 * HOUR), *jobs.values()), known)


def running(id: str, end: float = LIMIT, name: str = W0) -> Job:
    return job(name, id, end=end)


def ended(id: str, word: str, elapsed: int) -> Job:
    return job(W0, id, word, elapsed=elapsed)


def with_task(observed: ObservedJobs, changed: Job) -> list[Job]:
    """All jobs, one of them as it is now."""
    return [changed if known.ref == changed.ref else known for known in observed.jobs.values()]


def with_successors(known: Record, running_of_them: int) -> tuple[Record, ObservedJobs]:
    """The cluster once its workers are due, and so many of their successors run."""
    known = with_submission(renew(known, seen(known), 1001, DUE), 2, submitted_at=DUE, attempts=1, id="13")
    new = [job(W1, f"13_{task}", "RUNNING" if task < running_of_them else "PENDING") for task in range(4)]
    old = [running(f"12_{task}") for task in range(4)]
    return known, apply_snapshot(
        seen(known), snapshot(2 * HOUR - 700, job(S, "11", end=BEGAN + 8 * HOUR), *old, *new), known
    )


@pytest.mark.parametrize(
    ("limit", "before"), [(60, 30), (600, 120), (2 * HOUR, 720), (8 * HOUR, 1800), (24 * HOUR, 1800)]
)
def test_successors_are_asked_for_a_tenth_of_the_time_before_the_limit(limit: float, before: float) -> None:
    assert lead(limit) == before


def test_all_that_are_due_get_successors_in_one_array() -> None:
    known = up()
    observed = seen(known)
    assert renew(known, observed, 1001, DUE - 1) is known
    after = renew(known, observed, 1001, DUE)
    assert [(array.name, array.tasks, array.first, array.replaced) for array in after.arrays] == [
        (W0, 4, 0, (0, 1, 2, 3)),
        (W1, 4, 4, ()),
    ]
    assert renew(after, observed, 1001, DUE + 1) is after
    assert Record.model_validate_json(after.model_dump_json()) == after


def test_what_follows_shortly_comes_along() -> None:
    known = up()
    observed = seen(known, **{f"_{task}": running(f"12_{task}", LIMIT + 180 * task) for task in range(4)})
    assert renew(known, observed, 1001, DUE).submissions[1].replaced == (0, 1, 2)


def test_without_the_users_wish_and_after_a_stop_nothing_comes() -> None:
    for known in (up(lasting=False), stop(up(), "Stopped.")):
        assert is_due(known, seen(known), DUE) == []


def test_nobody_succeeds_workers_that_last_as_long_as_the_cluster() -> None:
    known = up()
    observed = apply_snapshot(seen(known), snapshot(70, job(S, "11", end=LIMIT)), known)
    assert is_due(known, observed, DUE) == []


@pytest.mark.parametrize(
    ("word", "elapsed", "succeeded"),
    [
        ("COMPLETED", 7100, True),
        ("TIMEOUT", 7200, True),
        ("COMPLETED", 3000, False),
        ("FAILED", 7100, False),
        ("OUT_OF_MEMORY", 7100, False),
        ("NODE_FAIL", 7100, False),
        ("CANCELLED", 7100, False),
    ],
)
def test_who_ended_at_the_limit_meanwhile_is_succeeded_too_and_who_failed_is_not(
    word: str, elapsed: int, succeeded: bool
) -> None:
    known = up(2)
    observed = seen(known, _0=ended("12_0", word, elapsed), _1=running("12_1", LIMIT + HOUR))
    assert bool(is_due(known, observed, LIMIT + 60)) is succeeded
    assert len(renew(known, observed, 1001, LIMIT + 60).arrays) == 1 + succeeded


def test_of_what_failed_none_comes_back_with_the_successors() -> None:
    known = up()
    observed = seen(known, _0=ended("12_0", "OUT_OF_MEMORY", 60), **{f"_{n}": running(f"12_{n}") for n in (1, 2, 3)})
    assert renew(known, observed, 1001, DUE).arrays[1].tasks == 3


def test_a_worker_may_go_when_a_successor_is_connected() -> None:
    known, observed = with_successors(up(), 2)
    old, new = [f"w12_{task}" for task in range(4)], ["w13_0", "w13_1-r1"]
    assert retire_candidates(known, observed, old) == []
    assert retire_target(known, observed) is None
    # The scheduler is told how many stay, and lets go as many of them as are too many.
    assert retire_candidates(known, observed, [*old, *new]) == old
    gone = release_retired(known, observed, {"w12_0"})
    assert retire_candidates(gone, observed, [*old[1:], *new]) == old[1:]
    assert retire_candidates(release_retired(gone, observed, {"w12_2"}), observed, ["w12_1", "w12_3", *new]) == []
    assert to_cancel(gone, observed) == [ref("12_0")]
    assert len(tasks(gone, observed)) == 4


def test_fewer_workers_are_successors_that_queue_and_then_those_they_were_to_succeed() -> None:
    known, observed = with_successors(up(), 1)
    fewer = scale(known, observed, 1, None)
    old = [f"w12_{task}" for task in range(4)]
    assert retire_candidates(fewer, observed, [*old, "w13_0"]) == old
    assert retire_candidates(scale(known, observed, 0, None), observed, old) == old


def test_before_all_is_seen_nobody_goes_for_those_that_ended_long_ago() -> None:
    """A server that has just started: what failed, and was asked for again, is not one too many."""
    failed = seen(up(), _0=ended("12_0", "OUT_OF_MEMORY", 60), **{f"_{n}": running(f"12_{n}") for n in (1, 2, 3)})
    known = with_submission(scale(up(), failed, 4, 1001), 2, submitted_at=BEGAN + 100, attempts=1, id="13")
    status = SchedulerStatus(started=True, address=True, connected=frozenset())
    after, actions = reconcile(known, ObservedJobs(), status, BEGAN + 500)
    assert actions == ()
    assert [array.released for array in after.arrays] == [(), ()]


def test_successors_that_are_refused_leave_everything_as_it_was_and_are_asked_for_again_later() -> None:
    known = renew(up(), seen(up()), 1001, DUE)
    refused = refuse_scale_up(known, seen(known), 2, "Slurm refused the workers.", DUE)
    assert refused.submissions[1].replaced == ()
    assert (refused.desired, refused.wanted_workers, refused.scale_up_refused) == (
        "running",
        4,
        "Slurm refused the workers.",
    )
    observed = seen(refused)
    status = SchedulerStatus(started=True, address=True, connected=frozenset(f"w12_{n}" for n in range(4)))
    assert reconcile(refused, observed, status, DUE + 60)[1] == ()
    assert is_due(refused, observed, DUE + AGAIN - 1) == []
    again = renew(refused, observed, 1001, DUE + AGAIN)
    assert [array.name for array in again.arrays] == [W0, W1, f"dask-demo.{ID}.w2"]
    view = cluster_view(ClusterStatus(refused, observed, Slurm()), DUE + 60)
    assert "Slurm refused the workers." in view["problems"][0]["advice"]


def test_of_more_workers_that_are_refused_those_there_stay() -> None:
    known = scale(up(), seen(up()), 7, 1001)
    refused = refuse_scale_up(known, seen(known), 2, "Slurm refused the workers.", BEGAN + 100)
    assert (refused.wanted_workers, len(tasks(refused, seen(refused)))) == (4, 4)
    assert scale(refused, seen(refused), 6, 1001).scale_up_refused == ""


def test_who_was_requeued_after_a_successor_was_asked_for_queues_no_more() -> None:
    known, observed = with_successors(up(), 4)
    requeued = apply_snapshot(
        observed, snapshot(2 * HOUR - 600, *with_task(observed, job(W0, "12_0", "PENDING"))), known
    )
    after, actions = reconcile(known, requeued, SchedulerStatus(started=True, address=True), DUE + 100)
    assert actions == (cancel("12_0"),)
    assert after.submissions[1].released == (0,)


def test_what_ended_before_a_server_started_does_not_wait() -> None:
    known, observed = with_successors(up(), 4)
    known = with_submission(known, 1, finished=True)
    alone = ObservedJobs(at=observed.at, jobs={id: job for id, job in observed.jobs.items() if id.submission != "12"})
    new = {f"w13_{task}": 0 for task in range(4)}
    view = cluster_view(ClusterStatus(known, alone, Slurm(), connected=new), LIMIT + 20)
    assert (view["workers"]["pending"], view["workers"]["running"]) == (0, 4)
    assert still_to_come(ClusterStatus(known, alone, Slurm(), connected=new), LIMIT + 20) == 0


def test_successors_are_no_work_that_the_idle_time_waits_for() -> None:
    known, observed = with_successors(up(), 0)
    old = {f"w12_{task}": 0 for task in range(4)}
    assert still_to_come(ClusterStatus(known, observed, Slurm(), connected=old), DUE + 20) == 0
    assert still_to_come(ClusterStatus(known, observed, Slurm(), connected={"w12_0": 0}), DUE + 20) == 3


def test_successors_that_do_not_come_are_warned_of() -> None:
    known, observed = with_successors(up(), 3)
    assert next_end(known, observed, None, LIMIT - 60) == Deadline("time", "workers", LIMIT)
    known, observed = with_successors(up(), 4)
    assert next_end(known, observed, None, LIMIT - 60) is None


def test_a_cluster_that_lasts_has_a_small_record() -> None:
    known, _ = with_successors(up(), 4)
    kept = with_submission(known, 1, tasks=3000, replaced=tuple(range(3000)), released=(*range(1500), 2999))
    assert len(kept.model_dump_json()) < 3000
    assert Record.model_validate_json(kept.model_dump_json()) == kept
    # As an older version wrote it.
    written = kept.model_dump_json().replace('"0-1499,2999"', "[0,5]")
    assert Record.model_validate_json(written).submissions[1].released == (0, 5)


def test_the_counts_are_those_of_the_workers_that_there_are() -> None:
    known, observed = with_successors(up(), 0)
    view = cluster_view(ClusterStatus(known, observed, Slurm()), DUE + 20)
    assert view["replace_workers"]
    assert (view["workers"]["requested"], view["workers"]["running"], view["workers"]["pending"]) == (4, 4, 4)
    both = cluster_view(
        ClusterStatus(*with_successors(up(), 3), Slurm(), connected={f"w12_{n}": 0 for n in range(4)}), DUE + 20
    )
    assert (both["workers"]["running"], both["workers"]["connected"], both["workers"]["pending"]) == (4, 4, 1)
    over = {ref(f"12_{task}"): ended(f"12_{task}", "TIMEOUT", 7200) for task in range(4)}
    view = cluster_view(ClusterStatus(known, replace(observed, jobs={**observed.jobs, **over}), Slurm()), LIMIT + 20)
    assert (view["workers"]["running"], view["workers"]["pending"], view["workers"]["failed"]) == (0, 4, 0)
    assert [problem["kind"] for problem in view["problems"]] == ["waiting"]


def test_their_limit_is_no_end_that_is_warned_of() -> None:
    known = up()
    assert next_end(known, seen(known), None, LIMIT - 60) is None
    view = cluster_view(ClusterStatus(known, seen(known), Slurm()), LIMIT - 60)
    assert view["ends"].startswith("2027-01-15T16:00:00")
