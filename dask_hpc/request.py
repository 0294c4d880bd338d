"""What a launch asks the notebook server for."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from .environment import own_environment
from .server import Json, Server
from .settings import differing


def launch_request(
    server: Server,
    *,
    name: str | None = None,
    profile: str | None = None,
    workers: int | None = None,
    worker_memory: str | int | None = None,
    worker_cpus: int | None = None,
    worker_time: str | int | None = None,
    scheduler_memory: str | int | None = None,
    scheduler_time: str | int | None = None,
    idle_timeout: str | int | None = None,
    wait_for_running_percent: int | None = None,
    virtual_env: str | None = None,
    workspace: str | None = None,
) -> Json:
    """The request of docs/contract.md; see `DaskCluster` for what each means, and for what stands for what is left out.

    Raises ServerNotFound, RequestRefused.
    """
    asked: Json = {
        "name": name,
        "profile": profile or server.request("GET", "profiles")["default"],
        "workspace": server.workspace(os.getcwd()) if workspace is None else workspace,
        "workers": _given({"jobs": workers, "memory": worker_memory, "cpus": worker_cpus, "time": worker_time}),
        "scheduler": _given({"memory": scheduler_memory, "time": scheduler_time}),
        "idle_timeout": idle_timeout,
        "wait_for_running_percent": wait_for_running_percent,
        "python_environment": own_environment() if virtual_env is None else virtual_env,
        "dask_config": own_settings(),
    }
    return _given(asked)


def own_settings() -> Json:
    """This kernel's settings of Dask that a cluster gets: those that travel, and are not Dask's defaults."""
    try:
        import dask
        import distributed  # noqa: F401  its defaults are to be known
    except ModuleNotFoundError:
        return {}
    return differing(dask.config.config, dask.config.merge(*dask.config.defaults))


def number(value: Any) -> Any:
    """A number that is whole as an int, whatever its type (``1e9``, numpy's own); anything else as it is."""
    if isinstance(value, (str, bool, int)) or value is None:
        return value
    try:
        whole = int(value)
        return whole if whole == value else value
    except (TypeError, ValueError, OverflowError):
        return value


def launch(server: Server, request: Json, note: Callable[[Json], None], keep_workers: bool = False) -> None:
    """Launch a cluster, and tell `note` of it; an interrupt that comes meanwhile strikes after that.

    `keep_workers` as in `DaskCluster`.

    Raises ServerNotFound, RequestRefused.
    """
    with _interrupts_later():
        cluster = server.launch(request)
        note(cluster)
        if keep_workers:
            note(server.keep_workers(cluster["id"], True))


@contextmanager
def _interrupts_later() -> Iterator[None]:
    """For a deed that is done in a moment, and would be lost sight of if it were broken off."""
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(before):
        yield
        return
    came: list[tuple[int, Any]] = []
    signal.signal(signal.SIGINT, lambda *what: came.append(what))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
        if came:
            before(*came[0])


def _given(values: Json) -> Json:
    """Without what was left out, which is the profile's to say."""
    return {name: number(value) for name, value in values.items() if value is not None and value != {}}
