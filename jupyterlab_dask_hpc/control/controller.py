"""The control loop of one cluster: observe, reconcile, write the record, act; until the cluster has ended."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.jobs import Snapshot
from ..core.actions import Action, CancelJobs, FindArrayLimits, FindJobs, RetireWorkers, SubmitJobs, SubmitResult
from ..core.arrays import NO_RULES, ArrayLimits
from ..core.cluster_status import ClusterStatus
from ..core.counts import counts_now
from ..core.errors import os_error_text, why_step_failed
from ..core.history import History
from ..core.observed import ObservedJobs, apply_snapshot
from ..core.profile import Profile
from ..core.reconcile import reconcile
from ..core.record import Record, with_own_ids
from ..core.scaling import scale
from ..core.scheduler_status import SchedulerStatus
from ..core.shapes import Json
from ..core.stopping import all_jobs_ending, stop
from ..core.timestamps import shift_timestamps
from ..core.view import cluster_view
from ..waiting import end, is_set
from .actions import ActionRunner, Describe
from .cancel_commands import CancelCommands
from .clock import WallClock
from .cluster_folder import read_nodes, read_script_end, read_usage
from .folder_watch import FolderWatch
from .heartbeat import HeartbeatLoop, SchedulerHeartbeat
from .poller import Poller
from .scheduler_client import SchedulerClient
from .store import RecordStore

log = logging.getLogger(__name__)

_START_INTERVAL_S = 0.15
"""Seconds between two checks of the cluster's folder while its scheduler is about to start. A check is a stat of
three names; it makes a start quick without more calls to the batch system."""
_STEP_INTERVAL_S = 2.0


class ClusterController:
    """A cluster of this server, live or ended.

    Args:
        describe: returns options and script of one of the record's submissions.
        environment: the environment variables of its jobs.
        lease: seconds; None for no lease.
        stuck_after: seconds; see `ClusterStatus`.
        changed: called after every change of the view.
        base: path of its workspace as the file browser shows it.
        profile: its profile; None if it is no longer offered.
    """

    def __init__(
        self,
        record: Record,
        store: RecordStore,
        poller: Poller,
        channel: SchedulerClient,
        describe: Describe,
        environment: Mapping[str, str],
        lease: float | None,
        stuck_after: float,
        changed: Callable[[], None],
        base: str,
        profile: Profile | None,
    ) -> None:
        self.record = with_own_ids(record, poller.system.own_id)
        self.history = History()
        self.ended = asyncio.Event()
        self._clock = WallClock()
        self._store = store
        self._poller = poller
        self._cancel_commands = CancelCommands(store.folder(record.id), poller.system, lease)
        self._stuck_after = stuck_after
        self._changed = changed
        self._base = base
        self._ask = profile.access.ask if profile and profile.access else ""
        self._folder = store.folder(record.id)
        self._observed = ObservedJobs() if record.live else store.read_jobs(record.id)
        nodes = read_nodes(self._folder) if record.scheduler.runs_workers else {}
        usage = None if record.live else read_usage(self._folder)
        self._status = SchedulerStatus(script=read_script_end(self._folder), nodes=nodes, usage=usage)
        self.actions = ActionRunner(poller, describe, environment, profile.workers.arrays if profile else NO_RULES)
        workspace = Path(record.workspace)
        self._watch = FolderWatch(self._folder, workspace, lambda: self.known, lambda: self.view["problems"])
        self._heartbeat = SchedulerHeartbeat(channel, self._folder, lease, record.request.idle_timeout)
        self._heartbeat_loop = HeartbeatLoop(
            self._heartbeat,
            lambda: self.known,
            listens=lambda: self._status.address,
            urgent=self._heartbeat_is_urgent,
            sent=self._on_heartbeat,
        )
        self._result: SubmitResult | None = None
        self._arrays: ArrayLimits | None = None
        self._record_error = ""
        self._step_error: Message | None = None
        self._wake = asyncio.Event()
        self._shown = True
        self.view: Json = cluster_view(self.known, time.time())
        self.show()

    @property
    def busy(self) -> bool:
        """Whether it waits for its workers or computes; the server must then not be culled as idle."""
        return self.record.desired == "running" and not self._heartbeat.idle

    @property
    def all_jobs_ending(self) -> bool:
        """Whether none of its jobs is pending or running any more; cancelled jobs may still be ending."""
        return not self.record.live or all_jobs_ending(self.record, self._observed)

    @property
    def known(self) -> ClusterStatus:
        """Everything that is known about it now."""
        heartbeat = self._heartbeat
        return ClusterStatus(
            self.record,
            self._observed,
            self._poller.system,
            self._poller.stale,
            heartbeat.connected,
            self._base,
            heartbeat.idle_ends,
            heartbeat.silence,
            self._stuck_after,
            self.actions.refusal,
            self._status.last_lines,
            record_error=self._record_error,
            log_dir_error=self._watch.log_dir_error,
            step_error=self._step_error,
            ask=self._ask,
            unrunnable=heartbeat.unrunnable,
            script=self._status.script,
            nodes=self._status.nodes,
            left=heartbeat.left,
            restarts=heartbeat.restarts,
            gpus=heartbeat.gpus,
            usage=self._status.usage,
        )

    def show(self) -> None:
        """Update the view. An error in that does not stop the control loop."""
        now = time.time()
        try:
            known = self.known
            if self.record.live:
                self.history.add(now, counts_now(known))
            view = cluster_view(known, now)
        except Exception:
            if self._shown:
                log.exception("%s: its status cannot be shown", self.record.request.name)
            self._shown = False
        else:
            self._shown = True
            self.view = self.view if view == self.view else view
        self._changed()

    def apply_snapshot(self, snapshot: Snapshot) -> bool:
        """Apply one more snapshot of the batch system; False if it is not trusted."""
        self._follow_clock()
        lookup = self._poller.system.capabilities.lookup_after_end
        self._observed = apply_snapshot(self._observed, snapshot, self.record, lookup)
        jobs = self._observed.of(self.record.scheduler)
        if self._heartbeat.answers and jobs and not any(job.state.live for job in jobs):
            # Ask the scheduler itself whether it has ended.
            self._heartbeat_loop.soon.set()
        self._wake.set()
        self.show()
        return self._observed.at is not None and self._observed.at >= snapshot.at

    def stop(self, reason: Message) -> None:
        """Stop the cluster; returns immediately."""
        self._persist(stop(self.record, reason))
        self._poller.poll_soon()
        self._wake.set()

    async def reset_idle(self) -> None:
        """Reset the idle timer. Raises SchedulerSilent."""
        await self._heartbeat_loop.send(reset_idle=True)

    def scale(self, count: int, arrays: ArrayLimits | None) -> None:
        """Scale to `count` workers; returns immediately. See `scaling.scale`."""
        self._persist(scale(self.record, self.known.workers, count, arrays))
        self._poller.poll_soon()
        self._wake.set()

    def replace_workers(self, replace: bool) -> None:
        """Set whether workers are replaced before their time limit; returns immediately. See `rollover`."""
        self._persist(self.record.model_copy(update={"replace_workers": replace}))
        self._wake.set()

    async def run(self) -> None:
        """Run the control loop until no job of the cluster is left."""
        heartbeats = asyncio.create_task(self._heartbeat_loop.run())
        try:
            with self._poller.needed():
                while self.record.live:
                    try:
                        await self._step()
                    except Exception as error:
                        await self._on_step_error(error)
                    else:
                        self._set_step_error(None)
        finally:
            await end([heartbeats], _STEP_INTERVAL_S)
        self._heartbeat.connected = {}
        self.show()
        self.ended.set()
        while self._record_error:
            await asyncio.sleep(_STEP_INTERVAL_S)
            self._persist(self.record)

    async def _on_step_error(self, error: Exception) -> None:
        """Show the error before the step is repeated; the jobs of a cluster that should stop are cancelled anyway."""
        if self._set_step_error(text := why_step_failed(error)):
            trace = None if isinstance(error, OSError) else error
            log.error("%s: %s", self.record.request.name, text, exc_info=trace)
        if self.record.desired == "stopped":
            await self.actions.cancel_all(self.record)
        await asyncio.sleep(_STEP_INTERVAL_S)

    def _set_step_error(self, text: Message | None) -> bool:
        """Set the error of the last step; returns whether it has changed."""
        changed = text != self._step_error
        self._step_error = text
        if changed:
            self.show()
        return changed

    def _follow_clock(self) -> None:
        if jump := self._clock.jump():
            log.warning("%s: the clock has jumped by %.0f s", self.record.request.name, jump)
            self.record, self._observed = shift_timestamps(self.record, self._observed, jump)
            self.history.move(jump)

    async def _step(self) -> None:
        self._wake.clear()
        self._follow_clock()
        self._cancel_commands.write_if_due(self.record)
        before = self._status
        self._status = self._heartbeat.status(await self._watch.look())
        changed = (self._status.last_lines, self._status.nodes) != (before.last_lines, before.nodes)
        if await self._watch.check_log_dir() or changed:
            self.show()
        if self._status.ended is not None and before.ended is None:
            self._poller.poll_soon()
        actions = self._reconcile()
        acted = False
        while actions:
            acted |= await self._act(actions.pop(0))
            if self._result is not None:
                # Immediately, so that the id of the submission is on disk before any other action.
                more = self._reconcile()
                actions = [*more, *(action for action in actions if action not in more)]
        if acted or not self.record.live:
            return
        about_to_start = self.record.desired == "running" and not self._status.address and not self._record_error
        await is_set(self._wake, _START_INTERVAL_S if about_to_start else _STEP_INTERVAL_S)

    def _reconcile(self) -> list[Action]:
        """Write the record that `reconcile` returns, and return its actions; none if the record cannot be written."""
        record, actions = reconcile(self.record, self._observed, self._status, time.time(), self._result, self._arrays)
        if not self._persist(record, before=actions):
            return []
        self._result = self._arrays = None
        self._heartbeat_loop.retire(next((action for action in actions if isinstance(action, RetireWorkers)), None))
        return [action for action in actions if not isinstance(action, RetireWorkers)]

    async def _act(self, action: Action) -> bool:
        """Carry out an action; False if there was nothing to do yet."""
        if isinstance(action, SubmitJobs):
            self._result = await self.actions.submit(self.record, action.submission)
        elif isinstance(action, CancelJobs):
            await self.actions.cancel(self.record, action.jobs)
            self.show()
        elif isinstance(action, FindJobs):
            found = await self.actions.find(action, self.record, lambda: self._observed)
            if found is None:
                return False
            self._observed = found
            self.show()
        elif isinstance(action, FindArrayLimits):
            self._arrays = await self.actions.array_limits(self.record)
            return self._arrays is not None
        return True

    def _on_heartbeat(self) -> None:
        """Apply the answer of the scheduler."""
        before, self._status = self._status, self._heartbeat.applied_to(self._status)
        if self._status.connected != (before.connected or frozenset()):
            self._poller.poll_soon()
            self._wake.set()
        if self._status.retired != before.retired:
            self._wake.set()
        self.show()

    def _heartbeat_is_urgent(self) -> bool:
        """Whether workers are connecting or retiring."""
        known = self.view["workers"]
        return self.record.state != "running" or not self._status.address or known["connected"] < known["running"]

    def _persist(self, record: Record, before: Iterable[Action] = ()) -> bool:
        """Write `record` to disk, then use it; False if it is not used.

        With a full disk, a cluster cannot submit, since the record must be on disk first. The cluster is not
        stopped because of that, and the user can still stop it. The next step tries to write again.
        """
        record = with_own_ids(record, self._poller.system.own_id)
        if record == self.record and not self._record_error:
            return True
        record_error = ""
        try:
            if not record.live:
                # Before the record is closed: a server that dies in between repeats this.
                self._store.drop_keys(record.id)
                self._store.write_jobs(record.id, self._observed)
            self._store.write(record)
        except OSError as error:
            record_error = os_error_text(error)
        if record_error and record_error != self._record_error:
            log.error("%s: its record cannot be written: %s", record.request.name, record_error)
        recovered, self._record_error = bool(self._record_error and not record_error), record_error
        if record_error and any(isinstance(action, SubmitJobs) for action in before):
            self.show()
            return False
        known, self.record = self.record, record
        if record.desired == "running" and (recovered or record.worker_submissions != known.worker_submissions):
            self._cancel_commands.update(record)
        self.show()
        return True
