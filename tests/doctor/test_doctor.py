"""`jupyter dask-hpc doctor` on a real Slurm that is well, and on sites that are broken in one way or more."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.polling import until

from jupyterlab_dask_hpc.command_line import main
from jupyterlab_dask_hpc.command_line_doctor import INTERRUPTED
from testbed import profile as farm_profile
from testbed.accounting import Accounting, missing
from testbed.slurm import SlurmTestbed

Findings = Mapping[str, Any]


@pytest.fixture(scope="module")
def slurm() -> Iterator[SlurmTestbed]:
    """With an accounting that demands an account."""
    if reason := missing():
        warnings.warn(f"NOT TESTED with the doctor: {reason}", stacklevel=1)
        pytest.skip(reason)
    settings = {"AccountingStorageEnforce": "associations"}
    with Accounting() as accounting, SlurmTestbed(nodes=2, settings=settings, accounting=accounting) as started:
        yield started


class Site:
    """One site: its profile, its folders, and what a user's server has in its environment."""

    def __init__(self, slurm: SlurmTestbed, folder: Path) -> None:
        self.slurm = slurm
        self.folder = folder
        self.state = folder / "state"
        self.workspace = folder / "workspace"
        self.bin = folder / "bin"
        for path in (self.workspace, self.bin):
            path.mkdir()
        self.profile = folder / "farm.json"
        self.environment = {**os.environ, **slurm.environment, "HOME": str(folder)}
        self.write()

    def write(self, **changes: Any) -> None:
        """The testbed's profile with these changes."""
        small = {"workers__memory": {"default": "1G", "maximum": "2G"}}
        profile = farm_profile.testbed_profile(self.folder, **{"name": "farm", **small, **changes})
        self.profile.write_text(json.dumps(profile))

    def command(self, name: str, text: str) -> Path:
        """A command that this server finds first."""
        (self.bin / name).write_text(f"#!/bin/bash\n{text}\n")
        (self.bin / name).chmod(0o755)
        self.environment["PATH"] = f"{self.bin}:{os.environ['PATH']}"
        return self.bin / name

    def arguments(self, *more: str) -> list[str]:
        own = [f"--DaskHpc.state_folder={self.state}", f"--workspace={self.workspace}"]
        return ["doctor", str(self.profile), "--json", *own, *more]

    def examine(self, *more: str, before: str = "") -> Findings:
        """The findings by what was checked. Nothing may be left behind.

        Args:
            before: shell lines that run before, in a file system name space of their own.
        """
        line = [sys.executable, "-m", "jupyterlab_dask_hpc.command_line", *self.arguments(*more)]
        if before:
            script = f'{before}\nexec "$@"'
            line = ["unshare", "--mount", "--propagation", "private", "bash", "-ec", script, "bash", *line]
        done = subprocess.run(
            line, check=False, capture_output=True, text=True, env=self.environment, cwd=self.folder, timeout=200
        )
        assert done.stdout, done.stderr
        findings = {one["check"]: one for one in json.loads(done.stdout)["findings"]}
        failed = any(one["status"] == "failed" for one in findings.values())
        assert done.returncode == int(failed), done.stderr
        self.nothing_is_left()
        return findings

    def nothing_is_left(self) -> None:
        assert not self.workspace.exists() or not list(self.workspace.iterdir())
        assert not self.state.exists() or not list(self.state.iterdir())
        lines = self.slurm.run("squeue", "-h", "-o", "%j %T").splitlines()
        assert not [line for line in lines if "COMPLETING" not in line]


@pytest.fixture
def site(slurm: SlurmTestbed, tmp_path: Path) -> Site:
    return Site(slurm, tmp_path)


def faults(findings: Findings) -> dict[str, str]:
    """What is not in order, with its status."""
    return {check: one["status"] for check, one in findings.items() if one["status"] != "ok"}


def text(findings: Findings, check: str) -> str:
    """What was found, and what to do."""
    one = findings[check]
    return f"{one['found']['text']} {one['advice']['text'] if one['advice'] else ''} {one['keys']}"


def test_a_site_that_is_well_has_no_fault(site: Site) -> None:
    findings = site.examine()
    assert faults(findings) == {}
    for check in (
        *("batch.squeue", "batch.slurmdbd", "accepted.scheduler", "state-folder.worker", "workspace", "clock.worker"),
        *("network.scheduler", "tls.scheduler", "network.worker-scheduler", "network.back", "dashboard", "scratch"),
    ):
        assert check in findings
    assert {"launch.scheduler", "launch.worker"} <= findings.keys()


def test_faults_of_the_node_and_a_banner(site: Site) -> None:
    """Several in one examination: no bokeh, scratch in memory, a clock that is off, and a .bashrc that prints."""
    packages = site.folder / "packages"
    (packages / "bokeh").mkdir(parents=True)
    (packages / "bokeh" / "__init__.py").write_text("raise ImportError(\"No module named 'bokeh'\")\n")
    (packages / "sitecustomize.py").write_text("import time\nnow = time.time\ntime.time = lambda: now() - 600\n")
    site.write(environment={"set": {"TMPDIR": "/dev/shm", "PYTHONPATH": str(packages)}})
    (site.folder / ".bashrc").write_text("echo Welcome to the farm\n")
    site.command("squeue", f'. ~/.bashrc\nexec {shutil.which("squeue")} "$@"')
    findings = site.examine()
    assert faults(findings) == {
        "batch.squeue": "warning",
        "clock.scheduler": "failed",
        "clock.worker": "failed",
        "dashboard": "failed",
        "scratch": "failed",
    }
    assert "Welcome to the farm" in text(findings, "batch.squeue")
    assert ".bashrc" in text(findings, "batch.squeue")
    assert re.search(r"at least (9|10) min behind", text(findings, "clock.worker"))
    assert "No module named 'bokeh'" in text(findings, "dashboard")
    assert "Install bokeh" in text(findings, "dashboard")
    assert "/dev/shm is in memory (tmpfs)" in text(findings, "scratch")


