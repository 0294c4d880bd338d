"""Resetting the idle timer: a refusal has a reason."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from support.polling import until_async

from jupyterlab_dask_hpc.core.errors import ApiError

from .setup import Setup, launched


def test_an_idle_timer_that_cannot_be_reset_is_an_error_with_the_reason(tmp_path: Path) -> None:
    async def play() -> None:
        setup = Setup(tmp_path)
        async with setup.manager() as manager:
            id = await launched(manager, "demo")
            # Its jobs sleep: there is no scheduler that would answer.
            with pytest.raises(ApiError, match="scheduler of demo does not answer") as silent:
                await manager.reset_idle(id)
            assert (silent.value.status, silent.value.reason) == (503, "silent")
            manager.stop(id)
            await until_async(lambda: manager.cluster(id)["closed"])
            with pytest.raises(ApiError, match="demo has ended") as ended:
                await manager.reset_idle(id)
            assert (ended.value.status, ended.value.reason) == (409, "closed")
            with pytest.raises(ApiError) as unknown:
                await manager.reset_idle("0" * 10)
            assert unknown.value.status == 404

    asyncio.run(play())
