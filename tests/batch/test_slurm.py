"""With a real Slurm, and with commands that misbehave as a farm's sometimes do."""

from __future__ import annotations

import asyncio
import dataclasses
import shlex
import time
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.base import BatchRefused, BatchSilent, JobOptions, JobState
from jupyterlab_dask_hpc.batch.slurm import Slurm
from testbed.slurm import SlurmTestbed

from .waiting import all_in, jobs, until

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "ODD": "a b'\"$(id)\nc"}
SINGLE = JobOptions(name="one", log="log/one.%j.log", memory=100 * 2**20, cpus=1, time=600)
ARRAY = dataclasses.replace(SINGLE, name="many", log="log/many.%A_%a.log", tasks=50, partition="dask", licenses="sps:1")


@pytest.fixture
def batch(slurm: SlurmTestbed) -> Slurm:
    return Slurm(conf=slurm.environment["SLURM_CONF"])


async def submit(batch: Slurm, options: JobOptions, body: str, workspace: Path) -> str:
    script = "\n".join(["#!/bin/bash", *batch.header(options), body, ""])
    return await batch.submit(options, script, workspace, ENVIRONMENT)


def test_a_single_job(batch: Slurm, workspace: Path) -> None:
    """Its log lies where it should in an awkward workspace, and its environment is the named list and Slurm's own."""

    async def play() -> None:
        id = await submit(batch, SINGLE, "pwd; env -0", workspace)
        (job,) = await jobs(batch, id, all_in("COMPLETED"))
        assert (job.id, job.task, job.name, job.state) == (id, None, "one", JobState.ENDED)
        (found,) = await batch.find([id, "99999999"])
        assert (found.word, found.exit) == ("COMPLETED", "0:0")
        said, _, environment = (workspace / f"log/one.{id}.log").read_text().partition("\n")
        assert said == str(workspace)
        variables = dict(pair.split("=", 1) for pair in environment.split("\0") if pair)
        assert variables["ODD"] == ENVIRONMENT["ODD"]
        assert "DASK_HPC_JOB_ID" not in variables
        own = {name for name in variables if not name.startswith("SLURM")}
        of_slurm_and_bash = {"HOSTNAME", "TMPDIR", "ENVIRONMENT", "PWD", "SHLVL", "_"}
        assert own - of_slurm_and_bash == {"PATH", "ODD"}

    asyncio.run(play())


def test_an_array_of_50(batch: Slurm, slurm: SlurmTestbed, workspace: Path) -> None:
    async def play() -> None:
        before = time.time()
        id = await submit(batch, ARRAY, 'echo "$DASK_HPC_JOB_ID"; exec sleep 600', workspace)
        running = await jobs(batch, id, all_in("RUNNING", count=50))
        assert {job.id for job in running} == {f"{id}_{task}" for task in range(50)}
        assert all(job.node and job.start and job.end and abs(job.end - job.start - 600) <= 1 for job in running)
        assert before - 2 <= min(job.start or 0 for job in running)

        async def logs() -> dict[str, str]:
            return {path.name: path.read_text() for path in (workspace / "log").iterdir()}

        wanted = {f"many.{id}_{task}.log": f"{id}\n" for task in range(50)}
        await until(logs, lambda found: found == wanted)

        await batch.cancel([f"{id}_7"])
        tasks = await jobs(batch, id, lambda jobs: sum(job.state.live for job in jobs) == 49)
        assert [job.task for job in tasks if not job.state.live] == [7]
        await batch.cancel([id, "99999999"])
        await jobs(batch, id, lambda jobs: bool(jobs) and not any(job.state.live for job in jobs))
        assert {(job.word, job.exit) for job in await batch.find([id])} == {("CANCELLED", "0:15")}

        async def alive() -> list[object]:
            return [p for p in slurm.processes(id) if p.is_running()]

        await until(alive, lambda processes: not processes)

    asyncio.run(play())


def test_jobs_are_told_how_to_cancel_what_waits(batch: Slurm, slurm: SlurmTestbed, workspace: Path) -> None:
    """By its id, and by its name where the answer to the submit never came; nothing else goes with it."""

    async def play() -> None:
        held = dataclasses.replace(ARRAY, extra=("--hold",))
        names = ("known", "unknown", "other")
        ids = [await submit(batch, dataclasses.replace(held, name=name), "true", workspace) for name in names]
        commands = batch.cancel_commands(ids[:1], names[1:2])
        canceller = "\n".join(shlex.join(command) for command in commands)
        await submit(batch, dataclasses.replace(SINGLE, name="canceller"), canceller, workspace)
        for id in ids[:2]:
            await jobs(batch, id, lambda found: {job.word for job in found} == {"CANCELLED"})
        assert {job.word for job in await batch.find(ids[2:])} == {"PENDING"}
        await batch.cancel(ids)

    asyncio.run(play())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"partition": "nowhere"}, "invalid partition specified: nowhere"),
        ({"licenses": "gold:1"}, "Invalid license specification"),
        ({"extra": ("--no-such-option",)}, "unrecognized option '--no-such-option'"),
        ({"memory": 2**50}, "Memory specification can not be satisfied"),
        ({"tasks": 5000}, "Invalid job array specification"),
    ],
)
def test_refusals_in_slurms_own_words(batch: Slurm, workspace: Path, change: dict[str, object], words: str) -> None:
    options = dataclasses.replace(SINGLE, **change)  # type: ignore[arg-type]
    with pytest.raises(BatchRefused, match=words) as caught:
        asyncio.run(submit(batch, options, "true", workspace))
    assert "sbatch: error" not in str(caught.value)


