"""What is known of jobs: what answers leave out is neither dead nor forgotten."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.job_refs import ref

from jupyterlab_dask_hpc.batch.jobs import Cause, Job, JobState, Outcome
from jupyterlab_dask_hpc.core.actions import FindJobs, SubmitJobs
from jupyterlab_dask_hpc.core.observed import (
    ObservedJobs,
    apply_lookup,
    apply_snapshot,
    mark_looked_up,
    unresolved_jobs,
)
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.scaling import scale
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.slots import slots
from jupyterlab_dask_hpc.core.stopping import stop

from .sample import BEGAN, ID, STOPPED, UNWRITABLE, cancel, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"


def submitted() -> Record:
    known = with_submission(record(), S, submitted_at=BEGAN, attempts=1, id="11")
    return with_submission(known, W, submitted_at=BEGAN + 1, attempts=1, id="12")


ALL = (job(S, "11"), job(W, "12_0"), job(W, "12_1"))


def test_an_answer_without_any_job_is_not_believed_while_jobs_live() -> None:
    before = apply_snapshot(ObservedJobs(), snapshot(20, *ALL), submitted())
    after = apply_snapshot(before, snapshot(30), submitted())
    assert (after.at, after.jobs) == (BEGAN + 20, before.jobs)
    assert after.missing == {"11", "12"}


def test_it_is_believed_when_none_lives() -> None:
    assert apply_snapshot(ObservedJobs(), snapshot(20), record()).at == BEGAN + 20
    known = apply_snapshot(ObservedJobs(), snapshot(20, *ALL), submitted())
    gone = apply_lookup(known, ["11", "12"], [], BEGAN + 21, submitted())
    assert apply_snapshot(gone, snapshot(30), submitted()).at == BEGAN + 30


def test_a_reused_job_id_is_not_ours() -> None:
    """As after a slurmctld that was killed: it has forgotten the last jobs it took."""
    known = apply_snapshot(ObservedJobs(), snapshot(20, *ALL), submitted())
    observed = apply_lookup(known, ["11"], [job("dask-other.aaaaaaaaaa.s", "11")], BEGAN + 21, submitted())
    assert (observed.jobs[ref("11")].state, observed.jobs[ref("11")].native_state) == (JobState.ENDED, "GONE")


def test_nothing_is_cancelled_by_a_number_that_another_job_has() -> None:
    known = submitted()
    observed = apply_snapshot(ObservedJobs(), snapshot(20, *ALL), known)
    taken = snapshot(30, job("dask-other.aaaaaaaaaa.s", "11"), *ALL[1:])
    observed = apply_snapshot(observed, taken, known)
    assert observed.others == {"11"}
    _, actions = reconcile(stop(known, STOPPED), observed, SchedulerStatus(), BEGAN + 31)
    assert cancel("12") in actions
    assert apply_snapshot(observed, snapshot(40, *ALL), known).others == frozenset()


def test_a_job_cancelled_while_its_cluster_was_to_run_has_failed() -> None:
    known, cancelled = submitted(), job(W, "12_0", "CANCELLED")
    one = apply_snapshot(
        apply_snapshot(ObservedJobs(), snapshot(20, *ALL), known),
        snapshot(30, job(S, "11"), cancelled, job(W, "12_1")),
        known,
    )
    assert one.jobs[ref("12_0")].state is JobState.FAILED
    # Of those that the cluster's own end cancels it alone stays failed.
    ended = snapshot(40, job(S, "11", "CANCELLED"), cancelled, job(W, "12_1", "CANCELLED"))
    states = [job.state for job in apply_snapshot(one, ended, stop(known, STOPPED)).jobs.values()]
    assert states == [JobState.ENDED, JobState.FAILED, JobState.ENDED]


def test_a_job_of_a_refused_submit_is_none() -> None:
    ghost = job(W, "12_0", "FAILED", reason="BadConstraints", outcome=Outcome.LAUNCH_FAILED, cause=Cause.NOT_ACCEPTED)
    assert apply_snapshot(ObservedJobs(), snapshot(20, job(S, "11"), ghost), record()).jobs.keys() == {ref("11")}


def test_a_failed_job_is_looked_up_once_for_its_exit_which_stays() -> None:
    failed = job(W, "12_0", "FAILED")
    observed = apply_snapshot(ObservedJobs(), snapshot(20, job(S, "11"), failed, job(W, "12_1")), submitted())
    assert observed.unexplained == {"12"}
    observed = apply_lookup(
        observed, ["12"], [job(W, "12_0", "FAILED", **UNWRITABLE), job(W, "12_1")], BEGAN + 21, submitted()
    )
    assert not observed.unexplained
    observed = apply_snapshot(observed, snapshot(30, job(S, "11"), failed, job(W, "12_1")), submitted())
    assert observed.jobs[ref("12_0")].cause is Cause.LOG_UNWRITABLE
    assert not observed.unexplained


def test_an_unexplained_end_is_not_looked_up_forever() -> None:
    failed = job(S, "11", "FAILED")
    observed = mark_looked_up(apply_snapshot(ObservedJobs(), snapshot(20, failed), submitted()), ["11"])
    assert not apply_snapshot(observed, snapshot(30, failed), submitted()).unexplained


def test_workers_that_ended_while_no_server_looked_are_over_not_waiting() -> None:
    observed = apply_snapshot(ObservedJobs(), snapshot(4000, job(S, "11"), job(W, "12_1")), submitted())
    assert observed.missing == {"12"}
    observed = apply_lookup(observed, ["12"], [job(W, "12_1")], BEGAN + 4001, submitted())
    assert (observed.jobs[ref("12_0")].state, observed.jobs[ref("12_0")].native_state) == (JobState.ENDED, "GONE")
    assert observed.jobs[ref("12_1")].state is JobState.RUNNING
    assert not apply_snapshot(observed, snapshot(4010, job(S, "11"), job(W, "12_1")), submitted()).missing


def test_a_job_that_was_renamed_is_still_the_same_and_is_cancelled() -> None:
    """Id and start time are equal; another job with its id started at another time."""
    known = submitted()
    observed = apply_snapshot(ObservedJobs(), snapshot(20, job(S, "11", start=BEGAN + 3), *ALL[1:]), known)
    renamed = apply_snapshot(observed, snapshot(30, job("mine", "11", start=BEGAN + 3), *ALL[1:]), known)
    assert renamed.others == frozenset()
    assert (renamed.jobs[ref("11")].name, renamed.missing) == (S, frozenset())
    _, actions = reconcile(stop(known, STOPPED), renamed, SchedulerStatus(), BEGAN + 31)
    assert actions == (cancel("11", "12"),)
    found = apply_lookup(observed, ["11"], [job("mine", "11", start=BEGAN + 3)], BEGAN + 31, known)
    assert (found.jobs[ref("11")].native_state, found.jobs[ref("11")].name) == ("RUNNING", S)
    given_away = apply_snapshot(observed, snapshot(30, job("mine", "11", start=BEGAN + 25), *ALL[1:]), known)
    assert given_away.others == {"11"}


def test_single_tasks_that_are_not_known_to_be_over_are_named() -> None:
    known = submitted()
    observed = apply_snapshot(ObservedJobs(), snapshot(20, *ALL), known)
    assert unresolved_jobs(observed, ["11", "12"], known) == [ref("12_0"), ref("12_1")]
    observed = apply_snapshot(observed, snapshot(30, ALL[0], job(W, "12_0", "COMPLETED")), known)
    assert unresolved_jobs(observed, ["12"], known) == [ref("12_1")]
    assert unresolved_jobs(ObservedJobs(), ["12"], known) == [ref("12_0"), ref("12_1")]
    failed = apply_snapshot(
        observed, snapshot(40, ALL[0], job(W, "12_0", "COMPLETED"), job(W, "12_1", "FAILED")), known
    )
    assert unresolved_jobs(failed, ["12"], known) == [ref("12_1")]


def elsewhere(cluster: str = "my_q") -> Record:
    """A cluster whose jobs are on another Slurm cluster."""
    scheduler = with_submission(submitted(), S, id=f"{cluster}:11", own_id="11")
    return with_submission(scheduler, W, id=f"{cluster}:12", own_id="12")


def there(name: str, id: str, cluster: str = "my_q", word: str = "RUNNING") -> Job:
    found = job(name, id, word)
    return replace(found, submission=f"{cluster}:{found.submission}")


def test_jobs_of_another_cluster_are_known_connected_and_cancelled_by_their_own_ids() -> None:
    known = elsewhere()
    ours = [there(S, "11"), there(W, "12_0"), there(W, "12_1")]
    # The local cluster has given the same numbers to others.
    observed = apply_snapshot(ObservedJobs(), snapshot(20, job("wrap", "11"), job("wrap", "12_0"), *ours), known)
    assert (observed.missing, observed.others) == (frozenset(), frozenset())
    up = SchedulerStatus(True, True, frozenset({"wmy_q:12_0", "wmy_q:12_1-r1"}))
    running, actions = reconcile(known, observed, up, BEGAN + 21)
    assert (running.state, actions) == ("running", ())
    workers = slots(running, observed, up.connected or ())
    assert [slot.names for slot in workers] == [("wmy_q:12_0",), ("wmy_q:12_1-r1",)]
    fewer = scale(running, workers, 1, None)
    _, actions = reconcile(fewer, observed, replace(up, connected=frozenset({"w12_0"})), BEGAN + 22)
    assert actions == (cancel("my_q:12_1"),)
    given_away = apply_snapshot(observed, snapshot(30, ours[0], there("wrap", "12_0"), there("wrap", "12_1")), known)
    assert given_away.others == {"my_q:12"}
    _, actions = reconcile(stop(running, STOPPED), given_away, SchedulerStatus(), BEGAN + 31)
    assert actions == (cancel("my_q:11"), FindJobs(("my_q:12",)))


OTHER = job("wrap", "7")


@pytest.mark.parametrize("age", [60, 300])
def test_an_answer_older_than_a_submission_never_makes_it_lost(age: int) -> None:
    """As where squeue or qstat answers from a file: every answer shows what was `age` seconds ago."""
    known, observed = submitted(), ObservedJobs()
    for now in range(0, age + 10, 5):
        observed = apply_snapshot(observed, snapshot(now - age, OTHER), known)
        known, actions = reconcile(known, observed, SchedulerStatus(), BEGAN + now)
        assert (observed.missing, known.desired, actions) == (frozenset(), "running", ()), f"after {now} s"
    observed = apply_snapshot(observed, snapshot(15, OTHER, *ALL), known)
    known, actions = reconcile(known, observed, SchedulerStatus(), BEGAN + age + 15)
    assert (known.scheduler.finished, actions, len(observed.jobs)) == (False, (), 3)


@pytest.mark.parametrize("age", [60, 300])
def test_an_answer_older_than_a_submission_never_has_it_sent_twice(age: int) -> None:
    """Its own answer was lost: it is looked for by name."""
    known, observed = with_submission(record(), S, submitted_at=BEGAN, attempts=1), ObservedJobs()
    for now in range(0, age + 15, 5):
        observed = apply_snapshot(observed, snapshot(now - age, OTHER), known)
        known, actions = reconcile(known, observed, SchedulerStatus(), BEGAN + now)
        assert actions == (), f"after {now} s"
    found = apply_snapshot(observed, snapshot(16, OTHER, ALL[0]), known)
    assert reconcile(known, found, SchedulerStatus(), BEGAN + age + 16)[0].scheduler.id == "11"
    without = apply_snapshot(observed, snapshot(16, OTHER), known)
    _, actions = reconcile(known, without, SchedulerStatus(), BEGAN + age + 16)
    assert actions == (SubmitJobs(S),), "now it is known not to be there"


def test_what_was_looked_up_is_not_lost_by_an_older_answer() -> None:
    known = submitted()
    observed = apply_lookup(ObservedJobs(), ["11", "12"], ALL, BEGAN + 20, known)
    assert apply_snapshot(observed, snapshot(-40, OTHER), known).missing == frozenset()


def test_an_answer_older_than_the_last_one_is_ignored() -> None:
    observed = apply_snapshot(ObservedJobs(), snapshot(40, *ALL), submitted())
    assert apply_snapshot(observed, snapshot(30, OTHER), submitted()) == observed
