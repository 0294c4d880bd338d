"""Runs inside the nannies of a job: ends this job's processes when the scheduler is gone, whatever a task does.

A worker whose C code holds the GIL, or whose scheduler is frozen, never notices that its cluster has ended. The nanny
computes nothing, so it can query the scheduler and kill the worker. A plain file that needs only distributed:
distributed copies it into the worker's folder, so it cannot import other files of this package.
"""

from __future__ import annotations

import asyncio
import json
import logging
import os
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any

import psutil
from distributed.comm.addressing import get_address_host_port
from distributed.core import Status


def _limit(name: str, seconds: float) -> float:
    """A limit from ``limits`` in ``settings.json``, which worker_start.py passes on; by default `seconds`."""
    return float(json.loads(os.environ.get("JUPYTERLAB_DASK_HPC_LIMITS") or "{}").get(name, seconds))


SCHEDULER_GONE_S = _limit("scheduler_gone", 20.0)
"""Without a process listening at the scheduler's address."""
SCHEDULER_FROZEN_S = _limit("scheduler_frozen", 60.0)
"""Without an answer from a scheduler that still listens: it may be busy."""
ANSWER_TIMEOUT_S = _limit("scheduler_answer", 5.0)
NANNY_CLOSE_TIMEOUT_S = _limit("nanny_close", 30.0)
"""For the nanny and its plugins to close."""
WORKER_RESTART_TIMEOUT_S = _limit("worker_restart", 15.0)
"""Without a running worker, or while the same worker is starting, before the job ends."""
ALIVE_INTERVAL_S = _limit("alive_interval", 5.0)
"""Between two requests, until the scheduler answers with another interval."""
WORKER_CHECK_INTERVAL_S = _limit("worker_check", 1.0)
CHECKS_PER_CONNECTION = 5
"""Checks without a running worker after which the scheduler's port is tried; the scheduler logs each attempt."""

_tasks: list[asyncio.Task[None]] = []
_nannies: list[Any] = []
"""All nannies of this process that have not begun to close."""
_without_worker: set[int] = set()
"""Those (by `id`) that cannot start a worker."""
_exit_codes: dict[int, int] = {}
"""By `id` of the nanny: the exit code, or minus the signal, of the last worker that nobody had asked to end."""
_scratch = ""
_gpus = ""
"""The devices of which each worker gets one; empty if all get the same."""


async def dask_setup(nanny: Any) -> None:
    """Called by distributed when the nanny listens, before it starts its worker."""
    global _scratch, _gpus  # noqa: PLW0603  this process's own
    _scratch = os.environ.pop("JUPYTERLAB_DASK_HPC_SCRATCH", _scratch)
    _gpus = os.environ.pop("JUPYTERLAB_DASK_HPC_GPUS", _gpus)
    if _gpus:
        # The name of a worker that shares its job ends in its index there.
        nanny.env["CUDA_VISIBLE_DEVICES"] = _gpus.split(",")[int(str(nanny.name).rpartition("-")[2])]
    _nannies.append(nanny)
    note_exit_codes(nanny)

    def give_up(reason: str) -> None:
        end(os.getpid(), reason)

    # asyncio itself holds no strong reference to a task.
    _tasks.append(asyncio.ensure_future(watch(nanny.scheduler, lambda: nanny.status == Status.closed, give_up)))
    _tasks.append(asyncio.ensure_future(watch_worker(nanny, give_up)))


async def watch_worker(nanny: Any, give_up: Callable[[str], None]) -> None:
    """Call `give_up` when the workers of all nannies of this process are gone for good: otherwise the job would go on,
    and be charged, in vain.

    A nanny that cannot restart its worker only logs that, or tries forever. When a whole cluster ends, the nanny may
    notice the end of its worker first: it then starts another one, which waits for a scheduler that is gone.
    """
    without_worker = 0.0
    refusals = checks = 0
    pid: int | None = None
    running: int | None = None
    last = time.monotonic()
    while True:
        await asyncio.sleep(WORKER_CHECK_INTERVAL_S)
        now = time.monotonic()
        # A plugin may block the loop while it installs something.
        elapsed, last = min(now - last, 2 * WORKER_CHECK_INTERVAL_S), now
        process = nanny.process
        if nanny.status != Status.running or (process is not None and process.status == Status.running):
            without_worker, refusals, checks = 0.0, 0, 0
            now_running = running if process is None else process.pid
            if running not in (None, now_running):
                log_restart(nanny, running, now_running)
                await report_restart(nanny)
            running = now_running
            _without_worker.discard(id(nanny))
            continue
        checks += 1
        if checks % CHECKS_PER_CONNECTION == 0 or refusals:
            refusals = refusals + 1 if await is_refused(nanny.scheduler.address) else 0
        if refusals > 1:
            give_up("its scheduler has gone")
        before, pid = pid, None if process is None else process.pid
        if pid is None or pid != before:
            without_worker += elapsed
        if without_worker > WORKER_RESTART_TIMEOUT_S:
            _without_worker.add(id(nanny))
        if _nannies and all(id(each) in _without_worker for each in _nannies):
            give_up("its worker process has gone, and the nanny could not start another one; the lines above show why")


