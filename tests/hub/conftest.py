"""One hub with two system users, on the run's Slurm."""

from __future__ import annotations

import warnings
from collections.abc import Iterator

import pytest

from testbed.hub import HubTestbed, missing
from testbed.slurm import SlurmTestbed

from .browsing import Visitor
from .farm import Farm


@pytest.fixture(scope="session")
def testbed(slurm: SlurmTestbed) -> Iterator[HubTestbed]:
    """The one of the whole run."""
    if reason := missing():
        warnings.warn(f"NOT TESTED with a real JupyterHub: {reason}", stacklevel=1)
        pytest.skip(reason)
    with HubTestbed(slurm.environment) as running:
        yield running


@pytest.fixture
def hub(testbed: HubTestbed) -> HubTestbed:
    """A hub as it comes: it lets servers live on at log-out."""
    testbed.set()
    return testbed


@pytest.fixture
def ending_hub(testbed: HubTestbed) -> HubTestbed:
    """A hub that stops a user's servers at log-out."""
    testbed.set(shutdown_on_logout=True)
    return testbed


@pytest.fixture
def farm(slurm: SlurmTestbed, testbed: HubTestbed) -> Farm:
    """What runs there."""
    return Farm(slurm, testbed)


@pytest.fixture
def ada(hub: HubTestbed) -> Visitor:
    """A user in her browser, whose server runs."""
    return Visitor(hub).login(hub.users["ada"])
