"""Runs a script or a notebook on a cluster of its own, which ends with it."""

from __future__ import annotations

import os
from typing import Any

from .request import launch, launch_request
from .sentences import Json
from .server_client import ServerClient


def run_script(path: str, name: str | None = None, **options: Any) -> str:
    """Run a ``.py`` or ``.ipynb`` file on a cluster that ends with it; returns the cluster's name at once.

    In the script, ``distributed.Client()`` is connected to the cluster. The script runs beside the scheduler and in its
    memory. It continues when this kernel and the notebook server end, and after Log Out. The Dask panel shows how it
    ends; its output is in ``log/``.

    Args:
        path: of the file; it has to be in a folder that the file browser shows.
        name: of the cluster; by default the server chooses one.
        options: what `DaskCluster` takes for the launch: ``profile``, ``workers``, ``worker_memory``, ...

    Raises:
        ServerNotFound: this kernel belongs to no notebook server with Dask clusters, or the server does not answer.
        RequestRefused: the server refused the request; ``field`` names the wrong value.
    """
    return str(launch_script(ServerClient.find(), path, name, **options)["name"])


def launch_script(server: ServerClient, path: str, name: str | None, **options: Any) -> Json:
    """The cluster that runs the script; see `run_script`."""
    folder, file = os.path.split(os.path.abspath(os.path.expanduser(path)))
    request = launch_request(server, name=name, **options)
    request["script"] = os.path.join(server.workspace(folder), file)
    launched: Json = {}
    launch(server, request, launched.update)
    return launched
