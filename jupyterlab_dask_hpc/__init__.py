"""Dask clusters on the batch farm, from JupyterLab."""

from __future__ import annotations

from typing import Any

try:
    from ._version import __version__
except ImportError:  # a checkout that was never built
    __version__ = "0"

__all__ = ["__version__"]


def _jupyter_labextension_paths() -> list[dict[str, str]]:
    return [{"src": "labextension", "dest": "jupyterlab-dask-hpc"}]


def _jupyter_server_extension_points() -> list[dict[str, Any]]:
    from .extension import DaskHpc

    return [{"module": "jupyterlab_dask_hpc", "app": DaskHpc}]
