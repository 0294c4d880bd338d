"""Dask clusters of this notebook server, from inside a kernel.

`DaskCluster` launches a cluster or connects to a running one, with the conventions of `distributed`. ``%load_ext
dask_hpc`` and ``%dask_cluster NAME`` in a notebook, or ``dask_hpc.connect(NAME)`` anywhere, give a connected
`distributed.Client`. The kernel's environment needs only `distributed`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .connect import NoDistributed, VersionsDiffer, connect, need_distributed
from .script import run_script
from .server_client import ClusterClosed, ClusterNotFound, DaskHpcError, RequestRefused, ServerNotFound
from .tasklog import get_logger

if TYPE_CHECKING:
    from .cluster import DaskCluster

__all__ = [
    "ClusterClosed",
    "ClusterNotFound",
    "DaskCluster",
    "DaskHpcError",
    "NoDistributed",
    "RequestRefused",
    "ServerNotFound",
    "VersionsDiffer",
    "connect",
    "get_logger",
    "load_ipython_extension",
    "run_script",
]


def load_ipython_extension(shell: Any) -> None:
    """Called by ``%load_ext dask_hpc``."""
    from .magic import register

    register(shell)


def __getattr__(name: str) -> Any:
    # Imported on first use: in a kernel without distributed, that raises an error of one sentence.
    if name != "DaskCluster":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    need_distributed()
    from .cluster import DaskCluster

    return DaskCluster
