"""Batch systems with other capabilities: no arrays, none of one job, fewer jobs at once, nothing to look up."""

from __future__ import annotations

from dataclasses import replace

import pytest
from support.job_refs import ref

from jupyterlab_dask_hpc.batch.base import Capabilities
from jupyterlab_dask_hpc.batch.jobs import Job, JobRef, JobState, Outcome
from jupyterlab_dask_hpc.core import scaling
from jupyterlab_dask_hpc.core.actions import CancelJobs, FindJobs, SubmitJobs, SubmitResult
from jupyterlab_dask_hpc.core.arrays import ArrayLimits, ArrayRules, array_limits, split
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, plan, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.slots import slots
from jupyterlab_dask_hpc.core.stopping import stop

from .sample import BEGAN, ID, STOPPED, cancel, job, record, snapshot

S, W0 = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"
NONE = array_limits(Capabilities(arrays=False), 0)
STARTED = SchedulerStatus(started=True)


@pytest.mark.parametrize(
    ("capabilities", "largest", "jobs", "sizes"),
    [
        (Capabilities(), 1001, 0, []),
        (Capabilities(), 1001, 1, [1]),
        (Capabilities(), 1001, 3000, [1001, 1001, 998]),
        (Capabilities(arrays=False), 1001, 3, [None, None, None]),
        (Capabilities(smallest_array=2), 1001, 1, [None]),
        (Capabilities(smallest_array=2), 1001, 2, [2]),
        (Capabilities(smallest_array=2), 4, 9, [4, 4, None]),
        (Capabilities(smallest_array=2), 1, 2, [None, None]),
        (Capabilities(array_at_once=10), 1001, 25, [10, 10, 5]),
        (Capabilities(array_at_once=2000), 1001, 1500, [1001, 499]),
        (Capabilities(), 0, 2, [1, 1]),
    ],
)
def test_jobs_are_divided_by_what_the_batch_system_can(
    capabilities: Capabilities, largest: int, jobs: int, sizes: list[int | None]
) -> None:
    assert list(split(jobs, array_limits(capabilities, largest))) == sizes


@pytest.mark.parametrize(
    ("rules", "capabilities", "sizes"),
    [
        (ArrayRules(), Capabilities(), [25]),
        (ArrayRules(largest=10), Capabilities(), [10, 10, 5]),
        (ArrayRules(largest=5000), Capabilities(), [25]),
        (ArrayRules(largest=0), Capabilities(), [None] * 25),
        (ArrayRules(largest=20), Capabilities(array_at_once=10), [10, 10, 5]),
        (ArrayRules(largest=12), Capabilities(smallest_array=2), [12, 12, None]),
        (ArrayRules(at_once=10), Capabilities(array_throttle=True), [25]),
    ],
)
def test_a_site_narrows_what_the_batch_system_can(
    rules: ArrayRules, capabilities: Capabilities, sizes: list[int | None]
) -> None:
    assert list(split(25, array_limits(capabilities, 1001, rules))) == sizes


def test_jobs_that_wait_for_others_of_their_array_are_not_waited_for() -> None:
    """They start when the cluster has lost others, perhaps never."""
    known = with_submission(with_submission(record(3), S, id="1"), W0, id="2")
    started = SchedulerStatus(started=True, address="tls://n:1", answers=True, connected=frozenset({"w2_0"}))

    def state(reason: str) -> str:
        pending = [job(W0, f"2_{index}", "PENDING", reason=reason) for index in (1, 2)]
        shown = snapshot(10, job(S, "1"), job(W0, "2_0"), *pending)
        return reconcile(known, apply_snapshot(ObservedJobs(), shown, known), started, BEGAN + 20)[0].state

    assert (state("Priority"), state("JobArrayTaskLimit")) == ("starting", "running")


def without_arrays(workers: int = 3) -> Record:
    known = record(workers)
    return known.model_copy(update={"submissions": plan(ID, known.request, NONE)})


def all_submitted(known: Record, now: float = 10) -> Record:
    """The record after all submissions were submitted, one by one, as 100, 101, ..."""
    result, number = None, 100 + sum(bool(one.id) for one in known.submissions)
    while True:
        known, actions = reconcile(known, ObservedJobs(at=BEGAN), STARTED, BEGAN + now, result)
        if not actions:
            return known
        [action] = actions
        assert isinstance(action, SubmitJobs)
        result, number = SubmitResult(action.submission, id=str(number)), number + 1


def seen(known: Record, at: float = 40) -> ObservedJobs:
    jobs = [job(one.name, one.id) for one in known.submissions]
    return apply_snapshot(ObservedJobs(), snapshot(at, *jobs), known)


def test_without_arrays_every_worker_is_a_submission() -> None:
    known = all_submitted(without_arrays())
    assert [(one.tasks, one.first, one.id) for one in known.worker_submissions] == [
        (None, 0, "101"),
        (None, 1, "102"),
        (None, 2, "103"),
    ]
    workers = slots(known, seen(known), ["w101_0", "w103_0"])
    assert [(slot.number, slot.ref, slot.state) for slot in workers] == [
        (0, JobRef("101"), "running"),
        (1, JobRef("102"), "connecting"),
        (2, JobRef("103"), "running"),
    ]


