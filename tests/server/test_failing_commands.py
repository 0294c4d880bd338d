"""Slurm commands that fail, hang or lie: what is shown is kept and marked; nothing is dead, nothing done twice."""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import WITHOUT_NANNY, Json, Server, count_submissions, has_ended, queue, reason_of, write_profiles

from testbed.slurm import SlurmTestbed

COMMAND = """#!/bin/sh
# The real command, unless a file contains a mode: for one call, or until it is changed.
mode="$(cat {mode} 2>/dev/null)"
case "$mode" in once-*) rm {mode}; mode="${{mode#once-}}" ;; esac
case "$mode" in
fail) echo "slurm_load_jobs error: Unable to contact slurm controller (connect failure)" >&2; exit 1 ;;
hang) exec sleep 600 ;;
garbage) echo "<html>502 Bad Gateway</html>"; exit 0 ;;
empty) exit 0 ;;
none) {real} "$@" | head -1; exit 0 ;;
unknown) echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1 ;;
says) echo "error: Communication connection failure" >&2; exit 0 ;;
cut) {real} "$@" | head -c 60; exit 0 ;;
lost) {real} "$@" >/dev/null; exec sleep 600 ;;
dead) {real} "$@" >/dev/null; kill -9 $$ ;;
esac
exec {real} "$@"
"""


