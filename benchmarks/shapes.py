"""Time from the request to a client with all workers, by shape: workers that share a job, and everything in one job.

Workers that share a job are compared with one worker a job, and with dask-jobqueue. One job is compared with a script
that is written by hand after the documentation of the Digital Research Alliance of Canada, with and without the wait
that it has. dask-jobqueue and that script use no TLS, as they do by default.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from benchmarks.launch import as_installed, jobqueue, launched, report, run, until_empty
from testbed.processes import free_ports
from testbed.slurm import SlurmTestbed
from tests.support.server import Server, write_profiles

MEMORY_GIB = 1
"""Of each worker, in all contenders."""

BY_HAND = """#!/bin/bash
#SBATCH --partition=dask
#SBATCH --licenses=sps:1
#SBATCH --ntasks=1
#SBATCH --cpus-per-task={cpus}
#SBATCH --mem={memory}G
#SBATCH --time=00:30:00
#SBATCH --output={folder}/by-hand-%j.log
export DASK_SCHEDULER_ADDR=127.0.0.1
export DASK_SCHEDULER_PORT={port}
{python} -m distributed.cli.dask_scheduler --host $DASK_SCHEDULER_ADDR --port $DASK_SCHEDULER_PORT \\
    --dashboard-address 127.0.0.1:0 &
{python} -m distributed.cli.dask_worker "tcp://$DASK_SCHEDULER_ADDR:$DASK_SCHEDULER_PORT" --host 127.0.0.1 \\
    --no-dashboard --dashboard-address 127.0.0.1:0 --nworkers={workers} --nthreads=1 \\
    --memory-limit={limit}GiB --local-directory={folder} &
{wait}
{python} {folder}/program.py
"""
PROGRAM = """import os
from distributed import Client
address = f"tcp://{os.environ['DASK_SCHEDULER_ADDR']}:{os.environ['DASK_SCHEDULER_PORT']}"
with Client(address, timeout=60) as client:
    client.wait_for_workers(int(os.environ["WORKERS"]), timeout=300)
    open(os.environ["DONE"], "w").close()
"""


class ByHand:
    """The script of the Alliance's documentation: scheduler, workers and program in one job."""

    def __init__(self, folder: Path, workers: int, wait: str = "") -> None:
        self._folder = folder
        self._workers = workers
        self._wait = wait
        (folder / "program.py").write_text(PROGRAM)

    def __call__(self) -> float:
        """Submit it, and wait until its program has a client with all workers."""
        [port] = free_ports(1)
        done = self._folder / f"done-{port}"
        cpus = self._workers + 1
        script = BY_HAND.format(
            cpus=cpus,
            memory=cpus * MEMORY_GIB,
            limit=MEMORY_GIB,
            workers=self._workers,
            folder=self._folder,
            port=port,
            python=sys.executable,
            wait=self._wait,
        )
        environment = {**os.environ, "WORKERS": str(self._workers), "DONE": str(done)}
        began = time.perf_counter()
        subprocess.run(
            ["sbatch", "--parsable"], input=script.encode(), env=environment, check=True, capture_output=True
        )
        while not done.exists():
            time.sleep(0.05)
        took = time.perf_counter() - began
        subprocess.run(["scancel", "--me"], check=True)
        until_empty()
        return took


def main() -> None:
    """Print every time and the ratios of the medians, of both comparisons."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--warm-up", type=int, default=1, help="rounds before those that count")
    parser.add_argument("--wait", type=int, default=10, help="seconds of that wait")
    options = parser.parse_args()
    workers: int = options.workers
    folder = Path(tempfile.mkdtemp(prefix="shapes-"))
    try:
        with SlurmTestbed() as slurm:
            os.environ.update(slurm.environment)
            most = workers + 1
            profiles = write_profiles(
                folder,
                folder,
                several={
                    "workers__cpus": {"default": 1, "maximum": most},
                    "workers__processes": {"default": 1, "maximum": most},
                    "workers__memory": {"default": "1G", "maximum": f"{most * MEMORY_GIB}G"},
                },
                together={
                    "layout": "one-job",
                    "workers__cpus": {"default": most, "maximum": most},
                    "workers__processes": {"default": most, "maximum": most},
                    # The scheduler gets the share of one worker.
                    "workers__memory": {"default": f"{most * MEMORY_GIB}G", "maximum": f"{most * MEMORY_GIB}G"},
                    "scheduler__memory": {"default": "512M", "maximum": "512M"},
                },
            )
            with as_installed(Server(folder, folder / "home", profiles, slurm.environment)) as server:
                each = {"memory": f"{MEMORY_GIB}G", "cpus": 1}
                all_of_them = {"memory": f"{workers * MEMORY_GIB}G", "cpus": workers, "processes": workers}
                compare(
                    {
                        f"1 job x {workers}": lambda: launched(server, "several", {"jobs": 1, **all_of_them}, workers),
                        f"{workers} jobs x 1": lambda: launched(server, "several", {"jobs": workers, **each}, workers),
                        "dask-jobqueue": lambda: jobqueue(folder, 1, workers),
                    },
                    options,
                )
                compare(
                    {
                        "one job": lambda: launched(server, "together", {}, workers),
                        "by hand": ByHand(folder, workers),
                        "with its wait": ByHand(folder, workers, f"sleep {options.wait}"),
                    },
                    options,
                )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def compare(contenders: dict[str, Callable[[], float]], options: argparse.Namespace) -> None:
    """The rounds of one comparison, and its table."""
    report(run(contenders, options.rounds, options.warm_up))


if __name__ == "__main__":
    main()
