"""`DaskCluster`: a distributed `Cluster` that the notebook server launches, or that is already running."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .display import Card
from .environment import environment_warning
from .request import launch_request
from .scaling import ScalableCluster
from .sentences import Json
from .server_client import LIVE, ServerClient


class ClusterSummary(NamedTuple):
    """One item of `DaskCluster.list`."""

    name: str
    state: str
    running: int
    workers: int
    profile: str
    created: str


class DaskCluster(ScalableCluster):
    """A Dask cluster on the batch farm.

    The notebook server launches and manages the cluster. The Dask panel shows it. It continues when this kernel ends;
    it is ended by `close`, in the panel, at File > Log Out, or by its time-outs. Defaults come from the profile. The
    cluster gets those Dask settings of this kernel that control how to compute (`dask_hpc.settings`).

    Args:
        name: letters, digits, ``-`` and ``_``; by default the server chooses one.
        profile: a profile of the site; by default the first one.
        workers: number of workers; 0 to start without workers. Not with the layout ``"one-job"``, which has `nodes`.
        worker_memory: of each worker job, or of each node of one job; text such as ``"3G"``, or bytes.
        worker_cpus: CPUs of each worker job, or of each node of one job.
        worker_time: text such as ``"02:00:00"``, ``"2h"``, or seconds.
        processes: workers that share a job, or a node of one job, with its memory and its CPUs; `workers` is rounded up
            to whole jobs.
        threads: threads of each worker; by default its share of the CPUs.
        gpus: GPUs of each worker job or node, where the profile offers them; each of them gets a worker.
        gpu_model: one of the models that the profile offers; by default the first one.
        options: further options that the profile offers, by their names: ``{"account": "atlas"}``; a list where several
            may be chosen.
        layout: ``"separate"`` for a job of the scheduler and jobs of workers, ``"one-job"`` for all in one job.
        nodes: number of nodes of that one job; the scheduler shares the first one with workers.
        scheduler_memory: text such as ``"3G"``, or bytes.
        scheduler_time: as `worker_time`.
        idle_timeout: as `worker_time`; the cluster ends when it has been idle for this long.
        wait_for_running_percent: return when that share of the workers runs; with 0, when the scheduler listens.
        virtual_env: folder of the workers' venv or conda environment; this kernel's own if None, the profile's
            if empty.
        workspace: folder for ``log/``, as a path in the file browser; by default this kernel's folder.
        replace_workers: see the method of that name.
        shutdown_on_close: whether `close`, and the end of a ``with``, stop the cluster.
        asynchronous: for use with ``await`` and ``async with``.
        loop: tornado's event loop, as for other clusters of distributed.
        quiet: show no progress.

    Raises:
        ServerNotFound: this kernel belongs to no notebook server with Dask clusters, or the server does not answer.
        RequestRefused: the server refused the request; ``field`` names the wrong value.
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
        processes: int | None = None,
        threads: int | None = None,
        gpus: int | None = None,
        gpu_model: str | None = None,
        options: Mapping[str, str | Sequence[str]] | None = None,
        layout: str | None = None,
        nodes: int | None = None,
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
            processes=processes,
            threads=threads,
            gpus=gpus,
            gpu_model=gpu_model,
            options=options,
            layout=layout,
            nodes=nodes,
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

        Raises the errors of the class, and ClusterNotFound, whose message names the live clusters.
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
        """The submitted job script of the workers or of the ``scheduler``, or the Dask ``settings`` of the launch."""
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
