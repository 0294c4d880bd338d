"""A `distributed.Client` whose dashboard link works in a browser, and which reports why its cluster has ended."""

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

from .messages import Message
from .sentences import Json, closed
from .server_client import LIVE, ClusterClosed, DaskHpcError, RequestRefused, ServerClient

POLL_INTERVAL_S = 1.0
"""Between two polls of a cluster in use; the notebook server answers from memory."""
END_TIMEOUT_S = 30.0
"""For the notebook server to report the end of a cluster whose scheduler is gone: it may have to query a busy batch
system."""
CONNECTED_END_TIMEOUT_S = 1.5
"""The same for a failed call while the client is still connected."""
LISTENING_S = 2.0
"""A scheduler that has listened for this long is alive; a closing scheduler may still listen for a moment."""

LOST = (CommClosedError, AttributeError, CancelledError)
"""Errors of a client's calls when its scheduler is gone."""


class ClusterClient(Client):
    """A `distributed.Client` of one of the notebook server's clusters.

    When the cluster ends, the client closes, and waiting calls raise `ClusterClosed` with the reason.

    Args:
        address: address of the scheduler, or a `DaskCluster`, which then watches for the end.
        cluster: the Cluster of docs/contract.md.
        options: those of `distributed.Client`.
    """

    def __init__(self, address: Any, server: ServerClient, cluster: Json, **options: Any) -> None:
        self._server, self._cluster_id, self._cluster_name = server, str(cluster["id"]), str(cluster["name"])
        self._closed_by: ClusterClosed | None = None
        super().__init__(address, **options)  # type: ignore[no-untyped-call]
        if self.cluster is None:
            polling = PeriodicCallback(self._poll, POLL_INTERVAL_S * 1000)
            self._periodic_callbacks["dask-hpc"] = polling
            assert self.loop
            self.loop.add_callback(self._start_polling, polling)

    def _start_polling(self, polling: PeriodicCallback) -> None:
        if self.status not in ("closing", "closed"):
            polling.start()

    async def _poll(self) -> None:
        error = await closed_reason(self._server, self._cluster_id, self._cluster_name)
        if error is not None:
            await close_with(self, error)

    async def _reconnect(self) -> None:
        if not await close_if_ended(self, self._server, self._cluster_id, self._cluster_name):
            await super()._reconnect()

    def _send_to_scheduler(self, msg: Any) -> None:
        if self._closed_by is not None and self.status == "closed":
            raise ClusterClosed(self._closed_by.message)
        super()._send_to_scheduler(msg)  # type: ignore[no-untyped-call]

    def sync(self, func: Any, *args: Any, **kwargs: Any) -> Any:
        """As `distributed.Client.sync`. Raises ClusterClosed if the call fails because the cluster has ended."""
        if self.asynchronous:
            return self._awaited(super().sync(func, *args, **kwargs))  # type: ignore[no-untyped-call]
        try:
            return super().sync(func, *args, **kwargs)  # type: ignore[no-untyped-call]
        except (*LOST, asyncio.CancelledError) as error:
            for pause in self._wait_until_closed(error):
                time.sleep(pause)
            if self._closed_by is None:
                raise
            raise ClusterClosed(self._closed_by.message) from error

    async def _awaited(self, call: Any) -> Any:
        try:
            return await call
        except LOST as error:
            for pause in self._wait_until_closed(error):
                await asyncio.sleep(pause)
            if self._closed_by is None:
                raise
            raise ClusterClosed(self._closed_by.message) from error

    def _wait_until_closed(self, error: BaseException) -> Iterator[float]:
        """Yields seconds to wait, until the notebook server has reported the end of the cluster, or a time-out."""
        began = time.monotonic()
        # The connection that a call used may break before the one that reports the state of tasks.
        while isinstance(error, CommClosedError) and self._closed_by is None:
            if time.monotonic() - began > (CONNECTED_END_TIMEOUT_S if self.status == "running" else END_TIMEOUT_S):
                return
            yield 0.05

    @property
    def dashboard_link(self) -> str:
        """Path of Dask's dashboard on the notebook server, for a browser that is logged in there."""
        return dashboard_link(self._server, self._cluster_id)

    def scheduler_info(self, *args: Any, **kwargs: Any) -> SchedulerInfo:
        """As distributed's, with the dashboard's link on the notebook server."""
        return ClusterInfo(super().scheduler_info(*args, **kwargs), self.dashboard_link)

    def _get_scheduler_info(self, *args: Any, **kwargs: Any) -> Any:
        found = super()._get_scheduler_info(*args, **kwargs)  # type: ignore[no-untyped-call]
        return found[0], ClusterInfo(found[1], self.dashboard_link)


