"""A cluster on a batch system without arrays: thousands of submissions of one job each."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from jupyterlab_dask_hpc.core import scaling
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, with_own_ids
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.slots import slots

from .sample import BEGAN, job, record, snapshot

NO_ARRAYS = ArrayLimits(0)
STATUS = SchedulerStatus(started=True, address=True, connected=frozenset())


def submitted(workers: int, with_ids: bool = True) -> Record:
    """A cluster that runs, with a submission for each of its workers."""
    known = record(workers, largest=0, ready=True, replace_workers=True)
    submissions = tuple(
        one.model_copy(
            update={"submitted_at": BEGAN, "attempts": 1, "id": str(number) if with_ids or number == 0 else ""}
        )
        for number, one in enumerate(known.submissions)
    )
    return known.model_copy(update={"submissions": submissions})


def seen(known: Record, word: str, end: float | None = None) -> ObservedJobs:
    """All of their jobs in one state; the scheduler runs."""
    jobs = [
        job(one.name, str(number), word if number else "RUNNING", end=end if number else None)
        for number, one in enumerate(known.submissions)
    ]
    return apply_snapshot(ObservedJobs(), snapshot(400, *jobs), known)


def all_end(workers: int) -> Callable[[], Any]:
    known = submitted(workers)
    observed = seen(known, "COMPLETED")
    return lambda: reconcile(known, observed, STATUS, BEGAN + 400)


def all_are_found_by_name(workers: int) -> Callable[[], Any]:
    known = submitted(workers, with_ids=False)
    observed = seen(known, "PENDING")
    return lambda: reconcile(known, observed, STATUS, BEGAN + 400)


def all_are_released(workers: int) -> Callable[[], Any]:
    known = submitted(workers)
    observed = seen(known, "PENDING")
    fewer = scaling.scale(known, slots(known, observed), 1, NO_ARRAYS)
    return lambda: reconcile(fewer, observed, STATUS, BEGAN + 400)


def all_are_replaced(workers: int) -> Callable[[], Any]:
    known = submitted(workers)
    observed = seen(known, "RUNNING", BEGAN + 7200)
    return lambda: reconcile(known, observed, STATUS, BEGAN + 7100, arrays=NO_ARRAYS)


def all_get_their_own_id(workers: int) -> Callable[[], Any]:
    known = submitted(workers)
    return lambda: with_own_ids(known, str)


def cpu_time(what: Callable[[], Any]) -> float:
    """The least CPU seconds of several calls."""
    times = []
    for _ in range(4):
        began = time.process_time()
        what()
        times.append(time.process_time() - began)
    return min(times)


@pytest.mark.parametrize(
    "prepared", [all_end, all_are_found_by_name, all_are_released, all_are_replaced, all_get_their_own_id]
)
def test_time_grows_with_the_number_of_submissions_and_not_with_its_square(
    prepared: Callable[[int], Callable[[], Any]],
) -> None:
    few, many = cpu_time(prepared(200)), cpu_time(prepared(2000))
    assert many / few < 50, "the square would be 100"


def test_each_of_them_changes() -> None:
    ended, _ = reconcile(submitted(9), seen(submitted(9), "COMPLETED"), STATUS, BEGAN + 400)
    assert [one.finished for one in ended.submissions] == [False] + [True] * 9
    found, _ = reconcile(submitted(9, with_ids=False), seen(submitted(9), "PENDING"), STATUS, BEGAN + 400)
    assert [one.id for one in found.submissions] == [str(number) for number in range(10)]
    released, actions = all_are_released(9)()
    assert [bool(one.released) for one in released.worker_submissions] == [False] + [True] * 8
    assert [ref.submission for ref in actions[0].jobs] == [str(number) for number in range(2, 10)]
    replaced, _ = all_are_replaced(9)()
    assert [one.replaced for one in replaced.worker_submissions] == [(0,)] * 9 + [()] * 9
    assert [one.own_id for one in with_own_ids(submitted(2), str).submissions] == ["0", "1", "2"]
