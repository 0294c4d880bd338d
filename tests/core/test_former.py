"""A record does not grow for ever: the oldest of its former submissions are dropped once they are over."""

from __future__ import annotations

from dataclasses import replace

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.former import MAX_FORMER_JOBS, without_oldest
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, with_more_jobs, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.view import jobs_view

from .sample import BEGAN, ID, job, record, snapshot

S = f"dask-demo.{ID}.s"
UP = SchedulerStatus(started=True, address=True, connected=frozenset(), answers=True)


def generations(number: int, workers: int, largest: int = 0) -> Record:
    """A cluster whose workers were replaced `number` times; of the last ones nothing has ended."""
    known = record(workers, largest=largest, ready=True, replace_workers=True, wanted=workers)
    known = with_submission(known, S, submitted_at=BEGAN, attempts=1, id="1")
    for _ in range(number):
        known = with_more_jobs(known, workers, ArrayLimits(largest))
    changed = [
        one.model_copy(
            update={
                "submitted_at": BEGAN,
                "attempts": 1,
                "id": str(count + 2),
                **({"finished": True, "replaced": tuple(range(one.jobs))} if one.first < number * workers else {}),
            }
        )
        for count, one in enumerate(known.worker_submissions)
    ]
    return known.model_copy(update={"submissions": (known.scheduler, *changed)})


def live(known: Record) -> ObservedJobs:
    jobs = [job(one.name, one.id, "COMPLETED" if one.finished else "RUNNING") for one in known.submissions]
    return apply_snapshot(ObservedJobs(), snapshot(400, *jobs), known)


def test_a_record_of_single_jobs_stays_small() -> None:
    known = generations(24, 100)
    observed = live(known)
    assert len(known.submissions) == 2501
    after, actions = reconcile(known, observed, UP, BEGAN + 401)
    assert actions == ()
    assert len(after.submissions) == 1 + MAX_FORMER_JOBS + 100
    assert [one for one in after.submissions if not one.fully_released] == [
        one for one in known.submissions if not one.fully_released
    ]
    # The newest are kept, and so is the numbering.
    assert min(one.first for one in after.worker_submissions) == 2400 - MAX_FORMER_JOBS
    fresh = with_more_jobs(after, 1, ArrayLimits(0)).worker_submissions[-1]
    assert (fresh.name, fresh.first) == (f"dask-demo.{ID}.w2500", 2500)
    assert Record.model_validate(after.model_dump()) == after
    # What Slurm still shows of the others is not looked at.
    again = apply_snapshot(observed, replace(snapshot(402, *observed.jobs.values())), after)
    assert len(again.jobs) == len(after.submissions)
    assert len(jobs_view(ClusterStatus(after, again, Slurm()))) == len(after.submissions)
    assert reconcile(after, again, UP, BEGAN + 403) == (after, ())


def test_arrays_are_dropped_as_a_whole() -> None:
    known = generations(5, 300, largest=1000)
    after = without_oldest(known, ObservedJobs())
    assert [one.first for one in after.worker_submissions] == [300, 600, 900, 1200, 1500]


def test_what_something_refers_to_is_kept() -> None:
    known = generations(24, 100)
    first, second, third, *_ = known.worker_submissions
    known = with_submission(known, second.name, attempts=2)
    known = with_submission(known, third.name, finished=False)
    after = without_oldest(known, ObservedJobs(missing=frozenset({first.id})))
    names = {one.name for one in after.submissions}
    assert {first.name, second.name, third.name} <= names
    assert without_oldest(known.model_copy(update={"wanted": None}), ObservedJobs()).submissions == known.submissions
    # All are over, and none is wanted any more: the last one carries the numbering.
    over = generations(24, 100).model_copy(update={"wanted": 0})
    ended = tuple(
        one if one.runs_scheduler else one.model_copy(update={"finished": True, "released": (0,)})
        for one in over.submissions
    )
    after = without_oldest(over.model_copy(update={"submissions": ended}), ObservedJobs())
    assert after.submissions[-1].first == 2499