class ClusterInfo(SchedulerInfo):
    """What `Client.scheduler_info` returns, displayed with the dashboard's link on the notebook server."""

    def __init__(self, info: Any, link: str) -> None:
        super().__init__(info)
        self._link = link

    def _repr_html_(self) -> str:
        html = str(super()._repr_html_())  # type: ignore[no-untyped-call]
        # Workers have no dashboard pages of their own.
        for server in (self, *self.get("workers", {}).values()):
            port = server.get("services", {}).get("dashboard")
            host = server.get("host") or urlsplit(server.get("address", "")).hostname
            if port is not None:
                html = html.replace(format_dashboard_link(host, port), self._link)
        return html


def dashboard_link(server: ServerClient, cluster_id: str) -> str:
    """Contains the cluster's id and not the dashboard's key, which would be saved in the notebook."""
    return f"{server.path}jupyterlab-dask-hpc/clusters/{cluster_id}/dashboard/status"


def make_default(client: Client) -> None:
    """Make that client Dask's default, as a new one would be."""
    distributed.client._set_global_client(client)
    if dask.config.get("scheduler", None) != "dask.distributed":
        dask.config.set(scheduler="dask.distributed")


async def closed_reason(server: ServerClient, cluster_id: str, name: str) -> ClusterClosed | None:
    """Why a cluster has ended or is ending; None while it lives, or while the notebook server does not answer."""
    try:
        cluster = await asyncio.to_thread(server.by_id, cluster_id)
    except RequestRefused as error:
        return ClusterClosed(Message("kernel.forgotten", name=name)) if error.status == 404 else None
    except DaskHpcError:
        return None
    return None if cluster["state"] in LIVE else ClusterClosed(closed(cluster))


async def close_if_ended(client: Client, server: ServerClient, cluster_id: str, name: str) -> bool:
    """Close a client that has lost its scheduler if its cluster has ended; returns whether it is closed."""
    began = silent = time.monotonic()
    while client.status not in ("closing", "closed"):
        if error := await closed_reason(server, cluster_id, name):
            await close_with(client, error)
            return True
        now = time.monotonic()
        if not await _is_listening(client):
            silent = now
        if now - silent > LISTENING_S or now - began > END_TIMEOUT_S:
            return False
        await asyncio.sleep(0.2)
    return True


async def _is_listening(client: Client) -> bool:
    """Whether a process listens at the scheduler's address."""
    if client.scheduler is None:
        return False
    host, port = parse_host_port(str(client.scheduler.address).partition("://")[2])
    opening = asyncio.ensure_future(asyncio.open_connection(host, port))
    try:
        await asyncio.wait({opening}, timeout=LISTENING_S)
    finally:
        opening.cancel()
    if opening.cancelled() or not opening.done() or opening.exception():
        return False
    opening.result()[1].close()
    return True


async def close_with(client: Client, error: ClusterClosed) -> None:
    """Close a client whose cluster has ended; calls that wait for its futures raise `error`."""
    if client.status in ("closing", "closed"):
        return
    if isinstance(client, ClusterClient):
        client._closed_by = error
    states = list(client.futures.values())
    # Before closing, which would cancel them without a reason.
    client.futures.clear()
    for state in states:
        if state.status != "error":
            state.set_error(error, None)
    # In a separate task: this cancels the task that reads from the scheduler.
    closing = asyncio.ensure_future(client._close(fast=True))
    await asyncio.wait({closing}, timeout=5)
