"""What the benchmarks are made of can still be made."""

from __future__ import annotations

from pathlib import Path

from benchmarks.launch import ByHand
from benchmarks.server import profile_file
from jupyterlab_dask_hpc.core.profile import read_profile


def test_the_scripts_that_are_started_by_hand(tmp_path: Path) -> None:
    profile = read_profile(profile_file(tmp_path), lambda text: text.replace("{group}", "root"))
    by_hand = ByHand(tmp_path, profile, 2)
    assert ["scheduler_start.py" in script for script in by_hand._scripts] == [True, False]
    assert (by_hand.folder / "dask_command.py").exists()
