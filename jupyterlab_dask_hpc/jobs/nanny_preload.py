"""Runs inside the nanny: ends this job's processes when the scheduler is gone, whatever a task does.

A worker whose C code holds the interpreter, or whose scheduler is frozen, never learns that its cluster is over.
The nanny computes nothing, so it can ask, and kill. A plain file that needs distributed alone.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
from distributed.comm.addressing import get_address_host_port
from distributed.core import Status

GONE = 20.0  # seconds without anybody listening at the scheduler's address
FROZEN = 60.0  # seconds without an answer from a scheduler that is still there: it may be busy
ANSWER = 5.0  # seconds that one answer may take
CLOSING = 12.0  # seconds that a nanny may take to close
SETTLE = 1.0  # seconds before a worker that has ended is started again
PAUSE = 5.0  # seconds between questions, until the scheduler says another number

_watch: asyncio.Task[None] | None = None


async def dask_setup(nanny: Any) -> None:
    """Called by distributed when the nanny listens, before it starts its worker."""
    global _watch  # noqa: PLW0603  asyncio itself keeps no reference to a task
    restart_unless_stopped(nanny)
    _watch = asyncio.ensure_future(
        watch(nanny.scheduler, lambda: nanny.status == Status.closed, lambda why: end(os.getpid(), why))
    )


def restart_unless_stopped(nanny: Any) -> None:
    """Let a nanny start its worker again only if the worker ended by itself.

    A stop of the whole cluster ends scheduler, worker and nanny at about the same time. A nanny that hears of its
    worker's end first would start another, which waits for a scheduler that is gone and keeps the job alive.
    """
    judge = nanny._on_worker_exit

    async def settle(exitcode: int) -> None:
        await asyncio.sleep(SETTLE)
        if nanny.status == Status.running and await refused(nanny.scheduler.address):
            nanny.status = Status.closing_gracefully
        await judge(exitcode)

    nanny._on_worker_exit = settle


def dask_teardown(nanny: Any) -> None:
    """Called by distributed when the nanny closes, which waits for its worker."""
    timer = threading.Timer(CLOSING, end, [os.getpid(), f"it had not closed after {CLOSING:.0f} s"])
    timer.daemon = True
    timer.start()


async def watch(scheduler: Any, over: Callable[[], bool], give_up: Callable[[str], None]) -> None:
    """Ask `scheduler`, an rpc, whether it lives, as often as it wants to be asked; else call `give_up` with why."""
    heard = time.monotonic()
    pause = PAUSE
    while True:
        await asyncio.sleep(pause)
        asked = time.monotonic()
        try:
            pause = max(1.0, float(await asyncio.wait_for(scheduler.dask_hpc_alive(), ANSWER)))
            heard = time.monotonic()
            continue
        except Exception as error:
            failure = f"{type(error).__name__} {error}".strip()
        if over():
            return  # a closing connection pool turns being cancelled into an error
        limit = GONE if await refused(scheduler.address) else FROZEN
        now = time.monotonic()
        if now - asked > 4 * ANSWER:
            heard = now  # this process itself stood still, so it knows nothing
        elif now - heard > limit:
            give_up(f"its scheduler has not answered for {now - heard:.0f} s ({failure})")
        pause = min(pause, PAUSE)


async def refused(address: str) -> bool:
    """Whether nobody listens there any more. A frozen process still listens, a busy one may let the caller wait."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(*get_address_host_port(address)), ANSWER)
    except ConnectionRefusedError:
        return True
    except (OSError, asyncio.TimeoutError):
        return False
    writer.close()
    return False


def end(pid: int, why: str) -> None:
    """Kill every process below `pid`, and that one, and leave."""
    print(f"Dask worker ended: {why}.", flush=True)
    with suppress(psutil.Error):
        job = psutil.Process(pid)
        for process in [*job.children(recursive=True), job]:
            if process.pid != os.getpid():
                with suppress(psutil.Error):
                    process.kill()
    if scratch := os.environ.get("DASK_HPC_SCRATCH"):
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)
