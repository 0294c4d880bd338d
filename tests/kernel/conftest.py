from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest
from support.once import virtual_environment

from .running import Running


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    """Starts Jupyter servers, and ends them after the test."""
    started: list[Running] = []

    def start(*options: str, **more: Any) -> Running:
        started.append(Running(tmp_path / f"server-{len(started)}", *options, **more))
        return started[-1]

    yield start
    for server in started:
        server.stop()


@pytest.fixture(scope="session")
def other_python() -> str:
    """The Python of an environment that has ipykernel and the same distributed, and nothing of ours.

    `DASK_HPC_OTHER_PYTHON` names one that exists already.
    """
    if given := os.environ.get("DASK_HPC_OTHER_PYTHON"):
        return given
    python = virtual_environment("kernel", "ipykernel", f"distributed=={distributed.__version__}")
    return str(python)
