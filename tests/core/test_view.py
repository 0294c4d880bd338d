"""What a user is shown: counts that add up, and the worst problem first."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from support.job_refs import ref

from jupyterlab_dask_hpc.batch.jobs import Job
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.counts import workers_to_connect
from jupyterlab_dask_hpc.core.history import MAX_SAMPLES, History
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_lookup, apply_snapshot
from jupyterlab_dask_hpc.core.record import Record, with_submission
from jupyterlab_dask_hpc.core.scheduler_status import NodeStatus, Restarts, Unrunnable
from jupyterlab_dask_hpc.core.shapes import iso_utc
from jupyterlab_dask_hpc.core.slots import worker_name
from jupyterlab_dask_hpc.core.stopping import stop
from jupyterlab_dask_hpc.core.view import cluster_view, jobs_view

from .sample import BEGAN, ID, STOPPED, UNWRITABLE, job, record, snapshot

S, W = f"dask-demo.{ID}.s", f"dask-demo.{ID}.w0"


def known(*jobs: Job, workers: int, connected: dict[str, int] | None = None) -> ClusterStatus:
    saved = with_submission(
        with_submission(record(workers), S, submitted_at=BEGAN, id="11"), W, submitted_at=BEGAN, id="12"
    )
    return ClusterStatus(
        saved, apply_snapshot(ObservedJobs(), snapshot(5, *jobs), saved), Slurm(), connected=connected or {}
    )


def test_counts_add_up_to_what_was_asked_for() -> None:
    now = known(
        job(S, "11"),
        job(W, "12_0"),
        job(W, "12_1"),
        job(W, "12_2", "PENDING", reason="Priority"),
        job(W, "12_3", "OUT_OF_MEMORY", node="n2"),
        workers=6,
        connected={"w12_0": 0, "w12_1-r1": 0},
    )
    counts = cluster_view(now, BEGAN + 6)["workers"]
    assert counts == {"requested": 6, "pending": 3, "running": 2, "connected": 2, "ended": 0, "failed": 1}


def shared(*jobs: Job, processes: int, connected: tuple[str, ...] = (), peak: int = 2**26) -> ClusterStatus:
    """As `known`, with jobs of several workers; all of the jobs are given."""
    now = known(job(S, "11"), *jobs, workers=len(jobs))
    return replace(
        now, record=with_submission(now.record, W, processes=processes), connected=dict.fromkeys(connected, peak)
    )


def test_jobs_and_workers_are_counted_apart() -> None:
    rows = [job(W, "12_0"), job(W, "12_1"), job(W, "12_2", "PENDING"), job(W, "12_3", "OUT_OF_MEMORY", node="n2")]
    there = [worker_name("12", index, process) for index in (0, 1) for process in range(8)]
    now = shared(*rows, processes=8, connected=tuple(there[:-1]))
    view = cluster_view(now, BEGAN + 6)
    workers = {"requested": 32, "pending": 8, "running": 16, "connected": 15, "ended": 0, "failed": 8}
    assert view["workers"] == workers
    assert view["jobs"] == {"requested": 4, "pending": 1, "running": 2, "ended": 0, "failed": 1}
    assert "jobs" not in cluster_view(known(job(S, "11"), workers=1), BEGAN + 6)


def test_a_shared_job_lists_its_workers() -> None:
    there = ("w12_0-0", "w12_0-1", "w12_1-0", "w12_1-r1-0", "w12_1-r1-1")
    now = shared(job(W, "12_0"), job(W, "12_1"), job(W, "12_2", "PENDING"), processes=2, connected=there, peak=1)
    scheduler, first, second, third = jobs_view(now)
    assert "workers" not in scheduler
    assert first["workers"] == [
        {"name": "w12_0-0", "index": 0, "state": "running", "memory_peak": 2**26},
        {"name": "w12_0-1", "index": 1, "state": "running", "memory_peak": 2**26},
    ]
    assert [worker["name"] for worker in second["workers"]] == ["w12_1-r1-0", "w12_1-r1-1"]
    assert [(one["name"], one["index"], one["state"], one["memory_peak"]) for one in third["workers"]] == [
        ("w12_2-0", 4, "pending", None),
        ("w12_2-1", 5, "pending", None),
    ]


def test_a_job_that_runs_scheduler_and_workers_is_one_job() -> None:
    alone = known(job(S, "11"), workers=0)
    one = alone.record.scheduler.model_copy(update={"role": "all", "processes": 3})
    record = Record.model_validate({**alone.record.model_dump(), "submissions": [one.model_dump()]})
    now = replace(alone, record=record, connected={"w11_0-1": 5})
    [scheduler] = jobs_view(now)
    assert (scheduler["id"], scheduler["role"], scheduler["state"]) == ("11", "scheduler", "running")
    assert [worker["state"] for worker in scheduler["workers"]] == ["connecting", "running", "connecting"]
    # The script of its node has ended.
    [scheduler] = jobs_view(replace(now, nodes={0: NodeStatus("n7", exit_code=1)}))
    assert {worker["state"] for worker in scheduler["workers"]} == {"failed"}
    assert {worker["node"] for worker in scheduler["workers"]} == {"n7"}


def test_a_restarted_worker_is_shown_with_its_job() -> None:
    """One of sixteen, and with what it had ended; the job goes on."""
    there = tuple(worker_name("12", 0, process) for process in range(16))
    now = shared(job(W, "12_0", node="n2"), processes=16, connected=there)
    restarts = {"w12_0-3": Restarts(2, -15), "w12_0-9": Restarts(1, 3), "w12_0-11": Restarts(1, 3)}
    first, second = cluster_view(replace(now, restarts=restarts), BEGAN + 6)["problems"]
    assert first["message"]["text"] == "2 workers of job 12_0 on n2 were restarted: exit 3 (w12_0-9, w12_0-11)"
    assert second["message"]["text"] == "Worker w12_0-3 of job 12_0 on n2 was restarted: out of memory"
    assert second["advice"]["text"].startswith(
        "Nannies have started workers again 2 times; the job goes on. It reached"
    )
    assert [(one["kind"], one["reason"], one["count"], one["jobs"]) for one in (first, second)] == [
        ("stuck", "restarted", 2, ["12_0"]),
        ("stuck", "restarted", 1, ["12_0"]),
    ]


def test_workers_that_have_ended_alone_are_named() -> None:
    there = tuple(worker_name("12", 0, process) for process in range(6))
    now = shared(job(W, "12_0", node="n2"), processes=7, connected=there)
    [problem] = cluster_view(replace(now, left=frozenset({"w12_0-6"})), BEGAN + 6)["problems"]
    assert problem["message"]["text"] == "Worker w12_0-6 on n2 has ended; its job goes on with the others"
    now = replace(now, connected={"w12_0-0": 0}, left=frozenset(worker_name("12", 0, n) for n in range(1, 7)))
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert problem["message"]["text"].startswith("6 workers on n2 have ended (w12_0-1, w12_0-2, w12_0-3, w12_0-4, w12_")
    assert (problem["count"], problem["jobs"]) == (6, ["12_0"])


def test_problems_of_shared_jobs_count_workers() -> None:
    rows = [job(W, "12_0", "OUT_OF_MEMORY", node="n2"), job(W, "12_1", "PENDING", reason="Priority"), job(W, "12_2")]
    now = shared(*rows, processes=8, connected=("w12_2-0",))
    counts = {one["kind"]: one["count"] for one in cluster_view(now, BEGAN + 500)["problems"]}
    assert counts == {"failed": 8, "stuck": 7, "waiting": 8}


def test_shared_jobs_take_no_more_bytes_of_the_stream() -> None:
    def size(jobs: int, processes: int) -> int:
        running = [job(W, f"12_{task}", node="n214") for task in range(jobs)]
        there = [
            worker_name("12", task, process if processes > 1 else None)
            for task in range(jobs)
            for process in range(processes)
        ]
        asked = record(jobs, largest=3001)
        asked = with_submission(asked, S, submitted_at=BEGAN, id="11")
        asked = with_submission(asked, W, submitted_at=BEGAN, id="12", processes=processes)
        observed = apply_snapshot(ObservedJobs(), snapshot(5, job(S, "11"), *running), asked)
        now = ClusterStatus(asked, observed, Slurm(), connected=dict.fromkeys(there, 2**31))
        assert (
            sum(worker["state"] == "running" for one in jobs_view(now)[1:] for worker in one.get("workers", [one]))
            == 3000
        )
        return len(json.dumps(jobs_view(now), separators=(",", ":")))

    assert size(30, 100) < size(3000, 1) / 2


def test_running_but_not_connected_is_connecting() -> None:
    now = known(job(S, "11"), job(W, "12_0"), workers=1)
    assert cluster_view(now, BEGAN + 6)["workers"]["connected"] == 0
    assert [row["state"] for row in jobs_view(now)] == ["running", "connecting"]


def test_jobs_that_no_answer_has_shown_yet_wait() -> None:
    rows = jobs_view(known(job(S, "11"), workers=3))
    assert [(row["id"], row["state"]) for row in rows[1:]] == [
        ("12_0", "pending"),
        ("12_1", "pending"),
        ("12_2", "pending"),
    ]


def test_problems_are_grouped_and_the_worst_comes_first() -> None:
    failed = [job(W, f"12_{task}", "OUT_OF_MEMORY", node="n214") for task in range(3)]
    silent = [job(W, f"12_{task}", node="n087", elapsed=500) for task in (3, 4)]
    waiting = [job(W, "12_5", "PENDING", reason="Priority")]
    now = known(job(S, "11"), *waiting, *silent, *failed, workers=6)
    problems = cluster_view(now, BEGAN + 6)["problems"]
    assert [problem["message"]["text"] for problem in problems] == [
        "3 failed on n214: out of memory",
        "2 connecting on n087 for over 4 min",
        "1 pending: Priority",
    ]
    assert problems[0]["jobs"] == ["12_0", "12_1", "12_2"]
    assert problems[0]["reason"] == "OUT_OF_MEMORY"


def test_workers_that_may_still_come_are_those_that_wait_or_began_lately() -> None:
    lately, long_ago = job(W, "12_0", elapsed=200), job(W, "12_1", elapsed=500)
    connected = job(W, "12_2", elapsed=500)
    ended = job(W, "12_4", "OUT_OF_MEMORY")
    waiting = job(W, "12_3", "PENDING")
    now = known(job(S, "11"), lately, long_ago, connected, waiting, ended, workers=6, connected={"w12_2": 0})
    assert workers_to_connect(now, BEGAN + 6) == 3  # the sixth was never shown


def test_a_scheduler_that_does_not_answer_is_a_problem() -> None:
    now = replace(known(job(S, "11", node="n7"), job(W, "12_0", node="n8"), workers=1), silence=61.0)
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert problem["message"]["text"] == "Scheduler on n7 has not answered for over 1 min"
    assert (problem["kind"], problem["jobs"]) == ("stuck", ["11"])


@pytest.mark.parametrize(
    ("tasks", "message"),
    [
        (Unrunnable(3, {"GPU": 1.0}), "3 tasks wait for a worker with resource GPU"),
        (Unrunnable(1, {"GPU": 2.0, "disk": 1.0}), "1 task waits for a worker with resource GPU 2, disk"),
        (Unrunnable(1500, hosts=("nobody", "n7")), "1,500 tasks wait for the worker or host nobody, n7"),
        (Unrunnable(1, workers=("tls://n1:80",)), "1 task waits for the worker or host tls://n1:80"),
    ],
)
def test_tasks_that_no_worker_may_run_are_a_problem(tasks: Unrunnable, message: str) -> None:
    running = known(job(S, "11"), job(W, "12_0"), workers=1, connected={"w12_0": 0})
    assert cluster_view(running, BEGAN + 6)["problems"] == []
    [problem] = cluster_view(replace(running, unrunnable=(tasks,)), BEGAN + 6)["problems"]
    assert (problem["kind"], problem["reason"], problem["message"]["text"]) == ("stuck", "unrunnable", message)
    assert problem["count"] == tasks.count
    assert ('"distributed.worker.resources": {"GPU": ' in problem["advice"]["text"]) == bool(tasks.resources)


def test_a_near_end_is_shown() -> None:
    now = replace(known(job(S, "11"), job(W, "12_0"), workers=1), idle_ends=BEGAN + 300)
    warning = {"kind": "idle", "ends": "cluster", "at": iso_utc(BEGAN + 300)}
    assert cluster_view(now, BEGAN + 6)["warning"] == warning
    assert cluster_view(replace(now, idle_ends=None), BEGAN + 6)["warning"] is None


def test_a_problem_names_the_log_of_one_of_its_jobs() -> None:
    failed = [job(W, f"12_{task}", "FAILED", exit=3, node="n1") for task in range(2)]
    now = replace(known(job(S, "11"), *failed, workers=2), last_lines={ref("12_1"): ("Traceback", "no libfoo")})
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert (problem["jobs"], problem["log"]) == (["12_1", "12_0"], ["Traceback", "no libfoo"])


def test_a_worker_that_vanished_is_shown_while_the_cluster_should_run() -> None:
    seen = known(job(S, "11"), job(W, "12_0", node="n1"), workers=1)
    now = replace(seen, observed=apply_lookup(seen.observed, ["12"], [], BEGAN + 6, seen.record))
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert problem["message"]["text"] == "1 failed on n1: no longer known to the batch system"
    assert cluster_view(replace(now, record=stop(now.record, STOPPED)), BEGAN + 7)["problems"] == []


def test_a_refused_cancel_is_shown_with_the_batch_systems_text() -> None:
    now = replace(known(job(S, "11"), job(W, "12_0"), workers=1), refusal="Zero Bytes were transmitted")
    problem = cluster_view(now, BEGAN + 6)["problems"][0]
    assert (problem["message"]["text"], problem["count"]) == ("Slurm has not cancelled the jobs", 2)
    assert "Zero Bytes were transmitted" in problem["advice"]["text"]


@pytest.mark.parametrize("reason", ["ReqNodeNotAvail, UnavailableNodes:n1", "ReqNodeNotAvail"])
def test_a_reason_to_wait_is_explained_by_its_first_word(reason: str) -> None:
    now = known(job(S, "11"), job(W, "12_0", "PENDING", reason=reason), workers=1)
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert problem["message"]["text"] == f"1 pending: {reason}"
    assert "reserved or down" in problem["advice"]["text"]


def test_a_log_that_the_node_cannot_write_is_a_problem() -> None:
    now = known(
        job(S, "11"),
        job(W, "12_0", "FAILED", **UNWRITABLE, node="n1"),
        workers=1,
    )
    assert (
        cluster_view(now, BEGAN + 6)["problems"][0]["message"]["text"]
        == "1 failed on n1: the node cannot write its log"
    )


def test_history_stays_small_and_keeps_both_ends() -> None:
    history = History()
    for second in range(10_000):
        history.add(float(second), (second, 0, 0, 0))
    samples = history.samples()
    assert len(samples) <= MAX_SAMPLES
    assert samples[0][0] == 0
    assert samples[-1][:2] == [9999.0, 9999]


def test_history_notes_changes_alone() -> None:
    history = History()
    for second in range(100):
        history.add(float(second), (4, 0, 0, 0))
    assert history.samples() == [[0.0, 4, 0, 0, 0]]


def test_a_reason_with_and_without_names_of_nodes_is_one_problem() -> None:
    named = "ReqNodeNotAvail, UnavailableNodes:n[1-3]"
    rows = [job(W, "12_0", "PENDING", reason="ReqNodeNotAvail"), job(W, "12_1", "PENDING", reason=named)]
    [problem] = cluster_view(known(job(S, "11"), *rows, workers=2), BEGAN + 6)["problems"]
    assert problem["message"]["text"] == f"2 pending: {named}"
    assert problem["advice"]["text"] == "The nodes that could run them are reserved or down."


def test_reasons_that_are_not_known_stay_apart() -> None:
    rows = [job(W, "12_0", "PENDING", reason="Odd one"), job(W, "12_1", "PENDING", reason="Odd two")]
    problems = cluster_view(known(job(S, "11"), *rows, workers=2), BEGAN + 6)["problems"]
    assert [problem["message"]["text"] for problem in problems] == ["1 pending: Odd one", "1 pending: Odd two"]


def test_jobs_that_will_not_start_show_the_request_and_whom_to_ask() -> None:
    row = job(W, "12_0", "PENDING", reason="AssocGrpCPUMinutesLimit")
    now = replace(known(job(S, "11"), row, workers=1), ask="the help desk")
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert problem["message"]["text"] == "1 will not start: AssocGrpCPUMinutesLimit"
    assert problem["advice"]["text"].endswith("Nothing starts until it gets more: ask the help desk.")
    scheduler = job(S, "11", "PENDING", reason="PartitionTimeLimit")
    [problem] = cluster_view(known(scheduler, workers=1), BEGAN + 6)["problems"]
    assert problem["message"]["text"] == "Scheduler will not start: PartitionTimeLimit"
    assert "(08:00:00)" in problem["advice"]["text"]
    assert "less scheduler time" in problem["advice"]["text"]


def test_workers_of_a_used_up_project_get_no_advice_to_request_more_time() -> None:
    """Slurm ends them as if their time was over, though they have run for a tenth of it."""
    early, late = (job(W, f"12_{n}", "TIMEOUT", node="n1", elapsed=s) for n, s in enumerate((720, 7201)))
    problems = cluster_view(known(job(S, "11"), early, late, workers=2), BEGAN + 6)["problems"]
    shown = {problem["message"]["text"]: problem["advice"]["text"] for problem in problems}
    assert "used up" in shown["1 failed on n1: ended before its time limit"]
    assert shown["1 failed on n1: time limit reached"].endswith("Ask for more worker time.")


def test_a_setup_line_that_failed_is_the_reason() -> None:
    rows = [job(W, f"12_{n}", "FAILED", node="n1", exit=127) for n in range(3)]
    lines = ("ERROR: no module", "This line of setup failed: module load python/9", "exec: python: not found")
    now = replace(known(job(S, "11"), *rows, workers=3), last_lines={ref("12_1"): lines})
    [problem] = cluster_view(now, BEGAN + 6)["problems"]
    assert problem["message"]["text"] == "3 failed on n1: a line of its setup failed"
    assert "failed: module load python/9." in problem["advice"]["text"]
