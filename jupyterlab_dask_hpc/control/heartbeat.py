"""The reports to one cluster's scheduler, and what its answers have told."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from ..core.actions import RetireWorkers
from ..core.deadlines import steady
from ..core.scheduler_status import Report, Unrunnable
from .scheduler_client import SchedulerClient, SchedulerSilent

_PAUSE = 15.0
"""Seconds that a failed report adds to the silence at most: more have passed only if this server stood still."""


class SchedulerHeartbeat:
    """Renews one scheduler's lease.

    Attributes:
        heard: whether there was an answer at all.
        answers: whether there was one to the last report.
        connected: peak of memory in bytes by worker's name; what the last answer told.
        idle: whether nothing was computed and no worker queued, as the last answer told.
        idle_ends: when the idle time-out strikes if nothing is computed until then, seconds since the epoch.
        silence: seconds for which a scheduler whose job runs has not answered.
        unrunnable: tasks that no connected worker may run, as the last answer told.
        retired: names of all workers that it has retired so far, as it last said.
    """

    def __init__(self, channel: SchedulerClient, folder: Path, lease: float, idle_timeout: float) -> None:
        self.heard = False
        self.answers = False
        self.connected: Mapping[str, int] = {}
        self.idle = False
        self.idle_ends: float | None = None
        self.silence = 0.0
        self.unrunnable: tuple[Unrunnable, ...] = ()
        self.retired: frozenset[str] = frozenset()
        self._channel = channel
        self._folder = folder
        self._lease = lease
        self._idle_timeout = idle_timeout
        self._version = -1
        self._tried: float | None = None

    async def send(self, coming: int | None, runs: bool, reset_idle: bool = False) -> None:
        """Send one. Raises SchedulerSilent.

        Args:
            coming: workers that may still connect; None while nobody knows.
            runs: whether the scheduler's job is known to run, so that it should answer.
            reset_idle: reset the idle timer.
        """
        try:
            report = await self._channel.report(self._folder, self._lease, coming, self._version, reset_idle)
        except SchedulerSilent:
            self.answers = False
            now = time.monotonic()
            if runs and self._tried is not None:
                self.silence += min(now - self._tried, _PAUSE)
            self._tried = now
            # Who answers next may be another process, with versions of its own.
            self._version = -1
            raise
        self._tried, self.silence = time.monotonic(), 0.0
        self._learn(report)

    async def retire(self, action: RetireWorkers) -> None:
        """Have connected workers retire; see `SchedulerClient.retire`. Raises SchedulerSilent."""
        self.retired = await self._channel.retire(self._folder, action.target, action.prefer, action.only_preferred)

    def _learn(self, report: Report) -> None:
        self.heard = self.answers = True
        self._version = report.version
        if report.names is not None:
            self.connected = report.names
        self.idle = report.idle is not None
        self.unrunnable = report.unrunnable
        ends = None if report.ends_idle is None else time.time() + report.ends_idle
        self.idle_ends = steady(self.idle_ends, ends, self._idle_timeout)
