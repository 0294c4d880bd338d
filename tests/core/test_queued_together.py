"""The workers of a script wait in the queue together with its scheduler, where the batch system can order their starts:
no notebook server may run when the scheduler starts."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.actions import SubmitJobs
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.job_spec import job_spec
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, plan, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.view import cluster_view

from .sample import BEGAN, ID, job, profile, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"


def of_script(starts_after: bool = True, script: str = "fit.py") -> Record:
    known = record(3)
    request = known.request.model_copy(update={"script": script})
    submissions = plan(ID, request, ArrayLimits(1000), starts_after=starts_after)
    return Record.model_validate({**known.model_dump(), "request": request, "submissions": submissions})


def queued(known: Record) -> Record:
    return with_submission(known, S, submitted_at=BEGAN, attempts=1, id="q:11")


def test_workers_are_submitted_as_soon_as_the_scheduler_has_an_id() -> None:
    known = of_script()
    known, actions = reconcile(known, ObservedJobs(), SchedulerStatus(), BEGAN)
    assert actions == (SubmitJobs(S),)
    waiting = queued(known)
    seen = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "q:11", "PENDING")), waiting)
    after, actions = reconcile(waiting, seen, SchedulerStatus(), BEGAN + 5)
    assert (after.state, actions) == ("queued", (SubmitJobs(W),))
    options, _ = job_spec(after, after.worker_submissions[0], profile(), Slurm(), Path("/c"), Path("/p/bin/python"))
    assert options.after == "q:11"
    header = Slurm().header(options)
    assert "#SBATCH --dependency=after:11" in header and "#SBATCH --kill-on-invalid-dep=yes" in header


def test_others_wait_until_the_scheduler_has_started() -> None:
    for known in (of_script(starts_after=False), of_script(script="")):
        seen = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "q:11", "PENDING")), queued(known))
        assert reconcile(queued(known), seen, SchedulerStatus(), BEGAN + 5)[1] == ()
        begun = replace(SchedulerStatus(), started=True)
        after, actions = reconcile(queued(known), seen, begun, BEGAN + 6)
        assert actions == (SubmitJobs(W),)
        options, _ = job_spec(after, after.worker_submissions[0], profile(), Slurm(), Path("/c"), Path("/p/bin/python"))
        assert options.after == ""
        assert not [line for line in Slurm().header(options) if "depend" in line or "dep=" in line]


def test_that_the_workers_wait_for_the_scheduler_is_no_problem_of_their_own() -> None:
    known = with_submission(queued(of_script()), W, submitted_at=BEGAN, attempts=1, id="12")
    waiting = [job(W, f"12_{task}", "PENDING", reason="Dependency") for task in range(3)]
    seen = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "q:11", "PENDING", reason="Priority"), *waiting), known)
    [problem] = cluster_view(ClusterStatus(known, seen, Slurm()), BEGAN + 6)["problems"]
    assert problem["message"]["text"].startswith("Scheduler pending")
    seen = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "q:11"), *waiting), known)
    [problem] = cluster_view(ClusterStatus(known, seen, Slurm()), BEGAN + 6)["problems"]
    assert problem["count"] == 3
