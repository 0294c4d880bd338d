"""Launches, stops and deaths of everything at random: nothing is lost, left over, or shown wrongly."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.polling import until

from testbed.slurm import SlurmTestbed

from .plan import plan
from .witness import Witness, truth
from .world import World

EMPTY_TIMEOUT_S = 180.0
"""Seconds within which the farm has to be empty: a node that was down ends its jobs when it is back."""


@pytest.fixture
def farm() -> Iterator[SlurmTestbed]:
    """A farm of the test's own: others would miss the controller."""
    with SlurmTestbed(config="faults", settings={"MinJobAge": "30", "KillWait": "5"}) as slurm:
        yield slurm


@pytest.mark.parametrize(
    ("seed", "seconds"),
    [
        pytest.param(78, 60, id="short"),
        pytest.param(2, 600, id="ten minutes", marks=pytest.mark.soak),
    ],
)
def test_chaos(farm: SlurmTestbed, seed: int, seconds: float) -> None:
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    world = World(farm, folder)
    witness = Witness(farm, world.living)
    witness.start()
    try:
        world.run(list(plan(seed, seconds)))
    finally:
        print(f"seed {seed}:", *world.did, *witness.lies, sep="\n")
        witness.end()
        world.end()
    assert witness.looks > 10
    assert witness.lies == []
    until(lambda: not truth(farm) and not world.processes(), lambda: (truth(farm), world.processes()), EMPTY_TIMEOUT_S)
    assert list(world.state.glob("clusters/*/*-key.pem")) == []
    assert list(world.state.glob("clusters/*/record.json")) != []
    shutil.rmtree(folder)
