"""A site whose squeue answers from a file of a minute ago: nothing is lost, nothing is submitted twice."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Server, count_submissions, queue, reason_of, write_profiles

from jupyterlab_dask_hpc.batch.slurm.text import SQUEUE_FORMAT
from testbed.slurm import SlurmTestbed

AGE = 60
COMMAND = """#!/bin/bash
# Stores what squeue prints now, and prints what it has printed a minute ago.
now="$(date +%s)"
{real} "$@" >"{folder}/.new.$$" && mv "{folder}/.new.$$" "{folder}/$now"
old="$(ls "{folder}" | awk -v until="$((now - {age}))" '$1 <= until' | sort -n | tail -1)"
exec cat "{folder}/${{old:-first}}"
"""


@pytest.fixture
def server(slurm: SlurmTestbed, shared: Path) -> Iterator[Server]:
    folder = shared / "old-answers"
    (folder / "bin").mkdir(parents=True)
    (folder / "answers").mkdir()
    command = folder / "bin" / "squeue"
    command.write_text(COMMAND.format(real=shutil.which("squeue"), folder=folder / "answers", age=AGE))
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    started = Server(folder, shared / "old-home", write_profiles(shared, folder), {**slurm.environment, "PATH": path})
    with started:
        yield started


def test_a_cluster_runs_though_the_queue_is_seen_a_minute_late(
    slurm: SlurmTestbed, shared: Path, server: Server
) -> None:
    answers = shared / "old-answers" / "answers"
    # A job of the user's own that runs: it shows how old an answer is.
    own = slurm.run("sbatch", "--parsable", "--output=/dev/null", "--mem=100M", "--wrap=sleep 600").strip()
    while not slurm.run("squeue", "-h", "-j", own, "-t", "RUNNING", "-o", "%i").strip():
        time.sleep(0.2)
    try:
        saved = slurm.run("squeue", "--me", "-a", "-r", "-t", "all", "-o", SQUEUE_FORMAT)
        (answers / "first").write_text(saved)
        before = count_submissions(slurm)
        id = server.launch(name="late", workers={"jobs": 2})["id"]
        seen = server.until(id, lambda seen: seen["workers"]["connected"] == 2, 240)
        assert seen["state"] in ("starting", "running")
        # Past all that would make it lost: 12 s for a job that is not shown, 30 s for a submission.
        time.sleep(AGE)
        seen = server.cluster(id)
        assert (seen["state"], reason_of(seen), seen["problems"]) == ("running", "", [])
        assert count_submissions(slurm) - before == 2
        server.call("DELETE", f"clusters/{id}")
        server.until(id, lambda _: queue(slurm, id) == [])
    finally:
        slurm.run("scancel", own)
