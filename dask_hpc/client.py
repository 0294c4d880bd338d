"""A client of one of the notebook server's clusters: distributed's own, with a link that a browser can open, and an end
that says why.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError
from typing import Any
from urllib.parse import urlsplit

import dask
import distributed.client
from distributed import Client
from distributed.comm.addressing import parse_host_port
from distributed.comm.core import CommClosedError
from distributed.objects import SchedulerInfo
from distributed.utils import format_dashboard_link
from tornado.ioloop import PeriodicCallback

from .server import LIVE, ClusterClosed, DaskHpcError, Json, RequestRefused, Server, again, ended

LOOK_AGAIN = 1.0
"""Seconds between two looks at a cluster that is used; the notebook server answers from memory."""
LOST = 30.0
"""Seconds for which a client whose scheduler has gone waits for the notebook server to say that the cluster is over: it
may have to ask a busy batch system."""
LISTENS = 2.0
"""Seconds after which a scheduler that listens all the time is one to connect to again: one that closes may do so for a
moment."""
SOON = 1.5
"""Seconds that a failed call waits for the same while the client believes that it is connected."""


FAILED = (CommClosedError, AttributeError, CancelledError)
"""What calls of a client end with whose scheduler has gone."""


class ClusterClient(Client):
    """A `distributed.Client` of one of the notebook server's clusters.

    When the cluster ends, it closes, and what waits for a result gets `ClusterClosed` with the reason.

    Args:
        address: the scheduler's, or a `DaskCluster`, which then looks after the end.
        cluster: the Cluster of docs/contract.md.
        options: those of `distributed.Client`.
    """

    def __init__(self, address: Any, server: Server, cluster: Json, **options: Any) -> None:
        self._server, self._cluster_id, self._cluster_name = server, str(cluster["id"]), str(cluster["name"])
        self._closed_by: ClusterClosed | None = None
        super().__init__(address, **options)  # type: ignore[no-untyped-call]
        if self.cluster is None:
            look = PeriodicCallback(self._look, LOOK_AGAIN * 1000)
            self._periodic_callbacks["dask-hpc"] = look
            assert self.loop
            self.loop.add_callback(self._begin_to_look, look)

    def _begin_to_look(self, look: PeriodicCallback) -> None:
        if self.status not in ("closing", "closed"):
            look.start()

    async def _look(self) -> None:
        error = await why_over(self._server, self._cluster_id, self._cluster_name)
        if error is not None:
            await close_with(self, error)

    async def _reconnect(self) -> None:
        if not await closed_since_over(self, self._server, self._cluster_id, self._cluster_name):
            await super()._reconnect()

    def _send_to_scheduler(self, msg: Any) -> None:
        if self._closed_by is not None and self.status == "closed":
            raise ClusterClosed(str(self._closed_by))
        super()._send_to_scheduler(msg)  # type: ignore[no-untyped-call]

    def sync(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """As `distributed.Client.sync`. Raises ClusterClosed for what fails since the cluster is over."""
        if self.asynchronous:
            return self._awaited(super().sync(func, *args, **kwargs))  # type: ignore[no-untyped-call]
        try:
            return super().sync(func, *args, **kwargs)  # type: ignore[no-untyped-call]
        except (*FAILED, asyncio.CancelledError) as error:
            for pause in self._until_closed(error):
                time.sleep(pause)
            if self._closed_by is None:
                raise
            raise ClusterClosed(str(self._closed_by)) from error

    async def _awaited(self, call: Any) -> Any:
        try:
            return await call
        except FAILED as error:
            for pause in self._until_closed(error):
                await asyncio.sleep(pause)
            if self._closed_by is None:
                raise
            raise ClusterClosed(str(self._closed_by)) from error

    def _until_closed(self, error: BaseException) -> Iterator[float]:
        """Seconds to wait, again and again, until the notebook server may have said that the cluster is over."""
        began = time.monotonic()
        # The connection that a call used may break before the one that reports the state of tasks.
        while isinstance(error, CommClosedError) and self._closed_by is None:
            if time.monotonic() - began > (SOON if self.status == "running" else LOST):
                return
            yield 0.05

    @property
    def dashboard_link(self) -> str:
        """Path of Dask's dashboard on the notebook server, for a browser that is logged in there."""
        return dashboard_link(self._server, self._cluster_id)

    def scheduler_info(self, *args: Any, **kwargs: Any) -> SchedulerInfo:
        """As distributed's, with the link that can be opened."""
        return ClusterInfo(super().scheduler_info(*args, **kwargs), self.dashboard_link)

    def _get_scheduler_info(self, *args: Any, **kwargs: Any) -> Any:
        found = super()._get_scheduler_info(*args, **kwargs)  # type: ignore[no-untyped-call]
        return found[0], ClusterInfo(found[1], self.dashboard_link)