def log_restart(nanny: Any, before: int | None, now: int | None) -> None:
    """Log which worker was started again; the nanny's own lines above name its process alone, and why it ended."""
    line = "[%s] The worker's process %s has ended, and its nanny has started it again as process %s."
    logging.getLogger("distributed.nanny").warning(line, nanny.name, before, now)


def note_exit_codes(nanny: Any) -> None:
    """Note how its workers end, except those that it is asked to kill: by ``Client.restart``, or to close."""
    kill, on_exit = nanny.kill, getattr(nanny, "_on_worker_exit_sync", None)
    asked = [0]
    if on_exit is None:
        return

    async def kill_on_request(*args: Any, **kwargs: Any) -> Any:
        asked[0] += 1
        try:
            return await kill(*args, **kwargs)
        finally:
            asked[0] -= 1

    def noted(code: int) -> None:
        if code and not asked[0]:
            _exit_codes[id(nanny)] = code
        on_exit(code)

    # The nanny reads both from itself when it starts a worker, which it has not done yet.
    nanny.kill, nanny._on_worker_exit_sync = kill_on_request, noted


async def report_restart(nanny: Any) -> None:
    """Tell the scheduler that a worker that had ended by itself runs again, for the status of the cluster."""
    code = _exit_codes.pop(id(nanny), None)
    if code is None:
        return
    try:
        await within(ANSWER_TIMEOUT_S, nanny.scheduler.dask_hpc_restarted(name=str(nanny.name), exit_code=code))
    except Exception as error:
        logging.getLogger("distributed.nanny").info("The scheduler was not told of the restart: %r", error)


def dask_teardown(nanny: Any) -> None:
    """Called by distributed when the nanny closes, which waits for its worker."""
    if nanny in _nannies:
        _nannies.remove(nanny)
    if _nannies:
        return  # the other workers of the job continue
    reason = f"it had not closed after {NANNY_CLOSE_TIMEOUT_S:.0f} s"
    timer = threading.Timer(NANNY_CLOSE_TIMEOUT_S, end, [os.getpid(), reason])
    timer.daemon = True
    timer.start()


async def watch(scheduler: Any, is_closed: Callable[[], bool], give_up: Callable[[str], None]) -> None:
    """Query `scheduler`, an rpc, at the intervals that it sets; call `give_up` with the reason if it is not alive."""
    answered = time.monotonic()
    interval = ALIVE_INTERVAL_S
    while True:
        await asyncio.sleep(interval)
        asked = time.monotonic()
        try:
            interval = max(0.1, float(await within(ANSWER_TIMEOUT_S, scheduler.dask_hpc_alive())))
            answered = time.monotonic()
            continue
        except Exception as error:
            failure = f"{type(error).__name__} {error}".strip()
        if is_closed():
            return  # a closing connection pool turns a cancellation into an error
        limit = SCHEDULER_GONE_S if await is_refused(scheduler.address) else SCHEDULER_FROZEN_S
        now = time.monotonic()
        if now - asked > 4 * ANSWER_TIMEOUT_S:
            answered = now  # this process itself was stopped, so the time says nothing
        elif now - answered > limit:
            give_up(f"its scheduler has not answered for {now - answered:.0f} s ({failure})")
        interval = min(interval, ALIVE_INTERVAL_S)


async def is_refused(address: str) -> bool:
    """Whether no process listens there any more. A frozen process still listens; a busy one may answer late."""
    try:
        _, writer = await within(ANSWER_TIMEOUT_S, asyncio.open_connection(*get_address_host_port(address)))
    except ConnectionRefusedError:
        return True
    except (OSError, asyncio.TimeoutError):
        return False
    writer.close()
    return False


async def within(seconds: float, answer: Awaitable[Any]) -> Any:
    """The result of `answer`. Raises asyncio.TimeoutError after `seconds`.

    `asyncio.wait_for` of Python 3.10 and 3.11 loses a cancellation that arrives together with the answer.
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


def end(pid: int, reason: str) -> None:
    """Kill all descendants of `pid` and the process itself, and exit."""
    print(f"Dask worker ended: {reason}.", flush=True)
    with suppress(psutil.Error):
        job = psutil.Process(pid)
        for process in [*job.children(recursive=True), job]:
            if process.pid != os.getpid():
                with suppress(psutil.Error):
                    process.kill()
    if scratch := _scratch or os.environ.get("JUPYTERLAB_DASK_HPC_SCRATCH"):
        sys.modules["job_scratch"].remove_folder(scratch)  # loaded by worker_start.py, in this process or its parent
    os._exit(1)
