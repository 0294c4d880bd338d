"""Limits of accounts and of qualities of service, as a real Slurm with accounting shows them, in plain words."""

from __future__ import annotations

import asyncio
import getpass
import os
import subprocess
import time
import warnings
from collections.abc import Callable, Iterator

import pytest
from support.job_refs import written

from jupyterlab_dask_hpc.batch.base import Free, JobOptions
from jupyterlab_dask_hpc.batch.jobs import Job
from jupyterlab_dask_hpc.batch.slurm import text as slurm_text
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.core.outcomes import outcome_advice, outcome_message
from testbed.accounting import Accounting, missing
from testbed.slurm import SlurmTestbed

from .test_slurm_reasons import why_it_waits

HOUR = 3600
SETTINGS = {
    "AccountingStorageEnforce": "associations,limits,qos",
    "PriorityType": "priority/multifactor",
    "PriorityDecayHalfLife": "0",
    "PriorityUsageResetPeriod": "NONE",
    "PriorityCalcPeriod": "1",
    "Licenses": "sps:100,lab:4",
}


@pytest.fixture(scope="module")
def farm() -> Iterator[SlurmTestbed]:
    """Its user `nobody`, since root is exempt, has an account with a minute of CPU, and a QOS of five minutes a job."""
    if reason := missing():
        warnings.warn(f"NOT TESTED with limits of accounts: {reason}", stacklevel=1)
        pytest.skip(reason)
    with Accounting() as accounting, SlurmTestbed(nodes=1, accounting=accounting, settings=SETTINGS) as slurm:
        for words in (
            "add account paper",
            "add user nobody account=paper",
            "modify account paper set GrpTRESMins=cpu=1",
            "add qos brief",
            "modify qos brief set MaxWall=5",
            "modify user nobody set qos+=brief",
        ):
            slurm.run("sacctmgr", "-i", *words.split())
        yield slurm


def submit(slurm: SlurmTestbed, *options: str) -> str:
    """Id of a job of `nobody` that would take an hour, once Slurm knows of the account."""
    command = ["sbatch", "--parsable", "-o", "/dev/null", "-t", "60", "--mem=100M", *options, "--wrap", "sleep 600"]
    deadline = time.monotonic() + 60
    while True:
        done = subprocess.run(
            ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", *command],
            check=False,
            env={**os.environ, **slurm.environment},
            cwd="/tmp",
            capture_output=True,
            text=True,
        )
        if not done.returncode:
            return done.stdout.strip()
        assert time.monotonic() < deadline, done.stderr
        time.sleep(0.5)


def until(slurm: SlurmTestbed, id: str, met: Callable[[Job], bool], seconds: float = 60) -> Job:
    """That job, as our own reader sees it, once `met` holds."""
    deadline = time.monotonic() + seconds
    while True:
        answer = slurm.run("squeue", "-a", "-r", "-t", "all", "-o", slurm_text.SQUEUE_FORMAT)
        [job] = [job for job in slurm_text.parse_squeue(answer, []) if written(job) == id]
        if met(job):
            return job
        assert time.monotonic() < deadline, job
        time.sleep(0.5)


def test_a_job_beyond_the_limit_of_its_qos_never_starts(farm: SlurmTestbed) -> None:
    id = submit(farm, "-q", "brief")
    job = until(farm, id, lambda job: job.reason.startswith("QOS"))
    wait = why_it_waits(job.reason)
    assert wait.never
    assert "than their quality of service (QOS) allows. Launch again with less worker time." in str(wait.advice)
    farm.run("scancel", id)


@pytest.mark.soak
def test_a_used_up_project_is_shown_for_running_and_for_pending_jobs(farm: SlurmTestbed) -> None:
    """Slurm looks once a minute or so."""
    ended = until(farm, submit(farm), lambda job: job.native_state == "TIMEOUT", seconds=600)
    assert outcome_message(ended, (), HOUR) == "ended before its time limit"
    assert "is used up" in outcome_advice(ended, (), HOUR)
    waits = until(farm, submit(farm), lambda job: job.reason.startswith("Assoc"))
    shown = why_it_waits(waits.reason)
    assert shown.never
    assert str(shown.advice).startswith("Your account has used up its computing time.")


def test_what_is_free_for_a_job(farm: SlurmTestbed) -> None:
    """Two commands at a time, and none while their answers are kept."""
    user = getpass.getuser()
    farm.run("sacctmgr", "-i", "add", "user", user, "account=paper")
    farm.run("sacctmgr", "-i", "modify", "user", user, "where", "account=paper", "set", "MaxJobs=7", "GrpTRES=cpu=40")
    system = Slurm(conf=farm.environment["SLURM_CONF"])
    options = JobOptions("n", "log", 1, 1, 60, native=SlurmOptions(account="paper", licenses="sps:1"))

    async def free() -> tuple[Free | None, Free | None]:
        return await system.free(options), await system.free(options)

    first, second = asyncio.run(free())
    assert first and second
    [total] = farm.run("sinfo", "--noheader", "--noconvert", "-o", "%c").split()
    assert 0 <= (first.idle_cpus or 0) <= (first.cpus or 0) == int(total)
    assert first.nodes == 1
    assert first.licences == {"sps": (100, 100)}
    assert (first.jobs_limit, second.jobs_limit) == (None, 7), "asked at the next time"
    assert second.cpus_limit == 40
    assert (second.at, second.licences) == (first.at, first.licences)
