"""The one channel to a cluster's scheduler: the control route, and four small files in the cluster's folder.

The scheduler is not trusted with anything: what it answers is bounded and checked, and it cannot call back.
"""

from __future__ import annotations

import json
import ssl
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

from tornado.httpclient import HTTPRequest
from tornado.simple_httpclient import SimpleAsyncHTTPClient

from ..waiting import in_thread
from .certificates import write_private

TIMEOUT = 5.0  # seconds
T = TypeVar("T")

MOST_GROUPS = 10
"""Kinds of tasks without a worker that are taken note of, and names of each."""
LONGEST_NAME = 100
LARGEST = 4 * 1024 * 1024  # bytes of an answer; 3000 workers need about 150 kB


class SchedulerSilent(Exception):
    """The scheduler gave no usable answer. It may be busy, not yet up, or gone; the message says what was seen."""


@dataclass(frozen=True)
class Address:
    """Where a scheduler listens, from ``scheduler.json``.

    Attributes:
        address: what a Dask client connects to, ``tls://192.0.2.1:34567``.
        control: ``https://192.0.2.1:34568``, the control route's and the dashboard's server.
        distributed, python: versions that run there.
    """

    address: str
    control: str
    pid: int
    distributed: str
    python: str


@dataclass(frozen=True)
class Ended:
    """A scheduler's last word: `reason` is ``idle``, ``lease`` or ``asked``, `message` a sentence."""

    reason: str
    message: str


@dataclass(frozen=True)
class Tasks:
    """How many tasks the scheduler knows, and how many of them workers compute or are about to."""

    total: int
    processing: int


@dataclass(frozen=True)
class Unrunnable:
    """Tasks that no connected worker may run, and what they ask of one.

    Attributes:
        resources: amounts by name.
        workers, hosts: those that they are bound to.
    """

    count: int
    resources: Mapping[str, float] = field(default_factory=dict)
    workers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What the scheduler answers to a sign of life.

    Attributes:
        version: give it as `known` next time.
        workers: connected ones.
        names: peak of memory in bytes for each worker's name, ``w4815162_5``; None when nothing is new since `known`.
        idle: seconds for which nothing was computed; None while something is, or while workers are queued.
        tasks: counts.
        ends_idle: seconds until the idle time-out ends the cluster; None when it is not running towards it.
        unrunnable: tasks that no connected worker may run.
    """

    version: int
    workers: int
    names: Mapping[str, int] | None
    idle: float | None
    tasks: Tasks
    ends_idle: float | None
    unrunnable: tuple[Unrunnable, ...] = ()


class SchedulerChannel:
    """Speaks to the schedulers of one server's clusters. Keeps nothing but an HTTP client; `close` it at the end."""

    def __init__(self) -> None:
        self._client = SimpleAsyncHTTPClient(force_instance=True, max_clients=20, max_body_size=LARGEST)

    async def report(
        self, folder: Path, lease: float | None, queued: int | None, known: int = -1, keep: bool = False
    ) -> Report:
        """Renew the lease of the cluster in `folder` (seconds, None for no lease), and hear how it is.

        Args:
            queued: workers that are still to come; None while that is not known.
            known: version of the names that the caller has.
            keep: count idle time anew.

        Raises SchedulerSilent.
        """
        body = {"lease": lease, "queued": queued, "known": known, "keep": keep}
        return await self._ask(folder, "report", body, _report)

    async def retire(self, folder: Path, stay: int, first: Sequence[str] = (), only: bool = False) -> frozenset[str]:
        """Let workers go, their data moved before, until so many are left; names of all that have gone so far.

        Args:
            first: names of those that go before any other.
            only: nobody else goes.

        Raises SchedulerSilent.
        """
        body = {"stay": stay, "first": list(first), "only": only}
        return await self._ask(folder, "retire", body, lambda found: frozenset(map(str, found["gone"])))

    async def _ask(
        self, folder: Path, route: str, body: Mapping[str, object], read: Callable[[dict[str, Any]], T]
    ) -> T:
        address, context = await in_thread(_reach, folder)
        request = HTTPRequest(
            f"{address.control}/dask-hpc/{route}",
            method="POST",
            body=json.dumps(body),
            headers={"Content-Type": "application/json"},
            ssl_options=context,
            connect_timeout=TIMEOUT,
            request_timeout=TIMEOUT,
            follow_redirects=False,
        )
        try:
            answer = await self._client.fetch(request)
            return read(json.loads(answer.body))
        except Exception as error:  # sockets, TLS, HTTP and JSON each have errors of their own
            raise SchedulerSilent(f"{address.control} gave no usable answer: {error}") from error

    def close(self) -> None:
        self._client.close()


