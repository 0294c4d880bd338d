"""What to do next: one case a test, no batch system needed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.job_refs import ref

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.jobs import Job
from jupyterlab_dask_hpc.core.actions import FindJobs, SubmitJobs, SubmitResult
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_lookup, apply_snapshot, mark_looked_up
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import Ended, SchedulerStatus
from jupyterlab_dask_hpc.core.stopping import all_jobs_ending, stop

from .sample import BEGAN, ID, STOPPED, UNWRITABLE, cancel, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"
NOTHING = SchedulerStatus()
UP = SchedulerStatus(started=True, address=True, connected=frozenset())


def submitted(workers: bool = True) -> Record:
    """A cluster whose submits were answered at once."""
    known = with_submission(record(), S, submitted_at=BEGAN, attempts=1, id="11")
    return with_submission(known, W, submitted_at=BEGAN + 1, attempts=1, id="12") if workers else known


def seen(known: Record, at: float, *jobs: Job, before: ObservedJobs | None = None) -> ObservedJobs:
    return apply_snapshot(before or ObservedJobs(), snapshot(at, *jobs), known)


def running(known: Record) -> ObservedJobs:
    return seen(known, 20, job(S, "11"), job(W, "12_0"), job(W, "12_1"))


def test_the_scheduler_is_submitted_first_and_alone() -> None:
    after, actions = reconcile(record(), ObservedJobs(), NOTHING, BEGAN)
    assert actions == (SubmitJobs(S),)
    assert after.scheduler.submitted_at == BEGAN


def test_workers_wait_while_the_scheduler_waits_in_the_queue() -> None:
    known = submitted(workers=False)
    after, actions = reconcile(known, seen(known, 5, job(S, "11", "PENDING")), NOTHING, BEGAN + 5000)
    assert (after.state, actions) == ("queued", ())


def test_workers_are_submitted_once_the_schedulers_job_has_begun() -> None:
    known = submitted(workers=False)
    assert reconcile(known, ObservedJobs(), SchedulerStatus(started=True), BEGAN + 1)[1] == (SubmitJobs(W),)
    assert reconcile(known, seen(known, 5, job(S, "11")), NOTHING, BEGAN + 5)[1] == (SubmitJobs(W),)


def test_more_workers_than_an_array_may_hold_become_several_arrays() -> None:
    known = record(workers=2500)
    assert [(array.tasks, array.first) for array in known.worker_submissions] == [(1001, 0), (1001, 1001), (498, 2002)]
    known = with_submission(known, S, submitted_at=BEGAN, id="11")
    begun = SchedulerStatus(started=True)
    result = None
    # One at a time: its result is reported before the next.
    for number in range(3):
        name = f"dask-demo.{ID}.w{number}"
        known, actions = reconcile(known, ObservedJobs(), begun, BEGAN + 1, result)
        assert actions == (SubmitJobs(name),)
        result = SubmitResult(name, id=str(12 + number))
    known, actions = reconcile(known, ObservedJobs(), begun, BEGAN + 2, result)
    assert actions == ()
    assert [array.id for array in known.worker_submissions] == ["12", "13", "14"]


def test_it_runs_once_all_that_could_come_have_come() -> None:
    known = submitted()
    starting, _ = reconcile(known, running(known), SchedulerStatus(True, True, frozenset({"w12_0"})), BEGAN + 20)
    assert starting.state == "starting"
    ready, _ = reconcile(known, running(known), SchedulerStatus(True, True, frozenset({"w12_0", "w12_1"})), BEGAN + 21)
    assert ready.state == "running"
    one_lost, _ = reconcile(ready, running(known), SchedulerStatus(True, True, frozenset({"w12_0"})), BEGAN + 30)
    assert one_lost.state == "running"


def test_a_lost_answer_is_found_by_the_jobs_name_and_not_submitted_twice() -> None:
    known = with_submission(record(), S, submitted_at=BEGAN, attempts=1)
    after, actions = reconcile(known, seen(known, 50, job(S, "11", "PENDING")), NOTHING, BEGAN + 50)
    assert (after.scheduler.id, actions) == ("11", ())


def test_a_lost_answer_is_waited_for_before_the_next_attempt() -> None:
    known = with_submission(record(), S, submitted_at=BEGAN, attempts=1)
    assert reconcile(known, seen(known, 5), NOTHING, BEGAN + 5)[1] == ()
    assert reconcile(known, ObservedJobs(), NOTHING, BEGAN + 500)[1] == ()  # no snapshot yet
    assert reconcile(known, seen(known, 40), NOTHING, BEGAN + 41)[1] == (SubmitJobs(S),)


def test_after_three_lost_answers_it_fails_with_the_last_error() -> None:
    output = Message("reason.scheduler-unanswered", batch="Slurm", detail="job queue full, sleeping and retrying")
    known = with_submission(record(reason=output), S, submitted_at=BEGAN, attempts=3)
    after, actions = reconcile(known, seen(known, 40), NOTHING, BEGAN + 41)
    assert (after.state, actions) == ("failed", ())
    assert str(after.reason) == f"The batch system did not accept the job after 3 attempts. {output}"


SILENT = Message("reason.scheduler-unanswered", batch="Slurm", detail="timed out")
ANSWERS = replace(UP, answers=True)


@pytest.mark.parametrize("word", ["GONE", "FAILED", "NODE_FAIL", "COMPLETED", "CANCELLED"])
def test_a_scheduler_that_answers_has_not_ended_whatever_the_batch_system_shows(word: str) -> None:
    known = submitted()
    past = [job(S, "11", word, exit=1), job(W, "12_0", word, exit=1), job(W, "12_1", word, exit=1)]
    observed = seen(known, 60, *past, before=running(known))
    after, actions = reconcile(known, observed, replace(ANSWERS, connected=frozenset({"w12_0"})), BEGAN + 60)
    assert (after.desired, actions) == ("running", ())
    silent, _ = reconcile(after, observed, replace(UP, connected=frozenset({"w12_0"})), BEGAN + 66)
    assert silent.desired == "stopped"


def test_a_stop_cancels_a_scheduler_that_answers_though_its_job_counts_as_ended() -> None:
    known = submitted()
    observed = apply_lookup(seen(known, 60, before=running(known)), ["11", "12"], [], BEGAN + 61, known)
    known, _ = reconcile(known, observed, replace(ANSWERS, connected=frozenset({"w12_0"})), BEGAN + 61)
    closing, actions = reconcile(stop(known, STOPPED), observed, ANSWERS, BEGAN + 70)
    assert (closing.state, actions) == ("closing", (cancel("11", "12"),))
    assert reconcile(closing, observed, ANSWERS, BEGAN + 71)[0].state == "closed"


def test_the_schedulers_own_last_word_ends_it_though_it_answered_just_before() -> None:
    known = submitted()
    status = replace(ANSWERS, ended=Ended("idle", "Nothing was computed for 2 h."))
    assert reconcile(known, running(known), status, BEGAN + 60)[0].desired == "stopped"


def test_a_scheduler_that_was_not_accepted_for_an_hour_is_not_submitted_again() -> None:
    known = with_submission(record(reason=SILENT), S, submitted_at=BEGAN, attempts=1)
    after, actions = reconcile(known, seen(known, 4000), NOTHING, BEGAN + 4000)
    assert (after.state, actions) == ("failed", ())
    assert str(after.reason).startswith(
        "The batch system has not accepted the scheduler's job for over 1 h. Launch it again. Slurm did not"
    )


def test_a_lost_scheduler_that_has_run_is_known_by_what_it_left() -> None:
    known = with_submission(record(), S, submitted_at=BEGAN, attempts=1)
    status = SchedulerStatus(started=True, job="11")
    after, _ = reconcile(known, seen(known, 900), status, BEGAN + 900)
    assert after.scheduler.id == "11"
    assert reconcile(after, seen(after, 901), status, BEGAN + 901)[1][-1] == FindJobs(("11",))


def test_of_a_submission_accepted_twice_one_is_cancelled() -> None:
    known = submitted()
    twice = seen(known, 90, job(S, "11"), job(W, "12_0"), job(W, "12_1"), job(W, "13_0"), job(W, "13_1", "PENDING"))
    after, actions = reconcile(known, twice, UP, BEGAN + 90)
    assert actions == (cancel("13"),)
    assert reconcile(after, twice, UP, BEGAN + 91)[1] == ()
    _, actions = reconcile(stop(after, STOPPED), twice, UP, BEGAN + 92)
    assert actions == (cancel("11", "12", "13"),)


def test_an_empty_answer_calls_nothing_dead() -> None:
    known = submitted()
    observed = seen(known, 60, before=running(known))
    after, actions = reconcile(known, observed, UP, BEGAN + 60)
    assert after.desired == "running"
    assert actions == (FindJobs(("11", "12")),)


def test_a_job_that_the_batch_system_no_longer_knows_has_ended() -> None:
    known = submitted()
    observed = apply_lookup(seen(known, 60, before=running(known)), ["11", "12"], [], BEGAN + 61, known)
    after, actions = reconcile(known, observed, UP, BEGAN + 61)
    assert (after.desired, actions) == ("stopped", ())
    assert "no longer known" in str(after.reason)


def test_a_vanished_job_is_shown_as_it_was_looked_up() -> None:
    known = submitted()
    observed = seen(known, 60, job(W, "12_0"), job(W, "12_1"), before=running(known))
    observed = apply_lookup(observed, ["11"], [job(S, "11", "OUT_OF_MEMORY", signal=None)], BEGAN + 61, known)
    after, actions = reconcile(known, observed, UP, BEGAN + 61)
    assert after.failed
    assert "out of memory" in str(after.reason)
    assert actions == (cancel("12"),)


def test_how_a_scheduler_failed_is_looked_up_before_it_is_shown() -> None:
    known = submitted()
    failed = seen(known, 60, job(S, "11", "FAILED"), job(W, "12_0"), job(W, "12_1"))
    waiting, actions = reconcile(known, failed, UP, BEGAN + 60)
    assert (waiting.desired, actions) == ("running", (FindJobs(("11",)),))
    shown = apply_lookup(failed, ["11"], [job(S, "11", "FAILED", exit=127)], BEGAN + 61, known)
    lines = {ref("11"): ("Traceback", "python: not found")}
    after, actions = reconcile(waiting, shown, SchedulerStatus(True, last_lines=lines), BEGAN + 61)
    assert str(after.reason) == (
        "The scheduler ended by itself: its Python was not found. The Python environment was removed, or the nodes do "
        "not see it. Choose one that they see. Its log ends with: python: not found"
    )
    assert actions == (cancel("12"),)
    unknown, _ = reconcile(waiting, mark_looked_up(failed, ["11"]), UP, BEGAN + 61)
    assert str(unknown.reason) == "The scheduler ended by itself: failed. See its log."


def test_the_reason_of_a_lacking_answer_goes_with_it() -> None:
    known = with_submission(record(reason=SILENT), S, submitted_at=BEGAN, attempts=1)
    assert reconcile(known, seen(known, 5), NOTHING, BEGAN + 5)[0].reason == SILENT
    assert reconcile(known, seen(known, 9, job(S, "11", "PENDING")), NOTHING, BEGAN + 9)[0].reason is None


def test_a_scheduler_at_its_time_limit_ends_the_cluster_as_meant() -> None:
    known = submitted()
    observed = seen(known, 60, job(S, "11", "TIMEOUT"), job(W, "12_0"), job(W, "12_1"))
    after, actions = reconcile(known, observed, UP, BEGAN + 60)
    assert not after.failed
    assert actions == (cancel("12"),)


def test_the_schedulers_last_word_is_the_reason() -> None:
    known = submitted()
    status = SchedulerStatus(True, True, frozenset(), Ended("idle", "Nothing was computed.", 7201.0))
    after, actions = reconcile(known, running(known), status, BEGAN + 60)
    assert after.reason == Message("reason.idle", time=7201.0, limit=known.request.idle_timeout)
    assert str(after.reason).startswith("Nothing was computed for 2 h and no worker was queued (")
    earlier = replace(status, ended=Ended("idle", "Nothing was computed for 7201 s."))
    after, _ = reconcile(known, running(known), earlier, BEGAN + 60)
    assert str(after.reason) == "Nothing was computed for 7201 s."
    assert actions == (cancel("11", "12"),)


ASKED = SchedulerStatus(True, True, frozenset(), Ended("asked", "The scheduler was asked to close."))


def test_a_scheduler_that_a_signal_closes_waits_for_the_batch_systems_reason() -> None:
    known = submitted()
    waiting, actions = reconcile(known, running(known), ASKED, BEGAN + 60)
    assert (waiting.desired, actions) == ("running", ())
    at_limit = seen(known, 62, job(S, "11", "TIMEOUT"), job(W, "12_0"), job(W, "12_1"))
    after, _ = reconcile(waiting, at_limit, ASKED, BEGAN + 62)
    assert "time limit" in str(after.reason)
    assert not after.failed


def test_a_scheduler_that_its_client_closes_gives_that_as_the_reason() -> None:
    known = submitted()
    ended = seen(known, 62, job(S, "11", "COMPLETED"), job(W, "12_0"), job(W, "12_1"))
    after, _ = reconcile(known, ended, ASKED, BEGAN + 62)
    assert (after.reason, after.failed) == (Message("reason.asked"), False)


def test_a_scheduler_that_does_not_answer_after_its_lease_is_ended() -> None:
    """Frozen, or out of reach: it would have ended itself, or will never."""
    known = submitted()
    after, actions = reconcile(known, running(known), replace(UP, lapsed=True), BEGAN + 60)
    assert after.failed
    assert "longer than its lease" in str(after.reason)
    assert actions == (cancel("11", "12"),)


def test_all_workers_failed_before_any_connected_is_a_failed_cluster() -> None:
    known = submitted()
    failed = [job(W, f"12_{task}", "FAILED", **UNWRITABLE) for task in range(2)]
    after, actions = reconcile(known, seen(known, 20, job(S, "11"), *failed), UP, BEGAN + 20)
    assert after.failed
    assert "cannot write its log" in str(after.reason)
    assert actions == (cancel("11"),)


def test_workers_that_end_before_all_have_come_end_the_cluster() -> None:
    known = submitted()
    past = seen(known, 20, job(S, "11"), job(W, "12_0", "COMPLETED"), job(W, "12_1", "FAILED", exit=3))
    status = SchedulerStatus(True, True, frozenset(), last_lines={ref("12_1"): ("no libfoo",)})
    after, actions = reconcile(known, past, status, BEGAN + 20)
    assert after.failed
    assert str(after.reason) == ("No worker is left: 1 of 2 failed: exit 3. A log ends with: no libfoo")
    assert actions == (cancel("11"),)
    ready = known.model_copy(update={"ready": True})
    assert reconcile(ready, past, UP, BEGAN + 20)[0].desired == "running"


def test_workers_that_somebody_cancelled_are_shown_as_cancelled() -> None:
    known = submitted()
    gone = seen(known, 20, job(S, "11"), job(W, "12_0", "CANCELLED"), job(W, "12_1", "CANCELLED"))
    after, _ = reconcile(known, gone, UP, BEGAN + 20)
    assert str(after.reason) == "All 2 workers failed: cancelled. Somebody cancelled them outside of JupyterLab."


def test_stop_before_anything_was_submitted_is_over_at_once() -> None:
    after, actions = reconcile(stop(record(), STOPPED), ObservedJobs(), NOTHING, BEGAN)
    assert (after.state, actions) == ("closed", ())


def test_stop_cancels_all_by_one_call_and_is_over_when_nothing_is_left() -> None:
    known = submitted()
    closing, actions = reconcile(stop(known, STOPPED), running(known), UP, BEGAN + 30)
    assert (closing.state, actions) == ("closing", (cancel("11", "12"),))
    assert reconcile(closing, running(known), UP, BEGAN + 31)[1] == ()
    ending = seen(known, 32, job(S, "11", "CANCELLED"), job(W, "12_0", "COMPLETING"), job(W, "12_1", "CANCELLED"))
    still, actions = reconcile(closing, ending, UP, BEGAN + 32)
    assert (still.state, actions) == ("closing", ())
    gone = seen(known, 34, job(S, "11", "CANCELLED"), job(W, "12_0", "CANCELLED"), job(W, "12_1", "CANCELLED"))
    assert reconcile(still, gone, UP, BEGAN + 34)[0].state == "closed"


def test_a_cancel_that_was_not_taken_is_sent_again() -> None:
    known = submitted()
    closing, _ = reconcile(stop(known, STOPPED), running(known), UP, BEGAN + 30)
    again, actions = reconcile(closing, running(known), UP, BEGAN + 41)
    assert actions == (cancel("11", "12"),)
    assert again.cancelled == BEGAN + 41


def test_jobs_that_are_on_their_way_out_are_not_cancelled_again() -> None:
    known = submitted()
    closing, _ = reconcile(stop(known, STOPPED), running(known), UP, BEGAN + 30)
    ending = seen(known, 40, job(S, "11", "COMPLETING"), job(W, "12_0", "COMPLETING"), job(W, "12_1"))
    assert reconcile(closing, ending, UP, BEGAN + 41)[1] == (cancel("12"),)
    ending = seen(known, 50, job(S, "11", "COMPLETING"), job(W, "12_0", "COMPLETING"), job(W, "12_1", "COMPLETING"))
    assert reconcile(closing, ending, UP, BEGAN + 51)[1] == ()


COMPLETING = (job(S, "11", "COMPLETING"), job(W, "12_0", "COMPLETING"), job(W, "12_1", "COMPLETING"))


@pytest.mark.parametrize(
    ("expected", "at", "jobs"),
    [
        (True, 40, COMPLETING),
        (True, 40, (job(S, "11", "COMPLETED"), *COMPLETING[1:])),
        (True, 40, (job(S, "11", "COMPLETED"), COMPLETING[1], job(W, "12_1", "CANCELLED"))),
        # What waits or runs is waited for, of the scheduler or of one worker.
        (False, 40, (job(S, "11"), *COMPLETING[1:])),
        (False, 40, (*COMPLETING[:2], job(W, "12_1", "PENDING"))),
        # A job that no answer shows is not known to be going.
        (False, 40, COMPLETING[:2]),
        (False, 40, ()),
        # Before the cancel, a job that completes may be one that is requeued.
        (False, 30, COMPLETING),
        # A lost submit that was taken late after all lives beside the one that counts.
        (False, 40, (*COMPLETING, job(S, "15"))),
    ],
)
def test_all_jobs_are_ending_once_none_is_pending_or_running_after_the_cancel(
    expected: bool, at: float, jobs: tuple[Job, ...]
) -> None:
    known = submitted()
    closing, _ = reconcile(stop(known, STOPPED), seen(known, 20), UP, BEGAN + 30)
    observed = seen(closing, at, *jobs)
    after, _ = reconcile(closing, observed, UP, BEGAN + at + 1)
    assert all_jobs_ending(after, observed) is expected
    # One that is to run is never going.
    assert not all_jobs_ending(known, observed)


def test_all_jobs_are_not_ending_while_a_submission_is_unanswered() -> None:
    known = stop(with_submission(submitted(), W, id=""), STOPPED).model_copy(update={"cancelled": BEGAN + 30})
    assert not all_jobs_ending(known, seen(known, 40, COMPLETING[0]))


def test_stop_waits_for_a_submit_whose_answer_was_lost() -> None:
    known = stop(with_submission(record(), S, submitted_at=BEGAN, attempts=1), STOPPED)
    waiting, actions = reconcile(known, seen(known, 5), NOTHING, BEGAN + 5)
    assert (waiting.state, actions) == ("closing", ())
    _, actions = reconcile(known, seen(known, 9, job(S, "11", "PENDING")), NOTHING, BEGAN + 9)
    assert actions == (cancel("11"),)
    assert reconcile(waiting, seen(known, 40), NOTHING, BEGAN + 41)[0].state == "closed"


def test_the_first_reason_stays() -> None:
    assert stop(stop(record(), STOPPED), Message("reason.logged-out")).reason == STOPPED


@pytest.mark.parametrize("state", ["closed", "failed"])
def test_what_is_over_is_left_alone(state: str) -> None:
    past = submitted().model_copy(update={"state": state})
    assert reconcile(past, running(past), UP, BEGAN + 99) == (past, ())


def test_jobs_that_live_again_are_cancelled_with_the_others() -> None:
    known = submitted()
    failed = seen(known, 20, job(S, "11"), job(W, "12_0", "NODE_FAIL", exit=0), job(W, "12_1", "NODE_FAIL", exit=0))
    known, _ = reconcile(known.model_copy(update={"ready": True}), failed, UP, BEGAN + 20)
    assert known.worker_submissions[0].finished
    back = seen(known, 40, job(S, "11"), job(W, "12_0"), job(W, "12_1"), before=failed)
    known, actions = reconcile(stop(known, STOPPED), back, UP, BEGAN + 40)
    assert actions == (cancel("11", "12"),)
    known, _ = reconcile(known, seen(known, 41, job(S, "11", "CANCELLED"), before=back), UP, BEGAN + 41)
    assert known.state == "closing"