def test_values_cannot_change_the_meaning(batch: Slurm, workspace: Path) -> None:
    """Whatever stands in a name, it is a name."""

    async def play() -> None:
        name = "x --mem=1 #y \"q\" 'r' \\s %j $(id) `id`"
        id = await submit(batch, dataclasses.replace(SINGLE, name=name), "exec sleep 600", workspace)
        (job,) = await jobs(batch, id, all_in("RUNNING"))
        await batch.cancel([id])
        assert job.name == name

    asyncio.run(play())


def test_a_workspace_that_slurm_cannot_write_to_is_refused(batch: Slurm, workspace: Path) -> None:
    folder = workspace / "back\\slash"
    folder.mkdir()
    with pytest.raises(BatchRefused, match="backslash"):
        asyncio.run(submit(batch, SINGLE, "true", folder))
    with pytest.raises(BatchRefused, match="No such file"):
        asyncio.run(submit(batch, SINGLE, "true", workspace / "gone"))


def test_how_it_failed(batch: Slurm, workspace: Path) -> None:
    """A wrong exit, an unwritable log: `find` tells them apart."""

    async def play() -> None:
        wrong = await submit(batch, SINGLE, "exit 3", workspace)
        no_log = await submit(batch, dataclasses.replace(SINGLE, log="nowhere/%j.log"), "true", workspace)
        exits = {}
        for id in (wrong, no_log):
            await jobs(batch, id, all_in("FAILED"))
            (found,) = await batch.find([id])
            exits[id] = (found.state, found.exit)
        assert exits == {wrong: (JobState.FAILED, "3:0"), no_log: (JobState.FAILED, "0:53")}

    asyncio.run(play())


def test_estimate_and_limits(batch: Slurm) -> None:
    async def play() -> None:
        script = "\n".join(["#!/bin/bash", *batch.header(ARRAY), "true", ""])
        start = await batch.expected_start(ARRAY, script)
        assert start is not None and start > time.time() - 60
        impossible = dataclasses.replace(ARRAY, partition="nowhere")
        script = "\n".join(["#!/bin/bash", *batch.header(impossible), "true", ""])
        assert await batch.expected_start(impossible, script) is None
        assert await batch.largest_array() == 4001

    asyncio.run(play())


def test_inherited_variables_change_nothing(batch: Slurm, workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that itself runs in a job inherits Slurm's variables."""
    monkeypatch.setenv("SQUEUE_STATES", "FAILED")
    monkeypatch.setenv("SQUEUE_PARTITION", "htc_daemon")
    monkeypatch.setenv("SCANCEL_PARTITION", "htc_daemon")
    monkeypatch.setenv("SLURM_TIME_FORMAT", "relative")

    async def play() -> None:
        id = await submit(batch, SINGLE, "exec sleep 600", workspace)
        (job,) = await jobs(batch, id, all_in("RUNNING"))
        assert job.start
        await batch.cancel([id])
        await jobs(batch, id, all_in("CANCELLED"))

    asyncio.run(play())


def command(folder: Path, text: str) -> str:
    path = folder / "command"
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return str(path)


def test_a_hanging_command_is_silent_and_leaves_nothing(tmp_path: Path) -> None:
    """A wrapper's child that holds on to the pipes goes too."""
    batch = Slurm(squeue=command(tmp_path, f"echo $$ >{tmp_path}/pid; sleep 600; true"), timeout=1)
    with pytest.raises(BatchSilent, match="no answer within 1 second"):
        asyncio.run(asyncio.wait_for(batch.snapshot(), 30))
    pid = int((tmp_path / "pid").read_text())
    assert not Path(f"/proc/{pid}").exists()


@pytest.mark.parametrize(
    "text",
    [
        "echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1",
        "echo 'slurm_load_jobs error: Zero Bytes were transmitted or received' >&2",
        "echo 'Site message: maintenance on Monday'",
        "exit 1",
        "kill -9 $$",
    ],
)
def test_what_is_no_answer_is_silent(tmp_path: Path, text: str) -> None:
    with pytest.raises(BatchSilent):
        asyncio.run(Slurm(squeue=command(tmp_path, text)).snapshot())


def test_a_warning_beside_an_answer_is_no_trouble(tmp_path: Path) -> None:
    recorded = Path(__file__).parent.parent / "recorded" / "slurm" / "squeue.txt"
    batch = Slurm(squeue=command(tmp_path, f"echo 'squeue: warning' >&2; cat {recorded}"))
    assert len(asyncio.run(batch.snapshot()).jobs) == 21


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1", BatchSilent),
        ("cat >/dev/null; true", BatchSilent),
        ("exit 1", BatchSilent),
        ("echo 'sbatch: error: Job violates accounting/QOS policy' >&2; exit 1", BatchRefused),
    ],
)
def test_a_submit_that_may_have_happened_is_not_called_refused(
    tmp_path: Path, text: str, error: type[Exception]
) -> None:
    batch = Slurm(sbatch=command(tmp_path, text))
    with pytest.raises(error) as caught:
        asyncio.run(submit(batch, SINGLE, "true", tmp_path))
    assert type(caught.value) is error


def test_a_missing_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused, match="no-sbatch was not found"):
        asyncio.run(submit(Slurm(sbatch="no-sbatch"), SINGLE, "true", tmp_path))
