"""The manager of all clusters of one notebook server: launch, change, stop, and notify listeners."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import BatchRefused
from ..batch.jobs import Snapshot
from ..core.errors import ApiError
from ..core.record import Record
from ..core.request import read_change
from ..core.shapes import Json
from ..waiting import end, in_thread, is_done, is_set
from .access import forbidden
from .controller import ClusterController
from .job_files import complete
from .launch import Draft, Launcher
from .poller import Poller
from .queries import ClusterQueries, ended_error
from .scheduler_client import SchedulerClient, SchedulerSilent
from .site import Site
from .store import Damaged, RecordStore
from .workspace import Workspaces

log = logging.getLogger(__name__)

SHOWN_AFTER_END_S = 86400.0
"""Seconds for which an ended cluster is shown."""
MAX_LIVE = 50
"""Maximum number of live clusters of one server, so that a runaway loop does not reach the batch farm."""
MAX_NOTICES = 10
FIRST_ANSWER_TIMEOUT_S = 3.0
"""Seconds that a launch waits for the batch system's first answer, so that a refusal reaches the form."""
STOP_TIMEOUT_S = 20.0
"""Seconds for which a server shutdown, or a log-out, waits for the clusters' jobs."""
CLOSE_TIMEOUT_S = 3.0
"""Seconds for which a server shutdown waits for the server's own tasks."""


