"""Each benchmark runs, at its smallest size, on a Slurm of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import pytest

from testbed.dask import FEW_TICKS
from testbed.slurm import missing

CHECKOUT = Path(__file__).parents[1]
SMALLEST = {
    "launch": (("--rounds", "1", "--warm-up", "0", "--workers", "2"), r"^bare processes( +\d+\.\d\d){4}$"),
    "shapes": (
        ("--rounds", "1", "--warm-up", "0", "--workers", "2", "--wait", "1"),
        r"^with its wait( +\d+\.\d\d){4}$",
    ),
    "sizes": (("--workers", "50", "--processes", "25"), r"^50 jobs x 1( +\d+){3}$"),
    "slurm_calls": (("--workers", "50", "--compare", "2"), r"^dask-jobqueue, 2 workers:\n +\d+ REQUEST_"),
}
"""Its options, and what it prints last."""
HELPERS = {"__init__", "jobqueue"}


def test_every_benchmark_runs() -> None:
    assert {path.stem for path in (CHECKOUT / "benchmarks").glob("*.py")} - HELPERS == set(SMALLEST)


@pytest.mark.parametrize("name", SMALLEST)
def test_it_runs_to_its_end(name: str) -> None:
    if reason := missing():
        warnings.warn(f"NOT TESTED with a real Slurm: {reason}", stacklevel=1)
        pytest.skip(reason)
    options, last = SMALLEST[name]
    done = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{name}", *options],
        cwd=CHECKOUT,
        env={**os.environ, **FEW_TICKS},
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert re.search(last, done.stdout, re.MULTILINE), done.stdout
