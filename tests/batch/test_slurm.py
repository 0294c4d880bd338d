"""With a real Slurm, and with commands that misbehave as a farm's sometimes do."""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import os
import resource
import shlex
import shutil
import time
from pathlib import Path

import pytest
from support.job_refs import refs, written

from jupyterlab_dask_hpc.batch.base import BatchRefused, BatchSilent, JobOptions
from jupyterlab_dask_hpc.batch.jobs import Cause, JobRef, JobState, Outcome
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.batch.slurm.text import FIELD, SACCT_FIELDS
from testbed.slurm import SlurmTestbed, missing

from .waiting import all_in, jobs, until

ENVIRONMENT = {"PATH": os.environ["PATH"], "ODD": "a b'\"$(id)\nc"}
SINGLE = JobOptions(name="one", log="log/one.{id}.log", memory=100 * 2**20, cpus=1, time=600)
ARRAY = dataclasses.replace(
    SINGLE,
    name="many",
    log="log/many.{id}.log",
    tasks=50,
    native=SlurmOptions(partition="dask", licenses="sps:1"),
)


@pytest.fixture
def batch(slurm: SlurmTestbed) -> Slurm:
    return Slurm(conf=slurm.environment["SLURM_CONF"])


HELD = SlurmOptions(partition="dask", extra=("--hold",))


async def submit(batch: Slurm, options: JobOptions, body: str, workspace: Path) -> str:
    script = "\n".join(["#!/bin/bash", *batch.header(options), body, ""])
    return await batch.submit(options, script, workspace, ENVIRONMENT)


def test_a_single_job(batch: Slurm, workspace: Path) -> None:
    """Its log is at its place in an awkward workspace, and its environment is the named list and Slurm's own."""

    async def play() -> None:
        id = await submit(batch, SINGLE, "pwd; env -0", workspace)
        (job,) = await jobs(batch, id, all_in("COMPLETED"))
        assert (written(job), job.index, job.name, job.state) == (id, None, "one", JobState.ENDED)
        (found,) = await batch.find(refs(id, "99999999"))
        assert (found.native_state, found.outcome, found.exit_code) == ("COMPLETED", Outcome.COMPLETED, 0)
        output, _, environment = (workspace / f"log/one.{id}.log").read_text().partition("\n")
        assert output == str(workspace)
        variables = dict(pair.split("=", 1) for pair in environment.split("\0") if pair)
        assert variables["ODD"] == ENVIRONMENT["ODD"]
        assert "JUPYTERLAB_DASK_HPC_JOB_ID" not in variables
        # Slurm 26.05 and newer set some for MPI as well.
        of_slurm = ("SLURM", "PMI", "OMPI_", "I_MPI_", "HYDRA_", "PRTE_", "MPI")
        own = {name for name in variables if not name.startswith(of_slurm)}
        of_slurm_and_bash = {"HOSTNAME", "TMPDIR", "ENVIRONMENT", "PWD", "SHLVL", "_"}
        assert own - of_slurm_and_bash == {"PATH", "ODD"}

    asyncio.run(play())


def test_an_array_of_50(batch: Slurm, slurm: SlurmTestbed, workspace: Path) -> None:
    async def play() -> None:
        before = time.time()
        id = await submit(batch, ARRAY, 'echo "$JUPYTERLAB_DASK_HPC_JOB_ID"; exec sleep 600', workspace)
        running = await jobs(batch, id, all_in("RUNNING", count=50))
        assert {written(job) for job in running} == {f"{id}_{task}" for task in range(50)}
        assert all(job.node and job.start and job.end and abs(job.end - job.start - 600) <= 1 for job in running)
        assert before - 2 <= min(job.start or 0 for job in running)

        async def logs() -> dict[str, str]:
            return {path.name: path.read_text() for path in (workspace / "log").iterdir()}

        wanted = {f"many.{id}_{task}.log": f"{id}\n" for task in range(50)}
        await until(logs, lambda found: found == wanted)

        await batch.cancel(refs(f"{id}_7"))
        tasks = await jobs(batch, id, lambda jobs: sum(job.state.live for job in jobs) == 49)
        assert [job.index for job in tasks if not job.state.live] == [7]
        await batch.cancel(refs(id, "99999999"))
        await jobs(batch, id, lambda jobs: bool(jobs) and not any(job.state.live for job in jobs))
        assert {(job.outcome, job.signal) for job in await batch.find(refs(id))} == {(Outcome.CANCELLED, 15)}

        async def alive() -> list[object]:
            return [p for p in slurm.processes(id) if p.is_running()]

        await until(alive, lambda processes: not processes)

    asyncio.run(play())


