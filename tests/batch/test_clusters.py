"""Two real Slurm clusters with one accounting: jobs on the other one, and jobs that the controller has forgotten."""

from __future__ import annotations

import asyncio
import dataclasses
import signal
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from core.sample import profile
from support.job_refs import refs, written

from jupyterlab_dask_hpc.batch.base import BatchRefused, BatchSetup, BatchSilent, JobOptions
from jupyterlab_dask_hpc.batch.jobs import Job
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.extension import uses
from testbed.accounting import Accounting, missing
from testbed.slurm import SlurmTestbed

from .test_slurm import ENVIRONMENT, SINGLE
from .waiting import all_in, jobs, until

MANY = dataclasses.replace(SINGLE, name="many", log="log/many.{id}.log", tasks=2)


SMALL = {"MaxArraySize": "501", "SchedulerParameters": "sched_interval=1,max_array_tasks=300,bf_interval=1"}


@pytest.fixture(scope="module")
def farms() -> Iterator[tuple[SlurmTestbed, SlurmTestbed]]:
    """The local one, which forgets jobs soon, and the other."""
    if reason := missing():
        warnings.warn(f"NOT TESTED with two Slurm clusters and accounting: {reason}", stacklevel=1)
        pytest.skip(reason)
    soon = {"MinJobAge": "2", "MessageTimeout": "10"}
    with (
        Accounting() as accounting,
        SlurmTestbed(nodes=1, settings=soon, accounting=accounting) as local,
        SlurmTestbed(nodes=1, settings=SMALL, accounting=accounting) as other,
    ):
        yield local, other


@pytest.fixture
def local(farms: tuple[SlurmTestbed, SlurmTestbed]) -> SlurmTestbed:
    return farms[0]


@pytest.fixture
def other(farms: tuple[SlurmTestbed, SlurmTestbed]) -> SlurmTestbed:
    return farms[1]


def adapter(local: SlurmTestbed, *clusters: str) -> Slurm:
    return Slurm(conf=local.environment["SLURM_CONF"], clusters=clusters)


@pytest.mark.parametrize("how", ["key", "extra", "SLURM_CLUSTERS", "SBATCH_CLUSTERS"])
def test_jobs_of_another_cluster_are_seen_found_and_cancelled_there(
    local: SlurmTestbed, other: SlurmTestbed, workspace: Path, how: str
) -> None:
    batch = adapter(local)
    native = {
        "key": SlurmOptions(clusters=other.cluster),
        "extra": SlurmOptions(extra=(f"--clusters={other.cluster}",)),
    }
    options = dataclasses.replace(MANY, native=native.get(how, SlurmOptions()))
    environment = ENVIRONMENT if how in native else {**ENVIRONMENT, how: other.cluster}

    async def play() -> None:
        body = 'echo "$JUPYTERLAB_DASK_HPC_JOB_ID"; exec sleep 600'
        script = "\n".join(["#!/bin/bash", *batch.header(options), body, ""])
        id = await batch.submit(options, script, workspace, environment)
        cluster, _, number = id.rpartition(":")
        assert (cluster, number.isdecimal()) == (other.cluster, True)
        await jobs(batch, id, all_in("RUNNING", count=2))
        found = await batch.find(refs(id, f"{id}_0", f"{id}_1"))
        assert {(written(job), job.native_state) for job in found} == {(f"{id}_0", "RUNNING"), (f"{id}_1", "RUNNING")}
        log = workspace / f"log/many.{number}_1.log"

        async def output() -> str:
            return log.read_text() if log.exists() else ""

        assert await until(output, bool) == f"{id}\n"
        # A server that has been restarted knows the id alone.
        later = adapter(local)
        assert len(await later.find(refs(id))) == 2
        await jobs(later, id, all_in("RUNNING", count=2))
        await later.cancel(refs(f"{id}_0"))
        await jobs(later, id, lambda found: sorted(job.native_state for job in found) == ["CANCELLED", "RUNNING"])
        [command] = later.cancel_commands([id], [])
        other.run(*command)
        await jobs(later, id, all_in("CANCELLED", count=2))

    asyncio.run(play())


