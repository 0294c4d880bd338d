"""Load of one launch on the controller: calls counted by `sdiag`, for this extension and dask-jobqueue.

The workers of this extension only sleep, so that 3000 of them fit on one machine. dask-jobqueue submits
`--compare` workers, each with its own call, and therefore not 3000.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from benchmarks.jobqueue import SLURMCluster
from benchmarks.launch import until_empty
from testbed.slurm import SlurmTestbed
from tests.support.server import Server, write_profiles

SUBMIT = "REQUEST_SUBMIT_BATCH_JOB"


def counted() -> dict[str, int]:
    """Calls by type since the last reset."""
    text = subprocess.run(["sdiag"], check=True, capture_output=True, text=True).stdout
    by_type = text.split("by message type")[1].split("by user")[0]
    return {name: int(count) for name, count in re.findall(r"(\w+)\s+\(\s*\d+\)\s+count:(\d+)", by_type)}


def reset() -> None:
    """Reset the counters."""
    subprocess.run(["sdiag", "--reset"], check=True, capture_output=True)


def asleep_python(folder: Path) -> str:
    """A program in place of Python, as which scheduler and workers only sleep."""
    path = folder / "python"
    path.write_text("#!/bin/sh\nexec sleep 900\n")
    path.chmod(0o755)
    return str(path)


def ours(server: Server, workers: int) -> None:
    """Launch, wait until all run, stop; print calls and times."""
    reset()
    began = time.perf_counter()
    cluster = server.launch(profile="asleep", workers={"jobs": workers, "memory": "256M", "time": "30m"})
    while server.cluster(cluster["id"])["workers"]["running"] < workers:
        time.sleep(1)
    up = time.perf_counter() - began
    calls = counted()
    print(f"ours, {workers} workers: all RUNNING after {up:.1f} s")
    show(calls)
    reset()
    began = time.perf_counter()
    server.call("DELETE", f"clusters/{cluster['id']}")
    until_empty()
    print(f"ours, stopped: queue empty after {time.perf_counter() - began:.1f} s")
    show(counted())


def bare(workers: int, folder: Path) -> None:
    """The same array by hand, to measure the time of a bare scancel."""
    words = [
        "sbatch",
        "--parsable",
        f"--array=0-{workers - 1}",
        "--mem=256M",
        "-p",
        "dask",
        "-o",
        "/dev/null",
        "--wrap",
        "exec sleep 900",
    ]
    job = subprocess.run(words, check=True, capture_output=True, text=True, cwd=folder).stdout.strip()
    running = ["squeue", "-h", "-r", "-t", "R", "-j", job]
    while len(subprocess.run(running, check=True, capture_output=True).stdout.splitlines()) < workers:
        time.sleep(1)
    began = time.perf_counter()
    subprocess.run(["scancel", job], check=True)
    until_empty()
    print(f"bare scancel of {workers} tasks: queue empty after {time.perf_counter() - began:.1f} s")


def jobqueue(workers: int, folder: Path) -> None:
    """The calls of dask_jobqueue.SLURMCluster for this number of workers."""
    reset()
    with SLURMCluster(
        queue="dask",
        cores=1,
        memory="256MiB",
        walltime="00:30:00",
        python=str(folder / "python"),
        log_directory=str(folder / "jobqueue"),
        scheduler_options={"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"},
    ) as cluster:
        cluster.scale(jobs=workers)
        while counted().get(SUBMIT, 0) < workers:
            time.sleep(1)
        print(f"dask-jobqueue, {workers} workers:")
        show(counted())
    until_empty()


def show(calls: dict[str, int]) -> None:
    """Print the calls, most frequent first."""
    for name, count in sorted(calls.items(), key=lambda item: -item[1]):
        print(f"    {count:6} {name}")


def main() -> None:
    """Run all, one after the other, on one Slurm."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=3000)
    parser.add_argument("--compare", type=int, default=60)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="calls-"))
    try:
        with SlurmTestbed() as slurm:
            os.environ.update(slurm.environment)
            profiles = write_profiles(folder, folder, asleep={"python": asleep_python(folder)})
            with Server(folder, folder / "home", profiles, slurm.environment) as server:
                ours(server, options.workers)
            bare(options.workers, folder)
            jobqueue(options.compare, folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
