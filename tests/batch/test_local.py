"""Real processes of this computer."""

from __future__ import annotations

import asyncio
import dataclasses
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest
from support.job_refs import refs, written

from jupyterlab_dask_hpc.batch.base import BatchRefused, JobOptions
from jupyterlab_dask_hpc.batch.jobs import Cause, JobState, Outcome
from jupyterlab_dask_hpc.batch.local.client import Local
from testbed.processes import marked

from .waiting import all_in, jobs, until

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "ODD": "a b'\"$(id)\nc"}
SINGLE = JobOptions(name="one", log="log/one.{id}.log", output="log/one.out", memory=2**30, cpus=1, time=600)
ARRAY = dataclasses.replace(SINGLE, name="many", log="log/many.{id}.log", output="log/many.out", tasks=3)
# Children in the group, out of the group, and deaf to SIGTERM.
FAMILY = "sleep 600 & (setsid sleep 600 &) ; trap '' TERM; sleep 600; sleep 600"

# A server that submits and is gone.
SERVER = """
import asyncio, sys
from pathlib import Path
from jupyterlab_dask_hpc.batch.base import JobOptions
from jupyterlab_dask_hpc.batch.local.client import Local
state, workspace, body = sys.argv[1:]
options = JobOptions(
    name="many", log="log/many.{id}.log", output="log/many.out", memory=2**30, cpus=1, time=600, tasks=3
)
script = f"#!/bin/bash\\n{body}\\n"
batch = Local(Path(state), grace=0.5)
print(asyncio.run(batch.submit(options, script, Path(workspace), {"PATH": "/usr/bin:/bin"})))
"""


@pytest.fixture
def batch(tmp_path: Path) -> Local:
    return Local(tmp_path / "state", grace=0.5)


async def submit(batch: Local, options: JobOptions, body: str, workspace: Path) -> str:
    script = "\n".join(["#!/bin/bash", *batch.header(options), body, ""])
    return await batch.submit(options, script, workspace, ENVIRONMENT)


async def no_process_of(id: str) -> None:
    async def alive() -> list[psutil.Process]:
        return marked(JUPYTERLAB_DASK_HPC_JOB_ID=id)

    await until(alive, lambda processes: not processes)


def test_a_job_runs_with_the_named_environment(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        id = await submit(batch, SINGLE, "pwd; env -0", workspace)
        assert id.isdigit()
        (job,) = await jobs(batch, id, all_in("COMPLETED"))
        assert (written(job), job.index, job.name, job.state, job.outcome) == (
            id,
            None,
            "one",
            JobState.ENDED,
            Outcome.COMPLETED,
        )
        assert job.exit_code == 0
        directory, _, environment = (workspace / "log/one.out").read_text().partition("\n")
        assert directory == str(workspace)
        variables = dict(pair.split("=", 1) for pair in environment.split("\0") if pair)
        assert set(variables) - {"PWD", "SHLVL", "_"} == {
            *ENVIRONMENT,
            "JUPYTERLAB_DASK_HPC_JOB_ID",
            "JUPYTERLAB_DASK_HPC_RESTARTS",
        }
        assert (variables["ODD"], variables["JUPYTERLAB_DASK_HPC_JOB_ID"]) == (ENVIRONMENT["ODD"], id)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("body", "exit", "reason"),
    [("exit 3", (3, None), "NonZeroExitCode:3"), ("kill -9 $$", (None, 9), "RaisedSignal:9")],
)
def test_how_it_failed(
    batch: Local, workspace: Path, body: str, exit: tuple[int | None, int | None], reason: str
) -> None:
    async def play() -> None:
        id = await submit(batch, SINGLE, body, workspace)
        (job,) = await jobs(batch, id, all_in("FAILED"))
        assert (job.state, job.outcome, job.reason) == (JobState.FAILED, Outcome.FAILED, reason)
        assert (job.exit_code, job.signal) == exit

    asyncio.run(play())


