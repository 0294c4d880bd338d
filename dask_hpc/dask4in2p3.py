"""For notebooks written for dask4in2p3: only the import changes, ``from dask_hpc.dask4in2p3 import Dask4in2p3``.

Names, defaults and units are those of dask4in2p3. The notebook server runs the cluster, and the Dask panel shows it.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

from distributed import Client

from .cluster import DaskCluster
from .tasklog import get_logger

Memory = float | int | str
"""A number in GB, or text with a unit, ``"3G"``."""


class Dask4in2p3:
    """Clients of Dask clusters, one at a time: a new client replaces the last one.

    Args:
        virtual_env: folder of the workers' venv or conda environment; by default this kernel's own.
        profile: a profile of the site; by default the first one.
    """

    def __init__(self, virtual_env: str | None = None, profile: str | None = None) -> None:
        self._virtual_env, self._profile = virtual_env, profile
        self._cluster: DaskCluster | None = None
        self._client: Client | None = None
        self._logger = _launch_logger()

    def new_client(
        self,
        dask_worker_jobs: int = 1,
        dask_worker_memory: Memory = 3,
        dask_worker_cpus: int = 1,
        dask_worker_time: str = "02:00:00",
        dask_scheduler_memory: Memory = 1,
        dask_scheduler_time: str = "08:00:00",
        idle_timeout: str | int | None = None,
        dask_worker_wait_for_running_percent: int | None = None,
    ) -> Client:
        """Launch a cluster, wait for it, and return its client; the last cluster is stopped.

        Times are text such as ``"02:00:00"``. Raises the errors of `DaskCluster`.
        """
        self.close()
        info = self._logger.info
        info("Creating and launching the scheduler job and %d worker jobs", dask_worker_jobs)
        info("Waiting for the scheduler job to be running")
        cluster = DaskCluster(
            profile=self._profile,
            workers=dask_worker_jobs,
            worker_memory=_memory(dask_worker_memory),
            worker_cpus=dask_worker_cpus,
            worker_time=dask_worker_time,
            scheduler_memory=_memory(dask_scheduler_memory),
            scheduler_time=dask_scheduler_time,
            idle_timeout=idle_timeout,
            virtual_env=self._virtual_env,
        )
        self._cluster = cluster
        info("The scheduler job is RUNNING (%s)", cluster.name)
        percent = dask_worker_wait_for_running_percent or 0
        expected = -(-dask_worker_jobs * percent // 100)
        info("Waiting for %d of %d worker jobs to be running", expected, dask_worker_jobs)
        if expected:
            cluster.wait_for_workers(expected)
        info("%d of %d worker jobs are RUNNING", len(cluster.observed), dask_worker_jobs)
        self._client = cluster.get_client()
        info("The client is provided; the dashboard is at %s", cluster.dashboard_link)
        return self._client

    def close(self) -> None:
        """Close the client, and stop its cluster; does nothing if there is none."""
        client, self._client = self._client, None
        cluster, self._cluster = self._cluster, None
        if client is not None:
            client.close(timeout=5)
        if cluster is not None:
            cluster.close()
            self._logger.info("%s is stopped", cluster.name)

    def get_logger(self) -> logging.Logger:
        """A logger for tasks; see `dask_hpc.get_logger`."""
        return get_logger()

    def __enter__(self) -> Dask4in2p3:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()


def _memory(value: Memory) -> str:
    return value if isinstance(value, str) else f"{int(value * 1024)}M"


def _launch_logger() -> logging.Logger:
    """Logs the launch below the cell, as dask4in2p3 does."""
    logger = logging.getLogger("dask_hpc.dask4in2p3")
    if not logger.handlers:
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("%(asctime)s - %(levelname)s - %(message)s"))
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        logger.propagate = False
    return logger
