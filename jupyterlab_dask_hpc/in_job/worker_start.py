"""Starts a worker: imports distributed while the scheduler starts, waits for its address, runs ``dask worker``.

    python worker_start.py SECONDS [--dask-cuda] [--first-gpu NUMBER] ARGUMENTS...

waits at most SECONDS for ``scheduler.json`` in the folder of this file, then runs distributed's own worker command
with ARGUMENTS in this process, or that of dask-cuda. In a job with GPUs each worker gets one of them, the first worker
that of NUMBER. The exit code is 1 if no scheduler was found, 0 if the cluster had ended before.

The nanny starts its worker as usual, as a separate program. A worker forked from this process would start sooner, but
without the settings that are read when a program is executed (hash seed, allocator, threads of numerical libraries),
and with everything that this process has loaded, patched or locked: its results would differ without an error.
"""

from __future__ import annotations

import asyncio
import gc
import importlib.util
import json
import os
import random
import sys
import time
from pathlib import Path
from typing import Any

# Importing creates many objects and frees none: without the garbage collector it takes a sixth less processor time.
gc.disable()

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:  # a safe Python (PYTHONSAFEPATH) leaves it out
    sys.path.insert(0, HERE)
# Imports from the cluster's folder, which thousands of workers share, write no files there.
sys.dont_write_bytecode = True
import dask.config  # noqa: E402
import dask_command  # noqa: E402
import distributed.nanny  # noqa: E402, F401  while the scheduler starts
import job_scratch  # noqa: E402
import psutil  # noqa: E402
import worker_gpus  # noqa: E402

gc.enable()

FOLDER = Path(__file__).resolve().parent
FIRST_INTERVAL_S, LAST_INTERVAL_S = 0.2, 2.0
"""Between two listings of the folder."""


def wait_for_scheduler(seconds: float) -> str:
    """Wait for the scheduler's address. Exits the process if there will be none."""
    deadline = time.monotonic() + seconds
    interval = FIRST_INTERVAL_S
    while True:
        names = os.listdir(FOLDER)  # on a network file system, listing makes a new file visible
        if "scheduler.ended" in names:
            print("Dask worker ended: its cluster had ended before this job started.", flush=True)
            sys.exit(0)
        if "scheduler.json" in names:
            address: str = json.loads((FOLDER / "scheduler.json").read_text())["address"]
            return address
        if time.monotonic() > deadline:
            print(
                f"Dask worker ended: no scheduler was found within {seconds:.0f} s. Its address should be in "
                f"{FOLDER / 'scheduler.json'}: see the scheduler's log, and whether this node sees that folder.",
                flush=True,
            )
            sys.exit(1)
        time.sleep(interval * random.uniform(0.75, 1.25))  # noqa: S311  3000 workers must not list it at once
        interval = min(interval * 1.2, LAST_INTERVAL_S)


def pass_limits_on() -> None:
    """Set ``limits`` of ``settings.json`` for the preloads, which distributed copies out of this folder."""
    try:
        limits = json.loads((FOLDER / "settings.json").read_text()).get("limits")
    except (OSError, ValueError, AttributeError):
        return
    if limits:
        os.environ["JUPYTERLAB_DASK_HPC_LIMITS"] = json.dumps(limits)


def start_guard(address: str, arguments: list[str]) -> None:
    """Watch the scheduler as the nanny would, in a process that is not a child of the worker."""
    from distributed.core import rpc
    from distributed.security import Security

    spec: Any = importlib.util.spec_from_file_location("nanny_preload", FOLDER / "nanny_preload.py")
    nanny_preload: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(nanny_preload)
    worker = psutil.Process()
    if child := os.fork():
        os.waitpid(child, 0)
        return
    if os.fork():
        os._exit(0)

    def argument(option: str) -> str:
        return arguments[arguments.index(option) + 1]

    async def watch() -> None:
        security: Any = Security(
            tls_ca_file=argument("--tls-ca-file"),
            tls_worker_cert=argument("--tls-cert"),
            tls_worker_key=argument("--tls-key"),
        )
        scheduler: Any = rpc(address, connection_args=security.get_connection_args("worker"))
        watching = asyncio.ensure_future(
            nanny_preload.watch(scheduler, lambda: False, lambda why: nanny_preload.end(worker.pid, why))
        )
        while worker.is_running() and worker.status() != psutil.STATUS_ZOMBIE:  # noqa: ASYNC110  there is no event for it
            await asyncio.sleep(1)
        watching.cancel()

    try:
        asyncio.run(watch())
    finally:
        os._exit(0)


if __name__ == "__main__":
    wait = float(sys.argv[1])
    gpus, arguments = worker_gpus.parse(sys.argv[2:])
    if gpus.first_gpu is not None:
        worker_gpus.take(gpus.first_gpu, int(arguments[arguments.index("--nworkers") + 1]), gpus.dask_cuda)
    dask_command.apply_settings()
    # As newer nannies do: if hash() differed between workers, groupby would split groups.
    if "PYTHONHASHSEED" not in dask.config.get("distributed.nanny.pre-spawn-environ", {}):
        os.environ.setdefault("PYTHONHASHSEED", "6640")
    found = wait_for_scheduler(wait)
    folder = job_scratch.make("dask-worker-")
    pass_limits_on()
    # For the process that removes the folder if this one is killed; the preload deletes the variable.
    os.environ["JUPYTERLAB_DASK_HPC_SCRATCH"] = folder
    if "--no-nanny" in arguments:
        start_guard(found, arguments)
    preloads = [
        *dask_command.configured_preloads("distributed.worker.preload", "--preload"),
        *dask_command.configured_preloads("distributed.nanny.preload", "--preload-nanny"),
    ]
    arguments = [found, "--local-directory", folder, *arguments, *preloads]
    if gpus.dask_cuda:
        dask_command.run_module("dask", ["dask", "cuda", "worker", *worker_gpus.arguments_of_dask_cuda(arguments)])
    else:
        dask_command.run("dask_worker", arguments)
