"""Dask clusters of this notebook server, from inside a kernel.

``%load_ext dask_hpc`` and ``%dask_cluster NAME`` in a notebook, ``dask_hpc.connect(NAME)`` anywhere else: both give a
connected `distributed.Client`. Nothing but `distributed` is needed in the kernel's environment.
"""

from __future__ import annotations

from typing import Any

from .cluster import NoDistributed, VersionsDiffer, connect
from .server import ClusterClosed, ClusterNotFound, DaskHpcError, RequestRefused, ServerNotFound

__all__ = [
    "ClusterClosed",
    "ClusterNotFound",
    "DaskHpcError",
    "NoDistributed",
    "RequestRefused",
    "ServerNotFound",
    "VersionsDiffer",
    "connect",
    "load_ipython_extension",
]


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext dask_hpc`` calls."""
    from .magic import register

    register(shell)
