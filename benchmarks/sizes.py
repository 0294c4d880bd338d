"""What many workers cost when they share jobs: submissions, bytes of the record, bytes that a watching tab is sent.

The workers only sleep, so that 3000 of them fit on one machine: they never connect, and are shown as starting.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.launch import until_empty
from benchmarks.slurm_calls import SUBMIT, asleep_python, counted, reset
from testbed.slurm import SlurmTestbed
from tests.support.server import Server, messages, write_profiles


@dataclass(frozen=True)
class Cost:
    """Of one cluster from its launch until all its jobs run."""

    submissions: int
    record: int
    stream: int


async def launch(server: Server, jobs: int, processes: int) -> Cost:
    """Launch, watch the jobs in a tab until all run, stop."""
    reset()
    asked = {"jobs": jobs, "cpus": processes, "processes": processes, "memory": f"{processes * 256}M", "time": "30m"}
    tab = await server.connect()
    request = {"profile": "asleep", "workers": asked}
    cluster = await asyncio.to_thread(server.call, "POST", "clusters", request)
    await tab.write_message(json.dumps({"watch": "jobs", "id": cluster["id"]}))
    sent = 0
    running: dict[str, bool] = {}
    async for message in messages(tab):
        sent += len(json.dumps(message, separators=(",", ":")))
        if message["type"] == "jobs":
            running.update((job["id"], job["native_state"] == "RUNNING") for job in message["jobs"])
        if sum(running.values()) == jobs + 1:
            break
    tab.close()
    record = server.state / "clusters" / cluster["id"] / "record.json"
    cost = Cost(counted()[SUBMIT], record.stat().st_size, sent)
    await asyncio.to_thread(server.end, cluster["id"])
    until_empty()
    return cost


def main() -> None:
    """Print both shapes of the same number of workers."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=3000)
    parser.add_argument("--processes", type=int, default=100)
    options = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="sizes-"))
    most = options.processes
    changes: dict[str, Any] = {
        "python": asleep_python(folder),
        "workers__cpus": {"default": 1, "maximum": most},
        "workers__processes": {"default": 1, "maximum": most},
        "workers__memory": {"default": "1G", "maximum": f"{most * 256}M"},
    }
    try:
        with SlurmTestbed() as slurm:
            os.environ.update(slurm.environment)
            profiles = write_profiles(folder, folder, asleep=changes)
            with Server(folder, folder / "home", profiles, slurm.environment) as server:
                print(f"{'':20} {'submissions':>11} {'record':>11} {'stream':>11}")
                for processes in (options.processes, 1):
                    jobs = options.workers // processes
                    cost = asyncio.run(launch(server, jobs, processes))
                    print(
                        f"{f'{jobs} jobs x {processes}':20} {cost.submissions:11} {cost.record:11} {cost.stream:11}",
                        flush=True,
                    )
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
