"""A keeper in this process, with real local jobs that sleep: what fails in it, and what comes at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from core.sample import renamed

from jupyterlab_dask_hpc.batch.local.client import Local
from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.control import controller as cluster_module
from jupyterlab_dask_hpc.control import launch as launch_module
from jupyterlab_dask_hpc.control.access import own_account
from jupyterlab_dask_hpc.control.manager import ClusterManager
from jupyterlab_dask_hpc.control.profiles import read_profile
from jupyterlab_dask_hpc.control.site import Site
from jupyterlab_dask_hpc.control.store import RecordStore
from jupyterlab_dask_hpc.control.workspace import Workspaces
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import read_request
from testbed.processes import marked

PATIENCE = 90.0
PROFILE = read_profile(Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json", own_options())


class House:
    """Where a keeper lives: its state, its workspace, and a gate before every launch."""

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
            pace=0.25,
            python=lambda *_: asleep,
            check_environment=self._check,
            account=own_account,
            stuck_after=240,
        )

    @asynccontextmanager
    async def keeper(self) -> AsyncIterator[ClusterManager]:
        """One that has started; nothing of it is left behind."""
        keeper = ClusterManager(self.site, self.store, "me", Workspaces(self.root))
        keeper.start()
        try:
            yield keeper
        finally:
            await keeper.stop_all("The test is over.", timeout=PATIENCE)
            await keeper.close()

    def kept(self) -> list[str]:
        """Names of the clusters' folders on disk."""
        return [path.name for path in (self.store.folder("0" * 10).parent).iterdir()]

    async def _check(self, _: str) -> None:
        await self.gate.wait()


def wanted(name: str, workers: int = 2) -> dict[str, Any]:
    return {"name": name, "profile": "local", "workers": {"jobs": workers, "memory": "256M"}}


async def until(met: Callable[[], object]) -> None:
    deadline = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)


async def up(keeper: ClusterManager, name: str) -> str:
    """The id of a cluster whose workers run."""
    id: str = (await keeper.launch(wanted(name)))["id"]
    await until(lambda: keeper.cluster(id)["workers"]["running"] == 2)
    return id


def arrays(keeper: ClusterManager, id: str) -> set[str]:
    return {job["id"].split("_")[0] for job in keeper.jobs(id)}


def break_for(monkeypatch: pytest.MonkeyPatch, module: object, function: str, victim: str) -> None:
    """Let one function of the keeping fail for the cluster of one id, as a bug in it would."""
    real = getattr(module, function)

    def broken(*given: Any) -> Any:
        records = [getattr(one, "record", one) for one in given]
        if any(isinstance(one, Record) and one.id == victim for one in records):
            raise RuntimeError("boom")
        return real(*given)

    monkeypatch.setattr(module, function, broken)


