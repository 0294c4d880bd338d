"""The connection to a cluster's scheduler: the control route, and four small files in the cluster's folder.

The scheduler is not trusted: its answers are limited in size and checked, and it cannot call the server.

The keys `keep`, `stay`, `first` and `only` of the two bodies are those of the first version: a scheduler that an
earlier version started, and that still runs, reads no others.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from ..core.scheduler_status import Report, Restarts, Tasks, Unrunnable
from ..waiting import in_thread
from .cluster_folder import Address, read_address

TIMEOUT_S = 5.0  # seconds
T = TypeVar("T")

MAX_GROUPS = 10
"""Maximum number of groups of unrunnable tasks, and of names in each group."""
MAX_NAME_LENGTH = 100
MAX_RESTARTS = 100
MAX_DEVICES_LENGTH = 500
MAX_ANSWER_BYTES = 16 * 1024 * 1024
"""Bytes of an answer; the names of 3000 workers need about 150 kB, and those of all that have retired add up."""


class SchedulerSilent(Exception):
    """The scheduler gave no usable answer. It may be busy, not yet up, or gone; the message has the error."""


class SchedulerClient:
    """Calls the schedulers of one server's clusters. Its only state is an HTTP client; `close` it at the end."""

    def __init__(self) -> None:
        self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=20, max_body_size=MAX_ANSWER_BYTES)

    async def send_heartbeat(
        self, folder: Path, lease: float | None, queued: int | None, known: int = -1, reset_idle: bool = False
    ) -> Report:
        """Renew the lease of the cluster in `folder` (seconds, None for no lease), and return its status.

        Args:
            queued: number of workers that may still connect; None while unknown.
            known: version of the worker names that the caller has.
            reset_idle: reset the idle timer.

        Raises SchedulerSilent.
        """
        body = {"lease": lease, "queued": queued, "known": known, "reset_idle": reset_idle}
        body["keep"] = reset_idle  # for a scheduler that an earlier version started
        return await self._post(folder, "report", body, _report)

    async def retire(
        self, folder: Path, target: int, prefer: Sequence[str] = (), only_preferred: bool = False
    ) -> frozenset[str]:
        """Retire workers until `target` are left, after moving their data; returns the names of all retired so far.

        Args:
            prefer: names of the workers to retire first.
            only_preferred: whether no other worker may retire.

        Raises SchedulerSilent.
        """
        body = {"target": target, "prefer": list(prefer), "only_preferred": only_preferred}
        body |= {"stay": target, "first": list(prefer), "only": only_preferred}  # for a scheduler of an earlier version
        return await self._post(folder, "retire", body, lambda found: frozenset(map(str, found["gone"])))

    async def _post(
        self, folder: Path, route: str, body: Mapping[str, object], read: Callable[[dict[str, Any]], T]
    ) -> T:
        address, context = await in_thread(_connection, folder)
        request = HTTPRequest(
            f"{address.control}/dask-hpc/{route}",
            method="POST",
            body=json.dumps(body),
            headers={"Content-Type": "application/json"},
            ssl_options=context,
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
            follow_redirects=False,
        )
        try:
            answer = await self._client.fetch(request)
            return read(json.loads(answer.body))
        except Exception as error:  # sockets, TLS, HTTP and JSON each raise their own errors
            raise SchedulerSilent(f"{address.control} gave no usable answer: {error}") from error

    def close(self) -> None:
        self._client.close()


def _connection(folder: Path) -> tuple[Address, ssl.SSLContext]:
    """Where a scheduler listens, and the TLS context for it. Raises SchedulerSilent."""
    address = read_address(folder)
    if address is None:
        raise SchedulerSilent("the scheduler has not written its address yet")
    return address, tls_context(folder)


def tls_context(folder: Path) -> ssl.SSLContext:
    """The TLS context for calls to this cluster's scheduler: uses the certificate ``server``, and trusts only this
    cluster's own authority. The host name is not checked, since nodes have several names.

    Raises SchedulerSilent if the certificates cannot be read.
    """
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(folder / "ca.pem"))
        context.check_hostname = False
        context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    except (OSError, ssl.SSLError) as error:
        raise SchedulerSilent(f"the certificates in {folder} cannot be used: {error}") from error
    return context


def _report(body: dict[str, Any]) -> Report:
    names = body["names"]
    return Report(
        version=int(body["version"]),
        workers=int(body["workers"]),
        names=None if names is None else {str(name): int(of["memory_peak"]) for name, of in names.items()},
        idle=None if body["idle"] is None else float(body["idle"]),
        tasks=Tasks(total=int(body["tasks"]["total"]), processing=int(body["tasks"]["processing"])),
        ends_idle=None if body["ends_idle"] is None else float(body["ends_idle"]),
        # An older scheduler does not report these.
        unrunnable=tuple(_unrunnable(group) for group in body.get("unrunnable", ())[:MAX_GROUPS]),
        left=frozenset(map(str, body.get("left", ()))),
        restarts={
            str(name)[:MAX_NAME_LENGTH]: Restarts(int(of["times"]), int(of["exit_code"]))
            for name, of in list(body.get("restarts", {}).items())[:MAX_RESTARTS]
        },
        gpus={
            str(name): str(of["cuda_visible_devices"])[:MAX_DEVICES_LENGTH]
            for name, of in (names or {}).items()
            if of.get("cuda_visible_devices")
        },
    )


def _unrunnable(group: dict[str, Any]) -> Unrunnable:
    def truncated(names: list[Any]) -> list[str]:
        return [str(name)[:MAX_NAME_LENGTH] for name in names[:MAX_GROUPS]]

    resources = {name: float(group["resources"][name]) for name in list(group["resources"])[:MAX_GROUPS]}
    return Unrunnable(
        int(group["count"]),
        {name[:MAX_NAME_LENGTH]: amount for name, amount in resources.items()},
        tuple(truncated(group["workers"])),
        tuple(truncated(group["hosts"])),
    )
