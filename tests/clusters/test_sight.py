"""What is known of jobs: what answers leave out is neither dead nor forgotten."""

from __future__ import annotations

from jupyterlab_dask_hpc.batch.base import JobState
from jupyterlab_dask_hpc.clusters.reconcile import CancelJobs, Signs, reconcile, stop
from jupyterlab_dask_hpc.clusters.record import Record, with_submit
from jupyterlab_dask_hpc.clusters.sight import Sight, explain, look, look_up

from .sample import BEGAN, ID, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"


def submitted() -> Record:
    known = with_submit(record(), 0, asked=BEGAN, tries=1, id="11")
    return with_submit(known, 1, asked=BEGAN + 1, tries=1, id="12")


ALL = (job(S, "11"), job(W, "12_0"), job(W, "12_1"))


def test_an_answer_without_any_job_is_not_believed_while_jobs_live() -> None:
    before = look(Sight(), snapshot(20, *ALL), submitted())
    after = look(before, snapshot(30), submitted())
    assert (after.at, after.jobs) == (BEGAN + 20, before.jobs)
    assert after.missing == {"11", "12"}


def test_it_is_believed_when_none_lives() -> None:
    assert look(Sight(), snapshot(20), record()).at == BEGAN + 20
    known = look(Sight(), snapshot(20, *ALL), submitted())
    gone = look_up(known, ["11", "12"], [], BEGAN + 21, submitted())
    assert look(gone, snapshot(30), submitted()).at == BEGAN + 30


def test_a_number_that_was_given_away_again_is_not_ours() -> None:
    """As after a slurmctld that was killed: it has forgotten the last jobs it took."""
    known = look(Sight(), snapshot(20, *ALL), submitted())
    sight = look_up(known, ["11"], [job("dask-other.aaaaaaaaaa.s", "11")], BEGAN + 21, submitted())
    assert (sight.jobs["11"].state, sight.jobs["11"].word) == (JobState.ENDED, "GONE")


def test_nothing_is_cancelled_by_a_number_that_another_job_has() -> None:
    known = submitted()
    sight = look(Sight(), snapshot(20, *ALL), known)
    taken = snapshot(30, job("dask-other.aaaaaaaaaa.s", "11"), *ALL[1:])
    sight = look(sight, taken, known)
    assert sight.others == {"11"}
    _, actions = reconcile(stop(known, "Stopped."), sight, Signs(), BEGAN + 31)
    assert CancelJobs(("12",)) in actions
    assert look(sight, snapshot(40, *ALL), known).others == frozenset()


def test_a_job_cancelled_while_its_cluster_was_to_run_has_failed() -> None:
    known, cancelled = submitted(), job(W, "12_0", "CANCELLED")
    one = look(look(Sight(), snapshot(20, *ALL), known), snapshot(30, job(S, "11"), cancelled, job(W, "12_1")), known)
    assert one.jobs["12_0"].state is JobState.FAILED
    # Of those that the cluster's own end cancels it alone stays failed.
    ended = snapshot(40, job(S, "11", "CANCELLED"), cancelled, job(W, "12_1", "CANCELLED"))
    states = [job.state for job in look(one, ended, stop(known, "Stopped.")).jobs.values()]
    assert states == [JobState.ENDED, JobState.FAILED, JobState.ENDED]


def test_a_job_of_a_refused_submit_is_none() -> None:
    ghost = job(W, "12_0", "FAILED", reason="BadConstraints")
    assert look(Sight(), snapshot(20, job(S, "11"), ghost), record()).jobs.keys() == {"11"}


def test_a_failed_job_is_looked_up_once_for_its_exit_which_stays() -> None:
    failed = job(W, "12_0", "FAILED")
    sight = look(Sight(), snapshot(20, job(S, "11"), failed, job(W, "12_1")), submitted())
    assert sight.unexplained == {"12"}
    sight = look_up(sight, ["12"], [job(W, "12_0", "FAILED", exit="0:53"), job(W, "12_1")], BEGAN + 21, submitted())
    assert not sight.unexplained
    sight = look(sight, snapshot(30, job(S, "11"), failed, job(W, "12_1")), submitted())
    assert sight.jobs["12_0"].exit == "0:53"
    assert not sight.unexplained


def test_what_nobody_can_explain_is_not_asked_for_ever() -> None:
    failed = job(S, "11", "FAILED")
    sight = explain(look(Sight(), snapshot(20, failed), submitted()), ["11"])
    assert not look(sight, snapshot(30, failed), submitted()).unexplained


def test_workers_that_ended_while_no_server_looked_are_over_not_waiting() -> None:
    sight = look(Sight(), snapshot(4000, job(S, "11"), job(W, "12_1")), submitted())
    assert sight.missing == {"12"}
    sight = look_up(sight, ["12"], [job(W, "12_1")], BEGAN + 4001, submitted())
    assert (sight.jobs["12_0"].state, sight.jobs["12_0"].word) == (JobState.ENDED, "GONE")
    assert sight.jobs["12_1"].state is JobState.RUNNING
    assert not look(sight, snapshot(4010, job(S, "11"), job(W, "12_1")), submitted()).missing
