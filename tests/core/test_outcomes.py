"""How a job ended, as the user reads it."""

from __future__ import annotations

import pytest

from jupyterlab_dask_hpc.batch.jobs import Cause
from jupyterlab_dask_hpc.core.log_names import NOT_SET, SCRATCH_UNUSABLE
from jupyterlab_dask_hpc.core.outcomes import (
    outcome_advice,
    outcome_message,
    scheduler_end_reason,
    workers_ended_reason,
)
from jupyterlab_dask_hpc.core.scheduler_status import WorkersEnd

from .sample import UNWRITABLE, job


@pytest.mark.parametrize(
    ("word", "exit_", "shown"),
    [
        ("FAILED", -9, "killed by SIGKILL"),
        ("FAILED", -64, "killed by SIGRTMAX"),
        ("FAILED", -63, "killed by signal 63"),
        ("FAILED", 137, "killed by SIGKILL"),
        ("FAILED", 139, "killed by SIGSEGV"),
        ("FAILED", 255, "exit 255"),
        ("FAILED", 1, "exit 1"),
        ("FAILED", 127, "its Python was not found"),
        ("FAILED", None, "failed"),
        ("FAILED", -24, "CPU time limit reached"),
        ("FAILED", 152, "CPU time limit reached"),
        ("FAILED", -25, "file size limit reached"),
        ("FAILED", 153, "file size limit reached"),
        ("OUT_OF_MEMORY", None, "out of memory"),
        ("NODE_FAIL", 1, "its node failed"),
    ],
)
def test_how_it_ended(word: str, exit_: int | None, shown: str) -> None:
    assert str(outcome_message(job("w", "12_0", word, exit=exit_))) == shown


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        (Cause.LOG_UNWRITABLE, "the node cannot write its log"),
        (Cause.NODE_NOT_STARTED, "its node did not start"),
        (Cause.DEADLINE, "deadline reached"),
    ],
)
def test_a_cause_is_more_specific_than_the_outcome(cause: Cause, shown: str) -> None:
    assert str(outcome_message(job("w", "12_0", "FAILED", cause=cause))) == shown


@pytest.mark.parametrize("exit_", [-9, 137])
def test_a_kill_is_shown_with_its_most_likely_cause(exit_: int) -> None:
    assert "more memory than they asked for" in str(outcome_advice(job("w", "12_0", "FAILED", exit=exit_)))


@pytest.mark.parametrize(
    ("code", "shown"),
    [
        (0, "All workers have ended."),
        (1, "All workers have ended; the command that had started them returned 1."),
        (139, "All workers have ended: killed by SIGSEGV."),
        (255, "All workers have ended; the command that had started them returned 255."),
    ],
)
def test_how_the_workers_of_one_job_have_ended(code: int, shown: str) -> None:
    assert str(workers_ended_reason(WorkersEnd(code, ()))) == shown


def test_workers_of_one_job_that_were_killed_may_have_lacked_memory() -> None:
    shown = str(workers_ended_reason(WorkersEnd(137, ("the last line",))))
    assert shown.startswith("All workers have ended: killed by SIGKILL. ")
    assert "memory" in shown
    assert shown.endswith("A log ends with: the last line")


@pytest.mark.parametrize(("exit_", "option"), [(-24, "ulimit -t"), (-25, "ulimit -f")])
def test_a_limit_of_the_node_is_shown_with_what_to_do(exit_: int, option: str) -> None:
    failed = job("w", "12_0", "FAILED", exit=exit_)
    assert option in str(outcome_advice(failed))
    assert option in str(scheduler_end_reason(failed, ()))


def test_why_a_scheduler_ended() -> None:
    assert str(scheduler_end_reason(job("s", "11", "TIMEOUT"), ["slurmstepd: error: *** JOB 11"])) == (
        "The cluster reached its scheduler's time limit."
    )
    assert str(scheduler_end_reason(job("s", "11", "CANCELLED"), ())) == (
        "The scheduler's job was cancelled outside of JupyterLab."
    )
    broken = job("s", "11", "FAILED", exit=1)
    assert str(scheduler_end_reason(broken, ["Traceback", "OSError: No space left on device"])) == (
        "The scheduler ended by itself: exit 1. Its log ends with: OSError: No space left on device"
    )
    assert str(scheduler_end_reason(job("s", "11", "FAILED"), ())).endswith("See its log.")
    assert "Launch from a folder that the nodes share" in str(
        scheduler_end_reason(job("s", "11", "FAILED", **UNWRITABLE), ())
    )


@pytest.mark.parametrize(("word", "exit_"), [("COMPLETED", 0), ("COMPLETED", None), ("FAILED", 1)])
def test_a_job_without_output_was_ended_by_its_login_shell(word: str, exit_: int | None) -> None:
    silent = job("s", "11", word, exit=exit_)
    assert "before Dask was started: the login shell" in str(scheduler_end_reason(silent, ()))
    assert "login shell" not in str(scheduler_end_reason(silent, ("Traceback",)))


def test_a_shell_that_ends_before_dask_is_shown() -> None:
    lines = ("Dask was not started: the shell ended before, with exit code 0.",)
    shown = str(scheduler_end_reason(job("s", "11", "COMPLETED", exit=0), lines))
    assert shown.startswith("The scheduler ended by itself: the shell ended before Dask was started. A line of the")
    both = ("This line of setup failed: module load x", *lines)
    assert str(outcome_message(job("w", "12_0", "FAILED", exit=3), both)) == "a line of its setup failed"


@pytest.mark.parametrize(
    ("line", "how", "why"),
    [
        (
            f"{SCRATCH_UNUSABLE}/scratch: Read-only file system, on n1.",
            "its scratch folder cannot be used",
            "/scratch: Read",
        ),
        (
            f"{NOT_SET}SLURM_TMPDIR, on n1.",
            "a variable of its profile is not set",
            "does not set SLURM_TMPDIR, on n1. Tell",
        ),
    ],
)
def test_a_scratch_folder_that_cannot_be_used_is_shown(line: str, how: str, why: str) -> None:
    failed = job("w", "12_0", "FAILED", exit=1)
    assert str(outcome_message(failed, [line])) == how
    assert why in str(outcome_advice(failed, [line]))


def test_a_setup_line_that_did_no_harm_is_not_the_reason() -> None:
    lines = ("This line of setup failed: grep -q x y", "MemoryError")
    assert str(outcome_message(job("w", "12_0", "OUT_OF_MEMORY", signal=None), lines)) == "out of memory"


def test_a_scheduler_that_was_ended_long_before_its_limit() -> None:
    shown = str(scheduler_end_reason(job("s", "11", "TIMEOUT", elapsed=600), (), 28800))
    assert "used up" in shown
    assert str(scheduler_end_reason(job("s", "11", "TIMEOUT", elapsed=28790), (), 28800)) == (
        "The cluster reached its scheduler's time limit."
    )
