"""The folder on the node that a profile names: made, checked, and removed by the next worker if its own was killed."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.polling import until

import jupyterlab_dask_hpc.in_job
from jupyterlab_dask_hpc.core.log_names import NOT_SET, SCRATCH_UNUSABLE

from .running import Cluster

JOBS = Path(jupyterlab_dask_hpc.in_job.__file__).parent
PROGRAM = """
import os, sys, time
sys.path.insert(0, sys.argv[1])
import job_scratch
print(job_scratch.make("dask-worker-"), flush=True)
print([name for name in os.environ if "SCRATCH" in name], flush=True)
sys.stdin.read()
"""
MIB = 2**20

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Any:
    """Starts a process that makes its folder, writes where, and ends at the end of its input."""
    running: list[subprocess.Popen[str]] = []

    def begin(folder: Path | str, pattern: Path | str = "", at_least: int = 0, tmp: str = "/nowhere") -> Any:
        own = {"FOLDER": str(folder), "PATTERN": str(pattern), "AT_LEAST": str(at_least)}
        running.append(
            subprocess.Popen(
                [sys.executable, "-c", PROGRAM, str(JOBS)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                env={"TMPDIR": tmp, **{f"JUPYTERLAB_DASK_HPC_SCRATCH_{name}": text for name, text in own.items()}},
            )
        )
        return running[-1]

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def made(process: Any) -> Path:
    path = Path(process.stdout.readline().strip())
    assert path.is_dir()
    assert process.stdout.readline() == "[]\n", "tasks see none of its variables"
    return path


def grow_old(*paths: Path) -> None:
    """As if made two minutes ago."""
    for path in paths:
        os.utime(path, (time.time() - 120, time.time() - 120))


def killed(start: Start, *arguments: Any, **more: Any) -> Path:
    """The folder of a process that was killed some time ago."""
    process = start(*arguments, **more)
    path = made(process)
    process.kill()
    process.wait()
    grow_old(path / "dask-hpc.lock", *path.parent.glob("dask-hpc.made"))
    return path


def test_what_was_made_is_removed_at_the_end(start: Start, tmp_path: Path) -> None:
    folder = tmp_path / "scratch" / "ada" / "71"
    first, second = start(folder), start(folder)
    paths = {made(first), made(second)}
    assert {path.parent for path in paths} == {folder} and len(paths) == 2
    assert folder.stat().st_mode & 0o777 == 0o700
    for process in (first, second):
        process.communicate()
        assert process.returncode == 0
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_was_there_stays(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path)
    made(process)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == -signal.SIGTERM
    assert tmp_path.is_dir() and not list(tmp_path.iterdir())


def test_the_next_one_removes_what_a_killed_one_left(start: Start, tmp_path: Path) -> None:
    pattern = tmp_path / "*"
    left = killed(start, tmp_path / "71", pattern)
    (left / "spilled").write_text("x")
    alive = made(start(tmp_path / "72", pattern))
    grow_old(alive / "dask-hpc.lock")
    foreign = tmp_path / "73" / "dask-worker-x"
    foreign.mkdir(parents=True)
    process = start(tmp_path / "74", pattern)
    made(process)
    assert not left.exists() and not left.parent.exists(), "also the folder that was made for it"
    assert alive.is_dir() and foreign.is_dir()
    process.communicate()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["72", "73"]


def test_without_a_folder_of_the_profile_that_is_so_in_tmpdir(start: Start, tmp_path: Path) -> None:
    left = killed(start, "", tmp=str(tmp_path))
    path = made(start("", tmp=str(tmp_path)))
    assert path.parent == tmp_path and not left.exists()


@pytest.mark.parametrize("change", ["young", "of another node", "without a file", "a link", "locked"])
def test_what_may_be_in_use_stays(change: str, start: Start, tmp_path: Path) -> None:
    left = killed(start, tmp_path)
    lock = left / "dask-hpc.lock"
    assert lock.read_text() == socket.gethostname()
    held = None
    if change == "young":
        os.utime(lock)
    elif change == "of another node":
        lock.write_text("another")
        grow_old(lock)
    elif change == "without a file":
        lock.unlink()
    elif change == "a link":
        left.rename(tmp_path / "elsewhere")
        left.symlink_to(tmp_path / "elsewhere")
    else:
        held = lock.open()
        fcntl.flock(held, fcntl.LOCK_EX)
    made(start(tmp_path))
    assert left.exists()
    if held:
        held.close()


@pytest.mark.parametrize(
    ("folder", "why"),
    [
        ("/proc/scratch", "/proc/scratch: No such file or directory"),
        ("/dev/null/scratch", "/dev/null: Not a directory"),
        ("/dev/null", "/dev/null: File exists"),
    ],
)
def test_a_folder_that_cannot_be_used_ends_the_process(start: Start, folder: str, why: str) -> None:
    process = start(folder)
    text, _ = process.communicate()
    assert process.returncode == 1
    assert text.startswith(SCRATCH_UNUSABLE + folder) and text.endswith(f", on {socket.gethostname()}.\n"), text


def test_too_little_space_ends_the_process(start: Start, tmp_path: Path) -> None:
    process = start(tmp_path / "71", at_least=2**60)
    text, _ = process.communicate()
    assert process.returncode == 1
    assert text.startswith(SCRATCH_UNUSABLE) and f"and needs {2**30}.0G" in text
    assert list(tmp_path.iterdir()) == []


def test_workers_and_scheduler_use_it(new_cluster: Any) -> None:
    cluster: Cluster = new_cluster()
    room = cluster.scratch / "of the profile"
    room.mkdir()
    setup = (f"export ROOM='{room}'",)
    scratch = {"setup": setup, "scratch": "$ROOM/$TEST_JOB"}
    cluster.start("scheduler", **scratch)
    cluster.start("worker", **scratch, at_least=MIB)
    with cluster.client() as client:
        client.wait_for_workers(1, timeout=90)
        [spills] = client.run(lambda dask_worker: dask_worker.local_directory).values()
        [variables] = client.run(lambda: [name for name in os.environ if "SCRATCH" in name]).values()
    assert spills.startswith(f"{room}/71/dask-worker-") and variables == []
    assert {path.name[:7] for path in (room / "71").glob("dask-*-*")} == {"dask-wo", "dask-sc"}
    killed_one = cluster.processes["worker.0"]
    killed_one.kill()
    killed_one.wait()
    [left] = (room / "71").glob("dask-worker-*")
    grow_old(left / "dask-hpc.lock")
    cluster.start("worker", 1, **scratch)
    until(lambda: not left.exists(), cluster.logs, 60)
    for process in cluster.processes.values():
        process.terminate()
        process.wait(60)
    until(lambda: not list(room.iterdir()), lambda: str(list(room.rglob("*"))), 30)


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_a_job_without_it_ends_and_says_so(new_cluster: Any, role: Any) -> None:
    cluster: Cluster = new_cluster()
    cluster.start(role, scratch="$SLURM_TMPDIR")
    assert cluster.processes[f"{role}.0"].wait(60) == 1
    assert f"{NOT_SET}SLURM_TMPDIR, on " in cluster.log(role).read_text()
