"""A manager in this process, with real local jobs that sleep."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

from support.polling import TIMEOUT_S, until_async

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.local.client import Local
from jupyterlab_dask_hpc.control.access import own_account
from jupyterlab_dask_hpc.control.manager import ClusterManager
from jupyterlab_dask_hpc.control.site import Site
from jupyterlab_dask_hpc.control.store import RecordStore
from jupyterlab_dask_hpc.control.workspace import Workspaces
from testbed.profile import usable_profile

PROFILE = usable_profile(Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json")


class Setup:
    """What a manager needs: its state, its workspace, and a gate before every launch."""

    def __init__(self, folder: Path) -> None:
        self.store = RecordStore(folder / "state")
        self.batch = Local(folder / "local", grace=1)
        self.gate = asyncio.Event()
        self.gate.set()
        asleep = folder / "python"
        asleep.write_text("#!/bin/sh\nexec sleep 900\n")
        asleep.chmod(0o755)
        self.root = folder / "home"
        self.root.mkdir(exist_ok=True)
        self.site = Site(
            profiles={"local": PROFILE},
            batches={"local": self.batch},
            variables=lambda _: {"PATH": "/usr/bin:/bin"},
            lease=1800,
            poll_interval_factor=0.25,
            python=lambda *_: (str(asleep),),
            check_environment=self._check,
            account=own_account,
            stuck_after=240,
        )

    @asynccontextmanager
    async def manager(self) -> AsyncIterator[ClusterManager]:
        """One that has started; nothing of it is left behind."""
        manager = ClusterManager(self.site, self.store, "me", Workspaces(self.root))
        manager.start()
        try:
            yield manager
        finally:
            await manager.stop_all(Message("text", text="The test is over."), timeout=TIMEOUT_S)
            await manager.close()

    def saved(self) -> list[str]:
        """Names of the clusters' folders on disk."""
        return [path.name for path in (self.store.folder("0" * 10).parent).iterdir()]

    async def _check(self, *_: object) -> None:
        await self.gate.wait()


def body(name: str, workers: int = 2) -> dict[str, Any]:
    return {"name": name, "profile": "local", "workers": {"jobs": workers, "memory": "256M"}}


async def launched(manager: ClusterManager, name: str) -> str:
    """The id of a cluster whose workers run."""
    id: str = (await manager.launch(body(name)))["id"]
    await until_async(lambda: manager.cluster(id)["workers"]["running"] == 2)
    return id


def arrays(manager: ClusterManager, id: str) -> set[str]:
    return {job["id"].split("_")[0] for job in manager.jobs(id)}
