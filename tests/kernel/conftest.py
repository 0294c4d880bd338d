from __future__ import annotations

import os
import subprocess
import sys
import venv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import distributed
import pytest

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
def other_python(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The Python of an environment that has ipykernel and the same distributed, and nothing of ours.

    `DASK_HPC_OTHER_PYTHON` names one that exists already.
    """
    if given := os.environ.get("DASK_HPC_OTHER_PYTHON"):
        return given
    folder = tmp_path_factory.mktemp("environment") / "other"
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    subprocess.run(
        [python, "-m", "pip", "install", "-q", "ipykernel", f"distributed=={distributed.__version__}"],
        check=True,
        env={name: value for name, value in os.environ.items() if name != "PYTHONPATH"},
    )
    assert python != sys.executable
    return python
