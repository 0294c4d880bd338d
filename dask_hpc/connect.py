"""Connects to a cluster by its name: waits for scheduler and workers, and creates the client."""

from __future__ import annotations

import platform
import sys
import time
import warnings
from collections.abc import Callable
from importlib.metadata import version
from typing import TYPE_CHECKING, NamedTuple

from .messages import Message
from .sentences import Json, closed
from .server_client import LIVE, ClusterClosed, DaskHpcError, RequestRefused, ServerClient

if TYPE_CHECKING:
    from distributed import Client
    from distributed.security import Security

POLL_INTERVAL_S = 0.5
"""Between two polls while waiting; the server answers from memory."""
CONNECT_TIMEOUT_S = 15
"""For a scheduler that its job has just started."""

OnProgress = Callable[[Json, str], None]
"""Called with the cluster and an additional note, which is usually empty."""


class NoDistributed(DaskHpcError):
    """The kernel's own environment has no `distributed`."""


class VersionsDiffer(DaskHpcError):
    """The cluster runs a `distributed` that is incompatible with this kernel's."""


class Connected(NamedTuple):
    """A client, its cluster at the time of the connection, and a warning, or an empty text."""

    client: Client
    cluster: Json
    warning: str


class _Reached(NamedTuple):
    cluster_id: str
    client: Client
    warning: str


_clients: dict[str, _Reached] = {}
"""By name of the cluster: a cell that is run again gets the same client."""


def connect(name: str) -> Client:
    """A `distributed.Client` of the running cluster `name`.

    Waits until the scheduler can be reached and the requested share of workers (``wait_for_running_percent``)
    runs; time in the queue has no limit. Another call returns the same client. The client becomes Dask's
    default. Warns if the cluster runs other versions than this kernel.

    Raises ClusterNotFound, ClusterClosed, ServerNotFound, RequestRefused, NoDistributed,
    VersionsDiffer.
    """
    connected = connect_with_progress(ServerClient.find(), name, lambda cluster, note: None)
    if connected.warning:
        warnings.warn(connected.warning, stacklevel=2)
    return connected.client


def connect_with_progress(server: ServerClient, name: str, on_progress: OnProgress) -> Connected:
    """As `connect`; also calls `on_progress` at every poll while it waits."""
    if sys.modules.get("distributed") is None:
        need_distributed()
    cluster = server.cluster(name)
    known = _clients.get(name)
    if known and known.cluster_id == cluster["id"] and known.client.status == "running":
        reached = known
    else:
        if known:
            close_client(name)
        reached = _clients[name] = _reach(server, cluster, on_progress)
    from .cluster_client import make_default

    make_default(reached.client)
    return Connected(reached.client, _wait_for_workers(server, cluster["id"], on_progress), reached.warning)


def close_client(name: str) -> None:
    """Close this kernel's client of a cluster; otherwise it would try to reconnect for a long time."""
    if known := _clients.pop(name, None):
        known.client.close(timeout=2)


def _reach(server: ServerClient, cluster: Json, on_progress: OnProgress) -> _Reached:
    """Wait for the scheduler. Raises ClusterClosed if the cluster ends before it listens."""
    from .cluster_client import ClusterClient

    while True:
        check_live(cluster)
        on_progress(cluster, "")
        files = connection_files(server, cluster)
        if files:
            security = security_of(files)
            warning = version_warning(cluster["name"], files)
            try:
                client = ClusterClient(files["address"], server, cluster, security=security, timeout=CONNECT_TIMEOUT_S)
                return _Reached(cluster["id"], client, warning)
            except OSError as error:
                # It does not listen yet, or has ended; the next poll shows which.
                note = Message("kernel.scheduler-not-yet", name=str(cluster["name"]), detail=str(error))
                on_progress(cluster, str(note))
            except Exception as error:
                # Versions that are far apart fail in the handshake.
                if not warning:
                    raise
                raise VersionsDiffer(Message("kernel.versions-differ", warning=warning, detail=str(error))) from error
        time.sleep(POLL_INTERVAL_S)
        cluster = server.by_id(cluster["id"])


def version_warning(name: str, files: Json) -> str:
    """A warning if the cluster's distributed, or minor version of Python, differs from this kernel's."""
    ours = {"distributed": version("distributed"), "Python": _minor(platform.python_version())}
    theirs = {"distributed": files.get("distributed", ""), "Python": _minor(files.get("python", ""))}
    differ = [what for what in ours if theirs[what] and theirs[what] != ours[what]]
    if not differ:
        return ""
    there, here = [f"{what} {theirs[what]}" for what in differ], [ours[what] for what in differ]
    return str(Message("kernel.other-versions", name=name, there=there, here=here, environment=sys.prefix))


def _minor(full: str) -> str:
    return ".".join(full.split(".")[:2])


def connection_files(server: ServerClient, cluster: Json) -> Json | None:
    """Address and certificates of the scheduler; None while it does not listen yet."""
    if cluster["state"] not in ("starting", "running"):
        return None
    try:
        files = server.connection(cluster["id"])
    except RequestRefused as error:
        # It does not listen yet, or has ended: the next poll of the cluster has the reason.
        if error.reason in ("starting", "closed"):
            return None
        raise
    return files if files.get("address") else None


def _wait_for_workers(server: ServerClient, cluster_id: str, on_progress: OnProgress) -> Json:
    while True:
        cluster = server.by_id(cluster_id)
        check_live(cluster)
        if has_enough_workers(cluster):
            return cluster
        on_progress(cluster, "")
        time.sleep(POLL_INTERVAL_S)


def has_enough_workers(cluster: Json) -> bool:
    """Whether the requested share of workers runs, or no further worker can start."""
    workers = cluster["workers"]
    share = cluster["request"]["wait_for_running_percent"]
    finished = workers["ended"] + workers["failed"]
    return bool(
        workers["running"] * 100 >= workers["requested"] * share
        or workers["running"] + finished >= workers["requested"]
    )


def check_live(cluster: Json) -> None:
    """Raises ClusterClosed for a cluster that has ended or is ending."""
    if cluster["state"] not in LIVE:
        raise ClusterClosed(closed(cluster))


def security_of(files: Json) -> Security:
    """TLS settings of a connection to the scheduler; `files` as `ServerClient.connection` returns them."""
    from distributed.security import Security

    return Security(
        tls_ca_file=files["ca"],
        tls_client_cert=files["cert"],
        tls_client_key=files["key"],
        require_encryption=True,
    )


def need_distributed() -> None:
    """Raises NoDistributed if this kernel has none."""
    try:
        import distributed  # noqa: F401
    except ModuleNotFoundError as error:
        raise NoDistributed(Message("kernel.no-distributed", python=sys.executable)) from error
