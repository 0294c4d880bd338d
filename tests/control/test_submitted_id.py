"""What a site's own adapter returns as the id of a submission is checked before it is written."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_dask_hpc.batch.local.client import Local
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.record import is_job_id

from .setup import Setup, body


class Talkative(Local):
    """An adapter that does not take the id out of what its command prints."""

    async def submit(self, *arguments: Any) -> str:
        return "Your job 17 has been submitted"


class Other(Local):
    """An adapter whose jobs know themselves by something else."""

    def own_id(self, submission: str) -> str:
        return "--all"


@pytest.mark.parametrize(("adapter", "shown"), [(Talkative, "'Your job 17 has been submitted'"), (Other, "'")])
def test_an_id_that_is_none_is_refused_at_once(tmp_path: Path, adapter: type[Local], shown: str) -> None:
    async def check() -> str:
        setup = Setup(tmp_path)
        system = adapter(tmp_path / "local", grace=1)
        setup.site = replace(setup.site, batches={"local": system})
        async with setup.manager() as manager:
            with pytest.raises(ApiError) as caught:
                await manager.launch(body("one"))
        assert (caught.value.status, setup.saved()) == (502, [])
        return str(caught.value.message)

    text = asyncio.run(check())
    assert f"The adapter of this computer returned {shown}" in text and "Tell the author of the adapter." in text
    assert "look for its name, dask-one." in text


@pytest.mark.parametrize("id", ["4815162", "q:4815162", "8[].server", "12.host.example.org"])
def test_ids_of_batch_systems(id: str) -> None:
    assert is_job_id(id)
