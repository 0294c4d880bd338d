"""Time from the request to a client with all workers: this extension, dask-jobqueue, by hand, and bare processes.

The worker options are the same in all cases: nanny, one thread, 1 GiB, no worker dashboard. TLS is on except for
dask-jobqueue, which runs without it by default.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.security import Security

from benchmarks.jobqueue import SLURMCluster
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.certificates import make_certificates
from jupyterlab_dask_hpc.control.cluster_folder import read_address
from jupyterlab_dask_hpc.control.job_files import install
from jupyterlab_dask_hpc.control.job_templates import describe
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import read_request
from jupyterlab_dask_hpc.files import write_private
from testbed.profile import usable_profile
from testbed.slurm import SlurmTestbed
from tests.support.server import Server, has_ended, write_profiles

ASKED = {"memory": "1G", "time": "00:30:00", "cpus": 1}


def connect(address: str, folder: Path, workers: int) -> None:
    """Connect a client over TLS and wait for all workers."""
    files = {"tls_ca_file": "ca.pem", "tls_client_cert": "client.pem", "tls_client_key": "client-key.pem"}
    security = Security(require_encryption=True, **{key: str(folder / name) for key, name in files.items()})
    with Client(address, security=security, timeout=60) as client:
        client.wait_for_workers(workers, timeout=300)


def as_installed(server: Server) -> Server:
    """Without the settings by which the tests save time."""
    server.job_limits = {}
    server.dask = {}
    return server


def launched(server: Server, profile: str, asked: dict[str, Any], workers: int) -> float:
    """Launch by the notebook server's REST call, as the panel does, and wait for that number of workers."""
    began = time.perf_counter()
    cluster = server.call("POST", "clusters", {"profile": profile, "workers": asked})
    while (found := server.ask("GET", f"clusters/{cluster['id']}/connection")).status != 200:
        assert not has_ended(server.cluster(cluster["id"]))
        time.sleep(0.1)
    connect(found.json["address"], Path(found.json["ca"]).parent, workers)
    took = time.perf_counter() - began
    server.end(cluster["id"])
    return took


def jobqueue(folder: Path, jobs: int, processes: int = 1) -> float:
    """Launch with dask_jobqueue.SLURMCluster, whose scheduler is in this process; a CPU and 1 GiB for each worker."""
    began = time.perf_counter()
    with SLURMCluster(
        queue="dask",
        cores=processes,
        processes=processes,
        memory=f"{processes}GiB",
        nanny=True,
        walltime="00:30:00",
        python=sys.executable,
        death_timeout=300,
        log_directory=str(folder / "jobqueue"),
        job_extra_directives=["--licenses=sps:1"],
        worker_extra_args=["--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--host", "127.0.0.1"],
        scheduler_options={"host": "127.0.0.1", "dashboard_address": "127.0.0.1:0"},
        local_directory=str(folder),
    ) as cluster:
        cluster.scale(jobs=jobs)
        with Client(cluster) as client:
            client.wait_for_workers(jobs * processes, timeout=300)
            took = time.perf_counter() - began
    until_empty()
    return took


class ByHand:
    """The scripts of this extension, prepared before the time is measured."""

    def __init__(self, folder: Path, profile: Profile, workers: int) -> None:
        self._workers = workers
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self._workspace = folder / "home"
        (self._workspace / "log").mkdir(parents=True, exist_ok=True)
        request = read_request({"profile": profile.name, "workers": {"jobs": workers, **ASKED}}, profile, [])
        record = Record(
            id="0123456789",
            owner="",
            batch="slurm",
            request=request,
            workspace=str(self._workspace),
            dashboard_key="key",
            created=0,
            submissions=plan("0123456789", request, ArrayLimits(3000)),
        )
        make_certificates(self.folder, record.id)
        install(self.folder)
        write_private(self.folder / "settings.json", b'{"idle_timeout": 0, "lease": null}')
        self._scripts = [
            describe(record, submit, profile, Slurm(), self.folder, (sys.executable,))[1]
            for submit in record.submissions
        ]

    def by_slurm(self) -> float:
        """Two sbatch calls, one after the other."""
        began = time.perf_counter()
        for script in self._scripts:
            subprocess.run(
                ["sbatch", "--parsable"], input=script.encode(), cwd=self._workspace, check=True, capture_output=True
            )
        took = self._connected(began)
        subprocess.run(["scancel", "--me"], check=True)
        until_empty()
        return took

    def by_shell(self) -> float:
        """Without a batch system: a loop starts the scripts as processes."""
        began = time.perf_counter()
        processes = []
        for number, script in enumerate([self._scripts[0], *[self._scripts[1]] * self._workers]):
            environment = {**os.environ, "SLURM_JOB_ID": "1", "SLURM_ARRAY_TASK_ID": str(number)}
            environment["TMPDIR"] = str(self.folder)  # killed below, they leave their folders there
            processes.append(
                subprocess.Popen(
                    ["bash", "-c", script],
                    env=environment,
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )
        took = self._connected(began)
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        return took

    def _connected(self, began: float) -> float:
        while (address := read_address(self.folder)) is None:
            time.sleep(0.05)
        connect(address.address, self.folder, self._workers)
        took = time.perf_counter() - began
        return took


def until_empty() -> None:
    """Wait until the queue is empty."""
    while subprocess.run(["squeue", "-h"], check=True, capture_output=True).stdout.strip():
        time.sleep(0.5)


def main() -> None:
    """Interleave the rounds; print every time and the ratios of the medians."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=8)
    parser.add_argument("--warm-up", type=int, default=1, help="rounds before those that count")
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="launch-"))
    try:
        with SlurmTestbed() as slurm:
            os.environ.update(slurm.environment)
            [path] = write_profiles(folder, folder)
            profile = usable_profile(path, lambda text: text.replace("{group}", "root"))
            with as_installed(Server(folder, folder / "home", [path], slurm.environment)) as server:
                contenders: dict[str, Callable[[], float]] = {
                    "ours": lambda: launched(server, profile.name, {"jobs": options.workers, **ASKED}, options.workers),
                    "dask-jobqueue": lambda: jobqueue(folder, options.workers),
                    "by hand": lambda: ByHand(folder, profile, options.workers).by_slurm(),
                    "bare processes": lambda: ByHand(folder, profile, options.workers).by_shell(),
                }
                report(run(contenders, options.rounds, options.warm_up))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def run(contenders: dict[str, Callable[[], float]], rounds: int, warm_up: int) -> dict[str, list[float]]:
    """Times in seconds of each contender; the first rounds warm the caches and are not counted."""
    figures: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(1 - warm_up, rounds + 1):
        for name in names[number % len(names) :] + names[: number % len(names)]:
            took = contenders[name]()
            if number > 0:
                figures[name].append(took)
                print(f"round {number}: {name:15} {took:6.2f} s", flush=True)
    return figures


def report(figures: dict[str, list[float]]) -> None:
    """Print minimum, median and maximum, and the ratio of the first one's median to each."""
    middle = {name: statistics.median(times) for name, times in figures.items()}
    [first, *_] = middle
    print(f"\n{'':15} {'min':>7} {'median':>7} {'max':>7}   {first} / it")
    for name, times in figures.items():
        ratio = middle[first] / middle[name]
        print(f"{name:15} {min(times):7.2f} {middle[name]:7.2f} {max(times):7.2f}   {ratio:.2f}")


if __name__ == "__main__":
    main()
