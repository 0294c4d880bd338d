"""Runs inside the worker: task logs that can be seen, the peak of memory, no HTTP server, and how it ends.

A plain file that needs distributed alone.
"""

from __future__ import annotations

import io
import logging
import os
import shutil
import sys
import threading
import time
from typing import Any

from distributed.worker import thread_state  # type: ignore[attr-defined]

END = 20.0  # seconds that a closing worker may take; a running task's result has nowhere to go

RETIRES = ("JUPYTERLAB_DASK_HPC_RETIRES", "DASK_HPC_RETIRES")

_scratch = ""
"""The folder that this process removes when it leaves; empty where a nanny does."""


class TaskHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to the job's log what a task logs, from INFO on, and warnings from anywhere, with the task's key.

    It takes the place of `logging.lastResort`, so it is for loggers that have no handler: what users set up themselves,
    by `logging.basicConfig` or otherwise, works as ever.
    """

    dask_hpc = True  # how dask_hpc.get_logger knows that it is in a worker

    def __init__(self, name: str) -> None:
        super().__init__(sys.stdout)
        self.setLevel(logging.INFO)
        self.setFormatter(logging.Formatter(f"%(asctime)s - %(name)s - %(levelname)s - [{name} %(task)s] %(message)s"))

    def filter(self, record: logging.LogRecord) -> bool:
        key = getattr(thread_state, "key", None)
        record.task = "" if key is None else " ".join(str(key).split())[:120]
        return key is not None or record.levelno >= logging.WARNING


def dask_setup(worker: Any) -> None:
    """Called by distributed when the worker starts."""
    retires = take_over_environment()
    # Here, and not in the environment, which what tasks start would inherit.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    logging.lastResort = TaskHandler(str(worker.name))
    root = logging.getLogger()
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    worker.metrics["memory_peak"] = memory_peak
    count_calls(worker)
    if retires:
        left = max(0.0, float(retires) - time.time())
        worker.loop.call_later(left, worker.close_gracefully, reason="dask-hpc-near-its-time-limit")
    # It would answer every user of the node, without a certificate. No option keeps a worker from having one. It has
    # answered nobody yet: the event loop has not run since it listens.
    worker.http_server.stop()


def take_over_environment() -> str:
    """Take our own variables out of what tasks see; when the worker retires, seconds since the epoch, or empty."""
    global _scratch  # noqa: PLW0603  this process's own
    # The second names are those of scripts that an earlier version has submitted.
    own = {name: os.environ.pop(name, "") for name in ("JUPYTERLAB_DASK_HPC_SCRATCH", "DASK_HPC_SCRATCH", *RETIRES)}
    _scratch = own["JUPYTERLAB_DASK_HPC_SCRATCH"]
    return next((own[name] for name in RETIRES if own[name]), "")


def count_calls(worker: Any) -> None:
    """Let the scheduler know how many calls of actors are under way: they pass it by, and are work."""
    execute, under_way = worker.handlers["actor_execute"], [0]

    async def counted(*args: Any, **kwargs: Any) -> Any:
        under_way[0] += 1
        try:
            return await execute(*args, **kwargs)
        finally:
            under_way[0] -= 1

    worker.handlers["actor_execute"] = counted
    worker.metrics["calls"] = lambda worker: under_way[0]


def memory_peak(worker: Any) -> int:
    """Bytes of memory that this process has used at most, from Linux's own count (0 where there is none)."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def dask_teardown(worker: Any) -> None:
    """Called by distributed when the worker closes; it would wait 30 s for a task that still runs."""
    timer = threading.Timer(END, leave)
    timer.daemon = True
    timer.start()


def leave() -> None:
    if _scratch:
        shutil.rmtree(_scratch, ignore_errors=True)
    os._exit(0)
