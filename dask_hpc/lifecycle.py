"""A distributed `Cluster` object, from launch to end, for a cluster that the notebook server runs."""

from __future__ import annotations

import asyncio
import contextlib
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from distributed import Client
from distributed.core import Status, rpc
from distributed.deploy.cluster import Cluster
from distributed.security import Security
from tornado.ioloop import PeriodicCallback

from .cluster_client import (
    POLL_INTERVAL_S,
    ClusterClient,
    ClusterInfo,
    close_if_ended,
    close_with,
    dashboard_link,
    make_default,
)
from .connect import POLL_INTERVAL_S as LAUNCH_POLL_INTERVAL_S
from .connect import VersionsDiffer, check_live, connection_files, has_enough_workers, security_of, version_warning
from .messages import Message
from .progress import Progress, in_notebook
from .request import launch
from .sentences import Json, closed
from .server_client import LIVE, ClusterClosed, DaskHpcError, RequestRefused, ServerClient, ServerNotFound

REFRESH_INTERVAL_PER_WORKER_S = 0.005
"""Minimum interval for the list of workers: a scheduler needs a twentieth of that for its answer."""

C = TypeVar("C", bound="ServerCluster")


class ServerCluster(Cluster):
    """The part of `DaskCluster` that launches, connects, watches and closes.

    It has no state of its own: it polls the notebook server and the scheduler, so objects in several kernels agree.
    """

    def _begin(
        self,
        server: ServerClient,
        cluster: Json | None,
        request: Json,
        shutdown_on_close: bool,
        asynchronous: bool,
        loop: Any,
        quiet: bool,
        replace_workers: bool = False,
    ) -> None:
        """Launch by `request` unless `cluster` is given, and wait for it; asynchronous objects do this when awaited."""
        self._server, self._found, self._request = server, cluster, request
        self._launch_replacing = replace_workers
        self._progress = None if quiet else Progress()
        self.shutdown_on_close = shutdown_on_close
        self.security: Security | None = None
        self._changes: set[asyncio.Future[None]] = set()
        self._ended = asyncio.Event()
        name = cluster["name"] if cluster else request.get("name", "")
        super().__init__(asynchronous=asynchronous, loop=loop, quiet=quiet, name=name)
        if not asynchronous:
            self._loop_runner.start()
            try:
                # In this thread, not in that of the loop: an interrupt ends the waiting, and output goes to this cell.
                for pause in self._launch_and_wait():
                    time.sleep(pause)
                self.sync(self._start)
            except BaseException as error:
                self.sync(super()._close)
                self._loop_runner.stop()
                if isinstance(error, KeyboardInterrupt) and self._found:
                    self._print(Message("kernel.stopped-waiting-object", name=self.name, call=self._call))
                raise

    def _launch_and_wait(self) -> Iterator[float]:
        """Launch if not done yet, and poll until the cluster is usable; yields seconds to wait before the next poll."""
        if self._found is None:
            launch(self._server, self._request, self._update, self._launch_replacing)
        try:
            while self.security is None or not has_enough_workers(self._cluster):
                check_live(self._cluster)
                if self._progress:
                    self._progress.show(self._cluster)
                if self.security is None and (files := connection_files(self._server, self._cluster)):
                    self._address, self.security = str(files["address"]), security_of(files)
                    self._version_warning = version_warning(self.name, files)
                    continue
                yield LAUNCH_POLL_INTERVAL_S
                self._update(self._server.by_id(self.id))
            if self._progress:
                self._progress.show(self._cluster)
        finally:
            if self._progress:
                self._progress.finish()

    async def _start(self) -> None:
        if self.status != Status.created:
            await asyncio.gather(*self._changes)
            return
        # Unless asynchronous, it has already been launched.
        steps = iter(()) if self.security else self._launch_and_wait()
        # Each step queries the server, which may take a while.
        while (pause := await asyncio.to_thread(next, steps, None)) is not None:  # noqa: ASYNC110
            await asyncio.sleep(pause)
        assert self.security
        arguments = self.security.get_connection_args("client")
        self.scheduler_comm = rpc(self._address, connection_args=arguments)
        # Two polls: the scheduler may be gone without an answer, while the notebook server knows of the end at once.
        self.periodic_callbacks["dask-hpc"] = PeriodicCallback(self._poll, POLL_INTERVAL_S * 1000)
        self.periodic_callbacks["dask-hpc-workers"] = PeriodicCallback(self._poll_workers, POLL_INTERVAL_S * 1000)
        try:
            await self._refresh()
        except OSError as error:
            self._update(await asyncio.to_thread(self._server.by_id, self.id))
            check_live(self._cluster)
            raise ServerNotFound(Message("kernel.scheduler-silent", name=self.name, detail=str(error))) from error
        except Exception as error:
            if not self._version_warning:
                raise
            message = Message("kernel.versions-differ", warning=self._version_warning, detail=str(error))
            raise VersionsDiffer(message) from error
        # Not the superclass's _start: a scheduler reports changes of its workers only to the last subscriber.
        self._sync_cluster_info_task = asyncio.ensure_future(self._sync_cluster_info())
        self.status = Status.running
        for callback in self.periodic_callbacks.values():
            callback.start()
        if self._version_warning:
            warnings.warn(self._version_warning, stacklevel=2)

    async def _refresh(self) -> None:
        """Get the workers from the scheduler. Raises OSError, ClusterClosed if the cluster has ended."""
        answer = asyncio.ensure_future(self.scheduler_comm.identity())  # type: ignore[union-attr]
        ended = asyncio.ensure_future(self._ended.wait())
        try:
            await asyncio.wait({answer, ended}, return_when=asyncio.FIRST_COMPLETED)
            answered = answer.done()
        finally:
            ended.cancel()
            answer.cancel()
        if not answered:
            raise ClusterClosed(self._closed_message())
        self.scheduler_info = ClusterInfo(answer.result(), self.dashboard_link)
        self._refreshed = time.monotonic()

    def __await__(self: C) -> Generator[Any, None, C]:
        async def started() -> C:
            await self._start()
            return self

        return started().__await__()

    async def _poll(self) -> None:
        """Update the state of the cluster, and close when it ends."""
        for client in self._clients():
            if not isinstance(client, ClusterClient):
                # A client that loses its scheduler first checks whether the cluster has ended.
                client._reconnect = partial(_reconnect, self, client, Client._reconnect)  # type: ignore[method-assign]
        try:
            self._update(await asyncio.to_thread(self._server.by_id, self.id))
        except RequestRefused as error:
            if error.status != 404:
                return
            # It ended so long ago that the server has forgotten it.
            self._update({**self._cluster, "state": "closed"})
        except DaskHpcError:
            return
        if self._cluster["state"] not in LIVE and self.status == Status.running:
            self._print(self._closed_message())
            self._ended.set()
            why = ClusterClosed(self._closed_message())
            # Before they lose their scheduler: they would try to reconnect for a long time, with warnings in red.
            await asyncio.gather(*(close_with(client, why) for client in self._clients()))
            await super()._close()

    async def _poll_workers(self) -> None:
        # If either the server or the scheduler does not answer, the last answer stays.
        if time.monotonic() > self._refreshed + len(self.scheduler_info["workers"]) * REFRESH_INTERVAL_PER_WORKER_S:
            with contextlib.suppress(OSError, ClusterClosed):
                await self._refresh()

    def _clients(self) -> Sequence[Client]:
        """This kernel's clients of this object."""
        while True:
            try:
                return [client for client in Client._instances if client.cluster is self]
            except RuntimeError:
                # Another thread has just created one.
                continue

    def get_client(self) -> Client:
        """This kernel's client of the cluster, which becomes Dask's default."""
        for client in self._clients():
            if isinstance(client, ClusterClient) and client.status == "running":
                make_default(client)
                return client
        return ClusterClient(self, self._server, self._cluster)

    async def _close(self) -> None:
        if self.status in (Status.closing, Status.closed):
            return
        try:
            if self.shutdown_on_close and self._found:
                await asyncio.to_thread(self._server.stop, self.id)
                self._update({**self._cluster, "state": "closing"})
        finally:
            await super()._close()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._loop_runner.stop()

    @property
    def id(self) -> str:
        """The cluster's id; names are reused, ids are not."""
        return str(self._cluster["id"])

    @property
    def _cluster(self) -> Json:
        assert self._found is not None
        return self._found

    def _update(self, cluster: Json) -> None:
        self._found = cluster
        self.name = cluster["name"]

    @property
    def _call(self) -> str:
        """The call that connects to it."""
        return f"DaskCluster.from_name({self.name!r})"

    def _closed_message(self) -> Message:
        if self._cluster["state"] in LIVE:
            return Message("kernel.object-closed", name=self.name, call=self._call)
        return closed(self._cluster)

    def _print(self, message: Message) -> None:
        self._cluster_manager_logs.append((datetime.now(), str(message)))
        if not self.quiet:
            # A notebook shows standard error in red.
            print(message, file=sys.stdout if in_notebook() else sys.stderr)

    @property
    def dashboard_link(self) -> str:
        """Path of Dask's dashboard on the notebook server, for a browser that is logged in there."""
        return dashboard_link(self._server, self.id) if self._found else ""


async def _reconnect(cluster: ServerCluster, client: Client, reconnect: Callable[[Client], Any]) -> None:
    """Replaces the method of a client that has lost its scheduler: reconnect only if the cluster has not ended."""
    if not await close_if_ended(client, cluster._server, cluster.id, cluster.name):
        await reconnect(client)
