from __future__ import annotations

import os
import subprocess
import sys
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
    place = tmp_path_factory.mktemp("environment")
    python = str(place / "other" / "bin" / "python")
    # pip of a new environment leaves its certificates in the folder for temporary files.
    clean = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"} | {"TMPDIR": str(place)}
    for command in (
        [sys.executable, "-m", "venv", str(place / "other")],
        [python, "-m", "pip", "install", "-q", "ipykernel", f"distributed=={distributed.__version__}"],
    ):
        subprocess.run(command, check=True, env=clean)
    assert python != sys.executable
    return python
