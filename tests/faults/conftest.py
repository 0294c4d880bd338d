"""A farm of its own that may be broken, one server on it, and one cluster that nothing may touch."""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Json, Server, write_profiles

from testbed.slurm import SlurmTestbed, missing

from .farm import Farm

PLACES = {
    "n0": {"scheduler__extra": ["--nodelist=n0"], "workers__extra": ["--nodelist=n0"]},
    "held": {"scheduler__extra": ["--nodelist=n0", "--hold"], "workers__extra": ["--nodelist=n0"]},
    "workers-held": {"scheduler__extra": ["--nodelist=n0"], "workers__extra": ["--nodelist=n0", "--hold"]},
    "workers-on-n1": {"scheduler__extra": ["--nodelist=n0"], "workers__extra": ["--nodelist=n1"]},
    "workers-on-n2": {"scheduler__extra": ["--nodelist=n0"], "workers__extra": ["--nodelist=n2"]},
    "scheduler-on-n1": {"scheduler__extra": ["--nodelist=n1"], "workers__extra": ["--nodelist=n0"]},
    "scheduler-on-n2": {"scheduler__extra": ["--nodelist=n2"], "workers__extra": ["--nodelist=n0"]},
}
"""Profiles by where their jobs run: what is to be left alone runs on n0."""


@pytest.fixture(scope="session")
def farm() -> Iterator[Farm]:
    """A real Slurm, whose commands give up on a controller that is down after some seconds, and a server on it."""
    if reason := missing():
        warnings.warn(f"NOT TESTED with a real Slurm: {reason}", stacklevel=1)
        pytest.skip(reason)
    shared = Path(tempfile.mkdtemp(prefix="faults-"))
    with SlurmTestbed(config="faults", settings={"MessageTimeout": "3"}) as slurm:
        folder = shared / "server"
        folder.mkdir()
        server = Server(folder, shared / "home", write_profiles(shared, folder, **PLACES), slurm.environment)
        server.options = ["--DaskHpc.poll_interval_factor=0.25", "--DaskHpc.stuck_after=8"]
        try:
            yield Farm(slurm, server.start(), shared)
        finally:
            server.stop()
    shutil.rmtree(shared, ignore_errors=True)


@pytest.fixture(scope="session")
def steady(farm: Farm) -> Json:
    """A cluster that runs all the while."""
    return farm.running(farm.launch("steady", "n0", jobs=2))


@pytest.fixture(autouse=True)
def bystander(farm: Farm, steady: Json) -> Iterator[None]:
    """Whatever a test breaks, the steady cluster stays as it was, and works."""
    yield
    after = farm.server.until(steady["id"], lambda seen: not seen["stale"])
    saved = ("state", "reason", "workers", "scheduler", "problems", "ends")
    assert {key: after[key] for key in saved} == {key: steady[key] for key in saved}
    with farm.client(steady["id"]) as client:
        assert client.submit(sum, [20, 22], pure=False).result(timeout=120) == 42
