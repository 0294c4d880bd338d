"""Workers are replaced before their time limit, where their user wants the cluster to last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import pytest
from support.job_refs import ref

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.jobs import Job
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core import deadlines, rollover, scaling
from jupyterlab_dask_hpc.core.actions import FindArrayLimits, RetireWorkers, SubmitJobs, SubmitResult
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.counts import workers_to_connect
from jupyterlab_dask_hpc.core.deadlines import Deadline
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.rollover import REPLACE_RETRY_S, lead
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.slots import Slot, active, slots
from jupyterlab_dask_hpc.core.stopping import stop
from jupyterlab_dask_hpc.core.view import cluster_view

from .sample import BEGAN, ID, STOPPED, cancel, job, record, snapshot

S, W0, W1 = (f"dask-demo.{ID}.{part}" for part in ("s", "w0", "w1"))
HOUR = 3600.0
LIMIT = BEGAN + 2 * HOUR  # of workers that started at once
DUE = LIMIT - 720


def up(workers: int = 4, lasting: bool = True) -> Record:
    """A cluster whose submissions were answered, and which is to last."""
    known = with_submission(record(workers), S, submitted_at=BEGAN, attempts=1, id="11")
    known = with_submission(known, W0, submitted_at=BEGAN, attempts=1, id="12")
    return known.model_copy(update={"replace_workers": lasting})


def seen(known: Record, **tasks: Job) -> ObservedJobs:
    """Tasks of the array 12 by their index; four that began at once when none is named. A scheduler of 8 h."""
    jobs = tasks or {f"_{task}": running(f"12_{task}") for task in range(4)}
    return apply_snapshot(ObservedJobs(), snapshot(60, job(S, "11", end=BEGAN + 8 * HOUR), *jobs.values()), known)


def due(known: Record, observed: ObservedJobs, now: float) -> list[Slot]:
    return rollover.due_for_replacement(known, slots(known, observed), observed, now)


def renew(known: Record, observed: ObservedJobs, largest_array: int, now: float) -> Record:
    """With replacements for those that are due."""
    those = due(known, observed, now)
    return rollover.replace_due(known, slots(known, observed), those, ArrayLimits(largest_array)) if those else known


def scale(known: Record, observed: ObservedJobs, count: int, largest_array: int | None) -> Record:
    limits = None if largest_array is None else ArrayLimits(largest_array)
    return scaling.scale(known, slots(known, observed), count, limits)


REFUSED = Message("reason.workers-refused", batch="Slurm", detail="over the limit")


def refuse_scale_up(known: Record, observed: ObservedJobs, name: str, why: Message, now: float) -> Record:
    return scaling.refuse_scale_up(known, slots(known, observed), name, why, now)


def retire_candidates(known: Record, observed: ObservedJobs, connected: Collection[str]) -> list[str]:
    found = scaling.retirement(known, slots(known, observed, connected))
    return list(found.prefer) if found else []


def release_retired(known: Record, observed: ObservedJobs, names: Collection[str]) -> Record:
    return scaling.release_retired(known, slots(known, observed, retired=names), None)


def next_end(known: Record, observed: ObservedJobs, idle_ends: float | None, now: float) -> Deadline | None:
    return deadlines.next_end(known, slots(known, observed), observed, idle_ends, now)


def running(id: str, end: float = LIMIT, name: str = W0) -> Job:
    return job(name, id, end=end)


def ended(id: str, word: str, elapsed: int) -> Job:
    return job(W0, id, word, elapsed=elapsed)


def with_task(observed: ObservedJobs, changed: Job) -> list[Job]:
    """All jobs, one of them as it is now."""
    return [changed if known.ref == changed.ref else known for known in observed.jobs.values()]


def with_replacements(known: Record, running_of_them: int) -> tuple[Record, ObservedJobs]:
    """The cluster once its workers are due, and so many of their replacements run."""
    known = with_submission(renew(known, seen(known), 1001, DUE), W1, submitted_at=DUE, attempts=1, id="13")
    new = [job(W1, f"13_{task}", "RUNNING" if task < running_of_them else "PENDING") for task in range(4)]
    old = [running(f"12_{task}") for task in range(4)]
    return known, apply_snapshot(
        seen(known), snapshot(2 * HOUR - 700, job(S, "11", end=BEGAN + 8 * HOUR), *old, *new), known
    )


@pytest.mark.parametrize(
    ("limit", "before"), [(60, 30), (600, 120), (2 * HOUR, 720), (8 * HOUR, 1800), (24 * HOUR, 1800)]
)
def test_replacements_are_submitted_a_tenth_of_the_time_before_the_limit(limit: float, before: float) -> None:
    assert lead(limit) == before


def test_all_that_are_due_get_replacements_in_one_array() -> None:
    known = up()
    observed = seen(known)
    assert renew(known, observed, 1001, DUE - 1) is known
    after = renew(known, observed, 1001, DUE)
    assert [(array.name, array.tasks, array.first, array.replaced) for array in after.worker_submissions] == [
        (W0, 4, 0, (0, 1, 2, 3)),
        (W1, 4, 4, ()),
    ]
    assert renew(after, observed, 1001, DUE + 1) is after
    assert Record.model_validate_json(after.model_dump_json()) == after


def test_what_follows_shortly_comes_along() -> None:
    known = up()
    observed = seen(known, **{f"_{task}": running(f"12_{task}", LIMIT + 180 * task) for task in range(4)})
    assert renew(known, observed, 1001, DUE).submissions[1].replaced == (0, 1, 2)


def test_workers_are_replaced_only_on_request_and_not_after_a_stop() -> None:
    for known in (up(lasting=False), stop(up(), STOPPED)):
        assert due(known, seen(known), DUE) == []


def test_workers_that_last_as_long_as_the_cluster_are_not_replaced() -> None:
    known = up()
    observed = apply_snapshot(seen(known), snapshot(70, job(S, "11", end=LIMIT)), known)
    assert due(known, observed, DUE) == []


@pytest.mark.parametrize(
    ("word", "elapsed", "is_replaced"),
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
def test_workers_that_reached_their_limit_are_replaced_and_failed_ones_are_not(
    word: str, elapsed: int, is_replaced: bool
) -> None:
    known = up(2)
    observed = seen(known, _0=ended("12_0", word, elapsed), _1=running("12_1", LIMIT + HOUR))
    assert bool(due(known, observed, LIMIT + 60)) is is_replaced
    assert len(renew(known, observed, 1001, LIMIT + 60).worker_submissions) == 1 + is_replaced


def vanished(known: Record, first: float, *last: Job) -> ObservedJobs:
    """After the snapshots of a server that started `first` seconds after the beginning: of the array's one job, they
    show `last`, and then nothing. The batch system cannot look up how it ended."""
    observed, scheduler = ObservedJobs(), job(S, "11", end=BEGAN + 8 * HOUR)
    for number, jobs in enumerate((last, (), ())):
        observed = apply_snapshot(observed, snapshot(first + 60 * number, scheduler, *jobs), known, False)
    return observed


@pytest.mark.parametrize(("elapsed", "is_replaced"), [(0, False), (300, False), (5000, False), (7000, True)])
def test_of_workers_that_ended_in_an_unknown_way_those_near_their_limit_are_replaced(
    elapsed: int, is_replaced: bool
) -> None:
    known = up(1)
    observed = vanished(known, elapsed + 60, job(W0, "12_0", elapsed=elapsed))
    for later in (0, 2 * HOUR, 5 * HOUR):
        assert bool(due(known, observed, BEGAN + elapsed + 200 + later)) is is_replaced


@pytest.mark.parametrize(("restarted", "is_replaced"), [(1, False), (1 * HOUR, False), (3 * HOUR, True)])
def test_workers_that_ended_unseen_are_replaced_if_they_may_have_reached_their_limit(
    restarted: float, is_replaced: bool
) -> None:
    known = up(1)
    observed = vanished(known, restarted)
    for later in (0, 2 * HOUR, 4 * HOUR):
        assert bool(due(known, observed, BEGAN + restarted + 200 + later)) is is_replaced


def test_failed_workers_are_not_restarted_with_the_replacements() -> None:
    known = up()
    observed = seen(known, _0=ended("12_0", "OUT_OF_MEMORY", 60), **{f"_{n}": running(f"12_{n}") for n in (1, 2, 3)})
    assert renew(known, observed, 1001, DUE).worker_submissions[1].tasks == 3


def test_a_worker_may_retire_when_a_replacement_is_connected() -> None:
    known, observed = with_replacements(up(), 2)
    old, new = [f"w12_{task}" for task in range(4)], ["w13_0", "w13_1-r1"]
    assert scaling.retirement(known, slots(known, observed, old)) is None
    # The scheduler gets the number that may stay, and retires the surplus.
    assert retire_candidates(known, observed, [*old, *new]) == old
    gone = release_retired(known, observed, {"w12_0"})
    assert retire_candidates(gone, observed, [*old[1:], *new]) == old[1:]
    assert retire_candidates(release_retired(gone, observed, {"w12_2"}), observed, ["w12_1", "w12_3", *new]) == []
    assert scaling.to_cancel(gone, slots(gone, observed), ()) == [ref("12_0")]
    assert len(active(slots(gone, observed))) == 4


def test_scaling_down_releases_queued_replacements_then_the_replaced_workers() -> None:
    known, observed = with_replacements(up(), 1)
    fewer = scale(known, observed, 1, None)
    old = [f"w12_{task}" for task in range(4)]
    assert retire_candidates(fewer, observed, [*old, "w13_0"]) == old
    assert retire_candidates(scale(known, observed, 0, None), observed, old) == old


def test_before_all_jobs_are_known_no_worker_is_released() -> None:
    """A server that has just started: what failed, and was asked for again, is not one too many."""
    failed = seen(up(), _0=ended("12_0", "OUT_OF_MEMORY", 60), **{f"_{n}": running(f"12_{n}") for n in (1, 2, 3)})
    known = with_submission(scale(up(), failed, 4, 1001), W1, submitted_at=BEGAN + 100, attempts=1, id="13")
    status = SchedulerStatus(started=True, address=True, connected=frozenset())
    after, actions = reconcile(known, ObservedJobs(), status, BEGAN + 500)
    assert actions == ()
    assert [array.released for array in after.worker_submissions] == [(), ()]


def test_refused_replacements_change_nothing_and_are_submitted_again_later() -> None:
    known = renew(up(), seen(up()), 1001, DUE)
    refused = refuse_scale_up(known, seen(known), W1, REFUSED, DUE)
    assert refused.submissions[1].replaced == ()
    assert (refused.desired, refused.wanted_workers, refused.scale_up_refused) == (
        "running",
        4,
        REFUSED,
    )
    observed = seen(refused)
    status = SchedulerStatus(started=True, address=True, connected=frozenset(f"w12_{n}" for n in range(4)))
    assert reconcile(refused, observed, status, DUE + 60)[1] == ()
    assert due(refused, observed, DUE + REPLACE_RETRY_S - 1) == []
    again = renew(refused, observed, 1001, DUE + REPLACE_RETRY_S)
    assert [array.name for array in again.worker_submissions] == [W0, W1, f"dask-demo.{ID}.w2"]
    view = cluster_view(ClusterStatus(refused, observed, Slurm()), DUE + 60)
    assert str(REFUSED) in view["problems"][0]["advice"]["text"]


def test_of_more_workers_that_are_refused_those_there_stay() -> None:
    known = scale(up(), seen(up()), 7, 1001)
    refused = refuse_scale_up(known, seen(known), W1, REFUSED, BEGAN + 100)
    assert (refused.wanted_workers, len(active(slots(refused, seen(refused))))) == (4, 4)
    assert scale(refused, seen(refused), 6, 1001).scale_up_refused is None


def test_a_worker_requeued_after_its_replacement_was_submitted_is_released() -> None:
    known, observed = with_replacements(up(), 4)
    requeued = apply_snapshot(
        observed, snapshot(2 * HOUR - 600, *with_task(observed, job(W0, "12_0", "PENDING"))), known
    )
    after, actions = reconcile(known, requeued, SchedulerStatus(started=True, address=True), DUE + 100)
    assert actions == (cancel("12_0"),)
    assert after.submissions[1].released == (0,)


def test_what_ended_before_a_server_started_does_not_wait() -> None:
    known, observed = with_replacements(up(), 4)
    known = with_submission(known, W0, finished=True)
    alone = ObservedJobs(at=observed.at, jobs={id: job for id, job in observed.jobs.items() if id.submission != "12"})
    new = {f"w13_{task}": 0 for task in range(4)}
    view = cluster_view(ClusterStatus(known, alone, Slurm(), connected=new), LIMIT + 20)
    assert (view["workers"]["pending"], view["workers"]["running"]) == (0, 4)
    assert workers_to_connect(ClusterStatus(known, alone, Slurm(), connected=new), LIMIT + 20) == 0


def test_idle_time_counts_while_replacements_are_queued() -> None:
    known, observed = with_replacements(up(), 0)
    old = {f"w12_{task}": 0 for task in range(4)}
    assert workers_to_connect(ClusterStatus(known, observed, Slurm(), connected=old), DUE + 20) == 0
    assert workers_to_connect(ClusterStatus(known, observed, Slurm(), connected={"w12_0": 0}), DUE + 20) == 3


def test_replacements_that_do_not_start_cause_a_warning() -> None:
    known, observed = with_replacements(up(), 3)
    assert next_end(known, observed, None, LIMIT - 60) == Deadline("time", "workers", LIMIT)
    known, observed = with_replacements(up(), 4)
    assert next_end(known, observed, None, LIMIT - 60) is None


def test_a_cluster_that_lasts_has_a_small_record() -> None:
    known, _ = with_replacements(up(), 4)
    saved = with_submission(known, W0, tasks=3000, replaced=tuple(range(3000)), released=(*range(1500), 2999))
    assert len(saved.model_dump_json()) < 3000
    assert Record.model_validate_json(saved.model_dump_json()) == saved
    # As an older version wrote it.
    written = saved.model_dump_json().replace('"0-1499,2999"', "[0,5]")
    assert Record.model_validate_json(written).submissions[1].released == (0, 5)


def test_the_counts_are_those_of_the_workers_that_there_are() -> None:
    known, observed = with_replacements(up(), 0)
    view = cluster_view(ClusterStatus(known, observed, Slurm()), DUE + 20)
    assert view["replace_workers"]
    assert (view["workers"]["requested"], view["workers"]["running"], view["workers"]["pending"]) == (4, 4, 4)
    both = cluster_view(
        ClusterStatus(*with_replacements(up(), 3), Slurm(), connected={f"w12_{n}": 0 for n in range(4)}), DUE + 20
    )
    assert (both["workers"]["running"], both["workers"]["connected"], both["workers"]["pending"]) == (4, 4, 1)
    timed_out = {ref(f"12_{task}"): ended(f"12_{task}", "TIMEOUT", 7200) for task in range(4)}
    view = cluster_view(
        ClusterStatus(known, replace(observed, jobs={**observed.jobs, **timed_out}), Slurm()), LIMIT + 20
    )
    assert (view["workers"]["running"], view["workers"]["pending"], view["workers"]["failed"]) == (0, 4, 0)
    assert [problem["kind"] for problem in view["problems"]] == ["waiting"]


def test_their_limit_is_no_end_that_is_warned_of() -> None:
    known = up()
    assert next_end(known, seen(known), None, LIMIT - 60) is None
    view = cluster_view(ClusterStatus(known, seen(known), Slurm()), LIMIT - 60)
    assert view["ends"].startswith("2027-01-15T16:00:00")


def test_replacements_are_submitted_once_it_is_known_how_large_an_array_may_be() -> None:
    known, status = up(), SchedulerStatus(started=True, address=True, connected=frozenset())
    waiting, actions = reconcile(known, seen(known), status, DUE)
    assert actions == (FindArrayLimits(),)
    assert [array.name for array in waiting.worker_submissions] == [W0]
    after, actions = reconcile(waiting, seen(known), status, DUE + 1, arrays=ArrayLimits(3))
    assert actions == (SubmitJobs(W1),)
    assert [(array.jobs, array.replaced) for array in after.worker_submissions] == [(4, (0, 1, 2, 3)), (3, ()), (1, ())]


def test_a_replaced_worker_retires_by_its_name_and_its_job_is_cancelled_once_it_has() -> None:
    known, observed = with_replacements(up(), 4)
    old, new = [f"w12_{task}" for task in range(4)], ["w13_0", "w13_1"]
    status = SchedulerStatus(started=True, address=True, connected=frozenset([*old, *new]))
    after, actions = reconcile(known, observed, status, DUE + 100)
    assert actions == (RetireWorkers(4, tuple(old), only_preferred=True),)
    status = replace(status, connected=frozenset([*old[2:], *new]), retired=frozenset(old[:2]))
    after, actions = reconcile(after, observed, status, DUE + 101)
    assert actions == (cancel("12_0", "12_1"),)
    assert after.worker_submissions[0].released == (0, 1)


def test_replacements_that_are_refused_are_reported_by_the_submissions_result() -> None:
    known = renew(up(), seen(up()), 1001, DUE)
    connected = frozenset(f"w12_{n}" for n in range(4))
    status = SchedulerStatus(started=True, address=True, connected=connected)
    asked, actions = reconcile(known, seen(known), status, DUE)
    assert actions == (SubmitJobs(W1),)
    refused, actions = reconcile(asked, seen(known), status, DUE, SubmitResult(W1, refused=REFUSED))
    assert (refused.desired, refused.scale_up_refused, actions) == ("running", REFUSED, ())
    assert refused.worker_submissions[0].replaced == ()
    # A later one that is accepted ends the problem.
    again, _ = reconcile(refused, seen(refused), status, DUE + REPLACE_RETRY_S, arrays=ArrayLimits(1001))
    taken, _ = reconcile(
        again, seen(refused), status, DUE + REPLACE_RETRY_S, SubmitResult(f"dask-demo.{ID}.w2", id="14")
    )
    assert (taken.scale_up_refused, taken.submission(f"dask-demo.{ID}.w2").id) == (None, "14")


@pytest.mark.parametrize("processes", [2, 16])
def test_jobs_of_several_workers_are_replaced_as_a_whole(processes: int) -> None:
    known = with_submission(up(2), W0, processes=processes)
    observed = seen(known, _0=running("12_0"), _1=running("12_1", LIMIT + HOUR))
    after = renew(known, observed, 1001, DUE)
    assert [(array.jobs, array.processes, array.replaced) for array in after.worker_submissions] == [
        (2, processes, (0,)),
        (1, processes, ()),
    ]
    assert after.wanted_workers == 2 * processes
