"""Waiting for what happens when it happens."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from jupyterlab_dask_hpc.batch.base import BatchSystem
from jupyterlab_dask_hpc.batch.jobs import Job

T = TypeVar("T")


async def until(ask: Callable[[], Awaitable[T]], good: Callable[[T], bool], seconds: float = 60) -> T:
    """Ask again and again; fails with the last answer."""
    end = time.monotonic() + seconds
    while True:
        answer = await ask()
        if good(answer):
            return answer
        assert time.monotonic() < end, f"still: {answer}"
        await asyncio.sleep(0.1)


async def jobs(batch: BatchSystem, id: str, good: Callable[[Sequence[Job]], bool]) -> Sequence[Job]:
    """The jobs of one submit as soon as the snapshot shows them as wanted."""

    async def ask() -> Sequence[Job]:
        return [job for job in (await batch.snapshot({})).jobs if job.submission == id]

    return await until(ask, good)


def all_in(*words: str, count: int = 1) -> Callable[[Sequence[Job]], bool]:
    """As many jobs as that, all in one of these states."""
    return lambda jobs: len(jobs) == count and all(job.native_state in words for job in jobs)
