"""Starts a worker: imports distributed while the scheduler starts, waits for its address, becomes the worker.

    python worker_start.py SECONDS WORDS...

waits at most SECONDS for ``scheduler.json`` beside this file and then runs distributed's own worker command with
WORDS, in this very process. Exit code 1 when no scheduler came, 0 when the cluster had ended before.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import importlib.util
import json
import multiprocessing.forkserver
import multiprocessing.util
import os
import random
import shutil
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import Any

# Importing makes much and frees nothing: without the collector it takes a tenth less.
gc.disable()
import dask.config  # noqa: E402
import distributed.utils  # noqa: E402
from distributed.cli.dask_worker import main  # noqa: E402

gc.enable()

FOLDER = Path(__file__).resolve().parent
FIRST, LAST = 0.2, 2.0  # seconds between two looks into the folder


def wait_for_scheduler(seconds: float) -> str:
    """The scheduler's address, as soon as it is known. Leaves the process when there is none to come."""
    deadline = time.monotonic() + seconds
    pause = FIRST
    while True:
        names = os.listdir(FOLDER)  # on a network file system this is what makes a new file visible
        if "scheduler.ended" in names:
            print("Dask worker ended: its cluster had ended before this job started.", flush=True)
            sys.exit(0)
        if "scheduler.json" in names:
            address: str = json.loads((FOLDER / "scheduler.json").read_text())["address"]
            return address
        if time.monotonic() > deadline:
            print(
                f"Dask worker ended: no scheduler was found within {seconds:.0f} s. Its address should have come to "
                f"{FOLDER / 'scheduler.json'}: see the scheduler's log, and whether this node sees that folder.",
                flush=True,
            )
            sys.exit(1)
        time.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311  3000 workers must not look at once
        pause = min(pause * 1.2, LAST)


def scratch() -> str:
    """A fresh folder on the node's own disk (TMPDIR where it is usable), removed when the worker ends."""
    folder = tempfile.mkdtemp(prefix="dask-worker-")
    os.environ["DASK_HPC_SCRATCH"] = folder
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return folder


def fork_before_threads(folder: str) -> None:
    """Let the nanny's workers be forks of this process as it is now: distributed loaded, one thread, no loop.

    It is multiprocessing's own fork server, but forked instead of executed anew, so that distributed is imported once
    a job and not twice: about 40 % less CPU until a worker is connected, and half the reads from a shared file system.
    Its socket lies in `folder`, and goes with it; where that path is too long for a socket, all is as usual.
    """
    if threading.active_count() != 1:
        return  # a fork would lose the other threads; the workers are spawned as usual

    def fork(_: object, words: list[Any], passed: list[int]) -> int:
        child = os.fork()
        if child:
            return child
        try:
            for descriptor in map(int, os.listdir("/proc/self/fd")):
                if descriptor > 2 and descriptor not in passed:
                    with contextlib.suppress(OSError):  # the one that lists them is closed already
                        os.close(descriptor)
            # A signal to the whole job is the nanny's to act on: with the fork server gone it would take its worker for
            # lost and start another. The workers themselves are as ready to end as ever.
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            os.register_at_fork(after_in_child=lambda: signal.signal(signal.SIGTERM, signal.SIG_DFL))
            exec(words[-1], {})  # noqa: S102  multiprocessing's own words: ...forkserver import main; main(...)
        finally:
            os._exit(0)

    spawn = multiprocessing.util.spawnv_passfds
    multiprocessing.util.spawnv_passfds = fork  # type: ignore[assignment]
    usual, tempfile.tempdir = tempfile.tempdir, folder
    gc.freeze()  # what is loaded stays shared: the collector does not write to its pages
    try:
        multiprocessing.forkserver.ensure_running()
    except OSError as error:
        print(f"No fork server in {folder}: {error}. Workers are started anew.", flush=True)
        return
    finally:
        multiprocessing.util.spawnv_passfds = spawn
        tempfile.tempdir = usual
    # Else distributed would load numpy and pandas here for the sake of a fork server that it thinks is yet to start.
    distributed.utils._forkserver_preload_set = True
    dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"})


def guard(address: str, words: list[str]) -> None:
    """Fork the watch that a nanny otherwise keeps: the child watches, this process goes on to be the worker."""
    from distributed.core import rpc
    from distributed.security import Security

    spec: Any = importlib.util.spec_from_file_location("nanny_preload", FOLDER / "nanny_preload.py")
    nanny_preload: Any = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(nanny_preload)
    worker = os.getpid()
    if os.fork():
        return

    def word(option: str) -> str:
        return words[words.index(option) + 1]

    async def watch() -> None:
        security: Any = Security(
            tls_ca_file=word("--tls-ca-file"),
            tls_worker_cert=word("--tls-cert"),
            tls_worker_key=word("--tls-key"),
        )
        scheduler: Any = rpc(address, connection_args=security.get_connection_args("worker"))
        watching = asyncio.ensure_future(
            nanny_preload.watch(scheduler, lambda: False, lambda why: nanny_preload.end(worker, why))
        )
        while os.getppid() == worker:  # noqa: ASYNC110  no event says that a parent has gone
            await asyncio.sleep(1)
        watching.cancel()

    try:
        asyncio.run(watch())
    finally:
        os._exit(0)


if __name__ == "__main__":
    wait, words = float(sys.argv[1]), sys.argv[2:]
    # As with `python -m`: a task can import the modules that lie in the workspace.
    sys.path[0] = os.getcwd()
    # The preloads are imported from the cluster's folder, which thousands of workers share.
    sys.dont_write_bytecode = True
    found = wait_for_scheduler(wait)
    folder = scratch()
    if "--no-nanny" in words:
        guard(found, words)
    else:
        fork_before_threads(folder)
    sys.argv = ["dask worker", found, "--local-directory", folder, *words]
    main()
