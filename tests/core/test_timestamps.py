"""A clock that is set, and a computer that sleeps: nothing hangs, and nothing is done twice."""

from __future__ import annotations

import pytest
from support.job_refs import ref

from jupyterlab_dask_hpc.control.clock import WallClock
from jupyterlab_dask_hpc.core.actions import SubmitJobs
from jupyterlab_dask_hpc.core.history import History
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.stopping import stop
from jupyterlab_dask_hpc.core.timestamps import shift_timestamps

from .sample import BEGAN, ID, STOPPED, cancel, job, record, snapshot

S = f"dask-demo.{ID}.s"
JUMPS = pytest.mark.parametrize("jump", [-3600.0, -5.0, 0.0, 40.0, 3600.0, 8 * 3600.0])
NOTHING = SchedulerStatus()


def asked() -> Record:
    """A scheduler whose submit was not answered."""
    return with_submission(record(), S, submitted_at=BEGAN, attempts=1)


def closing() -> tuple[Record, ObservedJobs]:
    """Cancelled at the beginning."""
    known = with_submission(record(), S, submitted_at=BEGAN - 60, id="11")
    observed = apply_snapshot(ObservedJobs(), snapshot(0, job(S, "11")), known)
    return reconcile(stop(known, STOPPED), observed, NOTHING, BEGAN)[0], observed


@JUMPS
def test_a_jump_is_reported_once(jump: float) -> None:
    wall, steady = 1000.0, 10.0
    clock = WallClock(lambda: wall, lambda: steady)
    assert clock.jump() == 0
    wall, steady = wall + 7 + jump, steady + 7
    assert clock.jump() == jump
    assert clock.jump() == 0


@JUMPS
def test_a_lost_answer_is_waited_for_as_long_as_before_the_jump(jump: float) -> None:
    known, observed = shift_timestamps(asked(), apply_snapshot(ObservedJobs(), snapshot(2), asked()), jump)
    now = jump + 5
    waiting, actions = reconcile(known, observed, NOTHING, BEGAN + now)
    assert actions == ()
    # Nobody has looked since it was asked, however late it is.
    assert reconcile(waiting, observed, NOTHING, BEGAN + now + 300)[1] == ()
    observed = apply_snapshot(observed, snapshot(now + 35), waiting)
    assert reconcile(waiting, observed, NOTHING, BEGAN + now + 36)[1] == (SubmitJobs(S),)


@JUMPS
def test_a_lost_answer_is_found_by_its_name(jump: float) -> None:
    known, observed = shift_timestamps(asked(), ObservedJobs(), jump)
    observed = apply_snapshot(observed, snapshot(jump + 5, job(S, "11", "PENDING")), known)
    after, actions = reconcile(known, observed, NOTHING, BEGAN + jump + 5)
    assert (after.scheduler.id, actions) == ("11", ())


@JUMPS
def test_a_cancel_is_sent_again_after_as_long_as_ever(jump: float) -> None:
    known, observed = shift_timestamps(*closing(), jump)
    assert reconcile(known, observed, NOTHING, BEGAN + jump + 9)[1] == ()
    assert reconcile(known, observed, NOTHING, BEGAN + jump + 11)[1] == (cancel("11"),)


@pytest.mark.parametrize("back", [5.0, 3600.0, 86400.0])
def test_after_a_restart_with_an_earlier_clock_it_is_waited_for_once_more(back: float) -> None:
    """The server cannot know by how much the clock was set; what it did in the future, it takes as done now."""
    now = BEGAN - back
    waiting, actions = reconcile(asked(), ObservedJobs(), NOTHING, now)
    assert (waiting.scheduler.submitted_at, actions) == (now, ())
    observed = apply_snapshot(ObservedJobs(), snapshot(-back + 35), waiting)
    assert reconcile(waiting, observed, NOTHING, now + 36)[1] == (SubmitJobs(S),)

    known, observed = closing()
    again, actions = reconcile(known, observed, NOTHING, now)
    assert actions == ()
    assert reconcile(again, observed, NOTHING, now + 11)[1] == (cancel("11"),)


@JUMPS
def test_what_has_run_has_not_run_longer(jump: float) -> None:
    known = with_submission(record(), S, submitted_at=BEGAN, id="11")
    before = apply_snapshot(ObservedJobs(), snapshot(60, job(S, "11", elapsed=40)), known)
    _, after = shift_timestamps(known, before, jump)
    after = apply_snapshot(after, snapshot(jump + 70, job(S, "11", elapsed=50)), known)
    assert after.started == {ref("11"): BEGAN + jump + 20}


@JUMPS
def test_the_timeline_continues(jump: float) -> None:
    history = History()
    history.add(0.0, (4, 0, 0, 0))
    history.add(10.0, (2, 2, 0, 0))
    history.move(jump)
    history.add(jump + 20, (0, 0, 4, 0))
    assert [at - jump for at, *_ in history.samples()] == [0, 10, 20]