class FailingCommands:
    """Puts commands of Slurm into a mode; everything else is real."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("sbatch", "squeue", "scancel", "scontrol"):
            path = folder / name
            path.write_text(COMMAND.format(mode=folder / f"{name}.mode", real=shutil.which(name)))
            path.chmod(0o755)

    def __call__(self, name: str, mode: str = "") -> None:
        (self.folder / f"{name}.mode").write_text(mode)

    def was_used(self, name: str) -> bool:
        """Whether a mode that lasts for one call, ``once-...``, has been used."""
        return not (self.folder / f"{name}.mode").exists()


@pytest.fixture(scope="module")
def failing(shared: Path) -> FailingCommands:
    folder = shared / "bin"
    folder.mkdir()
    return FailingCommands(folder)


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, shared: Path, failing: FailingCommands) -> Iterator[Server]:
    """A server whose Slurm commands fail, with short time limits."""
    folder = shared / "failing"
    folder.mkdir()
    path = f"{failing.folder}:{os.environ['PATH']}"
    started = Server(
        folder,
        shared / "failing-home",
        write_profiles(shared, folder, **WITHOUT_NANNY),
        {**slurm.environment, "PATH": path},
    )
    started.options = ["--DaskHpc.command_timeout=2", "--DaskHpc.poll_interval_factor=0.25"]
    with started:
        yield started


@pytest.fixture(scope="module")
def cluster(server: Server) -> Json:
    """One that runs all the while."""
    launched = server.launch(name="steady", workers={"jobs": 2})
    return server.until(launched["id"], lambda seen: seen["state"] == "running")


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("fail", "Unable to contact slurm controller"),
        ("hang", "squeue gave no answer within 2 seconds"),
        ("garbage", "502 Bad Gateway"),
        ("empty", "squeue ended without an answer"),
        ("none", "Slurm shows none of your jobs"),
        ("says", "Communication connection failure"),
        ("cut", "squeue printed"),
    ],
)
def test_without_an_answer_the_last_state_is_kept(
    server: Server, cluster: Json, failing: FailingCommands, mode: str, message: str
) -> None:
    id = cluster["id"]
    before = server.cluster(id)
    assert not before["stale"]
    failing("squeue", mode)
    try:
        stale = server.until(id, lambda seen: seen["stale"])
        [batch] = server.call("GET", "clusters")["batch"]
        assert batch["stale"]
        assert message in batch["message"]["text"]
        saved = ("state", "workers", "scheduler", "problems", "reason")
        assert {key: stale[key] for key in saved} == {key: before[key] for key in saved}
        assert before["as_of"] <= stale["as_of"] <= server.cluster(id)["as_of"]
        held = stale["as_of"]
        # What is asked meanwhile is answered.
        assert len(server.call("GET", f"clusters/{id}/jobs")["jobs"]) == 3
        assert server.call("GET", f"clusters/{id}/connection")["address"]
        assert server.cluster(id)["as_of"] == held
    finally:
        failing("squeue")
    back = server.until(id, lambda seen: not seen["stale"])
    assert (back["state"], back["workers"]) == (before["state"], before["workers"])
    assert server.call("GET", "clusters")["batch"][0]["message"] is None


def test_a_scheduler_that_answers_has_not_ended_whatever_slurm_shows(
    server: Server, slurm: SlurmTestbed, failing: FailingCommands
) -> None:
    """Neither in the queue nor known by its number; a stop cancels it all the same."""
    ids = [server.launch(name=f"denied-{what}")["id"] for what in ("kept", "stopped")]
    for id in ids:
        server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    failing("squeue", "none")
    failing("scontrol", "unknown")
    try:
        for id in ids:
            denied = server.until(id, lambda seen: seen["scheduler"]["state"] == "ended")
            assert (denied["state"], reason_of(denied)) == ("running", "")
        server.end(ids[1])
        # Long enough for a few more heartbeats and polls.
        deadline = time.monotonic() + 12
        server.until(ids[0], lambda seen: seen["state"] != "running" or time.monotonic() > deadline)
        assert server.cluster(ids[0])["state"] == "running"
    finally:
        failing("squeue")
        failing("scontrol")
    back = server.until(ids[0], lambda seen: seen["scheduler"]["state"] == "running")
    assert (back["state"], reason_of(back)) == ("running", "")
    server.until(ids[1], lambda _: queue(slurm, ids[1]) == [])
    server.end(ids[0])


@pytest.mark.parametrize("mode", ["lost", "dead"])
def test_a_submit_whose_answer_is_lost_is_found_and_not_repeated(
    server: Server, slurm: SlurmTestbed, failing: FailingCommands, mode: str
) -> None:
    asked = count_submissions(slurm)
    failing("sbatch", f"once-{mode}")
    id = server.launch(name=f"{mode}-scheduler")["id"]
    assert failing.was_used("sbatch")
    # The same for the workers; only then the scheduler is known and running.
    server.until(id, lambda seen: seen["state"] == "running")
    assert count_submissions(slurm) == asked + 2
    assert len(queue(slurm, id)) == 2
    server.end(id)
    assert queue(slurm, id) == []


def test_a_launch_stopped_before_its_answer_leaves_nothing(
    server: Server, slurm: SlurmTestbed, failing: FailingCommands
) -> None:
    failing("sbatch", "once-lost")
    id = server.launch(name="regretted")["id"]
    server.end(id)
    assert queue(slurm, id) == []


def test_a_refused_cancel_is_shown_and_repeated(server: Server, slurm: SlurmTestbed, failing: FailingCommands) -> None:
    shown = {
        "fail": "Unable to contact slurm controller",
        "hang": "scancel gave no answer within 2 seconds",
        "says": "Communication connection failure",
        "garbage": "",
    }
    ids = {mode: server.launch(name=f"stubborn-{mode}")["id"] for mode in shown}
    for mode, id in ids.items():
        server.until(id, lambda seen: seen["workers"]["running"] == 1)
        failing("scancel", f"once-{mode}")
        server.call("DELETE", f"clusters/{id}")
        server.until(id, lambda _: failing.was_used("scancel"))
        if words := shown[mode]:
            [problem] = server.until(id, lambda seen: bool(seen["problems"]))["problems"]
            assert problem["message"]["text"] == "Slurm has not cancelled the jobs"
            assert words in problem["advice"]["text"]
    for id in ids.values():
        assert server.until(id, has_ended)["state"] == "closed"
        assert queue(slurm, id) == []


def test_a_submit_that_was_not_accepted_is_shown_and_repeated(
    server: Server, slurm: SlurmTestbed, failing: FailingCommands
) -> None:
    shown = {
        "fail": "Unable to contact slurm controller",
        "hang": "sbatch gave no answer within 2 seconds",
        "says": "Communication connection failure",
        "garbage": "502 Bad Gateway",
        "empty": "sbatch gave no job id",
    }
    asked = count_submissions(slurm)
    waiting = []
    for mode, words in shown.items():
        failing("sbatch", f"once-{mode}")
        waiting.append(server.launch(name=f"unanswered-{mode}"))
        assert waiting[-1]["state"] == "requested"
        assert words in reason_of(waiting[-1])
    for launched in waiting:
        running = server.until(launched["id"], lambda seen: seen["state"] == "running")
        assert reason_of(running) == ""
    assert count_submissions(slurm) == asked + 2 * len(shown)
    for launched in waiting:
        server.end(launched["id"])


def test_the_schedulers_last_line_is_the_reason_of_the_failure(server: Server, slurm: SlurmTestbed) -> None:
    id = server.launch(name="broken")["id"]
    known = server.until(id, lambda seen: seen["state"] == "running")
    for process in slurm.processes(known["scheduler"]["job"]):
        process.kill()
    failed = server.until(id, has_ended)
    assert failed["state"] == "failed"
    assert re.match(r"The scheduler ended by itself: killed by SIGKILL\. Its log ends with: .+", reason_of(failed))
    assert queue(slurm, id) == []


def test_a_log_that_the_node_cannot_write_is_shown(server: Server, slurm: SlurmTestbed) -> None:
    folder = server.root / "sealed"
    folder.mkdir()
    slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=DOWN")
    try:
        id = server.launch(name="mute", workspace="sealed")["id"]
        (folder / "log").rmdir()
        (folder / "log").touch()
    finally:
        slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
    failed = server.until(id, has_ended)
    assert failed["state"] == "failed"
    assert "the node cannot write its log" in reason_of(failed)
    assert "Launch from a folder that the nodes share" in reason_of(failed)


BANNER = "Hours left in your project: 4972"


def test_a_wrapper_that_prints_a_number_around_every_answer_changes_nothing(slurm: SlurmTestbed, shared: Path) -> None:
    """As sites have them: a line before and one after, with sbatch's too."""
    folder = shared / "wrapped"
    (folder / "bin").mkdir(parents=True)
    for name in ("sbatch", "squeue", "scancel", "scontrol", "sacct"):
        path = folder / "bin" / name
        path.write_text(f'#!/bin/bash\necho "{BANNER}"\n{shutil.which(name)} "$@"\nrc=$?\necho "{BANNER}"\nexit $rc\n')
        path.chmod(0o755)
    environment = {**slurm.environment, "PATH": f"{folder}/bin:{os.environ['PATH']}"}
    server = Server(folder, shared / "wrapped-home", write_profiles(shared, folder), environment)
    server.options = ["--DaskHpc.poll_interval_factor=0.25"]
    server.start()
    try:
        id = server.launch(name="wrapped", workers={"jobs": 2})["id"]
        running = server.until(id, lambda seen: seen["state"] == "running" and seen["workers"]["connected"] == 2)
        assert (reason_of(running), running["stale"], running["problems"]) == ("", False, [])
        assert len(queue(slurm, id)) == 3
        assert server.end(id)["state"] == "closed"
        assert queue(slurm, id) == []
        assert server.log.count(BANNER) == 1
    finally:
        server.stop()
