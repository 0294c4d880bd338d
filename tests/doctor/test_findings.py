"""What the doctor makes of reports, without any: sites that no test can imitate, and the table."""

from __future__ import annotations

import dataclasses
import time
from pathlib import Path
from typing import Any

import pytest
from core.sample import profile

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.base import JobOptions
from jupyterlab_dask_hpc.batch.jobs import Cause, Job, JobState, Outcome
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.doctor.findings import Finding, any_failed, table
from jupyterlab_dask_hpc.doctor.node_findings import findings_of_jobs
from jupyterlab_dask_hpc.doctor.node_jobs import NodeJob, NodeJobs
from jupyterlab_dask_hpc.doctor.reach import Reach

OPTIONS = JobOptions(name="one", log="log/doctor.worker.{id}.log", memory=2**30, cpus=1, time=60)
GIB = 2**30


def job(**known: Any) -> NodeJob:
    """A worker's job that has reported nothing yet."""
    return dataclasses.replace(NodeJob("worker", OPTIONS, "", id="7", submitted=time.time()), **known)


def ended(**how: Any) -> Job:
    return Job("7", None, "one", JobState.FAILED, "FAILED", node="n1", outcome=Outcome.FAILED, **how)


def report(**found: Any) -> dict[str, Any]:
    well = {
        "time": time.time(),
        "host": "n1",
        "interfaces": {"eth0": "10.0.0.1", "ib0": "10.1.0.1"},
        "python": "3.11.2",
        "executable": "/venv/bin/python",
        "distributed": {"version": "2024.1.0"},
        "dashboard": {},
        "workspace": "",
        "scratch": {"path": "/scratch", "kind": "xfs", "free": 99 * GIB, "error": ""},
        "address": "tls://10.0.0.1:4000",
    }
    return {**well, **found}


def findings(one: NodeJob) -> dict[str, Finding]:
    jobs = NodeJobs(Slurm(), [one], Path("/state/doctor/5"), Path("/work"), {}, 60)
    return {found.check: found for found in findings_of_jobs(profile(), Slurm(), jobs)}


def reported(reach: Reach, **found: Any) -> dict[str, Finding]:
    return findings(job(report=report(**found), read_at=time.time(), reach=reach))


def test_a_report_of_a_node_that_is_well() -> None:
    assert not any_failed(reported(Reach("10.0.0.1", False)).values())


@pytest.mark.parametrize(
    ("reach", "check", "words"),
    [
        (Reach("n1.farm", True, "name", "Name or service not known"), "name.worker", "cannot resolve n1.farm"),
        (Reach("10.0.0.1", False, "route", "timed out"), "network.worker", "cannot connect to 10.0.0.1: timed out"),
        (Reach("10.0.0.1", False, "tls", "wrong version number"), "tls.worker", "wrong version number"),
    ],
)
def test_the_step_that_fails_is_named_with_its_key(reach: Reach, check: str, words: str) -> None:
    found = reported(reach)
    assert [one.check for one in found.values() if one.status == "failed"] == [check]
    assert words in str(found[check].found)
    assert found[check].keys == ("workers.worker_args",)
    if check != "tls.worker":
        assert "eth0 10.0.0.1, ib0 10.1.0.1" in str(found[check].advice)


@pytest.mark.parametrize(
    ("known", "check", "words", "key"),
    [
        ({"job": ended(exit_code=66)}, "state-folder.worker", "n1 does not see /state", "c.DaskHpc.state_folder"),
        ({"job": ended(cause=Cause.LOG_UNWRITABLE)}, "workspace.worker", "below /work", "shared_paths"),
        ({"job": ended(exit_code=73)}, "workspace.worker", "below /work", "shared_paths"),
        ({"job": ended(exit_code=127), "lines": ["no such file"]}, "python.worker", "no such file", "python"),
        (
            {"job": ended(exit_code=127), "lines": ["This line of setup failed: module load gcc"]},
            *("launch.worker", "module load gcc", "setup"),
        ),
        ({"refused": "Invalid account or account/partition"}, "launch.worker", "Invalid account", "workers.account"),
        ({"silent": "sbatch gave no answer"}, "launch.worker", "sbatch gave no answer", ""),
    ],
)
def test_a_job_without_a_report_is_explained(known: dict[str, Any], check: str, words: str, key: str) -> None:
    found = findings(job(**known))[check]
    assert found.status == "failed"
    assert words in str(found.found)
    assert found.advice is not None
    assert (key in found.keys) if key else not found.keys


@pytest.mark.parametrize(
    ("scratch", "status"),
    [({"free": GIB // 2}, "warning"), ({"kind": "tmpfs"}, "failed"), ({"error": "no such file"}, "failed")],
)
def test_scratch(scratch: dict[str, Any], status: str) -> None:
    found = reported(Reach("10.0.0.1", False), scratch={**report()["scratch"], **scratch})["scratch"]
    assert (found.status, found.keys) == (status, ("scratch",))


def test_the_table_has_the_remedy_and_the_key_below_what_failed() -> None:
    text = Message("text", text="It is broken. " * 20)
    failing = Finding("x", Message("text", text="scratch"), "failed", text, Message("text", text="Mend it."), ("a.b",))
    lines = list(table([Finding("y", Message("text", text="y"), "ok", Message("text", text="fine")), failing]))
    assert lines[0] == "ok       y        fine"
    assert lines[1].startswith("FAILED   scratch  It is broken.")
    assert lines[-1] == f"{'':18}-> Mend it. [a.b]"
    assert max(map(len, lines)) <= 120
