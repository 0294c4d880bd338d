"""Counts inside the scheduler what the workers use, and writes it to ``usage.json``, for the time after the end."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import Any

from scheduler_folder import write

logger = logging.getLogger("distributed.scheduler")

SAMPLES_PER_WORKER_S = 0.005
"""Seconds between two samples for each connected worker; a sample of 3000 workers takes some 5 ms."""
WRITE_INTERVAL_S = 30.0
"""Between two writings: a scheduler that is killed outright does not write at its end."""


class Usage:
    """What the workers have used so far.

    Attributes:
        thread_seconds: time that their threads were connected.
        busy_seconds: the part of it with a task or a call of an actor.
        memory_peak: highest memory of one worker's process, in bytes.
    """

    def __init__(self, scheduler: Any) -> None:
        self.thread_seconds = 0.0
        self.busy_seconds = 0.0
        self.memory_peak = 0
        self._scheduler = scheduler
        self._processor_time: dict[str, float] = {}
        self._processor_time_of_ended = 0.0
        self._writing: asyncio.Future[None] | None = None
        self._at = self._written = time.monotonic()

    def sample_if_due(self) -> None:
        """To be called once a second: samples, and writes the file from time to time."""
        if time.monotonic() - self._at >= SAMPLES_PER_WORKER_S * len(self._scheduler.workers):
            self.sample()
        if self._at - self._written >= WRITE_INTERVAL_S and (self._writing is None or self._writing.done()):
            self._written = self._at
            # In a thread: a file system that hangs must not stop the scheduler.
            self._writing = asyncio.get_running_loop().run_in_executor(None, self._write)

    def sample(self) -> None:
        """Add what the connected workers have used since the last sample."""
        now = time.monotonic()
        elapsed, self._at = now - self._at, now
        before, self._processor_time = self._processor_time, {}
        for worker in self._scheduler.workers.values():
            metrics = worker.metrics
            tasks = len(worker.processing) + int(metrics.get("calls") or 0)
            self.thread_seconds += elapsed * worker.nthreads
            self.busy_seconds += elapsed * min(tasks, worker.nthreads)
            self.memory_peak = max(self.memory_peak, int(metrics.get("memory_peak") or 0))
            # The id is that of the process: a restarted worker counts from 0 again.
            earlier = before.pop(worker.server_id, 0.0)
            self._processor_time[worker.server_id] = max(earlier, float(metrics.get("processor_time") or 0.0))
        self._processor_time_of_ended += sum(before.values())

    def as_json(self) -> dict[str, Any]:
        """The content of ``usage.json``; see docs/contract.md, "A cluster's folder"."""
        return {
            "thread_seconds": round(self.thread_seconds, 1),
            "busy_seconds": round(self.busy_seconds, 1),
            "processor_seconds": round(self._processor_time_of_ended + sum(self._processor_time.values()), 1),
            "memory_peak": self.memory_peak,
        }

    def write(self) -> None:
        """Sample once more and write the file. An error is logged: the cluster does not depend on it."""
        self.sample()
        self._write()

    def _write(self) -> None:
        try:
            write("usage.json", self.as_json())
        except OSError:
            logger.exception("usage.json could not be written")