def test_jobs_get_the_commands_that_cancel_pending_jobs(batch: Slurm, slurm: SlurmTestbed, workspace: Path) -> None:
    """By its id, and by its name where the answer to the submit never came; nothing else goes with it."""

    async def play() -> None:
        held = dataclasses.replace(ARRAY, native=HELD)
        names = ("known", "unknown", "other")
        ids = [await submit(batch, dataclasses.replace(held, name=name), "true", workspace) for name in names]
        commands = batch.cancel_commands(ids[:1], names[1:2])
        canceller = "\n".join(shlex.join(command) for command in commands)
        await submit(batch, dataclasses.replace(SINGLE, name="canceller"), canceller, workspace)
        for id in ids[:2]:
            await jobs(batch, id, lambda found: {job.native_state for job in found} == {"CANCELLED"})
        assert {job.native_state for job in await batch.find(refs(*ids[2:]))} == {"PENDING"}
        await batch.cancel(refs(*ids))

    asyncio.run(play())


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"native": SlurmOptions(partition="nowhere")}, "invalid partition specified: nowhere"),
        ({"native": SlurmOptions(licenses="gold:1")}, "Invalid license specification"),
        ({"native": SlurmOptions(extra=("--no-such-option",))}, "unrecognized option '--no-such-option'"),
        ({"memory": 2**50}, "Memory specification can not be satisfied"),
        ({"tasks": 5000}, "Invalid job array specification"),
    ],
)
def test_refusals_contain_slurms_text(batch: Slurm, workspace: Path, change: dict[str, object], words: str) -> None:
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
        await batch.cancel(refs(id))
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
    """A wrong exit, an unwritable log: `find` distinguishes them."""

    async def play() -> None:
        wrong = await submit(batch, SINGLE, "exit 3", workspace)
        # A folder that is missing the node makes itself, from Slurm 23.02 on.
        (workspace / "nowhere").touch()
        no_log = await submit(batch, dataclasses.replace(SINGLE, log="nowhere/{id}.log"), "true", workspace)
        exits = {}
        for id in (wrong, no_log):
            await jobs(batch, id, all_in("FAILED"))
            (found,) = await batch.find(refs(id))
            exits[id] = (found.state, found.outcome, found.exit_code, found.cause)
        assert exits == {
            wrong: (JobState.FAILED, Outcome.FAILED, 3, None),
            no_log: (JobState.FAILED, Outcome.LAUNCH_FAILED, None, Cause.LOG_UNWRITABLE),
        }

    asyncio.run(play())


def test_estimate_and_limits(batch: Slurm) -> None:
    async def play() -> None:
        script = "\n".join(["#!/bin/bash", *batch.header(ARRAY), "true", ""])
        start = await batch.expected_start(ARRAY, script)
        assert start is not None and start > time.time() - 60
        impossible = dataclasses.replace(ARRAY, native=SlurmOptions(partition="nowhere"))
        script = "\n".join(["#!/bin/bash", *batch.header(impossible), "true", ""])
        with pytest.raises(BatchRefused, match="invalid partition specified: nowhere"):
            await batch.expected_start(impossible, script)
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
        await batch.cancel(refs(id))
        await jobs(batch, id, all_in("CANCELLED"))

    asyncio.run(play())


def test_jobs_in_a_hidden_partition_are_shown_found_and_cancelled(
    slurm: SlurmTestbed, workspace: Path, tmp_path: Path
) -> None:
    """To an ordinary user, from whom Slurm hides it."""
    names = ("sbatch", "squeue", "scancel", "scontrol")
    nobody = "setpriv --reuid=65534 --regid=65534 --clear-groups"
    commands = {name: command(tmp_path, f'exec {nobody} {real(name)} "$@"', name) for name in names}
    batch = Slurm(conf=slurm.environment["SLURM_CONF"], **commands)
    workspace.parent.chmod(0o755)
    slurm.run("scontrol", "update", "PartitionName=dask", "Hidden=YES")

    async def play() -> None:
        options = dataclasses.replace(ARRAY, tasks=2, native=HELD)
        id = await submit(batch, options, "true", workspace)
        await jobs(batch, id, all_in("PENDING", count=2))
        assert {job.native_state for job in await batch.find(refs(id))} == {"PENDING"}
        [by_name] = batch.cancel_commands([], ["many"])
        await asyncio.to_thread(slurm.run, *by_name)
        await jobs(batch, id, lambda found: {job.native_state for job in found} == {"CANCELLED"})

    try:
        asyncio.run(play())
    finally:
        slurm.run("scontrol", "update", "PartitionName=dask", "Hidden=NO")


