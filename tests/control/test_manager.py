"""A manager in this process, with real local jobs that sleep: what fails in it, and what comes at the same time."""

from __future__ import annotations

import asyncio
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from core.sample import renamed
from support.polling import TIMEOUT_S, until_async
from support.server import reason_of

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.control import controller as cluster_module
from jupyterlab_dask_hpc.control import launch as launch_module
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import read_request
from testbed.processes import marked

from .setup import PROFILE, Setup, arrays, body, launched


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
def test_an_error_of_one_cluster_affects_no_other_and_leaves_no_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, function: str
) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        async with setup.manager() as manager:
            steady, broken = await launched(manager, "steady"), await launched(manager, "broken")
            jobs = arrays(manager, broken)
            break_for(monkeypatch, cluster_module, function, broken)
            if function == "reconcile":
                await until_async(lambda: "boom" in reason_of(manager.cluster(broken)))
                assert "the notebook server's log has the details" in reason_of(manager.cluster(broken))
            assert manager.cluster(steady)["reason"] is None
            assert (await manager.launch(body("another")))["state"] != "failed"

            await manager.stop_all(Message("reason.logged-out"), timeout=5)
            await until_async(lambda: manager.cluster(steady)["state"] == "closed")
            await until_async(lambda: not any(marked(JUPYTERLAB_DASK_HPC_JOB_ID=job) for job in jobs))
            monkeypatch.undo()

            def saved() -> Record:
                return next(record for record in setup.store.read_all("me")[0] if record.id == broken)

            await until_async(lambda: saved().state == "closed")
            assert saved().reason == Message("reason.logged-out")

    asyncio.run(play())


def test_an_answer_that_cannot_be_used_does_not_end_the_poll(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        async with setup.manager() as manager:
            id = await launched(manager, "demo")

            async def odd(known: object) -> Any:
                raise KeyError("surprise")

            monkeypatch.setattr(setup.batch, "snapshot", odd)
            await until_async(lambda: manager.cluster(id)["stale"])
            assert "surprise" in manager.batches()[0]["message"]["text"]
            monkeypatch.undo()
            await until_async(lambda: not manager.cluster(id)["stale"])

    asyncio.run(play())


def test_a_launch_in_progress_at_log_out_is_not_submitted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        async with setup.manager() as manager:
            # One is stopped at its checks, one while its folder is being made.
            setup.gate.clear()
            checked = asyncio.create_task(manager.launch(body("checked")))
            await until_async(lambda: manager._launching)
            leaving = asyncio.create_task(manager.stop_all(Message("reason.logged-out"), timeout=TIMEOUT_S))
            await asyncio.sleep(0)
            setup.gate.set()
            assert await leaving
            with pytest.raises(ApiError, match=r"You logged out\. checked was not launched\."):
                await checked

            reached, go_on = threading.Event(), threading.Event()
            real = launch_module.install

            def slow(folder: Path) -> None:
                reached.set()
                assert go_on.wait(TIMEOUT_S)
                real(folder)

            monkeypatch.setattr(launch_module, "install", slow)
            furnished = asyncio.create_task(manager.launch(body("furnished")))
            await until_async(reached.is_set)
            both = [
                asyncio.create_task(manager.stop_all(Message("reason.logged-out"), timeout=TIMEOUT_S)) for _ in range(2)
            ]
            await asyncio.sleep(0)
            go_on.set()
            assert await asyncio.gather(*both) == [True, True]
            with pytest.raises(ApiError, match="furnished was not launched"):
                await furnished
            assert setup.saved() == []
            assert manager.clusters() == []
            assert (await setup.batch.snapshot({})).jobs == ()

            # Who logs in again may launch at once, by the same name too.
            again = await launched(manager, "furnished")
            assert await manager.stop_all(Message("reason.logged-out"), timeout=TIMEOUT_S)
            assert manager.cluster(again)["state"] == "closed"

            # A server that ends launches nothing more.
            assert await manager.stop_all(Message("reason.server-stopped"), shutdown=True)
            with pytest.raises(ApiError, match="The notebook server was stopped"):
                await manager.launch(body("late"))

    asyncio.run(play())


def test_launch_and_stop_at_the_same_time_leave_nothing(tmp_path: Path) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        async with setup.manager() as manager:

            async def launch_and_stop() -> None:
                launching = asyncio.create_task(manager.launch(body("", workers=1)))
                known: set[str] = set()
                while not launching.done():
                    for cluster in manager.clusters():
                        if cluster["id"] not in known:
                            known.add(cluster["id"])
                            manager.stop(cluster["id"])
                    await asyncio.sleep(0)
                await launching

            await asyncio.gather(*(launch_and_stop() for _ in range(10)))
            ids = [cluster["id"] for cluster in manager.clusters()]
            assert len(ids) == 10
            submissions = {job for id in ids for job in arrays(manager, id)}
            assert await manager.stop_all(Message("reason.logged-out"), timeout=TIMEOUT_S)
            assert {cluster["state"] for cluster in manager.clusters()} == {"closed"}
            assert not any(marked(JUPYTERLAB_DASK_HPC_JOB_ID=job) for job in submissions)

    asyncio.run(play())


def drafted(setup: Setup, **changes: Any) -> Record:
    """A cluster of the profile ``local``, as an earlier server has kept it."""
    request = read_request(body("half"), PROFILE, [])
    first = Record(
        id="3f9c0a51d2",
        owner="me",
        batch="local",
        request=request,
        workspace=str(setup.root),
        dashboard_key="key",
        created=time.time(),
        submissions=plan("3f9c0a51d2", request, ArrayLimits(1000)),
    )
    return first.model_copy(update=changes)


def test_a_launch_that_died_before_its_first_submit_is_undone(tmp_path: Path) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        setup.store.write(drafted(setup))
        (setup.store.folder("3f9c0a51d2") / "client-key.pem").touch()
        async with setup.manager() as manager:
            assert manager.clusters() == []
            assert setup.saved() == []
            assert [*map(str, manager.notices())] == [
                "The notebook server ended before half was submitted. Launch it again."
            ]

    asyncio.run(play())


def test_a_cluster_whose_profile_is_gone_shows_that_as_the_reason(tmp_path: Path) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        saved = drafted(setup)
        lost = saved.scheduler.model_copy(update={"submitted_at": time.time() - 100, "attempts": 1})
        request = saved.request.model_copy(update={"profile": "gone"})
        setup.store.write(
            saved.model_copy(update={"request": request, "submissions": (lost, *saved.worker_submissions)})
        )
        async with setup.manager() as manager:
            await until_async(lambda: manager.cluster(saved.id)["state"] == "failed")
            reason = reason_of(manager.cluster(saved.id))
            assert reason == "Cannot submit the scheduler: The profile gone is no longer offered."

    asyncio.run(play())


def test_a_record_that_cannot_be_shown_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        ended = drafted(setup, state="closed", closed=time.time())
        setup.store.write(ended)
        setup.store.write(renamed(ended, "0" * 10))
        break_for(monkeypatch, cluster_module, "cluster_view", ended.id)
        async with setup.manager() as manager:
            assert [cluster["id"] for cluster in manager.clusters()] == ["0" * 10]
            [problem] = map(str, manager.notices())
            assert f"The record of the cluster {ended.id} cannot be used" in problem
            assert "within 30 min" in problem

    asyncio.run(play())
