"""What prevents jobs, or Dask in them, from starting is shown with its cause and what to do."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from core.sample import profile
from support.dask import connect
from support.polling import until
from support.server import Json, Server, has_ended, reason_of, write_profiles

from jupyterlab_dask_hpc.batch.registry import batch_systems
from jupyterlab_dask_hpc.extension import job_variables
from testbed.slurm import SlurmTestbed

SYSTEMS = batch_systems()
ASK = "the help desk"
VARIANTS = {
    "short": {"workers__partition": "short", "access": {"users": ["root"], "ask": ASK}},
    "long-scheduler": {"scheduler__partition": "short"},
    "login": {"login_shell": True},
    "missing": {"setup": ["module load no-such/1"], "login_shell": True},
    "leaving": {"setup": ["true", "exit 0"]},
    "false": {"setup": {"scheduler": ["false"]}},
    "worker-false": {"setup": {"workers": ["false"]}},
    "after": {
        "setup": {"after": ['echo "$SLURM_ARRAY_TASK_ID" >>ended']},
        "scratch": {"folder": "$HOME/scratch/$SLURM_JOB_ID", "at_least": "1M"},
    },
    "no-space": {"scratch": {"folder": "$HOME/scratch", "at_least": "9000T"}},
}


@pytest.fixture(scope="module")
def server_job(slurm: SlurmTestbed) -> Iterator[Server]:
    """A server that is a job itself, with folders of its own node alone; its farm has a partition for short jobs."""
    place = Path(tempfile.mkdtemp(prefix="job-setup-"))
    home, folder = place / "home", place / "server"
    for path in (home, folder):
        path.mkdir()
    slurm.run("scontrol", "create", "PartitionName=short", "Nodes=ALL", "State=UP", "MaxTime=10")
    own = {"HOME": str(home), "SLURM_JOB_ID": "77", "TMPDIR": "/nowhere/job77", "XDG_RUNTIME_DIR": "/nowhere/user"}
    server = Server(folder, home, write_profiles(place, folder, **VARIANTS), {**slurm.environment, **own})
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)
        slurm.run("scontrol", "delete", "PartitionName=short")


def waiting(cluster: Json) -> Json:
    """The problem of jobs that wait; empty when there is none."""
    found: list[Json] = [problem for problem in cluster["problems"] if problem["kind"] == "waiting"]
    return found[0] if found else {}


def test_workers_that_ask_for_too_much_time_will_not_start(server_job: Server) -> None:
    id = server_job.launch(name="long", profile="short", workers={"time": "02:00:00"})["id"]
    seen = server_job.until(id, lambda seen: "TimeLimit" in str(waiting(seen).get("message", "")))
    assert waiting(seen)["message"]["text"] == "1 will not start: PartitionTimeLimit"
    assert "(02:00:00)" in waiting(seen)["advice"]["text"]
    assert waiting(seen)["advice"]["text"].endswith("Launch again with less worker time.")
    server_job.end(id)


def test_a_scheduler_that_asks_for_too_much_time_will_not_start(server_job: Server) -> None:
    id = server_job.launch(name="wide", profile="long-scheduler")["id"]
    seen = server_job.until(id, lambda seen: "TimeLimit" in str(waiting(seen).get("message", "")))
    assert waiting(seen)["message"]["text"] == "Scheduler will not start: PartitionTimeLimit"
    assert waiting(seen)["advice"]["text"].endswith("Launch again with less scheduler time.")
    server_job.end(id)


def test_a_login_profile_that_ends_the_shell_is_shown(server_job: Server) -> None:
    login = server_job.root / ".bash_profile"
    login.write_text("exit 0\n")
    try:
        ended = server_job.until(server_job.launch(name="silent", profile="login")["id"], has_ended)
    finally:
        login.unlink()
    assert ended["state"] == "failed"
    assert "the job ended before Dask was started: the login shell ended it" in reason_of(ended)


def test_a_setup_line_that_ends_the_shell_is_shown(server_job: Server) -> None:
    ended = server_job.until(server_job.launch(name="leaving", profile="leaving")["id"], has_ended)
    assert ended["state"] == "failed"
    assert "the shell ended before Dask was started. A line of the profile's setup" in reason_of(ended)


@pytest.mark.parametrize(("name", "line"), [("missing", "module load no-such/1"), ("false", "false")])
def test_a_setup_line_that_fails_is_named(server_job: Server, name: str, line: str) -> None:
    ended = server_job.until(server_job.launch(name=name, profile=name)["id"], has_ended)
    assert ended["state"] == "failed"
    assert f"This line of the profile's setup failed: {line}." in reason_of(ended)
    log = server_job.root / "log" / f"{name}.scheduler.{ended['scheduler']['job']}.log"
    assert f"This line of setup failed: {line}\n" in log.read_text()


def test_a_setup_line_of_the_workers_that_fails_is_named(server_job: Server) -> None:
    ended = server_job.until(server_job.launch(name="lame", profile="worker-false")["id"], has_ended)
    assert ended["state"] == "failed"
    assert "This line of the profile's setup failed: false." in reason_of(ended)


def test_too_little_space_on_the_node_is_shown(server_job: Server) -> None:
    ended = server_job.until(server_job.launch(name="full", profile="no-space")["id"], has_ended)
    assert ended["state"] == "failed"
    assert "its scratch folder cannot be used" in reason_of(ended) and "needs 9216000.0G, on " in reason_of(ended)


def test_lines_run_after_workers_that_are_cancelled(server_job: Server) -> None:
    id = server_job.launch(name="after", profile="after")["id"]
    server_job.until(id, lambda seen: seen["workers"]["connected"] == 1)
    scratch = server_job.root / "scratch"
    assert len(list(scratch.glob("*/dask-worker-*"))) == len(list(scratch.glob("*/dask-scheduler-*"))) == 1
    server_job.end(id)
    until((server_job.root / "ended").exists, "the line after the worker")
    until(lambda: not scratch.exists(), lambda: str(list(scratch.rglob("*"))))
    assert (server_job.root / "ended").read_text() == "0\n"
    [log] = (server_job.root / "log").glob("after.worker.*.log")
    assert "Closing Nanny" in log.read_text(), "one signal, so that it ends in order"


def test_folders_of_the_servers_own_job_do_not_reach_its_workers(server_job: Server) -> None:
    id = server_job.launch(name="inside", profile="cc-in2p3")["id"]
    server_job.until(id, lambda seen: seen["workers"]["connected"] == 1)
    found = server_job.call("GET", f"clusters/{id}/connection")
    with connect(found) as client:
        [seen] = client.run(lambda: [os.environ.get(name) for name in ("TMPDIR", "XDG_RUNTIME_DIR")]).values()
    assert not {"/nowhere/job77", "/nowhere/user"} & set(seen)
    for job in server_job.call("GET", f"clusters/{id}/jobs")["jobs"]:
        assert "slurmstepd" not in (server_job.root / "log" / job["log"]).read_text()
    server_job.end(id)


@pytest.mark.parametrize(("name", "saved"), [("slurm", False), ("local", True)])
def test_which_folders_of_this_machine_jobs_get(name: str, saved: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    """Local processes run where the server does."""
    for variable in ("TMPDIR", "XDG_RUNTIME_DIR", "SLURM_JOB_ID"):
        monkeypatch.setenv(variable, "/mine")
    found = job_variables(profile(name), SYSTEMS[profile(name).batch])
    assert ("TMPDIR" in found, "XDG_RUNTIME_DIR" in found, "SLURM_JOB_ID" in found) == (saved, saved, False)
    asks = profile(name).environment.model_copy(update={"keep": ("TMPDIR",)})
    asked = profile(name).model_copy(update={"environment": asks})
    assert job_variables(asked, SYSTEMS[asked.batch])["TMPDIR"] == "/mine"
    monkeypatch.setenv("PATH", "/mine/bin")
    monkeypatch.setenv("LANG", "C.UTF-8")
    asks = profile(name).environment.model_copy(update={"drop": ("PATH", "LANG")})
    dropped = job_variables(profile(name).model_copy(update={"environment": asks}), SYSTEMS[asked.batch])
    assert dropped["PATH"] == "/usr/local/bin:/usr/bin:/bin" and "LANG" not in dropped