@pytest.mark.parametrize("function", ["reconcile", "apply_snapshot", "cluster_view"])
def test_an_error_of_one_cluster_harms_no_other_and_keeps_nothing_alive(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    async def play() -> None:
        house = House(tmp_path)
        async with house.keeper() as keeper:
            steady, broken = await up(keeper, "steady"), await up(keeper, "broken")
            jobs = arrays(keeper, broken)
            break_for(monkeypatch, cluster_module, function, broken)
            if function == "reconcile":
                await until(lambda: "boom" in keeper.cluster(broken)["reason"])
                assert "the notebook server's log has the details" in keeper.cluster(broken)["reason"]
            assert keeper.cluster(steady)["reason"] == ""
            assert (await keeper.launch(wanted("another")))["state"] != "failed"

            await keeper.stop_all("You logged out.", timeout=5)
            await until(lambda: keeper.cluster(steady)["state"] == "closed")
            await until(lambda: not any(marked(JUPYTERLAB_DASK_HPC_JOB_ID=job) for job in jobs))
            monkeypatch.undo()

            def kept() -> Record:
                return next(record for record in house.store.read_all("me")[0] if record.id == broken)

            await until(lambda: kept().state == "closed")
            assert kept().reason == "You logged out."

    asyncio.run(play())


def test_an_answer_that_cannot_be_used_does_not_end_the_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        house = House(tmp_path)
        async with house.keeper() as keeper:
            id = await up(keeper, "demo")

            async def odd(known: object) -> Any:
                raise KeyError("surprise")

            monkeypatch.setattr(house.batch, "snapshot", odd)
            await until(lambda: keeper.cluster(id)["stale"])
            assert "surprise" in keeper.batches()[0]["message"]
            monkeypatch.undo()
            await until(lambda: not keeper.cluster(id)["stale"])

    asyncio.run(play())


def test_a_launch_under_way_when_the_user_leaves_does_not_begin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play() -> None:
        house = House(tmp_path)
        async with house.keeper() as keeper:
            # One is stopped at its checks, one while its folder is being made.
            house.gate.clear()
            checked = asyncio.create_task(keeper.launch(wanted("checked")))
            await until(lambda: keeper._launching)
            leaving = asyncio.create_task(keeper.stop_all("You logged out.", timeout=PATIENCE))
            await asyncio.sleep(0)
            house.gate.set()
            assert await leaving
            with pytest.raises(ApiError, match=r"You logged out\. checked was not launched\."):
                await checked

            reached, go_on = threading.Event(), threading.Event()
            real = launch_module.install

            def slow(folder: Path) -> None:
                reached.set()
                assert go_on.wait(PATIENCE)
                real(folder)

            monkeypatch.setattr(launch_module, "install", slow)
            furnished = asyncio.create_task(keeper.launch(wanted("furnished")))
            await until(reached.is_set)
            both = [asyncio.create_task(keeper.stop_all("You logged out.", timeout=PATIENCE)) for _ in range(2)]
            await asyncio.sleep(0)
            go_on.set()
            assert await asyncio.gather(*both) == [True, True]
            with pytest.raises(ApiError, match="furnished was not launched"):
                await furnished
            assert house.kept() == []
            assert keeper.clusters() == []
            assert (await house.batch.snapshot({})).jobs == ()

            # Who logs in again may launch at once, by the same name too.
            again = await up(keeper, "furnished")
            assert await keeper.stop_all("You logged out.", timeout=PATIENCE)
            assert keeper.cluster(again)["state"] == "closed"

            # A server that ends launches nothing more.
            assert await keeper.stop_all("The notebook server was stopped.", leaving=True)
            with pytest.raises(ApiError, match="The notebook server was stopped"):
                await keeper.launch(wanted("late"))

    asyncio.run(play())


def test_launch_and_stop_at_the_same_time_leave_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        house = House(tmp_path)
        async with house.keeper() as keeper:

            async def launch_and_stop() -> None:
                launching = asyncio.create_task(keeper.launch(wanted("", workers=1)))
                known: set[str] = set()
                while not launching.done():
                    for cluster in keeper.clusters():
                        if cluster["id"] not in known:
                            known.add(cluster["id"])
                            keeper.stop(cluster["id"])
                    await asyncio.sleep(0)
                await launching

            await asyncio.gather(*(launch_and_stop() for _ in range(10)))
            ids = [cluster["id"] for cluster in keeper.clusters()]
            assert len(ids) == 10
            submissions = {job for id in ids for job in arrays(keeper, id)}
            assert await keeper.stop_all("You logged out.", timeout=PATIENCE)
            assert {cluster["state"] for cluster in keeper.clusters()} == {"closed"}
            assert not any(marked(JUPYTERLAB_DASK_HPC_JOB_ID=job) for job in submissions)

    asyncio.run(play())


def drafted(house: House, **changes: Any) -> Record:
    """A cluster of the profile ``local``, as an earlier server has kept it."""
    request = read_request(wanted("half"), PROFILE, [])
    first = Record(
        id="3f9c0a51d2",
        owner="me",
        batch="local",
        request=request,
        workspace=str(house.root),
        dashboard_key="key",
        created=time.time(),
        submissions=plan("3f9c0a51d2", request, 1000),
    )
    return first.model_copy(update=changes)


def test_a_launch_that_died_before_its_first_submit_is_undone(tmp_path: Path) -> None:
    async def play() -> None:
        house = House(tmp_path)
        house.store.write(drafted(house))
        (house.store.folder("3f9c0a51d2") / "client-key.pem").touch()
        async with house.keeper() as keeper:
            assert keeper.clusters() == []
            assert house.kept() == []
            assert [*map(str, keeper.notices())] == [
                "The notebook server ended before half was submitted. Launch it again."
            ]

    asyncio.run(play())


def test_a_cluster_whose_profile_is_gone_says_so(tmp_path: Path) -> None:
    async def play() -> None:
        house = House(tmp_path)
        kept = drafted(house)
        lost = kept.scheduler.model_copy(update={"submitted_at": time.time() - 100, "attempts": 1})
        request = kept.request.model_copy(update={"profile": "gone"})
        house.store.write(kept.model_copy(update={"request": request, "submissions": (lost, *kept.worker_submissions)}))
        async with house.keeper() as keeper:
            await until(lambda: keeper.cluster(kept.id)["state"] == "failed")
            reason = keeper.cluster(kept.id)["reason"]
            assert reason == "Cannot submit the scheduler: the profile gone is no longer offered"

    asyncio.run(play())


def test_a_record_that_cannot_be_shown_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        house = House(tmp_path)
        over = drafted(house, state="closed", closed=time.time())
        house.store.write(over)
        house.store.write(renamed(over, "0" * 10))
        break_for(monkeypatch, cluster_module, "cluster_view", over.id)
        async with house.keeper() as keeper:
            assert [cluster["id"] for cluster in keeper.clusters()] == ["0" * 10]
            [trouble] = map(str, keeper.notices())
            assert f"The record of the cluster {over.id} cannot be used" in trouble
            assert "within 30 min" in trouble

    asyncio.run(play())
