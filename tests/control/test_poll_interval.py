"""How often a batch system is asked."""

from __future__ import annotations

import pytest

from jupyterlab_dask_hpc.control.poll_interval import (
    CHANGING_INTERVAL_S,
    MIN_INTERVAL_S,
    PENDING_INTERVAL_S,
    RUNNING_INTERVAL_S,
    PollInterval,
)

NOW = 10_000.0


def pace(took: float = 0.02, jobs: int = 5, moved: float = NOW, factor: float = 1.0) -> PollInterval:
    made = PollInterval(factor)
    made.moved(moved)
    made.answered(took, jobs)
    return made


def test_often_while_something_moves_and_seldom_while_nothing_does() -> None:
    assert pace().interval(NOW + 5, waiting=True, missed=0) == CHANGING_INTERVAL_S
    assert pace().interval(NOW + 100, waiting=True, missed=0) == PENDING_INTERVAL_S
    assert pace().interval(NOW + 100, waiting=False, missed=0) == RUNNING_INTERVAL_S
    assert pace().least == MIN_INTERVAL_S


@pytest.mark.parametrize(("took", "jobs", "least"), [(0.5, 10, 2.5), (0.1, 3000, 3.0), (2.0, 3000, 10.0), (19, 10, 60)])
def test_a_costly_batch_system_is_polled_less_often_even_after_a_change(took: float, jobs: int, least: float) -> None:
    slow = pace(took, jobs)
    assert slow.least == least
    assert slow.interval(NOW + 5, waiting=True, missed=0) == least
    assert pace(took, jobs, factor=2).least == 2 * least


def test_silence_is_asked_less_and_less_often_up_to_a_minute() -> None:
    asked = [pace().interval(NOW, waiting=True, missed=missed) for missed in (1, 2, 3, 5, 10_000)]
    assert asked == [4, 8, 16, 60, 60]
