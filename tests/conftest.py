"""What all Python tests share: a real Slurm."""

from __future__ import annotations

import shutil
import signal
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from xdist.scheduler import LoadScopeScheduling

from testbed.slurm import SlurmTestbed, missing

ROOMS_IN_ONE = ("faults", "hub")
"""Folders whose files share one farm and what they do to it."""
BY_PARAMETER = "shapes"
"""Tests of one shape look at one cluster; the shapes of this folder have nothing in common."""
FIRST = ("conformance", "hub", "chaos", "test_benchmarks.py", "faults")
"""What takes longest begins first, so that none of it is left for one process at the end: folders, and a file."""

INTERRUPT = signal.getsignal(signal.SIGINT)

# How long an example takes depends on how busy the machine is.
settings.register_profile("farm", deadline=None)
settings.load_profile("farm")


def pytest_addoption(parser: pytest.Parser) -> None:
    """What takes long is asked for."""
    parser.addoption("--soak", action="store_true", help="also run the tests that take long (marked soak)")
    parser.addoption("--chaos-plan", type=Path, help="a file that a failed test of chaos left, to be played again")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave long tests out unless asked for, and begin with what takes longest."""
    assert signal.getsignal(signal.SIGINT) is INTERRUPT, "what a test file imports took this process's interrupts"
    for item in items:
        if "soak" in item.keywords and not config.getoption("--soak"):
            item.add_marker(pytest.mark.skip(reason="takes long: --soak runs it"))
    items.sort(key=_rank)


def _rank(item: pytest.Item) -> int:
    """When a test begins; those of the same rank in the order of their files."""
    names = (item.path.parent.name, item.path.name)
    return next((rank for rank, name in enumerate(FIRST) if name in names), len(FIRST))


class ByRoom(LoadScopeScheduling):
    """Tests of one file go to one process; so do those of a room whose files share a farm, and those of one shape."""

    def _split_scope(self, nodeid: str) -> str:
        file = Path(nodeid.partition("::")[0])
        if file.parent.name == BY_PARAMETER:
            return nodeid.partition("[")[2]
        return file.parent.name if file.parent.name in ROOMS_IN_ONE else str(file)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """How tests are spread where they run side by side; xdist's own groups are lost on pytest 9.2."""
    return ByRoom(config, log)


@pytest.fixture(scope="session")
def slurm() -> Iterator[SlurmTestbed]:
    """A real Slurm for the whole run, memory limits enforced."""
    if reason := missing():
        warnings.warn(f"NOT TESTED with a real Slurm: {reason}", stacklevel=1)
        pytest.skip(reason)
    # Not pytest's own folder: its path is too long for the sockets in it.
    with SlurmTestbed(config="faults") as testbed:
        yield testbed


@pytest.fixture
def workspace() -> Iterator[Path]:
    """An own folder with a `log` in it, whose path is as awkward as Slurm allows."""
    folder = Path(tempfile.mkdtemp(prefix="workspace-"))
    awkward = folder / "my 100%A 'data\" #1 %j"
    (awkward / "log").mkdir(parents=True)
    yield awkward
    shutil.rmtree(folder, ignore_errors=True)
