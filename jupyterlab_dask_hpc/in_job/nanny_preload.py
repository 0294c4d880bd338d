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
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import psutil
from distributed.comm.addressing import get_address_host_port
from distributed.core import Status

GONE = 20.0  # seconds without anybody listening at the scheduler's address
FROZEN = 60.0  # seconds without an answer from a scheduler that is still there: it may be busy
ANSWER = 5.0  # seconds that one answer may take
CLOSING = 30.0  # seconds that a nanny may take to close, its plugins too
LOOK = 1.0  # seconds between two looks at the worker's process
ASK = 5  # looks without a worker that runs, after which the scheduler is asked for: its log tells of each such call
WORKERLESS = 15.0  # seconds without a worker that runs, or one and the same that starts, before the job ends
PAUSE = 5.0  # seconds between questions, until the scheduler says another number

_watches: list[asyncio.Task[None]] = []
_scratch = ""


async def dask_setup(nanny: Any) -> None:
    """Called by distributed when the nanny listens, before it starts its worker."""
    global _scratch  # noqa: PLW0603  this process's own
    _scratch = os.environ.pop("JUPYTERLAB_DASK_HPC_SCRATCH", "")

    def give_up(why: str) -> None:
        end(os.getpid(), why)

    # asyncio itself keeps no reference to a task.
    _watches.append(asyncio.ensure_future(watch(nanny.scheduler, lambda: nanny.status == Status.closed, give_up)))
    _watches.append(asyncio.ensure_future(watch_worker(nanny, give_up)))


async def watch_worker(nanny: Any, give_up: Callable[[str], None]) -> None:
    """Call `give_up` when the nanny's worker has gone for good: its job would run on, and be charged, for nothing.

    A nanny that cannot start its worker again only logs it, or tries for ever. And when a whole cluster ends, a nanny
    may hear of its worker's end first: it then starts another one, which waits for a scheduler that is gone.
    """
    without = 0.0
    refusals = looks = 0
    pid: int | None = None
    last = time.monotonic()
    while True:
        await asyncio.sleep(LOOK)
        now = time.monotonic()
        elapsed, last = min(now - last, 2 * LOOK), now  # a plugin may hold the loop while it installs something
        process = nanny.process
        if nanny.status != Status.running or (process is not None and process.status == Status.running):
            without, refusals, looks = 0.0, 0, 0
            continue
        looks += 1
        if looks % ASK == 0 or refusals:
            refusals = refusals + 1 if await refused(nanny.scheduler.address) else 0
        if refusals > 1:
            give_up("its scheduler has gone")
        before, pid = pid, None if process is None else process.pid
        if pid is None or pid != before:
            without += elapsed
        if without > WORKERLESS:
            give_up("its worker process has gone, and the nanny could not start another one; the lines above say why")


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
            pause = max(1.0, float(await within(ANSWER, scheduler.dask_hpc_alive())))
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
        _, writer = await within(ANSWER, asyncio.open_connection(*get_address_host_port(address)))
    except ConnectionRefusedError:
        return True
    except (OSError, asyncio.TimeoutError):
        return False
    writer.close()
    return False


async def within(seconds: float, answer: Awaitable[Any]) -> Any:
    """What `answer` gives; asyncio.TimeoutError after so many seconds.

    `asyncio.wait_for` of Python 3.10 and 3.11 loses a cancellation that comes with the answer.
    """
    task = asyncio.ensure_future(answer)
    try:
        await asyncio.wait([task], timeout=seconds)
    finally:
        if not task.done():
            task.cancel()
    if task.cancelled() or not task.done():
        raise asyncio.TimeoutError
    return task.result()


def end(pid: int, why: str) -> None:
    """Kill every process below `pid`, and that one, and leave."""
    print(f"Dask worker ended: {why}.", flush=True)
    with suppress(psutil.Error):
        job = psutil.Process(pid)
        for process in [*job.children(recursive=True), job]:
            if process.pid != os.getpid():
                with suppress(psutil.Error):
                    process.kill()
    if scratch := _scratch or os.environ.get("JUPYTERLAB_DASK_HPC_SCRATCH"):
        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(1)
