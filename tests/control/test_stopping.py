"""A manager that stops, whatever its clusters do meanwhile: with a farm of no process, so that it can be done often."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import random
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.polling import TIMEOUT_S, until_async
from support.server import reason_of

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.base import LOG_ID, BatchOptions, BatchSilent, Capabilities, JobOptions
from jupyterlab_dask_hpc.batch.jobs import Job, JobRef, JobState, Outcome, Snapshot
from jupyterlab_dask_hpc.control.manager import ClusterManager
from jupyterlab_dask_hpc.control.scheduler_client import SchedulerClient, SchedulerSilent
from jupyterlab_dask_hpc.control.store import RecordStore
from jupyterlab_dask_hpc.control.workspace import Workspaces
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.scheduler_status import Report, Tasks
from jupyterlab_dask_hpc.logs.follower import Follower

from .setup import Setup, body

STOPS = 30
STOP_INTERVAL_S = 0.5
"""Seconds that a manager waits here for its jobs."""
STOP_TIMEOUT_S = 3.0 + 5.0
"""Seconds after that within which it has closed: its own bound, and what a machine with much to do adds."""

ENDED: dict[JobState, dict[str, Any]] = {JobState.ENDED: {"outcome": Outcome.CANCELLED}}
WORDS = {JobState.RUNNING: "RUNNING", JobState.ENDING: "COMPLETING", JobState.ENDED: "CANCELLED"}


class Farm:
    """A batch system in memory: what is submitted runs at once, what is cancelled stays `cancelled`."""

    name = title = "local"
    capabilities = Capabilities(nodes_are_here=True)
    options = BatchOptions
    job_variable, task_variable, restart_variable = "JOB", "TASK", "RESTARTS"

    def __init__(self, store: RecordStore, cancelled: JobState) -> None:
        self._store = store
        self._cancelled = cancelled
        self.answers = True
        self.jobs: dict[JobRef, Job] = {}
        self.cancels = 0

    @classmethod
    def create(cls, setup: object) -> Farm:
        raise NotImplementedError

    @classmethod
    def installed(cls) -> bool:
        return True

    def header(self, options: JobOptions) -> list[str]:
        return []

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        await asyncio.sleep(0)
        number = str(100 + len({job.submission for job in self.jobs.values()}))
        for task in range(options.tasks) if options.tasks is not None else [None]:
            ref = JobRef(number, task)
            self.jobs[ref] = Job(number, task, options.name, JobState.RUNNING, "RUNNING", start=time.time())
            (workspace / options.log.replace(LOG_ID, self.job_id(ref))).write_text("INFO: begun\n")
        if options.tasks is None:
            [folder] = [path for path in self._store.folder("0" * 10).parent.iterdir() if path.name in options.name]
            (folder / "scheduler.started").write_text(number)
            shown = {"address": "tls://127.0.0.1:1", "control": "https://127.0.0.1:1", "pid": 1}
            (folder / "scheduler.json").write_text(json.dumps({**shown, "distributed": "1", "python": "3"}))
        return number

    def job_id(self, job: JobRef) -> str:
        return job.submission if job.index is None else f"{job.submission}_{job.index}"

    def own_id(self, submission: str) -> str:
        return submission

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        at = time.time()
        await asyncio.sleep(random.choice([0, 0.005]))
        if not self.answers:
            raise BatchSilent("no answer")
        return Snapshot(at, tuple(self.jobs.values()))

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        asked = {job.submission for job in jobs}
        return tuple(job for job in self.jobs.values() if job.submission in asked)

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        self.cancels += 1
        for job in list(self.jobs.values()):
            if JobRef(job.submission) in jobs or job.ref in jobs:
                ended = ENDED.get(self._cancelled, {})
                word = WORDS[self._cancelled]
                self.jobs[job.ref] = replace(job, state=self._cancelled, native_state=word, **ended)

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        return []

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        return None

    async def largest_array(self) -> int:
        return 1000


class Storm:
    """Everything that a user, the batch system and the schedulers can do to a manager, as fast as the loop turns."""

    def __init__(self, manager: ClusterManager, store: RecordStore) -> None:
        self._manager = manager
        self._store = store
        self._tasks: list[asyncio.Task[None]] = []

    @contextlib.contextmanager
    def blowing(self) -> Iterator[None]:
        ids = [cluster["id"] for cluster in self._manager.clusters()]
        work: list[Coroutine[Any, Any, None]] = [self._busy(), self._launch(), self._watch()]
        for id in ids:
            work += [self._scale(id), self._reset_idle(id), self._follow(id), self._touch(id)]
        self._tasks = [asyncio.create_task(each) for each in work]
        try:
            yield
        finally:
            for task in self._tasks:
                task.cancel()

    async def _busy(self) -> None:
        while True:
            time.sleep(0.001)  # noqa: ASYNC251
            await asyncio.sleep(0)

    async def _launch(self) -> None:
        while True:
            with contextlib.suppress(ApiError):
                await self._manager.launch(body("", workers=1))
            await asyncio.sleep(0.05)

    async def _watch(self) -> None:
        with self._manager.listening() as changed:
            while True:
                await changed.wait()
                changed.clear()
                self._manager.clusters()
                await asyncio.sleep(0)

    async def _scale(self, id: str) -> None:
        for count in iter(lambda: random.randint(1, 4), None):
            with contextlib.suppress(ApiError):
                await self._manager.change(id, {"workers": {"count": count}})
            await asyncio.sleep(0)

    async def _reset_idle(self, id: str) -> None:
        while True:
            with contextlib.suppress(ApiError):
                await self._manager.reset_idle(id)
            await asyncio.sleep(0)

    async def _follow(self, id: str) -> None:
        logs = self._manager.logs_of(id)
        async for _ in Follower(logs, next(iter(logs.files())), 0).news():
            await asyncio.sleep(0)

    async def _touch(self, id: str) -> None:
        while True:
            with contextlib.suppress(OSError):
                (self._store.folder(id) / "new").write_text("")
                (self._store.folder(id) / "new").unlink()
            await asyncio.sleep(0.01)


async def report(*_: object, **__: object) -> Report:
    """A scheduler of which something is new each time, or that is silent."""
    await asyncio.sleep(0)
    if random.random() < 0.2:
        raise SchedulerSilent("no answer")
    names = {f"w101_{task}": random.randint(1, 9) for task in range(random.randint(0, 2))}
    return Report(1, len(names), names, None, Tasks(1, 1), None)


async def closed(manager: ClusterManager, seconds: float) -> bool:
    """Whether it has closed within so many seconds."""
    closing = asyncio.create_task(manager.close())
    await asyncio.wait({closing}, timeout=seconds)
    ended = closing.done()
    while not closing.done():  # what would not end must not stay
        for task in manager._tasks:
            task.cancel()
        await asyncio.sleep(0.05)
    closing.result()
    return ended


def started(setup: Setup, farm: Farm) -> ClusterManager:
    """A manager whose local batch system is `farm`."""
    setup.site.batches["local"] = farm  # type: ignore[index]
    manager = ClusterManager(setup.site, setup.store, "me", Workspaces(setup.root))
    manager.start()
    return manager


def test_a_manager_ends_thirty_times_in_a_storm(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(SchedulerClient, "send_heartbeat", report)
    monkeypatch.setattr(random, "seed", lambda *_: None)

    async def play(folder: Path, cancelled: JobState) -> bool:
        setup = Setup(folder)
        farm = Farm(setup.store, cancelled)
        manager = started(setup, farm)
        for name in ("a", "b", "c"):
            await manager.launch(body(name))
        with Storm(manager, setup.store).blowing():
            await asyncio.sleep(random.uniform(0.05, 0.3))
            began = time.monotonic()
            gone = await manager.stop_all(Message("reason.server-stopped"), timeout=STOP_INTERVAL_S, shutdown=True)
            took = time.monotonic() - began
            ended = await closed(manager, STOP_TIMEOUT_S)
        assert took < STOP_INTERVAL_S + 5
        # What runs on in spite of its cancel is waited for, for so long.
        assert not (gone and cancelled is JobState.RUNNING)
        assert farm.cancels
        return ended and not manager._tasks

    states = [JobState.RUNNING, JobState.ENDING, JobState.ENDED]
    for stop in range(STOPS):
        (tmp_path / str(stop)).mkdir()
    found = [asyncio.run(play(tmp_path / str(stop), states[stop % 3])) for stop in range(STOPS)]
    assert found.count(False) == 0, f"{found.count(False)} of {STOPS} did not end"
    assert "does not end" not in caplog.text


def test_a_task_that_ends_at_no_cancellation_is_left_and_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.ERROR)

    async def play() -> None:
        setup = Setup(tmp_path)
        farm = Farm(setup.store, JobState.ENDED)
        manager = started(setup, farm)
        let_go = asyncio.Event()

        async def deaf(*_: object) -> None:
            while not let_go.is_set():
                with contextlib.suppress(asyncio.CancelledError):
                    await let_go.wait()

        farm.cancel = deaf  # type: ignore[method-assign]
        id = (await manager.launch(body("stubborn")))["id"]
        await until_async(lambda: manager.cluster(id)["workers"]["running"] == 2)
        assert not await manager.stop_all(Message("reason.server-stopped"), timeout=STOP_INTERVAL_S, shutdown=True)
        began = time.monotonic()
        await manager.close(1)
        assert time.monotonic() - began < 1 + 5
        assert f"the task of the cluster stubborn ({id}) does not end" in caplog.text
        let_go.set()
        assert await closed(manager, TIMEOUT_S)

    asyncio.run(play())


def test_jobs_that_complete_delay_nothing_and_reserve_no_name(tmp_path: Path) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        farm = Farm(setup.store, JobState.ENDING)
        manager = started(setup, farm)
        first = (await manager.launch(body("demo")))["id"]
        await until_async(lambda: manager.cluster(first)["workers"]["running"] == 2)
        manager.stop(first)
        # At once, before anything of it has ended.
        second = (await manager.launch(body("demo")))["id"]
        with pytest.raises(ApiError, match="demo"):
            await manager.launch(body("demo"))
        assert [cluster["id"] for cluster in manager.clusters()] == [second, first]
        # What the one writes, the other does not show.
        assert not {log for log in manager.logs_of(first).files()} & {log for log in manager.logs_of(second).files()}

        began = time.monotonic()
        assert await manager.stop_all(Message("reason.logged-out"), timeout=TIMEOUT_S)
        assert time.monotonic() - began < TIMEOUT_S / 2
        assert [manager.cluster(id)["state"] for id in (first, second)] == ["closing", "closing"]

        # Who runs on is waited for.
        farm._cancelled = JobState.RUNNING
        await manager.launch(body("demo"))
        assert not await manager.stop_all(Message("reason.logged-out"), timeout=STOP_INTERVAL_S)
        await manager.close()

    asyncio.run(play())


@pytest.mark.parametrize("file", ["scheduler.json", "scheduler.started"])
def test_a_file_system_that_does_not_answer_blocks_no_cluster_and_no_manager(tmp_path: Path, file: str) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        farm = Farm(setup.store, JobState.ENDED)
        manager = started(setup, farm)
        id = (await manager.launch(body("demo")))["id"]
        await until_async(lambda: manager.cluster(id)["workers"]["running"] == 2)
        # To open a named pipe lasts until somebody writes to it.
        path = setup.store.folder(id) / file
        path.unlink()
        os.mkfifo(path)
        await until_async(lambda: "has not answered for" in reason_of(manager.cluster(id)))
        manager.stop(id)
        await until_async(lambda: farm.cancels)
        assert await closed(manager, STOP_TIMEOUT_S)
        os.close(os.open(path, os.O_RDWR))  # lets the thread go

    asyncio.run(play())
