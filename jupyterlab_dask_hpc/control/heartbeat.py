"""The periodic heartbeats to one cluster's scheduler, and the state from its answers."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from ..batch.jobs import JobState
from ..core.actions import RetireWorkers
from ..core.cluster_status import ClusterStatus
from ..core.counts import workers_to_connect
from ..core.deadlines import stable_deadline
from ..core.scheduler_status import Report, Restarts, SchedulerStatus, Unrunnable
from ..waiting import is_set
from .folder_watch import FolderStatus
from .scheduler_client import SchedulerClient, SchedulerSilent

log = logging.getLogger(__name__)

_URGENT_INTERVAL_S = 1.0
_INTERVAL_S = 5.0
"""Seconds between two heartbeats: while workers connect or retire, and otherwise."""

_NO_MORE = RetireWorkers(10**9)
"""Retires no worker, since so many are to be left; the answer has the names of those that have retired."""

_LAPSE_MARGIN_S = 30.0
"""Seconds after the end of its lease by which a scheduler must have ended itself."""

_MAX_SILENCE_STEP_S = 15.0
"""Maximum number of seconds that a failed heartbeat adds to `silence`: more pass only if this server was suspended."""


class SchedulerHeartbeat:
    """Renews one scheduler's lease.

    Attributes:
        ever_answered: whether the scheduler has ever answered.
        answers: whether it has answered the last heartbeat.
        connected: peak memory in bytes by worker name, from the last answer.
        gpus: value of ``CUDA_VISIBLE_DEVICES`` by worker name, of those that have it, from the last answer.
        idle: whether nothing was computed and no worker was queued, from the last answer.
        idle_ends: when the idle time-out expires if nothing is computed before, seconds since the epoch.
        silence: seconds for which the scheduler has not answered although its job runs.
        unrunnable: tasks with restrictions that no connected worker meets, from the last answer.
        retired: names of all workers that it has retired so far, from the last answer.
        left: names of workers that have left for good, while others of their job go on, from the last answer.
        restarts: recent restarts of workers whose processes had ended, by worker name, from the last answer.
    """

    def __init__(self, channel: SchedulerClient, folder: Path, lease: float | None, idle_timeout: float) -> None:
        self.ever_answered = False
        self.answers = False
        self.connected: Mapping[str, int] = {}
        self.gpus: Mapping[str, str] = {}
        self.idle = False
        self.idle_ends: float | None = None
        self.silence = 0.0
        self.unrunnable: tuple[Unrunnable, ...] = ()
        self.retired: frozenset[str] = frozenset()
        self.left: frozenset[str] = frozenset()
        self.restarts: Mapping[str, Restarts] = {}
        self._channel = channel
        self._folder = folder
        self._lease = lease
        self._idle_timeout = idle_timeout
        self._version = -1
        self._tried: float | None = None

    @property
    def lapsed(self) -> bool:
        """Whether the scheduler has not answered for longer than its lease, so that it should have ended itself."""
        return self._lease is not None and self.silence > self._lease + _LAPSE_MARGIN_S

    async def send(self, coming: int | None, runs: bool, reset_idle: bool = False) -> None:
        """Send one heartbeat. Raises SchedulerSilent.

        Args:
            coming: number of workers that may still connect; None while unknown.
            runs: whether the scheduler's job is known to run, so that an answer is expected.
            reset_idle: reset the idle timer.
        """
        try:
            report = await self._channel.send_heartbeat(self._folder, self._lease, coming, self._version, reset_idle)
        except SchedulerSilent:
            self.answers = False
            now = time.monotonic()
            if runs and self._tried is not None:
                self.silence += min(now - self._tried, _MAX_SILENCE_STEP_S)
            self._tried = now
            # The next answer may come from another process, with its own version numbers.
            self._version = -1
            raise
        self._tried, self.silence = time.monotonic(), 0.0
        self._update(report)

    async def retire(self, action: RetireWorkers) -> None:
        """Retire connected workers; see `SchedulerClient.retire`. Raises SchedulerSilent."""
        self.retired = await self._channel.retire(self._folder, action.target, action.prefer, action.only_preferred)

    def status(self, folder: FolderStatus) -> SchedulerStatus:
        """What the cluster's folder and the scheduler's last answers show."""
        return SchedulerStatus(
            started=folder.started,
            address=folder.address,
            connected=frozenset(self.connected) if folder.address and self.ever_answered else None,
            ended=folder.ended,
            script=folder.script,
            last_lines=folder.last_lines,
            lapsed=self.lapsed,
            answers=self.answers,
            job=folder.job,
            retired=self.retired,
            left=self.left,
            nodes=folder.nodes,
            workers_end=folder.workers_end,
            usage=folder.usage,
        )

    def applied_to(self, status: SchedulerStatus) -> SchedulerStatus:
        """The status with the workers of the last answers."""
        return replace(status, connected=frozenset(self.connected), retired=self.retired, left=self.left)

    def _update(self, report: Report) -> None:
        self.ever_answered = self.answers = True
        self._version = report.version
        if report.names is not None:
            self.connected, self.gpus = report.names, report.gpus
        self.idle = report.idle is not None
        self.unrunnable, self.left, self.restarts = report.unrunnable, report.left, report.restarts
        ends = None if report.ends_idle is None else time.time() + report.ends_idle
        self.idle_ends = stable_deadline(self.idle_ends, ends, self._idle_timeout)


class HeartbeatLoop:
    """Renews the lease, updates the connected workers and has workers retire, while the scheduler listens.

    Args:
        cluster: returns everything that is known about the cluster now.
        listens: returns whether its scheduler listens.
        urgent: returns whether the next heartbeat is urgent: while workers connect or retire.
        sent: called after each heartbeat, answered or not.

    Attributes:
        soon: set it to send a heartbeat immediately.
    """

    def __init__(
        self,
        heartbeat: SchedulerHeartbeat,
        cluster: Callable[[], ClusterStatus],
        listens: Callable[[], bool],
        urgent: Callable[[], bool],
        sent: Callable[[], None],
    ) -> None:
        self.soon = asyncio.Event()
        self._heartbeat = heartbeat
        self._cluster = cluster
        self._listens = listens
        self._urgent = urgent
        self._sent = sent
        self._retirement: RetireWorkers | None = None

    def retire(self, action: RetireWorkers | None) -> None:
        """Repeat this action after each heartbeat; None for no action.

        Workers may retire after that, also after a restart of this server: which have retired is asked for as long as
        the cluster runs.
        """
        record = self._cluster().record
        if action is None and (record.wanted is not None or record.replace_workers):
            action = _NO_MORE
        if action != self._retirement:
            self._retirement = action
            self.soon.set()

    async def run(self) -> None:
        """Send heartbeats until cancelled."""
        while True:
            urgent = self._urgent()
            if self._listens():
                try:
                    await self.send()
                    urgent |= await self._retire_workers()
                except SchedulerSilent as error:
                    log.debug("%s: %s", self._cluster().record.request.name, error)
                except Exception:
                    # Without heartbeats the lease would expire.
                    name = self._cluster().record.request.name
                    log.exception("%s: the answer of its scheduler could not be used", name)
            await is_set(self.soon, _URGENT_INTERVAL_S if urgent else _INTERVAL_S)
            self.soon.clear()

    async def send(self, reset_idle: bool = False) -> None:
        """Send one heartbeat. Raises SchedulerSilent."""
        known = self._cluster()
        observed = known.observed
        coming = None if observed.at is None else workers_to_connect(known, time.time())
        runs = any(job.state is JobState.RUNNING for job in observed.of(known.record.scheduler))
        try:
            await self._heartbeat.send(coming, runs, reset_idle)
        finally:
            self._sent()

    async def _retire_workers(self) -> bool:
        """Have the scheduler retire workers; whether any should retire. Raises SchedulerSilent."""
        if self._retirement is None or self._cluster().record.desired == "stopped":
            return False
        await self._heartbeat.retire(self._retirement)
        self._sent()
        return self._retirement != _NO_MORE