def test_without_arrays_a_cluster_grows_and_shrinks_by_single_jobs() -> None:
    known = all_submitted(without_arrays())
    more = scaling.scale(known, slots(known, seen(known)), 5, NONE)
    assert [(one.tasks, one.first) for one in more.worker_submissions[3:]] == [(None, 3), (None, 4)]
    more = all_submitted(more)
    few = scaling.scale(more, slots(more, seen(more)), 4, NONE)
    connected = frozenset({"w101_0", "w102_0", "w103_0"})
    status = replace(STARTED, address=True, connected=connected)
    few, actions = reconcile(few, seen(few), status, BEGAN + 50)
    assert actions == (CancelJobs((JobRef("105"),)),), "of those that have not connected, the newest"
    assert [one.released for one in few.worker_submissions] == [(), (), (), (), (0,)]


def test_retired_workers_that_are_wanted_again_come_as_single_jobs() -> None:
    known = all_submitted(without_arrays())
    workers = slots(known, seen(known), ["w101_0", "w102_0", "w103_0"], ["w103_0"])
    again = scaling.release_retired(known, workers, None)
    assert [(one.tasks, one.first) for one in again.worker_submissions[3:]] == [(None, 3)]


def test_an_array_that_is_to_start_with_one_job_less_than_two_is_a_single_job() -> None:
    known = with_submission(record(3), S, submitted_at=BEGAN, id="11")
    few = scaling.scale(known, slots(known, ObservedJobs(at=BEGAN)), 1, ArrayLimits(10, smallest=2))
    few, actions = reconcile(few, ObservedJobs(at=BEGAN), STARTED, BEGAN + 1)
    assert SubmitJobs(W0) in actions
    assert few.submission(W0).tasks is None


def submitted() -> Record:
    known = with_submission(record(), S, submitted_at=BEGAN, attempts=1, id="11")
    return with_submission(known, W0, submitted_at=BEGAN + 1, attempts=1, id="12")


ALL = (job(S, "11"), job(W0, "12_0"), job(W0, "12_1"))


def look(before: ObservedJobs, at: float, *jobs: Job) -> ObservedJobs:
    return apply_snapshot(before, snapshot(at, *jobs), submitted(), lookup_after_end=False)


def test_what_cannot_be_looked_up_has_ended_when_two_answers_lack_it() -> None:
    before = look(ObservedJobs(), 20, *ALL)
    once = look(before, 30, *ALL[:2])
    assert once.jobs[ref("12_1")].state is JobState.RUNNING
    assert not once.whole
    assert look(once, 40, *ALL).jobs[ref("12_1")].state is JobState.RUNNING
    twice = look(once, 40, *ALL[:2])
    ended = twice.jobs[ref("12_1")]
    assert (ended.state, ended.outcome) == (JobState.ENDED, Outcome.UNKNOWN)
    assert twice.jobs[ref("12_0")].state is JobState.RUNNING
    assert twice.whole
    _, actions = reconcile(submitted(), twice, STARTED, BEGAN + 40)
    assert not [action for action in actions if isinstance(action, FindJobs)]


def test_all_have_ended_when_two_answers_are_empty() -> None:
    once = look(look(ObservedJobs(), 20, *ALL), 30)
    assert once.at == BEGAN + 20, "one empty answer is not trusted"
    twice = look(once, 40)
    assert twice.at == BEGAN + 40
    assert {job.outcome for job in twice.jobs.values()} == {Outcome.UNKNOWN}
    # Some may be there nevertheless.
    after, actions = reconcile(stop(submitted(), STOPPED), twice, STARTED, BEGAN + 41)
    assert (after.state, actions) == ("closing", (cancel("11", "12"),))
    assert reconcile(after, twice, STARTED, BEGAN + 42)[0].state == "closed"


def test_the_same_answer_read_again_is_no_second_one() -> None:
    before = look(ObservedJobs(), 20, *ALL)
    for answer in ((), ALL[:2]):
        again = look(look(before, 30, *answer), 30, *answer)
        assert {job.state for job in again.jobs.values()} == {JobState.RUNNING}
        assert not again.whole


def test_each_of_two_jobs_that_one_answer_lacked_still_lives() -> None:
    once = look(look(ObservedJobs(), 20, *ALL), 30, *ALL[:2])
    other = look(once, 40, ALL[0], ALL[2])
    assert {job.state for job in other.jobs.values()} == {JobState.RUNNING}


def test_jobs_that_no_answer_ever_showed_have_ended() -> None:
    twice = look(look(ObservedJobs(), 20, ALL[0]), 30, ALL[0])
    assert twice.jobs[ref("12_0")].outcome is Outcome.UNKNOWN
    young = look(look(ObservedJobs(), 5, ALL[0]), 8, ALL[0])
    assert ref("12_0") not in young.jobs, "an answer may lack what was submitted just before"


def test_an_exit_that_nobody_knows_is_not_looked_up() -> None:
    failed = look(ObservedJobs(), 20, ALL[0], job(W0, "12_0", "FAILED"), ALL[2])
    assert not failed.unexplained
    assert failed.whole