def test_a_job_that_starts_after_another_one_goes_to_its_cluster(
    local: SlurmTestbed, other: SlurmTestbed, workspace: Path
) -> None:
    """As the workers of a script that wait for its scheduler."""
    native = SlurmOptions(extra=(f"--clusters={other.cluster},{local.cluster}",))
    held = dataclasses.replace(SINGLE, native=SlurmOptions(extra=(f"--clusters={other.cluster}", "--hold")))
    later = dataclasses.replace(MANY, native=native)

    async def play() -> None:
        batch = adapter(local)

        async def submit(options: JobOptions) -> str:
            script = "\n".join(["#!/bin/bash", *batch.header(options), "exec sleep 600", ""])
            return await batch.submit(options, script, workspace, ENVIRONMENT)

        first = await submit(held)
        second = await submit(dataclasses.replace(later, after=first))
        assert first.rpartition(":")[0] == second.rpartition(":")[0] == other.cluster
        await jobs(batch, second, lambda found: [job.reason for job in found] == ["Dependency"] * 2)
        number = first.rpartition(":")[2]
        other.run("scontrol", "release", number)
        await jobs(batch, second, all_in("RUNNING", count=2))
        await batch.cancel(refs(first, second))

    asyncio.run(play())


def test_a_lost_submit_to_another_cluster_is_found_by_its_name(
    local: SlurmTestbed, other: SlurmTestbed, workspace: Path
) -> None:
    """Also by a server that knows nothing but its profiles."""
    options = dataclasses.replace(SINGLE, name="lost", native=SlurmOptions(extra=(f"-M{other.cluster}",)))

    async def play() -> None:
        batch = adapter(local, other.cluster)
        script = "\n".join(["#!/bin/bash", *batch.header(options), "exec sleep 600", ""])
        id = await batch.submit(options, script, workspace, ENVIRONMENT)
        shown = (await adapter(local, other.cluster).snapshot({})).jobs
        assert [job.submission for job in shown if job.name == "lost"] == [id]
        for command in batch.cancel_commands([], ["lost"]):
            other.run(*command)
        await jobs(batch, id, all_in("CANCELLED"))

    asyncio.run(play())


def test_a_cluster_that_is_called_by_its_own_name_has_each_job_once(local: SlurmTestbed, workspace: Path) -> None:
    batch = adapter(local)
    options = dataclasses.replace(SINGLE, name="own", native=SlurmOptions(extra=(f"--clusters={local.cluster}",)))

    async def play() -> None:
        script = "\n".join(["#!/bin/bash", *batch.header(options), "exec sleep 600", ""])
        id = await batch.submit(options, script, workspace, ENVIRONMENT)
        shown = [job.submission for job in (await batch.snapshot({})).jobs if job.name == "own"]
        await batch.cancel(refs(id))
        assert shown == [id]

    asyncio.run(play())


def test_a_job_on_the_other_cluster_cancels_what_waits_on_this_one(
    local: SlurmTestbed, other: SlurmTestbed, workspace: Path
) -> None:
    """As a scheduler that is sent there, with its workers here, when no server is left."""
    batch = adapter(local, other.cluster)

    async def play() -> None:
        await batch.largest_array()
        options = dataclasses.replace(MANY, native=SlurmOptions(extra=("--hold",)))
        script = "\n".join(["#!/bin/bash", *batch.header(options), "true", ""])
        id = await batch.submit(options, script, workspace, ENVIRONMENT)
        unknown = await batch.submit(dataclasses.replace(options, name="unknown"), script, workspace, ENVIRONMENT)
        for command in batch.cancel_commands([id], ["many"]):
            await asyncio.to_thread(other.run, *command)
        for each in (id, unknown):
            await jobs(batch, each, lambda found: not any(job.state.live for job in found))

    asyncio.run(play())


def made_for(known: Profile) -> Slurm:
    return Slurm.create(BatchSetup(Path("/nowhere"), 20, uses([known, profile("local")], "slurm", Slurm)))


def test_a_profile_that_names_all_clusters_is_refused() -> None:
    known = profile("slurm")
    named = known.model_copy(update={"workers": known.workers.model_copy(update={"extra": ("--clusters=q,r",)})})
    assert {use.where for use in uses([named, profile("local")], "slurm", Slurm)} == {
        "Profile slurm: workers",
        "Profile slurm: scheduler",
    }
    assert made_for(named)._clusters == ("", "q", "r")
    by_key = known.model_copy(update={"workers": known.workers.model_copy(update={"clusters": "s"})})
    assert made_for(by_key)._clusters == ("", "s")
    spread = known.model_copy(update={"scheduler": known.scheduler.model_copy(update={"extra": ("-Mall",)})})
    with pytest.raises(ValueError, match=r"Profile slurm: scheduler\.extra .*name those that they may go to"):
        made_for(spread)


def test_arrays_fit_every_cluster_that_profiles_name(local: SlurmTestbed, other: SlurmTestbed) -> None:
    assert asyncio.run(adapter(local).largest_array()) == 4001
    assert asyncio.run(adapter(local, other.cluster).largest_array()) == 300
    assert asyncio.run(adapter(local, "no-such-cluster").largest_array()) == 4001


