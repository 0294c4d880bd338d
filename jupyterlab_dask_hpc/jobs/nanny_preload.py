"""Runs inside the nanny: ends this job's processes when the scheduler is gone, whatever a task does.

A worker whose C code holds the interpreter, or whose scheduler is frozen, never learns that its cluster is over.
The nanny computes nothing, so it can ask, and kill. A plain file that needs distributed alone.
"""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import time
from typing import Any

import psutil
from distributed.comm import CommClosedError

GONE = 20.0  # seconds without a scheduler behind the address
FROZEN = 60.0  # seconds without an answer from one that still holds its connection: it may be busy
ANSWER = 5.0  # seconds that one answer may take

logger = logging.getLogger("distributed.nanny")

_watch: asyncio.Task[None] | None = None


async def dask_setup(nanny: Any) -> None:
    """Called by distributed when the nanny listens, before it starts its worker."""
    global _watch  # noqa: PLW0603  asyncio keeps no reference to a task
    _watch = asyncio.ensure_future(watch(nanny))


async def watch(nanny: Any) -> None:
    """Ask the scheduler whether it lives, as often as it wants to be asked; `end` when it does not."""
    heard = time.monotonic()
    pause, held = 5.0, True
    while True:
        await asyncio.sleep(pause if held else 2.0)
        asked = time.monotonic()
        try:
            pause = max(1.0, float(await asyncio.wait_for(nanny.scheduler.dask_hpc_alive(), ANSWER)))
            heard, held = time.monotonic(), True
            continue
        except (asyncio.TimeoutError, TimeoutError):
            held = True
        except (OSError, CommClosedError):
            held = False
        except Exception:
            logger.exception("Asking the scheduler whether it lives failed")
            held = False
        now = time.monotonic()
        if now - asked > 2 * ANSWER + pause:
            heard = now  # this process itself stood still, so it knows nothing
        elif now - heard > (FROZEN if held else GONE):
            end(nanny, f"the scheduler has not answered for {now - heard:.0f} s")


def end(nanny: Any, why: str) -> None:
    """Kill every process below this one, then leave."""
    print(f"Dask worker ended: {why}.", flush=True)
    for process in psutil.Process().children(recursive=True):
        try:
            process.kill()
        except psutil.Error:
            pass
    shutil.rmtree(os.environ.get("DASK_HPC_SCRATCH", ""), ignore_errors=True)
    os._exit(1)
