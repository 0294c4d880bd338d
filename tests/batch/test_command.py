"""Commands that hang, and that are no longer waited for: no process remains, and what they printed is in the error."""

from __future__ import annotations

import asyncio
import os
import time
from pathlib import Path

import psutil
import pytest
from support.polling import until

from jupyterlab_dask_hpc.batch.base import BatchSilent
from jupyterlab_dask_hpc.batch.command import Answer, run

TIMEOUT_S = 60.0
ENVIRONMENT = {"PATH": os.environ["PATH"]}
FULL = "sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying"


def ran(script: str, timeout: float = TIMEOUT_S, text: str = "") -> Answer:
    return asyncio.run(run(["sh", "-c", script], ENVIRONMENT, timeout, text=text))


def gone(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def until_gone(*files: Path) -> None:
    until(lambda: all(gone(int(file.read_text())) for file in files), "the end of its processes")


@pytest.mark.parametrize(
    ("script", "text", "expected"),
    [
        ("cat; echo bad >&2; exit 3", "given", Answer(3, "given", "bad\n")),
        ("kill -15 $$", "", Answer(-15, "", "")),
        # Nobody reads what it is given, and it is more than a pipe holds.
        ("echo done", "x" * 1_000_000, Answer(0, "done\n", "")),
        ("exec <&-; sleep 0.2; head -c 300000 /dev/zero | tr '\\0' x >&2", "y", Answer(0, "", "x" * 300_000)),
    ],
)
def test_an_answer_is_whole(script: str, text: str, expected: Answer) -> None:
    assert ran(script, text=text) == expected


@pytest.mark.parametrize(
    "script",
    [
        f"echo '{FULL}' >&2; sleep 900",
        # A wrapper that has ended, whose child holds the pipes.
        f"echo '{FULL}' >&2; sleep 900 & echo $! >child; exit 0",
        # Nothing but SIGKILL ends it.
        f"trap '' TERM INT HUP; echo '{FULL}' >&2; while :; do sleep 1; done",
        f"printf %s '{FULL}' >&2; while :; do echo more; done",
    ],
)
def test_what_a_killed_command_printed_is_in_the_error(script: str, tmp_path: Path) -> None:
    (tmp_path / "child").write_text(str(2**22 + 1))
    with pytest.raises(BatchSilent) as caught:
        asyncio.run(run(["sh", "-c", f"echo $$ >pid; {script}"], ENVIRONMENT, 2, tmp_path))
    assert str(caught.value) == f"sh gave no answer within 2 seconds. Its last lines: {FULL}"
    until_gone(tmp_path / "pid", tmp_path / "child")


def test_of_many_lines_of_output_the_last_are_shown() -> None:
    with pytest.raises(BatchSilent) as caught:
        ran("seq 100000 >&2; sleep 900", timeout=3)
    assert str(caught.value).endswith("Its last lines: 99998\n99999\n100000")
    with pytest.raises(BatchSilent, match=r"^sh gave no answer within 1 seconds\.$"):
        ran("sleep 900", timeout=1)


@pytest.mark.parametrize("late", [False, True])
def test_who_waits_for_a_command_can_be_cancelled_at_any_time(tmp_path: Path, late: bool) -> None:
    """Also in the very turn of the loop in which it answers."""

    async def play(turns: int, folder: Path) -> None:
        script = "exec 2>&-; echo $$ >pid" + ("" if late else "; sleep 900")
        task = asyncio.create_task(run(["sh", "-c", script], ENVIRONMENT, TIMEOUT_S, folder))
        while not (folder / "pid").exists() or not (folder / "pid").read_text():  # noqa: ASYNC110
            await asyncio.sleep(0.001)
        while late and not gone(int((folder / "pid").read_text())):
            time.sleep(0.001)  # noqa: ASYNC251
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        done, _ = await asyncio.wait({task}, timeout=TIMEOUT_S)
        # Where it had answered before, there was nothing to cancel.
        assert done and (task.cancelled() or (late and task.result().code == 0))

    for turns in range(8):
        (tmp_path / str(turns)).mkdir()
        asyncio.run(play(turns, tmp_path / str(turns)))
        until_gone(tmp_path / str(turns) / "pid")