def test_a_command_that_is_missing(site: Site) -> None:
    for name in ("sbatch", "scontrol", "scancel", "sacct", "sacctmgr", "sinfo"):
        site.command(name, f'exec {shutil.which(name)} "$@"')
    site.environment["PATH"] = str(site.bin)
    for name in ("bash", "env"):
        (site.bin / name).symlink_to(str(shutil.which(name)))
    findings = site.examine()
    assert faults(findings) == {"batch.squeue": "failed", "launch": "not-checked"}
    assert "The command squeue was not found" in text(findings, "batch.squeue")
    assert "PATH" in text(findings, "batch.squeue")


def test_a_partition_that_is_closed_and_an_account_of_others(site: Site) -> None:
    site.write(workers__account="nobodys")
    site.slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=INACTIVE")
    try:
        findings = site.examine()
    finally:
        site.slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
    assert faults(findings) == {"accepted.scheduler": "failed", "accepted.worker": "failed", "launch": "not-checked"}
    closed, account = text(findings, "accepted.scheduler"), text(findings, "accepted.worker")
    assert "artition" in closed
    assert "scheduler.partition" in closed
    assert "ccount" in account
    assert "account nobodys" in account
    assert "workers.account" in account


def test_a_python_that_the_nodes_lack_and_one_without_distributed(site: Site) -> None:
    site.write(python="/nowhere/bin/python")
    findings = site.examine()
    assert faults(findings)["python.worker"] == "failed"
    assert "/nowhere/bin/python" in text(findings, "python.worker")
    assert "['python']" in text(findings, "python.worker")
    bare = site.command("python", f'exec {sys.executable} -I -S "$@"')
    site.write(python=str(bare))
    findings = site.examine()
    assert faults(findings)["python"] == "failed"
    assert faults(findings)["python.worker"] == "failed"
    assert "No module named" in text(findings, "python.worker")


def test_no_route_to_the_nodes(site: Site) -> None:
    """The jobs have a network of their own."""
    inside = f'ip link set lo up; exec {sys.executable} "$@"'
    site.write(python=str(site.command("python", f"exec unshare --net bash -c '{inside}' bash \"$@\"")))
    findings = site.examine()
    assert faults(findings) == {
        "network.scheduler": "failed",
        "network.worker": "failed",
        "network.scheduler-worker": "failed",
        "network.worker-scheduler": "failed",
    }
    assert "--interface" in text(findings, "network.scheduler")
    assert "scheduler.scheduler_args" in text(findings, "network.scheduler")


@pytest.mark.parametrize("what", ["state", "workspace"])
def test_a_folder_that_the_nodes_do_not_share(site: Site, what: str) -> None:
    """This server sees another folder there."""
    other = site.folder / "other"
    there = site.folder / what
    for path in (other, there):
        path.mkdir(exist_ok=True)
    if what == "workspace":
        there.rmdir()
        there = site.folder / "alone" / "workspace"
        site.workspace = there
    before = f"mkdir -p {there}; mount --bind {other} {there}"
    if what == "workspace":
        before = f"mount -t tmpfs none {site.folder}/alone; mkdir {there}"
        (site.folder / "alone").mkdir()
    findings = site.examine(before=before)
    role = "state-folder" if what == "state" else "workspace"
    found = faults(findings)
    assert found.get(f"{role}.worker", found.get(role)) == "failed", found
    advice = text(findings, f"{role}.worker")
    assert ("c.DaskHpc.state_folder" if what == "state" else "shared_paths") in advice


def test_a_job_that_does_not_start_and_one_that_is_interrupted(site: Site) -> None:
    site.write(workers__extra=["--begin=now+1hour"])
    findings = site.examine("--wait=3")
    assert faults(findings)["launch.worker"] == "failed"
    assert "BeginTime" in text(findings, "launch.worker")
    line = [sys.executable, "-m", "jupyterlab_dask_hpc.command_line", *site.arguments()]
    running = subprocess.Popen(line, env=site.environment, cwd=site.workspace, stderr=subprocess.PIPE)
    until(lambda: "PENDING" in site.slurm.run("squeue", "-h", "-o", "%T"), lambda: "no job")
    running.send_signal(signal.SIGINT)
    assert running.wait(60) == INTERRUPTED
    assert running.stderr is not None
    assert b"Nothing is left behind" in running.stderr.read()
    site.nothing_is_left()


def test_the_table(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """As people read it: below a failing line what to do. Without commands no Slurm is needed."""
    file = tmp_path / "farm.json"
    file.write_text(json.dumps(farm_profile.testbed_profile(tmp_path, name="farm")))
    monkeypatch.setenv("PATH", str(tmp_path))
    state = tmp_path / "state"
    assert main(["doctor", str(file), f"--DaskHpc.state_folder={state}", f"--workspace={tmp_path}"]) == 1
    lines = capsys.readouterr().out.splitlines()
    [number] = [number for number, line in enumerate(lines) if line.startswith("FAILED") and " squeue " in line]
    assert "was not found" in lines[number]
    assert lines[number + 1].strip().startswith("-> Install")
    assert not state.exists()
