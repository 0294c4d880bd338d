"""Runs inside the scheduler: guard of its HTTP server, answers to heartbeats, watchdog.

A plain file that is copied into the cluster's folder with the other scheduler files. It needs only distributed (2023.5
or newer) and its dependencies. distributed only logs an exception in a preload and continues; this file ends the
process instead, since a scheduler must not run without its guard.
"""

from __future__ import annotations

import asyncio
import logging
import os
import platform
import traceback
from importlib.metadata import version
from typing import Any

import job_scratch
import scheduler_addresses
import scheduler_guard
from scheduler_folder import read_job, read_settings, write
from scheduler_heartbeat import HeartbeatHandler, WorkerNames
from scheduler_script import Script, read_plan
from scheduler_watchdog import Watchdog, exit_now

logger = logging.getLogger("distributed.scheduler")

scheduler_guard.install()

_watchdog: Watchdog | None = None
_run: asyncio.Task[None] | None = None


async def dask_setup(scheduler: Any) -> None:
    """Called by distributed when the scheduler listens."""
    try:
        await _setup(scheduler)
    except BaseException as error:
        traceback.print_exc()
        print(f"The scheduler ends, since its HTTP server could not be protected: {error}", flush=True)
        job_scratch.exit_now(1)


async def _setup(scheduler: Any) -> None:
    global _watchdog, _run
    scheduler_guard.check(scheduler)
    settings = read_settings()
    workers = WorkerNames(read_job())
    scheduler.add_plugin(workers, name=workers.name)
    watchdog = Watchdog(scheduler, settings, lambda: len(workers.ever))
    watchdog.count_calls()
    scheduler.http_application.add_handlers(
        ".*", [("/dask-hpc/report", HeartbeatHandler, {"watchdog": watchdog, "workers": workers})]
    )
    scheduler.handlers["dask_hpc_alive"] = lambda: max(settings.limits.alive_interval, len(scheduler.workers) / 200)
    scheduler.handlers["dask_hpc_restarted"] = workers.on_restart
    try:
        address = await scheduler_addresses.notebook_address(scheduler)
    except ValueError as error:
        print(f"The scheduler ends, since its notebook_interface in the profile is wrong: {error}", flush=True)
        job_scratch.exit_now(1)
    host = address[len("tls://") :].rpartition(":")[0]
    write(
        "scheduler.json",
        {
            "address": scheduler.address,
            "notebook_address": address,
            "control": f"https://{host}:{scheduler.http_server.port}",
            "pid": os.getpid(),
            "distributed": version("distributed"),
            "python": platform.python_version(),
        },
    )
    _watchdog, _run = watchdog, asyncio.ensure_future(watchdog.run())
    _run.add_done_callback(_run_ended)
    if plan := read_plan():
        watchdog.script = Script(plan, scheduler.address, settings.limits)
        watchdog.script.start(watchdog).add_done_callback(_run_ended)


def _run_ended(run: asyncio.Task[None]) -> None:
    if not run.cancelled() and run.exception() is not None:
        logger.error("The watchdog failed", exc_info=run.exception())
        exit_now("Dask cluster ended: it must not run without the watchdog of idle time, lease and script.")


async def dask_teardown(scheduler: Any) -> None:
    """Called by distributed when the scheduler closes, whatever the cause."""
    if _watchdog is not None:
        await _watchdog.before_close("asked", "The scheduler was asked to close, by a signal or by a client.")
