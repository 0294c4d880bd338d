"""From a cluster's name to a connected client."""

from __future__ import annotations

import platform
import sys
import time
import warnings
from collections.abc import Callable
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from .server import LIVE, ClusterClosed, DaskHpcError, Json, RequestRefused, Server, again, ended

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

# Seconds between two looks while waiting; the server answers from memory.
LOOK_EVERY = 0.5
# Seconds that a scheduler which its job has just started may take to greet.
GREETING = 15

Report = Callable[[Json, str], None]
"""Is given the cluster, and what to say of it beyond its counts; mostly nothing."""


class NoDistributed(DaskHpcError):
    """The kernel's own environment has no `distributed`."""


class VersionsDiffer(DaskHpcError):
    """The cluster runs a `distributed` that this kernel's cannot speak to."""


class Connected(NamedTuple):
    """A client and the cluster, as it stood when the client had connected; and what to mind, empty for nothing."""

    client: Client
    cluster: Json
    warning: str


class _Known(NamedTuple):
    cluster_id: str
    client: Client
    warning: str


# By the cluster's name: a cell that is run again gets the client that it has.
_clients: dict[str, _Known] = {}


def connect(name: str) -> Client:
    """A `distributed.Client` of the running cluster `name`.

    Waits until the scheduler can be reached and the share of workers that the cluster was launched with
    (``wait_for_running_percent``) runs; time in the queue has no bound. Asked again, gives the same client. It
    is Dask's default from then on. Warns if the cluster runs other versions than this kernel.

    Raises ClusterNotFound, ClusterClosed, ServerNotFound, RequestRefused, NoDistributed,
    VersionsDiffer.
    """
    connected = connect_and_tell(Server.find(), name, lambda cluster, note: None)
    if connected.warning:
        warnings.warn(connected.warning, stacklevel=2)
    return connected.client


def connect_and_tell(server: Server, name: str, report: Report) -> Connected:
    """As `connect`, and tells `report` how it stands at every look while it waits."""
    if sys.modules.get("distributed") is None:
        need_distributed()
    cluster = server.cluster(name)
    known = _clients.get(name)
    if known and known.cluster_id == cluster["id"] and known.client.status == "running":
        reached = known
    else:
        if known:
            leave(name)
        reached = _clients[name] = _reach(server, cluster, report)
    from .client import make_default

    make_default(reached.client)
    return Connected(reached.client, _wait_for_workers(server, cluster["id"], report), reached.warning)


def leave(name: str) -> None:
    """Close this kernel's client of that cluster, which would try for long to reach it when it is gone."""
    if known := _clients.pop(name, None):
        known.client.close(timeout=2)


def _reach(server: Server, cluster: Json, report: Report) -> _Known:
    """Wait for the scheduler. Raises ClusterClosed when the cluster ends before that."""
    from .client import ClusterClient

    while True:
        alive(cluster)
        report(cluster, "")
        files = reachable(server, cluster)
        if files:
            security = security_of(files)
            differ = versions_differ(cluster["name"], files)
            try:
                client = ClusterClient(files["address"], server, cluster, security=security, timeout=GREETING)
                return _Known(cluster["id"], client, differ)
            except OSError as error:
                # It may be about to listen, or have gone; what the server says next tells which.
                report(cluster, f"{cluster['name']}: the scheduler does not answer yet ({error})")
            except Exception as error:
                # Versions that are far apart do not even greet each other.
                if not differ:
                    raise
                raise VersionsDiffer(f"{differ} It could not be connected: {error}") from error
        time.sleep(LOOK_EVERY)
        cluster = server.by_id(cluster["id"])


def versions_differ(name: str, files: Json) -> str:
    """One sentence if the cluster runs another distributed, or another minor version of Python, than this kernel."""
    ours = {"distributed": version("distributed"), "Python": _minor(platform.python_version())}
    theirs = {"distributed": files.get("distributed", ""), "Python": _minor(files.get("python", ""))}
    differ = [what for what in ours if theirs[what] and theirs[what] != ours[what]]
    if not differ:
        return ""
    there = " and ".join(f"{what} {theirs[what]}" for what in differ)
    here = " and ".join(ours[what] for what in differ)
    return (
        f"{name} runs {there}, this kernel {here}, so tasks may fail: launch it with the Python environment "
        f"{sys.prefix}, or use a kernel of the cluster's own."
    )


def _minor(full: str) -> str:
    return ".".join(full.split(".")[:2])


def reachable(server: Server, cluster: Json) -> Json | None:
    """How to reach the scheduler; None while it has no address yet."""
    if cluster["state"] not in ("starting", "running"):
        return None
    try:
        files = server.connection(cluster["id"])
    except RequestRefused as error:
        # It does not listen yet, or has ended: the next look at the cluster tells, in better words.
        if error.reason in ("starting", "closed"):
            return None
        raise
    return files if files.get("address") else None


def _wait_for_workers(server: Server, cluster_id: str, report: Report) -> Json:
    while True:
        cluster = server.by_id(cluster_id)
        alive(cluster)
        if enough(cluster):
            return cluster
        report(cluster, "")
        time.sleep(LOOK_EVERY)


def enough(cluster: Json) -> bool:
    """Whether as many workers run as were to be waited for, or no further one can come."""
    workers = cluster["workers"]
    share = cluster["request"]["wait_for_running_percent"]
    over = workers["ended"] + workers["failed"]
    return bool(
        workers["running"] * 100 >= workers["requested"] * share or workers["running"] + over >= workers["requested"]
    )


def progress(cluster: Json) -> str:
    """One line: ``demo: 2 of 4 running``, and why while nothing runs."""
    workers = cluster["workers"]
    line = f"{cluster['name']}: {workers['running']:,} of {workers['requested']:,} running"
    if workers["running"] or cluster["state"] not in ("requested", "queued"):
        return line
    waits = cluster["scheduler"].get("reason") or cluster.get("reason")
    start = cluster.get("expected_start")
    facts = [waits] if waits else []
    if start:
        facts.append(f"expected to start at {local_time(start)}")
    return f"{cluster['name']}: queued ({', '.join(facts)})" if facts else f"{cluster['name']}: queued"


def local_time(text: str) -> str:
    """``14:35``, or ``22 Nov, 14:35`` on another day, of a time in ISO 8601, in this machine's time zone."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    today = time.date() == datetime.now().astimezone().date()
    return f"{time:%H:%M}" if today else f"{time.day} {time:%b, %H:%M}"


def alive(cluster: Json) -> None:
    """Raises ClusterClosed for one that is over, or about to be."""
    if cluster["state"] not in LIVE:
        raise ClusterClosed(f"{ended(cluster)} {again(cluster)}")


def security_of(files: Json) -> Security:
    """What lets this kernel speak with the scheduler; `files` as `Server.connection` gives them."""
    from distributed.security import Security

    return Security(
        tls_ca_file=files["ca"],
        tls_client_cert=files["cert"],
        tls_client_key=files["key"],
        require_encryption=True,
    )


def need_distributed() -> None:
    """Raises NoDistributed where this kernel has none."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError as error:
        raise NoDistributed(
            f"This kernel's Python has no distributed ({sys.executable}). Install it there, or choose another kernel."
        ) from error