def test_the_limits_of_the_servers_own_shell_are_not_the_jobs(batch: Slurm, workspace: Path) -> None:
    async def play() -> None:
        before = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2**40, before[1]))
        try:
            id = await submit(batch, SINGLE, "ulimit -Sf", workspace)
            propagated = dataclasses.replace(SINGLE, native=SlurmOptions(extra=("--propagate=FSIZE",)))
            other = await submit(batch, propagated, "ulimit -Sf", workspace)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, before)
        output = {}
        for each in (id, other):
            await jobs(batch, each, all_in("COMPLETED"))
            output[each] = (workspace / f"log/one.{each}.log").read_text().strip()
        assert output[other] == str(2**30)
        assert output[id] != output[other]

    asyncio.run(play())


def test_a_list_of_tasks_that_slurm_would_cut_short_is_whole(batch: Slurm, workspace: Path) -> None:
    """Tasks that wait, and that are left out of a look-up, would count as gone."""

    async def play() -> None:
        options = dataclasses.replace(ARRAY, tasks=200, native=HELD)
        id = await submit(batch, options, "true", workspace)
        left = {task for task in range(200) if task % 3 and task % 7}
        await batch.cancel(refs(*[f"{id}_{task}" for task in set(range(200)) - left]))
        await jobs(batch, id, lambda found: sum(job.state.live for job in found) == len(left))
        live = {job.index for job in await batch.find(refs(id)) if job.state.live}
        await batch.cancel(refs(id))
        assert live == left

    asyncio.run(play())


def command(folder: Path, text: str, name: str = "command") -> str:
    path = folder / name
    path.write_text(f"#!/bin/bash\n{text}\n")
    path.chmod(0o755)
    return str(path)


def real(name: str) -> str:
    return shlex.quote(str(shutil.which(name)))


BANNER = "echo 'Hours left in your project: 4972'"


