"""Which end is shown, and how long before."""

from __future__ import annotations

import pytest

from jupyterlab_dask_hpc.core.deadlines import Deadline, lead, next_end, stable_deadline
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.slots import slots
from jupyterlab_dask_hpc.core.stopping import stop

from .sample import BEGAN, ID, STOPPED, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"
HOUR = 3600.0


@pytest.mark.parametrize(
    ("limit", "before"),
    [(8 * HOUR, 600), (2 * HOUR, 600), (HOUR, 360), (600, 60), (300, 60), (60, 30), (20, 10)],
)
def test_an_end_is_shown_a_tenth_of_its_limit_before(limit: float, before: float) -> None:
    assert lead(limit) == before


def known() -> tuple[Record, ObservedJobs]:
    """A scheduler of 8 h, workers of 2 h of which the second began 5 min later; an idle time-out of 2 h."""
    saved = with_submission(with_submission(record(), S, submitted_at=BEGAN, id="11"), W, submitted_at=BEGAN, id="12")
    jobs = [job(S, "11", end=BEGAN + 8 * HOUR)]
    jobs += [job(W, f"12_{task}", end=BEGAN + 2 * HOUR + 300 * task) for task in range(2)]
    return saved, apply_snapshot(ObservedJobs(), snapshot(5, *jobs), saved)


def end(saved: Record, observed: ObservedJobs, idle_ends: float | None, now: float) -> Deadline | None:
    return next_end(saved, slots(saved, observed), observed, idle_ends, now)


@pytest.mark.parametrize(
    ("at", "idle_ends", "shown"),
    [
        (HOUR, None, None),
        (2 * HOUR - 601, None, None),
        (2 * HOUR - 600, None, Deadline("time", "workers", BEGAN + 2 * HOUR)),
        (2 * HOUR + 60, None, Deadline("time", "workers", BEGAN + 2 * HOUR)),
        (HOUR, HOUR + 601, None),
        (HOUR, HOUR + 600, Deadline("idle", "cluster", BEGAN + HOUR + 600)),
        # The first of two.
        (2 * HOUR - 300, 2 * HOUR - 1, Deadline("idle", "cluster", BEGAN + 2 * HOUR - 1)),
        (2 * HOUR - 300, 2 * HOUR + 1, Deadline("time", "workers", BEGAN + 2 * HOUR)),
    ],
)
def test_the_first_end_that_is_near_is_shown(at: float, idle_ends: float | None, shown: Deadline | None) -> None:
    idle = None if idle_ends is None else BEGAN + idle_ends
    assert end(*known(), idle, BEGAN + at) == shown


def test_the_schedulers_time_limit_ends_the_cluster() -> None:
    saved, _ = known()
    alone = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "11", end=BEGAN + 8 * HOUR)), saved)
    assert end(saved, alone, None, BEGAN + 8 * HOUR - 500) == Deadline("time", "cluster", BEGAN + 8 * HOUR)


def test_what_ends_anyway_is_not_shown() -> None:
    saved, observed = known()
    assert end(stop(saved, STOPPED), observed, BEGAN + 10, BEGAN) is None


def test_an_end_trembles_only_with_what_moves_it() -> None:
    assert stable_deadline(None, 100.0, 2 * HOUR) == 100.0
    assert stable_deadline(100.0, 120.0, 2 * HOUR) == 100.0
    assert stable_deadline(100.0, 140.0, 2 * HOUR) == 140.0
    assert stable_deadline(100.0, 102.0, 20) == 102.0
    assert stable_deadline(100.0, None, 2 * HOUR) is None
