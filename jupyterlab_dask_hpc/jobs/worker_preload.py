"""Runs inside the worker: task logs that can be seen, the peak of memory, no HTTP server, and how it ends.

A plain file that needs distributed alone.
"""

from __future__ import annotations

import logging
import os
import shutil
import sys
import threading
import time
from typing import Any

from distributed.worker import thread_state  # type: ignore[attr-defined]

END = 3.0  # seconds that a closing worker may take; a running task's result has nowhere to go


class TaskFilter(logging.Filter):
    """Lets through what a task logs, from INFO on, and warnings from anywhere; adds the task's key."""

    def filter(self, record: logging.LogRecord) -> bool:
        key = getattr(thread_state, "key", None)
        record.task = "" if key is None else " ".join(str(key).split())[:120]
        return key is not None or record.levelno >= logging.WARNING


def dask_setup(worker: Any) -> None:
    """Called by distributed when the worker starts."""
    handler = logging.StreamHandler(sys.stdout)
    handler.addFilter(TaskFilter())
    handler.setFormatter(
        logging.Formatter(f"%(asctime)s - %(name)s - %(levelname)s - [{worker.name} %(task)s] %(message)s")
    )
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(min(root.level or logging.INFO, logging.INFO))
    worker.metrics["memory_peak"] = memory_peak
    if retires := os.environ.get("DASK_HPC_RETIRES"):
        left = max(0.0, float(retires) - time.time())
        worker.loop.call_later(left, worker.close_gracefully, reason="dask-hpc-near-its-time-limit")
    # It would answer every user of the node, without a certificate. No option keeps a worker from having one.
    worker.http_server.stop()


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
    if scratch := os.environ.get("DASK_HPC_SCRATCH"):
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(0)
