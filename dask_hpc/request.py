"""Builds the request of a launch, and sends it."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from .environment import own_environment
from .sentences import Json
from .server_client import ServerClient
from .settings import differing
from .units import whole_jobs


def launch_request(
    server: ServerClient,
    *,
    name: str | None = None,
    profile: str | None = None,
    workers: int | None = None,
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
) -> Json:
    """The request of docs/contract.md; `DaskCluster` explains the arguments and their defaults.

    Raises ServerNotFound, RequestRefused.
    """
    processes, gpus = whole_number(processes), whole_number(gpus)
    jobs = whole_number(workers)
    if type(jobs) is int and jobs > 0:
        each = processes if processes is not None else gpus or None  # each GPU gets a worker
        if each is None:
            # A server of an earlier version has one worker in each job.
            offered = server.profile(profile)
            fields = offered["schema"]["properties"]["workers"]["properties"] if offered else {}
            each = fields["processes"]["default"] if "processes" in fields else 1
        jobs = whole_jobs(jobs, each) if type(each) is int and each > 0 else jobs
    asked = {"jobs": jobs, "nodes": nodes, "memory": worker_memory, "cpus": worker_cpus, "time": worker_time}
    kind = {"processes": processes, "threads": threads, "gpus": gpus, "gpu_model": gpu_model}
    request: Json = {
        "name": name,
        "profile": profile or None,
        "layout": layout,
        "workspace": server.workspace(os.getcwd()) if workspace is None else workspace,
        "workers": _without_none({**asked, **kind}),
        "options": {name: _plain(value) for name, value in (options or {}).items()},
        "scheduler": _without_none({"memory": scheduler_memory, "time": scheduler_time}),
        "idle_timeout": idle_timeout,
        "wait_for_running_percent": wait_for_running_percent,
        "python_environment": _environment(server.profile(profile)) if virtual_env is None else virtual_env,
        "dask_config": own_settings(),
    }
    return _without_none(request)


def _plain(value: Any) -> Any:
    """A value of an option as JSON has it: the server refuses what is neither a text nor a list of texts."""
    return list(value) if isinstance(value, (tuple, set, frozenset)) else value


def _environment(offered: Json | None) -> str:
    """This kernel's own environment, empty where the profile offers no choice."""
    return own_environment() if offered is None or "python_environment" in offered["schema"]["properties"] else ""


def own_settings() -> Json:
    """The Dask settings that this kernel passes on to a cluster: allowed ones that differ from Dask's defaults."""
    try:
        import dask
        import distributed  # noqa: F401  it registers its defaults
    except ModuleNotFoundError:
        return {}
    return differing(dask.config.config, dask.config.merge(*dask.config.defaults))


def whole_number(value: Any) -> Any:
    """A whole number as an int, whatever its type (``1e9``, numpy's); anything else unchanged."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    try:
        whole = int(value)
        return whole if whole == value else value
    except (TypeError, ValueError, OverflowError):
        return value


def launch(
    server: ServerClient, request: Json, on_cluster: Callable[[Json], None], replace_workers: bool = False
) -> None:
    """Launch a cluster, and call `on_cluster` with it; an interrupt during this time takes effect afterwards.

    `replace_workers` as in `DaskCluster`.

    Raises ServerNotFound, RequestRefused.
    """
    with _deferred_interrupts():
        cluster = server.launch(request)
        on_cluster(cluster)
        if replace_workers:
            on_cluster(server.replace_workers(cluster["id"], True))


@contextmanager
def _deferred_interrupts() -> Iterator[None]:
    """Defer interrupts during a short operation whose result would otherwise be lost."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    received: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda *what: received.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if received:
            before(*received[0])


def _without_none(values: Json) -> Json:
    """The values without omitted ones, for which the profile has defaults."""
    return {name: whole_number(value) for name, value in values.items() if value is not None and value != {}}