class ClusterInfo(SchedulerInfo):
    """What `Client.scheduler_info` gives, shown with the dashboard's link on the notebook server."""

    def __init__(self, info: Any, link: str) -> None:
        super().__init__(info)
        self._link = link

    def _repr_html_(self) -> str:
        html = str(super()._repr_html_())  # type: ignore[no-untyped-call]
        # A worker has no pages of its own here.
        for server in (self, *self.get("workers", {}).values()):
            port = server.get("services", {}).get("dashboard")
            host = server.get("host") or urlsplit(server.get("address", "")).hostname
            if port is not None:
                html = html.replace(format_dashboard_link(host, port), self._link)
        return html


def dashboard_link(server: Server, cluster_id: str) -> str:
    """By the cluster's id: the key that the dashboard asks for would be kept in the notebook."""
    return f"{server.path}jupyterlab-dask-hpc/clusters/{cluster_id}/dashboard/status"


def make_default(client: Client) -> None:
    """Let Dask compute with that client from now on, as with one that was made just now."""
    distributed.client._set_global_client(client)
    if dask.config.get("scheduler", None) != "dask.distributed":
        dask.config.set(scheduler="dask.distributed")


async def why_over(server: Server, cluster_id: str, name: str) -> ClusterClosed | None:
    """Why a cluster is over, or about to be; None while it lives, or while the notebook server does not say."""
    try:
        cluster = await asyncio.to_thread(server.by_id, cluster_id)
    except RequestRefused as error:
        return (
            ClusterClosed(f"{name} is over: the notebook server no longer knows it.") if error.status == 404 else None
        )
    except DaskHpcError:
        return None
    return None if cluster["state"] in LIVE else ClusterClosed(f"{ended(cluster)} {again(cluster)}")


async def closed_since_over(client: Client, server: Server, cluster_id: str, name: str) -> bool:
    """For a client that has lost its scheduler: whether the cluster is over, and the client is closed by now."""
    began = silent = time.monotonic()
    while client.status not in ("closing", "closed"):
        if error := await why_over(server, cluster_id, name):
            await close_with(client, error)
            return True
        now = time.monotonic()
        if not await _listens(client):
            silent = now
        if now - silent > LISTENS or now - began > LOST:
            return False
        await asyncio.sleep(0.2)
    return True


async def _listens(client: Client) -> bool:
    """Whether anybody listens at the scheduler's address."""
    if client.scheduler is None:
        return False
    host, port = parse_host_port(str(client.scheduler.address).partition("://")[2])
    opening = asyncio.ensure_future(asyncio.open_connection(host, port))
    try:
        await asyncio.wait({opening}, timeout=LISTENS)
    finally:
        opening.cancel()
    if opening.cancelled() or not opening.done() or opening.exception():
        return False
    opening.result()[1].close()
    return True


async def close_with(client: Client, error: ClusterClosed) -> None:
    """Close a client whose cluster is over; what waits for its futures gets `error`."""
    if client.status in ("closing", "closed"):
        return
    if isinstance(client, ClusterClient):
        client._closed_by = error
    states = list(client.futures.values())
    # Before it closes, which would cancel them, and that says nothing.
    client.futures.clear()
    for state in states:
        if state.status != "error":
            state.set_error(error, None)
    # Not from within the task that reads from the scheduler, which this ends.
    closing = asyncio.ensure_future(client._close(fast=True))
    await asyncio.wait({closing}, timeout=5)
