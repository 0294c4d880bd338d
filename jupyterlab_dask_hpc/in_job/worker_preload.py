"""Runs inside the worker: writes task logs to the job's log, reports the memory peak, stops the HTTP server, ends it.

A plain file that needs only distributed, which copies it into the worker's folder, so it cannot import other files of
this package.
"""

from __future__ import annotations

import io
import json
import logging
import os
import re
import sys
import threading
import time
from typing import Any

import dask
from distributed.worker import thread_state  # type: ignore[attr-defined]

CLOSE_TIMEOUT_S = 20.0
"""For a worker to close, unless ``limits`` in ``settings.json`` set another time; a running task's result would be
lost anyway."""
LIMITS = "JUPYTERLAB_DASK_HPC_LIMITS"
SHARES_A_JOB = re.compile(r"_[0-9]+(-r[0-9]+)?-[0-9]+$")
"""The end of the name of a worker that shares its job, and so its log, with others."""
RETIRES = ("JUPYTERLAB_DASK_HPC_RETIRES", "DASK_HPC_RETIRES")

_scratch = ""
"""The folder that this process removes when it exits; empty if a nanny removes it."""
_close_timeout = CLOSE_TIMEOUT_S


class TaskHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes log messages of tasks from INFO on, and warnings from anywhere, to the job's log, with the task's key.

    It replaces `logging.lastResort`, so it applies to loggers without a handler. Handlers that users configure, with
    `logging.basicConfig` or otherwise, work as usual.
    """

    dask_hpc = True  # by which dask_hpc.get_logger recognizes a worker

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
    # Set here and not by an environment variable, which programs started by tasks would inherit.
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    logging.lastResort = TaskHandler(str(worker.name))
    if SHARES_A_JOB.search(str(worker.name)):
        name_in_lines(str(worker.name))
    root = logging.getLogger()
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    worker.metrics["memory_peak"] = memory_peak
    worker.metrics["processor_time"] = processor_time
    if gpus := os.environ.get("CUDA_VISIBLE_DEVICES"):
        worker.startup_information["cuda_visible_devices"] = lambda worker: gpus
    count_calls(worker)
    if retires:
        remaining = max(0.0, float(retires) - time.time())
        worker.loop.call_later(remaining, worker.close_gracefully, reason="dask-hpc-near-its-time-limit")
    # It would answer every user of the node, without a certificate, and no option turns it off. It has not answered
    # any request yet: the event loop has not run since it started to listen.
    worker.http_server.stop()


def name_in_lines(name: str) -> None:
    """Write the worker's name in the lines that distributed logs. A format of the user's own stays."""
    usual = dask.config.get("distributed.admin.log-format", "")
    named = logging.Formatter(usual.replace("%(message)s", f"[{name}] %(message)s"))
    for logger in list(logging.root.manager.loggerDict.values()):
        for handler in logger.handlers if isinstance(logger, logging.Logger) else ():
            if handler.formatter is not None and handler.formatter._fmt == usual:
                handler.setFormatter(named)


def take_over_environment() -> str:
    """Remove this extension's variables from the environment of tasks. Returns the time at which the worker retires, in
    seconds since the epoch, or an empty text."""
    global _scratch, _close_timeout  # noqa: PLW0603  this process's own
    # Scripts that an earlier version has submitted use the second names.
    names = ("JUPYTERLAB_DASK_HPC_SCRATCH", "DASK_HPC_SCRATCH", LIMITS, *RETIRES)
    own = {name: os.environ.pop(name, "") for name in names}
    _close_timeout = float(json.loads(own[LIMITS] or "{}").get("worker_close", CLOSE_TIMEOUT_S))
    _scratch = own["JUPYTERLAB_DASK_HPC_SCRATCH"]
    return next((own[name] for name in RETIRES if own[name]), "")


def count_calls(worker: Any) -> None:
    """Report to the scheduler how many calls of actors are in progress: otherwise it does not know of this work."""
    execute, in_progress = worker.handlers["actor_execute"], [0]

    async def counted(*args: Any, **kwargs: Any) -> Any:
        in_progress[0] += 1
        try:
            return await execute(*args, **kwargs)
        finally:
            in_progress[0] -= 1

    worker.handlers["actor_execute"] = counted
    worker.metrics["calls"] = lambda worker: in_progress[0]


def memory_peak(worker: Any) -> int:
    """Peak memory of this process in bytes, as counted by Linux; 0 on other systems."""
    try:
        with open("/proc/self/status") as status:
            for line in status:
                if line.startswith("VmHWM:"):
                    return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def processor_time(worker: Any) -> float:
    """Processor time in seconds of this process and of the processes that it has started and that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def dask_teardown(worker: Any) -> None:
    """Called by distributed when the worker closes; it would wait 30 s for a task that still runs."""
    timer = threading.Timer(_close_timeout, exit_now)
    timer.daemon = True
    timer.start()


def exit_now() -> None:
    if _scratch:
        sys.modules["job_scratch"].remove_folder(_scratch)  # loaded by worker_start.py, in this process
    os._exit(0)
