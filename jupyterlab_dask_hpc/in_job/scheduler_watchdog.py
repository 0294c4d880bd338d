"""Ends the cluster if it is idle for too long, or gets no heartbeat from the notebook server during its lease."""

from __future__ import annotations

import asyncio
import atexit
import functools
import inspect
import logging
import subprocess
import threading
import time
from collections.abc import Callable
from typing import Any

import job_scratch
from scheduler_folder import Limits, Settings, read_settings, write
from scheduler_script import Script
from scheduler_usage import Usage

logger = logging.getLogger("distributed.scheduler")

CALLS = (
    "broadcast",
    "proxy",
    "run_function",
    "scatter",
    "gather",
    "rebalance",
    "replicate",
    "restart",
    "restart_workers",
    "retire_workers",
    "register_scheduler_plugin",
    "register_worker_plugin",
    "register_nanny_plugin",
    "unregister_scheduler_plugin",
    "unregister_worker_plugin",
    "unregister_nanny_plugin",
    "benchmark_hardware",
    "get_cluster_state",
    "dump_cluster_state_to_url",
)
"""Calls of a client that count as work while they last: ``Client.run``, ``upload_file``, ..."""


class Clock:
    """Counts the seconds of one condition, except those during which this process did not run."""

    def __init__(self, longest_step: float) -> None:
        self.seconds = 0.0
        self._longest_step = longest_step

    def advance(self, elapsed: float) -> None:
        self.seconds += min(elapsed, self._longest_step)

    def reset(self) -> None:
        self.seconds = 0.0


class Watchdog:
    """Counts idle time and the time since the last heartbeat, and ends the cluster.

    Idle time counts while there is nothing to do and no worker is queued. A connected client does not stop it. Queue
    time never counts: each heartbeat says how many workers may still come, and without one they come as long as fewer
    have connected than the cluster should have. If no worker is left and none is queued, idle time counts even if there
    are tasks.

    Args:
        joined: returns the number of different workers that have ever connected.

    Attributes:
        queued: number of workers that may still connect, as of the last heartbeat; None if it was never known.
        script: the script that runs in this cluster, if there is one. The cluster is not idle while it computes.
        usage: what the workers use.
    """

    def __init__(self, scheduler: Any, settings: Settings, joined: Callable[[], int]) -> None:
        self.scheduler = scheduler
        self.idle_timeout = settings.idle_timeout
        self.lease = settings.lease
        self.limits = settings.limits
        self.queued: int | None = settings.workers
        self._joined = joined
        self._joined_before = 0
        self.idle = Clock(2 * self.limits.watch_interval)
        self.silence = Clock(2 * self.limits.watch_interval)
        self.ending = False
        self.calls = 0
        self.script: Script | None = None
        self.usage = Usage(scheduler)
        self._transitions = -1

    def on_heartbeat(self, lease: float | None, queued: int | None, reset_idle: bool) -> None:
        self.lease = lease
        self.silence.reset()
        if queued is not None:
            self.queued, self._joined_before = queued, self._joined()
        if reset_idle:
            self.idle.reset()

    @property
    def workers_come(self) -> bool:
        """Whether further workers may connect, as far as is known."""
        return self.queued is None or self._joined() - self._joined_before < self.queued

    def count_calls(self) -> None:
        """Count calls of clients that are in progress and are not tasks."""
        for name in CALLS:
            # Some of them do not exist in every version.
            if handler := self.scheduler.handlers.get(name):
                self.scheduler.handlers[name] = self._counted(handler)

    def _counted(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        # Keeps the handler's signature, from which distributed decides whether to pass the connection.
        @functools.wraps(handler)
        async def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            try:
                result = handler(*args, **kwargs)
                return await result if inspect.isawaitable(result) else result
            finally:
                self.calls -= 1

        return counted

    def is_busy(self) -> bool:
        """Whether anything was computed since the last check, or could be with present and queued workers."""
        scheduler = self.scheduler
        before, self._transitions = self._transitions, scheduler.transition_counter
        if self.workers_come or before != self._transitions:
            return True
        if self.calls or getattr(scheduler, "_active_graph_updates", 0) or (self.script and self.script.computes):
            return True
        if not scheduler.workers:
            return False
        if scheduler.unrunnable or scheduler.queued:
            return True
        # Calls of actors go to the worker directly, which reports them.
        return any(worker.processing or worker.metrics.get("calls") for worker in scheduler.workers.values())

    def check(self, elapsed: float) -> tuple[str, str] | None:
        """Count `elapsed` seconds; returns (reason, message) if the cluster has to end now."""
        self.silence.advance(elapsed)
        if self.is_busy():
            self.idle.reset()
        else:
            self.idle.advance(elapsed)
        if self.lease and self.silence.seconds > self.lease:
            return "lease", (
                f"Nothing was heard from the notebook server for {self.silence.seconds:.0f} s: it is gone, "
                "or cannot reach this node."
            )
        if self.idle_timeout and self.idle.seconds > self.idle_timeout:
            return "idle", (
                f"Nothing was computed for {self.idle.seconds:.0f} s and no worker was queued "
                f"(the idle time-out is {self.idle_timeout:.0f} s)."
            )
        return None

    async def run(self) -> None:
        last = time.monotonic()
        while not self.ending:
            await asyncio.sleep(self.limits.watch_interval)
            self.usage.sample_if_due()
            now = time.monotonic()
            verdict = self.check(now - last)
            last = now
            if verdict and not self.ending:
                await self.end(*verdict)

    async def end(self, reason: str, message: str) -> None:
        """Close the scheduler, which closes the workers; exit after `Limits.scheduler_close` in any case."""
        try:
            await self.before_close(reason, message)
            await self.scheduler.close()
        except Exception:
            logger.exception("Closing the scheduler failed; the process exits all the same")
            job_scratch.exit_now(0)

    async def before_close(self, reason: str, message: str) -> None:
        """Once, before closing: write usage and reason, and cancel the workers' jobs if the server will not."""
        if self.ending:
            return
        self.ending = True
        self.usage.write()
        self._write_reason(reason, message)
        if self.script and reason != "asked":
            self.script.terminate()
        if reason == "lease" or self.silence.seconds > self.limits.no_heartbeat:
            await asyncio.get_running_loop().run_in_executor(None, cancel_workers, self.limits)

    def _write_reason(self, reason: str, message: str) -> None:
        """Write why the cluster ends, to the folder and as the last line of the log.

        The server composes its own message from reason and seconds; the text is for the log.
        """
        seconds = {"idle": self.idle.seconds, "lease": self.silence.seconds}.get(reason)
        line = f"Dask cluster ended ({reason}): {message}"
        logger.info(line)
        try:
            write("scheduler.ended", {"reason": reason, "seconds": seconds, "message": message})
        except OSError:
            logger.exception("scheduler.ended could not be written")
        atexit.register(print, line, flush=True)
        deadline = threading.Timer(self.limits.scheduler_close, exit_now, [line])
        deadline.daemon = True
        deadline.start()


def cancel_workers(limits: Limits) -> None:
    """Cancel the workers' jobs, including queued ones, if the node may; jobs that start nevertheless end at once."""
    deadline = time.monotonic() + limits.cancel_jobs
    try:
        for command in read_settings().cancel:
            subprocess.run(command, timeout=max(1.0, deadline - time.monotonic()), check=True, stdin=subprocess.DEVNULL)
    except (OSError, ValueError, KeyError, TypeError, subprocess.SubprocessError) as error:
        logger.warning("The workers' jobs could not be cancelled from this node: %s", error)


def exit_now(line: str) -> None:
    print(line, flush=True)
    job_scratch.exit_now(0)