def _reach(folder: Path) -> tuple[Address, ssl.SSLContext]:
    """Where a scheduler listens, and how to speak to it. Raises SchedulerSilent."""
    address = read_address(folder)
    if address is None:
        raise SchedulerSilent("the scheduler has not told its address yet")
    return address, tls_context(folder)


def tls_context(folder: Path) -> ssl.SSLContext:
    """How the notebook server speaks to this cluster's scheduler: with the certificate ``server``, trusting this
    cluster's own authority alone. Nodes have many names, so the name is not what is checked.

    Raises SchedulerSilent when the certificates cannot be read.
    """
    try:
        context = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=str(folder / "ca.pem"))
        context.check_hostname = False
        context.load_cert_chain(folder / "server.pem", folder / "server-key.pem")
    except (OSError, ssl.SSLError) as error:
        raise SchedulerSilent(f"the certificates in {folder} cannot be used: {error}") from error
    return context


def write_settings(folder: Path, idle_timeout: float, lease: float, cancel: Sequence[Sequence[str]]) -> None:
    """Tell the files that run inside the jobs what they need to know. Raises OSError.

    Args:
        idle_timeout: seconds, 0 for none.
        lease: seconds without a sign of life after which the cluster ends itself.
        cancel: commands of `BatchSystem.cancel_commands` for the workers' jobs, for a scheduler that ends alone.
    """
    settings = {"idle_timeout": idle_timeout, "lease": lease, "cancel": [list(command) for command in cancel]}
    write_private(folder / "settings.json", json.dumps(settings).encode())


def read_started(folder: Path) -> str | None:
    """The scheduler's job id, once its script runs; None before."""
    try:
        return (folder / "scheduler.started").read_text().strip() or None
    except (OSError, UnicodeDecodeError):
        return None


def read_address(folder: Path) -> Address | None:
    """Where the scheduler listens; None while it does not, or while the file is not whole."""
    found = _read_json(folder / "scheduler.json")
    try:
        address = Address(
            address=str(found["address"]),
            control=str(found["control"]),
            pid=int(found["pid"]),
            distributed=str(found["distributed"]),
            python=str(found["python"]),
        )
        url = urlsplit(address.control)
        whole = url.scheme == "https" and url.hostname and url.port and not url.path and not url.query
    except (KeyError, TypeError, ValueError):
        return None
    return address if whole and address.address.startswith("tls://") else None


def read_ended(folder: Path) -> Ended | None:
    """The scheduler's last word; None while it has not spoken it."""
    found = _read_json(folder / "scheduler.ended")
    try:
        return Ended(reason=str(found["reason"]), message=str(found["message"]))
    except (KeyError, TypeError):
        return None


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_text())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _report(body: dict[str, Any]) -> Report:
    names = body["names"]
    return Report(
        version=int(body["version"]),
        workers=int(body["workers"]),
        names=None if names is None else {str(name): int(of["memory_peak"]) for name, of in names.items()},
        idle=None if body["idle"] is None else float(body["idle"]),
        tasks=Tasks(total=int(body["tasks"]["total"]), processing=int(body["tasks"]["processing"])),
        ends_idle=None if body["ends_idle"] is None else float(body["ends_idle"]),
        # Which an older scheduler does not tell.
        unrunnable=tuple(_unrunnable(group) for group in body.get("unrunnable", ())[:MOST_GROUPS]),
    )


def _unrunnable(group: dict[str, Any]) -> Unrunnable:
    def few(names: list[Any]) -> list[str]:
        return [str(name)[:LONGEST_NAME] for name in names[:MOST_GROUPS]]

    resources = {name: float(group["resources"][name]) for name in list(group["resources"])[:MOST_GROUPS]}
    return Unrunnable(
        int(group["count"]),
        {name[:LONGEST_NAME]: amount for name, amount in resources.items()},
        tuple(few(group["workers"])),
        tuple(few(group["hosts"])),
    )
