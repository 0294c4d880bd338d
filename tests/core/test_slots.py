"""Where jobs become workers: names, and the state of each worker."""

from __future__ import annotations

from typing import Any

import pytest
from support.job_refs import ref

from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.slots import WorkerName, by_job, parse_worker_name, slots, worker_name

from .sample import BEGAN, ID, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("w4815162_5", WorkerName("4815162", 5, 0)),
        ("w4815162_5-r1", WorkerName("4815162", 5, 0)),
        ("w4815162_5-3", WorkerName("4815162", 5, 3)),
        ("w4815162_5-r12-15", WorkerName("4815162", 5, 15)),
        ("wmy_q:12_0", WorkerName("12", 0, 0)),
        ("w12-3.server_0-1", WorkerName("12-3.server", 0, 1)),
        *[(name, None) for name in ("", "w", "w12", "w_5", "12_5", "w12_x", "w12_5-x", "tls://n1:80", "w12_5-r")],
    ],
)
def test_a_workers_name_identifies_it(name: str, parts: WorkerName | None) -> None:
    assert parse_worker_name(name) == parts


@pytest.mark.parametrize("process", [None, 0, 15])
@pytest.mark.parametrize("restarts", [0, 3])
def test_a_name_that_was_written_is_parsed(process: int | None, restarts: int) -> None:
    name = worker_name("4815162", 5, process, restarts)
    assert parse_worker_name(name) == WorkerName("4815162", 5, process or 0)
    # Python would read 4815162_5 as a number, and Dask with it.
    with pytest.raises(ValueError, match="invalid literal"):
        int(name)


def up(**changes: Any) -> Record:
    known = with_submission(record(5), S, submitted_at=BEGAN, id="11")
    return with_submission(known, W, submitted_at=BEGAN, id="12", **changes)


def seen(known: Record) -> ObservedJobs:
    words = ["PENDING", "RUNNING", "COMPLETING", "COMPLETED", "FAILED"]
    return apply_snapshot(
        ObservedJobs(), snapshot(20, job(S, "11"), *(job(W, f"12_{n}", word) for n, word in enumerate(words))), known
    )


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({}, ["pending", "connecting", "ending", "ended", "failed"]),
        ({"released": range(5)}, ["ending", "ending", "ending", "ended", "ended"]),
        ({"replaced": range(5)}, ["pending", "connecting", "ending", "ended", "ended"]),
    ],
    ids=str,
)
def test_the_state_of_a_worker_is_that_of_its_job_and_of_what_it_is_marked_for(
    changes: dict[str, range], states: list[str]
) -> None:
    known = up(**{key: tuple(value) for key, value in changes.items()})
    workers = slots(known, seen(known))
    assert [slot.state for slot in workers] == states
    assert [slot.ended for slot in workers] == [False, False, False, True, True]
    assert {slot.mark for slot in workers} == {next(iter(changes), "")}


def test_a_worker_is_connected_under_each_of_its_names() -> None:
    known = up()
    workers = slots(known, seen(known), ["w12_1", "w12_1-r1", "somebody", "w13_1"], ["w12_3"])
    assert [slot.names for slot in workers] == [(), ("w12_1", "w12_1-r1"), (), (), ()]
    assert workers[1].state == "running"
    assert [slot.retired for slot in workers] == [False, False, False, True, False]


def test_what_was_never_shown_waits_and_of_a_finished_submission_has_ended() -> None:
    assert [slot.state for slot in slots(up(), ObservedJobs())] == ["pending"] * 5
    assert [slot.ref for slot in slots(up(), ObservedJobs())] == [ref(f"12_{n}") for n in range(5)]
    assert [slot.ref for slot in slots(record(2), ObservedJobs())] == [None, None]
    assert {slot.state for slot in slots(up(finished=True), ObservedJobs())} == {"ended"}
    assert {slot.state for slot in slots(up().model_copy(update={"state": "closed"}), ObservedJobs())} == {"ended"}


def test_a_submission_that_was_released_as_a_whole_is_left_out_once_it_is_finished() -> None:
    known = up(finished=True, released=(0, 1), replaced=(2, 3, 4))
    assert slots(known, seen(known)) == []
    assert len(slots(known, seen(known), with_former=True)) == 5


@pytest.mark.parametrize("processes", [2, 16])
def test_a_job_of_several_processes_is_as_many_workers(processes: int) -> None:
    known = up(processes=processes)
    connected = [worker_name("12", 1, process) for process in range(1, processes)]
    workers = slots(known, seen(known), connected)
    assert [(slot.index, slot.process) for slot in workers] == [(n, p) for n in range(5) for p in range(processes)]
    assert [len(one) for one in by_job(workers)] == [processes] * 5
    second = by_job(workers)[1]
    assert [slot.state for slot in second] == ["connecting"] + ["running"] * (processes - 1)
    assert {slot.ref for slot in second} == {ref("12_1")}


def test_a_single_job_may_run_scheduler_and_workers() -> None:
    """One allocation: a submission of the role ``all``, which is no array."""
    alone = record(0)
    one = alone.scheduler.model_copy(update={"role": "all", "processes": 4, "submitted_at": BEGAN, "id": "11"})
    known = Record.model_validate({**alone.model_dump(), "submissions": [one.model_dump()]})
    assert known.scheduler == known.worker_submissions[0]
    observed = apply_snapshot(ObservedJobs(), snapshot(20, job(S, "11")), known)
    workers = slots(known, observed, ["w11_0-2"])
    assert [(slot.ref, slot.process) for slot in workers] == [(ref("11"), process) for process in range(4)]
    assert [slot.state for slot in workers] == ["connecting", "connecting", "running", "connecting"]