class ClusterManager(ClusterQueries):
    """All clusters of one notebook server; `ClusterQueries` has the calls that only read."""

    def __init__(self, site: Site, store: RecordStore, owner: str, workspaces: Workspaces) -> None:
        super().__init__(site, store)
        self._owner = owner
        self._workspaces = workspaces
        self.launcher = Launcher(site, store, owner, workspaces, self._choices)
        self._launching: set[str] = set()
        self._launch_generation = 0
        self._stop_reason = Message("reason.server-stopped")
        self._shutdown = False
        self._channel = SchedulerClient()
        self._tasks: set[asyncio.Task[None]] = set()
        self._listeners: set[asyncio.Event] = set()
        self._pollers |= {
            name: Poller(
                system,
                partial(self._submissions_of, name),
                self._seen_by(name),
                self._renew_views,
                site.poll_interval_factor,
            )
            for name, system in site.batches.items()
        }

    def start(self, notice: Message | None = None) -> None:
        """Take over the clusters recorded on disk, and start polling.

        Args:
            notice: a first notice for the user.
        """
        if notice:
            self._notice(notice)
        records, damaged = self._store.read_all(self._owner)
        for one in damaged:
            self._report_damaged(one)
        for record in records:
            try:
                self._take_over(record)
            except Exception as error:
                log.exception("%s cannot be taken over", record.id)
                self._clusters.pop(record.id, None)
                self._report_damaged(
                    Damaged(self._store.folder(record.id), Message("record.not-shown", detail=repr(error)))
                )
        self._forget_old()
        for poller in self._pollers.values():
            self._spawn(poller.run(), f"the poll of {poller.system.title}")

    async def close(self, timeout: float = CLOSE_TIMEOUT_S) -> None:
        """Release all resources within `timeout` seconds; the clusters continue to run."""
        try:
            await self._choices.close()
            for task in await end(self._tasks, timeout):
                log.error("%s does not end; the server no longer waits for it", task.get_name())
        finally:
            for cluster in self._live():
                if cluster.all_jobs_ending:  # this server will not see its last jobs end
                    with contextlib.suppress(OSError):
                        self._store.drop_keys(cluster.record.id)
            self._channel.close()
            self._store.release()

    async def stop_all(self, reason: Message, timeout: float = STOP_TIMEOUT_S, shutdown: bool = False) -> bool:
        """Stop every live cluster and every launch; True once no job is pending or running, False after `timeout` s.

        Clusters that run a script continue. Jobs that are ending, such as a job in its epilog, are not waited for.

        Args:
            reason: for the user.
            shutdown: whether the server shuts down, so that no cluster may be launched from now on.
        """
        self._launch_generation += 1
        self._stop_reason = reason
        self._shutdown |= shutdown
        launching, stopped = set(self._launching), [one for one in self._live() if one.record.leased]
        for cluster in stopped:
            try:
                cluster.stop(reason)
            except Exception:
                log.exception("%s could not be stopped", cluster.record.request.name)
        deadline = time.monotonic() + timeout

        def left() -> bool:
            return bool(launching & self._launching) or not all(cluster.all_jobs_ending for cluster in stopped)

        with self.listening() as changed:
            while left() and time.monotonic() < deadline:
                await is_set(changed, 0.5)
                changed.clear()
        return not left()

    async def draft(self, body: dict[str, Any]) -> Draft:
        """A request as it would be launched, for `Launcher`: its scripts, its start, what is free. Raises ApiError."""
        return await self.launcher.draft(body, self._taken)

    async def launch(self, body: dict[str, Any]) -> Json:
        """Launch a cluster. Raises ApiError.

        Returns once its record is written and the batch system has accepted the scheduler's job,
        or has not answered within `FIRST_ANSWER_TIMEOUT_S` seconds.
        """
        generation = self._launch_generation
        draft = await self.launcher.draft(body, self._taken)
        name = draft.record.request.name
        self._check_generation(name, generation)
        if sum(not cluster.all_jobs_ending for cluster in self._live()) + len(self._launching) >= MAX_LIVE:
            raise ApiError(409, "too-many", Message("launch.too-many", maximum=MAX_LIVE))
        self._launching.add(name)
        try:
            draft = await self.launcher.check(draft)
            self._check_generation(name, generation)
            await in_thread(self.launcher.prepare_folder, draft)
            try:
                self._check_generation(name, generation)
            except ApiError:
                self._store.remove(draft.record.id)
                raise
            cluster = self._begin(draft.record)
        finally:
            self._launching.discard(name)
            self._notify()
        submitted = cluster.actions.submitted
        if await is_done(submitted, FIRST_ANSWER_TIMEOUT_S) and isinstance(problem := submitted.result(), BatchRefused):
            if await is_set(cluster.ended, FIRST_ANSWER_TIMEOUT_S):
                self._forget(draft.record.id)
            title = self._pollers[draft.record.batch].system.title
            raise ApiError(
                502, "refused", Message("batch.refused", batch=title, detail=str(problem)), detail=str(problem)
            )
        return cluster.view

    async def change(self, cluster_id: str, body: dict[str, Any]) -> Json:
        """Change the number of workers, or whether they are replaced. Raises ApiError 400, 403, 404, 409, 503."""
        cluster = self._get(cluster_id)
        profile = self.launcher.profile_of(cluster.record)
        change = read_change(body, profile, cluster.record.processes, cluster.record.fixed_workers)
        more = change.replace or (change.count or 0) > cluster.record.wanted_workers
        if more and (why := await self._site.access_denied_reason(profile)):
            raise forbidden(profile, why)
        arrays = await self._site.array_limits(profile)
        if cluster.record.desired == "stopped":
            raise ended_error(cluster.record)
        if change.count is not None:
            cluster.scale(change.count, arrays)
        elif change.at_most is not None:
            cluster.scale(min(change.at_most, cluster.record.wanted_workers), None)
        else:
            cluster.replace_workers(bool(change.replace))
        return cluster.view

    def stop(self, cluster_id: str) -> Json:
        """Stop a cluster; its logs stay. Raises ApiError 404."""
        cluster = self._get(cluster_id)
        cluster.stop(Message("reason.stopped"))
        return cluster.view

    async def reset_idle(self, cluster_id: str) -> Json:
        """Reset the idle timer of a cluster.

        Raises ApiError 404, 409 if it has ended, 503 if its scheduler is not up or does not answer.
        """
        cluster = self._get(cluster_id)
        name = cluster.record.request.name
        if cluster.record.desired == "stopped":
            raise ended_error(cluster.record)
        try:
            await cluster.reset_idle()
        except SchedulerSilent as error:
            raise ApiError(503, "silent", Message("cluster.silent", name=name), detail=str(error)) from error
        return cluster.view

    @contextlib.contextmanager
    def listening(self) -> Iterator[asyncio.Event]:
        """An event that is set after every change, until the context ends."""
        event = asyncio.Event()
        self._listeners.add(event)
        try:
            yield event
        finally:
            self._listeners.discard(event)

    def _check_generation(self, name: str, generation: int) -> None:
        """Raise ApiError 409 for a launch that began before all clusters were stopped."""
        if self._shutdown or generation != self._launch_generation:
            raise ApiError(409, "closed", Message("launch.cancelled", reason=self._stop_reason, name=name))

    def _take_over(self, record: Record) -> None:
        name = record.request.name
        if record.batch not in self._pollers:
            self._notice(Message("notice.no-batch-system", name=name, batch=record.batch))
        elif record.unsubmitted:
            # Its launch was never confirmed to the user, and its folder may be incomplete.
            self._store.remove(record.id)
            self._notice(Message("notice.not-submitted", name=name))
        else:
            folder = self._store.folder(record.id)
            try:
                complete(folder) if record.live else self._store.drop_keys(record.id)
            except OSError as error:
                log.warning("%s: its folder cannot be written: %s", name, error)
            self._begin(record)

    def _report_damaged(self, damaged: Damaged) -> None:
        within = max(1, round(self._site.lease / 60)) * 60
        cluster, folder = damaged.folder.name, str(damaged.folder)
        self._notice(
            Message("notice.damaged-record", cluster=cluster, detail=damaged.why, within=within, folder=folder)
        )

    def warn(self, message: Message) -> None:
        """Show the user a notice that concerns no single cluster."""
        self._notice(message)
        self._notify()

    def _notice(self, message: Message) -> None:
        log.warning("%s", message)
        self._notices = [*self._notices, message][:MAX_NOTICES]

    def _begin(self, record: Record) -> ClusterController:
        self._forget_old()
        profile = self._site.profiles.get(record.request.profile)
        cluster = ClusterController(
            record,
            self._store,
            self._pollers[record.batch],
            self._channel,
            self.launcher.describe,
            self._site.variables(profile) if profile else {},
            self._site.lease if record.leased else None,
            self._site.stuck_after,
            self._notify,
            self._workspaces.shown(Path(record.workspace)),
            profile,
        )
        self._clusters[record.id] = cluster
        if record.live:
            self._spawn(cluster.run(), f"the task of the cluster {record.request.name} ({record.id})")
        self._notify()
        return cluster

    def _forget_old(self) -> None:
        now = time.time()
        for cluster in list(self._clusters.values()):
            if not cluster.record.live and now - (cluster.record.closed or 0) > SHOWN_AFTER_END_S:
                self._forget(cluster.record.id)

    def _forget(self, cluster_id: str) -> None:
        self._clusters.pop(cluster_id, None)
        self._store.remove(cluster_id)
        self._notify()

    def _taken(self) -> set[str]:
        """The names in use; the name of a cluster that should stop is free immediately."""
        running = [cluster.record for cluster in self._live() if cluster.record.desired == "running"]
        return {record.request.name for record in running} | self._launching

    def _submissions_of(self, batch: str) -> dict[str, str]:
        """Job names and ids of the submissions of live clusters in a batch system, for its snapshots."""
        records = (cluster.record for cluster in self._live())
        return {each.name: each.id for record in records if record.batch == batch for each in record.submissions}

    def _seen_by(self, batch: str) -> Callable[[Snapshot], bool]:
        def seen(snapshot: Snapshot) -> bool:
            believed = True
            for cluster in self._live():
                if cluster.record.batch != batch:
                    continue
                try:
                    believed &= cluster.apply_snapshot(snapshot)
                except Exception:
                    log.exception("%s cannot use an answer of its batch system", cluster.record.request.name)
            self._notify()
            return believed

        return seen

    def _renew_views(self) -> None:
        for cluster in self._live():
            cluster.show()
        self._notify()

    def _notify(self) -> None:
        for event in self._listeners:
            event.set()

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.get_running_loop().create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("the control task of a cluster ended with an error", exc_info=task.exception())