def test_the_largest_array_is_taken_and_no_larger_one(other: SlurmTestbed, workspace: Path) -> None:
    batch = adapter(other)

    async def play() -> None:
        largest = await batch.largest_array()
        for tasks in (largest, largest + 1):
            options = dataclasses.replace(MANY, tasks=tasks, native=SlurmOptions(extra=("--hold",)))
            script = "\n".join(["#!/bin/bash", *batch.header(options), "true", ""])
            if tasks == largest:
                await batch.cancel(refs(*[await batch.submit(options, script, workspace, ENVIRONMENT)]))
            else:
                with pytest.raises(BatchRefused, match="Invalid job array specification"):
                    await batch.submit(options, script, workspace, ENVIRONMENT)

    asyncio.run(play())


def test_a_slurm_cluster_that_does_not_exist_is_refused_with_slurms_text(local: SlurmTestbed, workspace: Path) -> None:
    batch = adapter(local)
    options = dataclasses.replace(SINGLE, native=SlurmOptions(extra=("--clusters=nowhere",)))

    async def play() -> None:
        script = "\n".join(["#!/bin/bash", *batch.header(options), "true", ""])
        with pytest.raises(BatchRefused, match="nowhere"):
            await batch.submit(options, script, workspace, ENVIRONMENT)
        # Nor does a profile that names it keep others from being seen.
        for each in (batch, adapter(local, "nowhere")):
            assert await answers(each) is not None

    asyncio.run(play())


async def forgotten(local: SlurmTestbed, id: str) -> None:
    """Return once slurmctld knows nothing of it any more."""

    async def shown() -> str:
        return await asyncio.to_thread(local.run, "squeue", "-h", "-r", "-t", "all", "-o", "%i")

    await until(shown, lambda text: id not in text.split(), seconds=180)


def test_a_forgotten_task_is_found_in_the_accounting_beside_one_that_runs(local: SlurmTestbed, workspace: Path) -> None:
    batch = adapter(local)

    async def play() -> None:
        body = '[ "$SLURM_ARRAY_TASK_ID" = 1 ] || exit 3; exec sleep 600'
        script = "\n".join(["#!/bin/bash", *batch.header(MANY), body, ""])
        id = await batch.submit(MANY, script, workspace, ENVIRONMENT)
        await forgotten(local, f"{id}_0")

        async def look() -> dict[str, tuple[str, int | None]]:
            found = await batch.find(refs(id, f"{id}_0", f"{id}_1"))
            return {written(job): (job.native_state, job.exit_code) for job in found}

        await until(look, lambda found: found == {f"{id}_0": ("FAILED", 3), f"{id}_1": ("RUNNING", None)})
        await batch.cancel(refs(id))

    asyncio.run(play())


def test_a_job_that_slurmctld_has_lost_is_gone_though_the_accounting_has_it_running(
    local: SlurmTestbed, workspace: Path
) -> None:
    batch = adapter(local)

    async def play() -> None:
        await asyncio.to_thread(local.keep_state)
        script = "\n".join(["#!/bin/bash", *batch.header(MANY), "exec sleep 600", ""])
        id = await batch.submit(MANY, script, workspace, ENVIRONMENT)
        await jobs(batch, id, all_in("RUNNING", count=2))

        async def accounted() -> str:
            return await asyncio.to_thread(local.run, "sacct", "-X", "-n", "-o", "State", "-j", id)

        await until(accounted, lambda text: text.split() == ["RUNNING"] * 2)
        await asyncio.to_thread(local.lose_state)
        assert await batch.find(refs(id, f"{id}_0", f"{id}_1")) == ()
        assert (await accounted()).split() == ["RUNNING"] * 2

    asyncio.run(play())


def test_while_one_cluster_is_down_nothing_is_believed_and_nothing_lost(
    local: SlurmTestbed, other: SlurmTestbed, workspace: Path
) -> None:
    batch = Slurm(conf=local.environment["SLURM_CONF"], clusters=[other.cluster], timeout=5)
    options = dataclasses.replace(SINGLE, name="kept", native=SlurmOptions(extra=(f"--clusters={other.cluster}",)))

    async def play() -> None:
        script = "\n".join(["#!/bin/bash", *batch.header(options), "exec sleep 600", ""])
        id = await batch.submit(options, script, workspace, ENVIRONMENT)
        await asyncio.to_thread(other.stop_controller, signal.SIGTERM)
        try:
            assert await answers(batch) is None
        finally:
            await asyncio.to_thread(other.start_controller)
        await jobs(batch, id, all_in("RUNNING"))
        await batch.cancel(refs(id))

    asyncio.run(play())


async def answers(batch: Slurm) -> tuple[Job, ...] | None:
    try:
        return (await batch.snapshot({})).jobs
    except BatchSilent:
        return None
