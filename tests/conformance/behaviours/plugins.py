"""Plugins of each kind, with and without a restart."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

from distributed import Client
from distributed.diagnostics.plugin import (
    Environ,
    NannyPlugin,
    PipInstall,
    SchedulerPlugin,
    UploadDirectory,
    WorkerPlugin,
)

from .registry import FRESH, SCALED, Context, behaviour


def register(client: Client, plugin: Any, name: str) -> None:
    """Register a plugin, whatever distributed of that time calls it."""
    if hasattr(client, "register_plugin"):
        client.register_plugin(plugin, name=name)
    elif isinstance(plugin, SchedulerPlugin):
        client.register_scheduler_plugin(plugin, name=name)
    else:
        client.register_worker_plugin(plugin, name=name)


def new_workers(context: Context, before: dict[str, int]) -> Any:
    """How the workers come back: how many of how many, and whether their names stay."""
    after = context.complete(list(before.values()))
    return {"workers": len(after), "same names": sorted(after) == sorted(before)}


def variable(context: Context, name: str) -> list[Any]:
    """The values of a variable on all workers."""

    def see(name: str) -> Any:
        import os

        return os.environ.get(name)

    return context.everywhere(see, name)


@behaviour(upsetting=True)
def worker_plugin(client: Client, context: Context) -> Any:
    """A WorkerPlugin is set up on all workers, and torn down when it is unregistered."""

    class Marks(WorkerPlugin):
        def __init__(self, folder: str) -> None:
            self.folder = folder

        def setup(self, worker: Any) -> None:
            open(f"{self.folder}/up-{worker.name}", "w").close()

        def teardown(self, worker: Any) -> None:
            open(f"{self.folder}/down-{worker.name}", "w").close()

    def marks(kind: str) -> int:
        return len(list(context.folder.glob(f"{kind}-*")))

    register(client, Marks(str(context.folder)), "marks")
    up = context.until(lambda: marks("up") == context.workers and marks("up"))
    client.unregister_worker_plugin("marks")
    down = context.until(lambda: marks("down") == context.workers and marks("down"))
    return {"set up": up, "torn down": down}


@behaviour(upsetting=True)
def nanny_plugin(client: Client, context: Context) -> Any:
    """A NannyPlugin without restart is set up in all nannies, and leaves the workers alone."""
    before = context.complete()

    class Marks(NannyPlugin):
        restart = False

        def __init__(self, folder: str) -> None:
            self.folder = folder

        def setup(self, nanny: Any) -> None:
            open(f"{self.folder}/up-{nanny.name}", "w").close()

    register(client, Marks(str(context.folder)), "nanny-marks")
    up = context.until(lambda: len(list(context.folder.glob("up-*"))) == context.workers)
    client.unregister_worker_plugin("nanny-marks", nanny=True)
    return {"set up": up, "stayed": context.complete() == before}


@behaviour(FRESH, SCALED, upsetting=True)
def nanny_plugin_with_restart(client: Client, context: Context) -> Any:
    """A NannyPlugin with restart restarts all workers, with what it has set."""
    before = context.complete()

    class Sets(NannyPlugin):
        restart = True

        def setup(self, nanny: Any) -> None:
            nanny.env["SET_BY_PLUGIN"] = "yes"

    register(client, Sets(), f"sets-{context.state}")
    answer = new_workers(context, before)
    values = variable(context, "SET_BY_PLUGIN")
    client.unregister_worker_plugin(f"sets-{context.state}", nanny=True)
    return {**answer, "values": values}


@behaviour(FRESH, upsetting=True)
def environ_plugin(client: Client, context: Context) -> Any:
    """Environ({"MINE": "yes"}) restarts all workers, with that variable."""
    before = context.complete()
    register(client, Environ({"MINE": "yes"}), "environ")
    return {**new_workers(context, before), "values": variable(context, "MINE")}


@behaviour(upsetting=True)
def environ_plugin_lasts(client: Client, context: Context) -> Any:
    """What Environ has set is there after restarts, and on workers that come later."""
    return variable(context, "MINE")


@behaviour(upsetting=True)
def scheduler_plugin(client: Client, context: Context) -> Any:
    """A SchedulerPlugin runs in the scheduler."""

    class Counts(SchedulerPlugin):
        name = "counts"

        def start(self, scheduler: Any) -> None:
            scheduler.counted_workers = len(scheduler.workers)

    register(client, Counts(), f"counts-{context.state}")
    counted = client.run_on_scheduler(lambda dask_scheduler: dask_scheduler.counted_workers)
    if hasattr(client, "unregister_scheduler_plugin"):
        client.unregister_scheduler_plugin(f"counts-{context.state}")
    return counted


@behaviour(FRESH, SCALED, upsetting=True)
def uploaded_directory(client: Client, context: Context) -> Any:
    """UploadDirectory(restart_workers=True) restarts all workers, and tasks import what it has sent."""
    before = context.complete()
    package = context.folder / f"sent_{context.state}"
    package.mkdir()
    (package / "__init__.py").write_text("ANSWER = 42\n")
    options: dict[str, Any] = {"restart_workers": True} if hasattr(client, "register_plugin") else {"restart": True}
    register(client, UploadDirectory(str(package), update_path=True, **options), package.name)

    def use(name: str) -> Any:
        import importlib

        return importlib.import_module(name).ANSWER

    return {**new_workers(context, before), "imported": context.everywhere(use, package.name)}


@behaviour(SCALED, upsetting=True)
def installed_package(client: Client, context: Context) -> Any:
    """PipInstall(restart_workers=True) installs a package, and restarts all workers, which import it."""
    before = context.complete()
    wheel = tiny_wheel(context.folder, "conformance_tiny")
    options = {"restart_workers": True} if hasattr(client, "register_plugin") else {"restart": True}
    pip = ["--no-index", "--no-deps", "--force-reinstall", "--disable-pip-version-check"]
    register(client, PipInstall([str(wheel)], pip_options=pip, **options), "pip")

    def use() -> Any:
        import conformance_tiny

        return conformance_tiny.ANSWER

    return {**new_workers(context, before), "imported": context.everywhere(use)}


def tiny_wheel(folder: Path, name: str) -> Path:
    """A package to install, of one line."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", "ANSWER = 42\n")
        wheel.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(
            f"{about}/WHEEL", "Wheel-Version: 1.0\nGenerator: none\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{about}/RECORD", f"{name}.py,,\n{about}/METADATA,,\n{about}/WHEEL,,\n{about}/RECORD,,\n")
    return path
