"""How often a batch system is polled."""

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


def poll_interval(took: float = 0.02, jobs: int = 5, changed_at: float = NOW, factor: float = 1.0) -> PollInterval:
    made = PollInterval(factor)
    made.on_change(changed_at)
    made.on_answer(took, jobs)
    return made


def test_often_while_jobs_change_and_rarely_while_they_do_not() -> None:
    assert poll_interval().interval(NOW + 5, waiting=True, missed=0) == CHANGING_INTERVAL_S
    assert poll_interval().interval(NOW + 100, waiting=True, missed=0) == PENDING_INTERVAL_S
    assert poll_interval().interval(NOW + 100, waiting=False, missed=0) == RUNNING_INTERVAL_S
    assert poll_interval().min_interval == MIN_INTERVAL_S


@pytest.mark.parametrize(("took", "jobs", "least"), [(0.5, 10, 2.5), (0.1, 3000, 3.0), (2.0, 3000, 10.0), (19, 10, 60)])
def test_a_costly_batch_system_is_polled_less_often_even_after_a_change(took: float, jobs: int, least: float) -> None:
    slow = poll_interval(took, jobs)
    assert slow.min_interval == least
    assert slow.interval(NOW + 5, waiting=True, missed=0) == least
    assert poll_interval(took, jobs, factor=2).min_interval == 2 * least


def test_without_an_answer_the_interval_grows_up_to_a_minute() -> None:
    intervals = [poll_interval().interval(NOW, waiting=True, missed=missed) for missed in (1, 2, 3, 5, 10_000)]
    assert intervals == [4, 8, 16, 60, 60]