def test_an_unwritable_log_is_shown(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        id = await submit(batch, dataclasses.replace(SINGLE, output="nowhere/one.out"), "true", workspace)
        (job,) = await jobs(batch, id, all_in("FAILED"))
        assert (job.outcome, job.cause) == (Outcome.LAUNCH_FAILED, Cause.LOG_UNWRITABLE)
        assert "No such file" in job.reason

    asyncio.run(play())


def test_what_is_written_outside_of_the_logs_is_one_file_for_all_tasks(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        output = workspace / "log/many.out"
        id = await submit(batch, ARRAY, 'echo "of $JUPYTERLAB_DASK_HPC_TASK_ID" >&2', workspace)
        await jobs(batch, id, all_in("COMPLETED", count=3))
        assert sorted(output.read_text().splitlines()) == ["of 0", "of 1", "of 2"]

    asyncio.run(play())


def test_the_output_file_stays_while_another_submission_may_write_to_it(batch: Local, workspace: Path) -> None:
    """All submissions of a role share it: the first one that ends must not remove it."""

    async def play() -> None:
        output, go = workspace / "log/many.out", workspace / "go"
        late = "while [ ! -e go ]; do sleep 0.1; done; echo late >&2; exec >log/other.log 2>&1; sleep 0.5"
        second = await submit(batch, dataclasses.replace(SINGLE, output="log/many.out"), late, workspace)
        await jobs(batch, second, all_in("RUNNING"))
        first = await submit(batch, ARRAY, "exec >log/other.log 2>&1", workspace)
        await jobs(batch, first, all_in("COMPLETED", count=3))

        async def supervisors() -> list[psutil.Process]:
            every = psutil.process_iter(["cmdline"])
            return [one for one in every if (one.info["cmdline"] or [""])[-1].endswith(f"/{first}")]

        await until(supervisors, lambda found: not found)
        go.touch()
        await jobs(batch, second, all_in("COMPLETED"))
        assert output.read_text() == "late\n"

    asyncio.run(play())


def test_an_empty_output_file_does_not_stay(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        output = workspace / "log/many.out"
        id = await submit(batch, ARRAY, "exec >log/other.log; sleep 600", workspace)
        await jobs(batch, id, all_in("RUNNING", count=3))
        assert output.exists()
        await batch.cancel(refs(id))
        await jobs(batch, id, all_in("CANCELLED", count=3))

        async def there() -> bool:
            return output.exists()

        await until(there, lambda found: not found)

    asyncio.run(play())


def test_the_time_limit_holds(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        id = await submit(batch, dataclasses.replace(SINGLE, time=1), FAMILY, workspace)
        (job,) = await jobs(batch, id, all_in("TIMEOUT"))
        assert job.state == JobState.FAILED
        await no_process_of(id)

    asyncio.run(play())


def test_cancel_ends_every_descendant(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        id = await submit(batch, ARRAY, FAMILY, workspace)
        tasks = await jobs(batch, id, all_in("RUNNING", count=3))
        assert [written(job) for job in tasks] == [f"{id}_0", f"{id}_1", f"{id}_2"]

        await batch.cancel(refs(f"{id}_1", "12345"))
        await jobs(batch, id, lambda jobs: [job.native_state for job in jobs] == ["RUNNING", "CANCELLED", "RUNNING"])
        left = {process.environ()["JUPYTERLAB_DASK_HPC_TASK_ID"] for process in marked(JUPYTERLAB_DASK_HPC_JOB_ID=id)}
        assert left == {"0", "2"}

        await batch.cancel(refs(id))
        await jobs(batch, id, all_in("CANCELLED", count=3))
        await no_process_of(id)

    asyncio.run(play())


def test_what_a_job_leaves_behind_goes_with_it(batch: Local, workspace: Path) -> None:
    async def play() -> None:
        id = await submit(batch, SINGLE, "(setsid sleep 600 &); sleep 600 & exit 0", workspace)
        await jobs(batch, id, all_in("COMPLETED"))
        await no_process_of(id)

    asyncio.run(play())


def test_what_hides_from_its_job_goes_with_it_too(batch: Local, workspace: Path) -> None:
    """Neither in the job's process group, nor with the job's environment."""
    until_when = f"600.{os.getpid()}"

    async def play() -> None:
        id = await submit(batch, SINGLE, f"(setsid env -i sleep {until_when} &); sleep 0.2", workspace)
        await jobs(batch, id, all_in("COMPLETED"))

        async def hidden() -> list[psutil.Process]:
            return [each for each in psutil.process_iter(["cmdline"]) if until_when in (each.info["cmdline"] or [])]

        await until(hidden, lambda processes: not processes)

    asyncio.run(play())


def test_jobs_outlive_the_server_and_the_next_one_finds_them(tmp_path: Path, workspace: Path) -> None:
    command = [sys.executable, "-c", SERVER, str(tmp_path / "state"), str(workspace), FAMILY]
    id = subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    after = Local(tmp_path / "state")

    async def play() -> None:
        await jobs(after, id, all_in("RUNNING", count=3))
        await after.cancel(refs(id))
        await jobs(after, id, all_in("CANCELLED", count=3))
        await no_process_of(id)

    asyncio.run(play())


def test_a_killed_supervisor_is_noticed_and_its_jobs_can_still_be_cancelled(
    batch: Local, tmp_path: Path, workspace: Path
) -> None:
    async def play() -> None:
        id = await submit(batch, ARRAY, FAMILY, workspace)
        supervisors = [p for p in psutil.process_iter() if _is_supervisor(p, str(tmp_path / "state" / id))]
        assert len(supervisors) == 1
        supervisors[0].kill()
        await asyncio.to_thread(supervisors[0].wait, 60)
        await jobs(batch, id, all_in("RUNNING", count=3))
        await batch.cancel(refs(id))
        await jobs(batch, id, all_in("LOST", count=3))
        await no_process_of(id)

    asyncio.run(play())


def _is_supervisor(process: psutil.Process, folder: str) -> bool:
    try:
        return process.cmdline()[-1:] == [folder]
    except psutil.Error:
        return False


def test_ids_are_unique_between_servers(tmp_path: Path, workspace: Path) -> None:
    async def play() -> None:
        servers = [Local(tmp_path / "state"), Local(tmp_path / "state")]
        ids = await asyncio.gather(*(submit(server, SINGLE, "true", workspace) for server in servers * 3))
        assert len(set(ids)) == 6
        await until(lambda: servers[0].snapshot({}), lambda shown: {written(job) for job in shown.jobs} == set(ids))

    asyncio.run(play())


def test_ended_jobs_are_forgotten_and_running_ones_are_not(tmp_path: Path, workspace: Path) -> None:
    async def play() -> None:
        batch = Local(tmp_path / "state", grace=0.5, remember=0)
        running = await submit(batch, SINGLE, "exec sleep 600", workspace)
        ended = await submit(batch, SINGLE, "true", workspace)
        shown = await until(lambda: batch.snapshot({}), lambda shown: ended not in {written(job) for job in shown.jobs})
        assert [written(job) for job in shown.jobs] == [running]
        assert await batch.find(refs(ended)) == ()
        await batch.cancel(refs(running))
        await until(lambda: batch.snapshot({}), lambda shown: not shown.jobs)
        assert not any((tmp_path / "state").iterdir())

    asyncio.run(play())


def test_a_script_without_an_interpreter_is_refused(batch: Local, workspace: Path) -> None:
    with pytest.raises(BatchRefused, match="interpreter"):
        asyncio.run(batch.submit(SINGLE, "echo hello\n", workspace, ENVIRONMENT))
