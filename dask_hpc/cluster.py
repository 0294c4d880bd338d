"""`DaskCluster`: a cluster as distributed's own, launched by the notebook server or already running."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any, NamedTuple

from .display import Card
from .environment import environment_warning
from .request import launch_request
from .scaling import ScalableCluster
from .sentences import Json
from .server_client import LIVE, ServerClient


class ClusterSummary(NamedTuple):
    """One line of `DaskCluster.list`."""

    name: str
    state: str
    running: int
    workers: int
    profile: str
    created: str


class DaskCluster(ScalableCluster):
    """A Dask cluster on the batch farm.

    The notebook server launches and manages it: the Dask panel shows it, it outlives this kernel, and it ends by
    `close`, by the panel, at File > Log Out, or by its time-outs. The profile has the defaults. It gets this kernel's
    Dask settings, as far as they concern computing (`dask_hpc.settings`).

    Args:
        name: letters, digits, ``-`` and ``_``; the server chooses one when it is left out.
        profile: one of the site's; its default one when left out.
        workers: number of workers; 0 for none at first.
        worker_memory: text such as ``"3G"``, or bytes.
        worker_cpus: CPUs, and threads, of each.
        worker_time: text such as ``"02:00:00"``, ``"2h"``, or seconds.
        scheduler_memory: as `worker_memory`.
        scheduler_time: as `worker_time`.
        idle_timeout: as `worker_time`; a cluster that is idle for so long ends.
        wait_for_running_percent: return once that share of workers runs; 0 returns with the scheduler.
        virtual_env: folder of the workers' venv or conda environment; this kernel's own when None, the profile's
            when empty.
        workspace: folder for ``log/``, as a path in the file browser; this kernel's own folder when left out.
        replace_workers: see the method of that name.
        shutdown_on_close: whether `close`, and the end of a ``with``, stop the cluster.
        asynchronous: for use with ``await`` and ``async with``.
        loop: tornado's loop, for distributed's own sake.
        quiet: show no progress.

    Raises:
        ServerNotFound: no notebook server with Dask clusters is behind this kernel, or it does not answer.
        RequestRefused: it refused the request; ``field`` names the value.
        ClusterClosed: the cluster ended before it could be reached.
        VersionsDiffer: this kernel's distributed cannot connect to the scheduler's.
    """

    def __init__(
        self,
        name: str | None = None,
        profile: str | None = None,
        workers: int | None = None,
        *,
        worker_memory: str | float | None = None,
        worker_cpus: int | None = None,
        worker_time: str | float | None = None,
        scheduler_memory: str | float | None = None,
        scheduler_time: str | float | None = None,
        idle_timeout: str | float | None = None,
        wait_for_running_percent: int | None = None,
        virtual_env: str | None = None,
        workspace: str | None = None,
        replace_workers: bool = False,
        shutdown_on_close: bool = True,
        asynchronous: bool = False,
        loop: Any = None,
        quiet: bool = False,
    ) -> None:
        server = ServerClient.find()
        request = launch_request(
            server,
            name=name,
            profile=profile,
            workers=workers,
            worker_memory=worker_memory,
            worker_cpus=worker_cpus,
            worker_time=worker_time,
            scheduler_memory=scheduler_memory,
            scheduler_time=scheduler_time,
            idle_timeout=idle_timeout,
            wait_for_running_percent=wait_for_running_percent,
            virtual_env=virtual_env,
            workspace=workspace,
        )
        if warning := environment_warning(request["python_environment"]):
            warnings.warn(warning, stacklevel=2)
        self._begin(server, None, request, shutdown_on_close, asynchronous, loop, quiet, replace_workers)

    @classmethod
    def from_name(
        cls,
        name: str,
        *,
        shutdown_on_close: bool = False,
        asynchronous: bool = False,
        loop: Any = None,
        quiet: bool = False,
    ) -> DaskCluster:
        """The running cluster of that name, wherever it was launched; closing the object leaves it running.

        Raises what the class raises, and ClusterNotFound, which names the live ones.
        """
        server = ServerClient.find()
        self = cls.__new__(cls)
        self._begin(server, server.cluster(name), {}, shutdown_on_close, asynchronous, loop, quiet)
        return self

    @staticmethod
    def list() -> Sequence[ClusterSummary]:
        """This user's live clusters, newest first. Raises ServerNotFound, RequestRefused."""
        return [_summary(cluster) for cluster in ServerClient.find().clusters() if cluster["state"] in LIVE]

    def job_script(self, role: str = "worker") -> str:
        """The script as submitted, of the workers or of the ``scheduler``; or the Dask ``settings`` of the launch."""
        return "\n".join(str(one["text"]) for one in self._server.scripts(self.id) if one["role"] == role)

    def _repr_html_(self, cluster_status: Any = None) -> str:
        return Card(self._cluster, client="")._repr_html_()


def _summary(cluster: Json) -> ClusterSummary:
    counts = cluster["workers"]
    return ClusterSummary(
        cluster["name"],
        cluster["state"],
        counts["running"],
        counts["requested"],
        cluster["profile"],
        cluster["created"],
    )
