"""Launches, stops and deaths of everything at random: nothing is lost, left over, or shown wrongly."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.polling import until

from testbed.slurm import SlurmTestbed

from .plan import plan, read, write
from .witness import Witness, truth
from .world import World

FAILED = Path(__file__).parents[2] / "test-results"
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
def test_chaos(farm: SlurmTestbed, seed: int, seconds: float, pytestconfig: pytest.Config) -> None:
    """A run that fails leaves its plan and its history in a file; `--chaos-plan FILE` plays it again."""
    replayed: Path | None = pytestconfig.getoption("--chaos-plan")
    steps = read(replayed) if replayed else list(plan(seed, seconds))
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    world = World(farm, folder)
    witness = Witness(farm, world.living)
    witness.start()
    try:
        try:
            world.run(steps)
        finally:
            witness.end()
            world.end()
        assert witness.looks > 10
        assert witness.mismatches == []
        until(
            lambda: not truth(farm) and not world.processes(),
            lambda: (truth(farm), world.processes()),
            EMPTY_TIMEOUT_S,
        )
    except BaseException:
        file = FAILED / f"chaos-{seed}.json"
        write(file, steps, seed=seed, history=world.history, mismatches=witness.mismatches)
        print(f"seed {seed}, kept in {file}:", *world.history, *witness.mismatches, sep="\n")
        raise
    assert list(world.state.glob("clusters/*/*-key.pem")) == []
    assert list(world.state.glob("clusters/*/record.json")) != []
    shutil.rmtree(folder)