def test_wrappers_that_print_around_change_nothing(
    slurm: SlurmTestbed, workspace: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Before and after the answer of each command; it is logged once, not at each poll."""
    names = ("sbatch", "squeue", "scancel", "scontrol", "sacct")
    around = {
        name: command(tmp_path, f'{BANNER}\n{real(name)} "$@"\nrc=$?\n{BANNER}\nexit $rc', name) for name in names
    }
    batch = Slurm(conf=slurm.environment["SLURM_CONF"], **around)

    async def play() -> None:
        id = await submit(batch, SINGLE, "exec sleep 600", workspace)
        [job] = await jobs(batch, id, all_in("RUNNING"))
        assert job.name == "one"
        assert [found.name for found in await batch.find(refs(id, "99999999"))] == ["one"]
        await batch.cancel(refs(id))
        await jobs(batch, id, all_in("CANCELLED"))

    with caplog.at_level(logging.WARNING):
        asyncio.run(play())
    assert sum("Hours left" in line for line in caplog.messages) == 1


def test_a_number_beside_the_id_is_looked_up_by_the_jobs_name(
    slurm: SlurmTestbed, workspace: Path, tmp_path: Path
) -> None:
    sbatch = command(tmp_path, f'{real("sbatch")} "$@"; echo 4972')
    batch = Slurm(conf=slurm.environment["SLURM_CONF"], sbatch=sbatch)

    async def play() -> None:
        named = dataclasses.replace(SINGLE, name="beside-a-number")
        with pytest.raises(BatchSilent, match="several job ids"):
            await submit(batch, named, "exec sleep 600", workspace)
        [id] = [job.submission for job in (await batch.snapshot({})).jobs if job.name == named.name]
        await batch.cancel(refs(id))

    asyncio.run(play())


@pytest.mark.parametrize(
    ("errors", "code", "problem"),
    [
        pytest.param("scancel: error: this is no error at all", 0, False, id="a word at first"),
        pytest.param("", 1, True, id="a failure without a word"),
        pytest.param("scancel: error: Kill job error on job id 7: Access/permission denied", 1, True, id="denied"),
        pytest.param("scancel: error: Kill job error on job id 7: Invalid job id specified", 1, False, id="gone"),
        pytest.param("error: Communication connection failure", 0, True, id="unreached"),
    ],
)
def test_the_exit_code_of_scancel_shows_whether_it_succeeded(
    tmp_path: Path, errors: str, code: int, problem: bool
) -> None:
    batch = Slurm(scancel=command(tmp_path, f"echo {shlex.quote(errors)} >&2; exit {code}"))
    if problem:
        with pytest.raises((BatchRefused, BatchSilent)):
            asyncio.run(batch.cancel(refs("7")))
    else:
        asyncio.run(batch.cancel(refs("7")))


def test_scancels_errors_count_when_the_jobs_are_still_there(tmp_path: Path) -> None:
    batch = Slurm(scancel=command(tmp_path, "echo 'scancel: not today' >&2"))
    asyncio.run(batch.cancel(refs("7_1", "8")))
    asyncio.run(batch.cancel(refs("9")))
    with pytest.raises(BatchRefused, match="not today"):
        asyncio.run(batch.cancel(refs("8")))


CLOSED = "echo 'scontrol: only administrators may use this command' >&2; exit 1"


@pytest.mark.parametrize("scontrol", [CLOSED, "echo 'Ask the administrators.'; exit 1", None])
def test_without_permission_for_scontrol_squeue_is_used(
    slurm: SlurmTestbed, workspace: Path, tmp_path: Path, scontrol: str | None
) -> None:
    closed = "no-such-scontrol" if scontrol is None else command(tmp_path, scontrol)
    batch = Slurm(conf=slurm.environment["SLURM_CONF"], scontrol=closed)

    async def play() -> None:
        assert await batch.largest_array() == 1001
        id = await submit(batch, SINGLE, "exec sleep 600", workspace)
        await jobs(batch, id, all_in("RUNNING"))
        assert [(written(job), job.native_state) for job in await batch.find(refs(id, "99999999"))] == [(id, "RUNNING")]
        await batch.cancel(refs(id))

    asyncio.run(play())


@pytest.mark.parametrize("text", ["exit 0", BANNER, "echo 'slurm_load_jobs error: Connection refused' >&2; exit 1"])
def test_a_lookup_without_the_job_is_no_answer(tmp_path: Path, text: str) -> None:
    with pytest.raises(BatchSilent):
        asyncio.run(Slurm(scontrol=command(tmp_path, text), sacct="no-sacct").find(refs("7")))


def accounted(folder: Path, *rows: str) -> str:
    """A sacct that prints these rows, each ``id state``."""
    lines = [FIELD.join(SACCT_FIELDS)]
    lines += [FIELD.join([*row.split(), "0:0", "n0", "3", "100", "103", "None", "many"]) for row in rows]
    return command(folder, f"cat <<'EOF'\n{chr(10).join(lines)}\nEOF", "sacct")


UNKNOWN = "echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1"


def test_the_accounting_alone_never_proves_that_a_job_lives(tmp_path: Path) -> None:
    """As after a controller that was killed before it had saved the job, and is back."""
    sacct = accounted(tmp_path, "7_0 RUNNING", "7_1 PENDING", "7_2 TIMEOUT", "7_3 COMPLETING")
    batch = Slurm(scontrol=command(tmp_path, UNKNOWN), sacct=sacct)
    found = asyncio.run(batch.find(refs("7", "7_0", "7_1", "7_2", "7_3")))
    assert [(written(job), job.native_state) for job in found] == [("7_2", "TIMEOUT")]


def test_a_forgotten_task_is_looked_up_while_others_of_its_array_are_known(tmp_path: Path) -> None:
    one = "JobId=8 ArrayJobId=7 ArrayTaskId=1 JobName=many UserId=a(1) JobState=RUNNING Reason=None"
    scontrol = command(tmp_path, f"echo '{one}'", "scontrol")
    batch = Slurm(scontrol=scontrol, sacct=accounted(tmp_path, "7_0 OUT_OF_MEMORY", "7_1 RUNNING"))
    found = asyncio.run(batch.find(refs("7", "7_0", "7_1")))
    assert {written(job): job.native_state for job in found} == {"7_0": "OUT_OF_MEMORY", "7_1": "RUNNING"}
    # Nobody asks the accounting where the controller knows all.
    assert [written(job) for job in asyncio.run(Slurm(scontrol=scontrol, sacct="false").find(refs("7", "7_1")))] == [
        "7_1"
    ]


def test_jobs_forgotten_while_the_accounting_stays_silent_count_as_ended(tmp_path: Path) -> None:
    batch = Slurm(scontrol=command(tmp_path, UNKNOWN), sacct="false")
    for _ in range(2):
        with pytest.raises(BatchSilent):
            asyncio.run(batch.find(refs("7")))
    assert asyncio.run(batch.find(refs("7"))) == ()


def test_a_hanging_command_is_silent_and_leaves_nothing(tmp_path: Path) -> None:
    """A wrapper's child that holds on to the pipes goes too."""
    batch = Slurm(squeue=command(tmp_path, f"echo $$ >{tmp_path}/pid; sleep 600; true"), timeout=1)
    with pytest.raises(BatchSilent, match="no answer within 1 second"):
        asyncio.run(asyncio.wait_for(batch.snapshot({}), 30))
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
        asyncio.run(Slurm(squeue=command(tmp_path, text)).snapshot({}))


def test_a_warning_beside_an_answer_is_no_failure(tmp_path: Path) -> None:
    recorded = Path(__file__).parent.parent / "recorded" / "slurm" / "squeue.txt"
    batch = Slurm(squeue=command(tmp_path, f"echo 'squeue: warning' >&2; cat {recorded}"))
    assert len(asyncio.run(batch.snapshot({})).jobs) == 21


SUBMIT = "sbatch: error: Batch job submission failed"


@pytest.mark.parametrize(
    ("text", "error"),
    [
        ("echo 'sbatch: error: Socket timed out on send/recv operation' >&2; exit 1", BatchSilent),
        ("cat >/dev/null; true", BatchSilent),
        ("exit 1", BatchSilent),
        ("echo 'ssh: connect to host login port 22: No route to host' >&2; exit 255", BatchSilent),
        (
            "echo 'sbatch: error: Batch job submission failed: Zero Bytes were transmitted or received' >&2; exit 1",
            BatchSilent,
        ),
        (
            "echo 'sbatch: error: Batch job submission failed: Invalid authentication credential' >&2; exit 1",
            BatchSilent,
        ),
        ("echo 4815161; echo 'quota: error: no such file' >&2; exit 1", BatchSilent),
        ("echo 'sbatch: error: Job violates accounting/QOS policy' >&2; exit 1", BatchRefused),
        ("echo 'sbatch: error: Submission is temporarily suspended' >&2; exit 1", BatchRefused),
        ("echo 'sbatch: error: two-factor authentication is required' >&2; exit 1", BatchRefused),
        ("echo 'sbatch: error: Your project has timed out, contact slurm controller staff' >&2; exit 1", BatchRefused),
        (
            "echo 'sbatch: error: Slurm temporarily unable to accept job, sleeping and retrying' >&2;"
            "echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1",
            BatchRefused,
        ),
        (
            "echo '4972 hours left in your project'; echo '2026-11-05: maintenance';"
            "echo 'sbatch: error: Batch job submission failed: Invalid account' >&2; exit 1",
            BatchRefused,
        ),
        (
            "echo 'sbatch: error: There is a problem talking to the database: Connection refused.  "
            "Only local cluster communication is available, remove --cluster.' >&2; exit 1",
            BatchSilent,
        ),
    ],
)
def test_a_submit_that_may_have_succeeded_is_not_refused(tmp_path: Path, text: str, error: type[Exception]) -> None:
    batch = Slurm(sbatch=command(tmp_path, text))
    with pytest.raises(error) as caught:
        asyncio.run(submit(batch, SINGLE, "true", tmp_path))
    assert type(caught.value) is error


ONE_HANGS = """case "$*" in
*"-M gone"*) echo "x: error: 'gone' can't be reached now, or it is an invalid entry" >&2; exit 1;;
*) echo "$@" >>"$0.said"; {} ;;
esac"""


def test_a_slurm_cluster_that_is_gone_blinds_the_others_for_a_while_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorded = Path(__file__).parent.parent / "recorded" / "slurm" / "squeue.txt"
    batch = Slurm(squeue=command(tmp_path, ONE_HANGS.format(f"cat {recorded}")), clusters=["gone"])
    assert len(asyncio.run(batch.snapshot({})).jobs) == 21, "a profile names it, and no job is known to be there"
    batch._use(["gone"])
    with pytest.raises(BatchSilent, match="can't be reached"):
        asyncio.run(batch.snapshot({}))
    began = time.monotonic()
    monkeypatch.setattr("jupyterlab_dask_hpc.batch.slurm.client.time.monotonic", lambda: began + 121)
    assert len(asyncio.run(batch.snapshot({})).jobs) == 21


def test_a_slurm_cluster_that_hangs_holds_up_no_cancel_of_others(tmp_path: Path) -> None:
    scancel = command(tmp_path, ONE_HANGS.format("true"))
    with pytest.raises((BatchSilent, BatchRefused), match="can't be reached"):
        asyncio.run(Slurm(scancel=scancel).cancel(refs("gone:1", "there:2", "3")))
    assert Path(f"{scancel}.said").read_text().split("\n")[:2] == ["-M there 2", "3"]


def test_a_missing_command_is_named(tmp_path: Path) -> None:
    with pytest.raises(BatchRefused, match="no-sbatch was not found"):
        asyncio.run(submit(Slurm(sbatch="no-sbatch"), SINGLE, "true", tmp_path))


def test_a_full_farm_is_shown_with_sbatchs_text(workspace: Path) -> None:
    """It sleeps and tries again until its time limit; what it printed until then is the reason."""
    if reason := missing():
        pytest.skip(reason)

    async def play(full: SlurmTestbed) -> None:
        batch = Slurm(conf=full.environment["SLURM_CONF"], timeout=4)
        held = dataclasses.replace(SINGLE, native=SlurmOptions(extra=("--hold",)))
        with pytest.raises(BatchSilent, match="sleeping and retrying"):
            for _ in range(5):
                await submit(batch, held, "true", workspace)

    with SlurmTestbed(nodes=1, settings={"MaxJobCount": "3", "MaxArraySize": "2"}) as full:
        asyncio.run(play(full))


@pytest.mark.parametrize(("saved", "place"), [("54", "here"), ("here:54", "")])
def test_jobs_carry_the_ids_that_they_are_known_by(tmp_path: Path, saved: str, place: str) -> None:
    """As where a profile names the local Slurm cluster and another one does not."""
    recorded = Path(__file__).parent.parent / "recorded" / "slurm" / "squeue.txt"
    batch = Slurm(squeue=command(tmp_path, f"cat {recorded}"), clusters=[place] if place else [])
    name = 'odd | "name"; \x1fhere'
    jobs = asyncio.run(batch.snapshot({name: saved, "other": ""})).jobs
    assert len(jobs) == 21, "each job once, whatever its cluster is called"
    assert {job.submission for job in jobs if job.name == name} == {saved}
    assert batch.own_id("here:54") == batch.own_id("54") == "54"
    assert (batch.job_id(JobRef("here:54", 3)), batch.job_id(JobRef("54", 3))) == ("here:54_3", "54_3")


def test_an_answer_shows_the_time_of_its_data(tmp_path: Path) -> None:
    """As of a site whose squeue answers from a file: a job that runs has run until that file was written."""
    recorded = Path(__file__).parent.parent / "recorded" / "slurm" / "squeue.txt"
    text = recorded.read_text()
    start = int(time.time()) - 307 - 60
    fresh = text.replace("1795259305", str(start))
    answer = tmp_path / "answer"
    answer.write_text(fresh.replace("\x1f0:07\x1f", "\x1f5:07\x1f"))
    batch = Slurm(squeue=command(tmp_path, f"cat {answer}"))
    asked = time.time()
    at = asyncio.run(batch.snapshot({})).at
    assert 57 <= asked - at <= 61
    # Without a job that runs, an answer is as old as the last one was.
    answer.write_text(fresh.replace("\x1fRUNNING\x1f", "\x1fPENDING\x1f"))
    assert 55 <= time.time() - asyncio.run(batch.snapshot({})).at <= 62
    answer.write_text(fresh.replace("\x1f0:07\x1f", "\x1f6:07\x1f"))
    assert time.time() - asyncio.run(batch.snapshot({})).at < 5
