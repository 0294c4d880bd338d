"""The included profile of the computing centre, for a testbed:  python -m testbed.profile --shared FOLDER

Everything is as for users of the centre, except that all nodes of a testbed are this machine: Dask binds to the
loopback interface, the nodes share one local folder, and the server's `FEW_TICKS` reach the jobs.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any

from jupyterlab_dask_hpc.batch.registry import batch_systems
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.control.profiles import BrokenProfile, checked_file
from jupyterlab_dask_hpc.core.profile import Profile
from testbed.dask import FEW_TICKS

LOOPBACK = ["--host", "127.0.0.1"]


def testbed_profile(shared: Path, **changes: Any) -> dict[str, Any]:
    """The profile cc-in2p3 as a dictionary of its JSON.

    Args:
        shared: the folder that the nodes share.
        changes: further keys by path, with `__` between the parts: ``workers__partition="nowhere"``. With another batch
            system, Slurm's options are left out; what users choose in `options` is no longer fixed.
    """
    shipped = files("jupyterlab_dask_hpc") / "profiles" / "cc-in2p3.json"
    profile: dict[str, Any] = json.loads(shipped.read_text("utf-8"))
    profile["shared_paths"] = [str(shared)]
    profile["environment"] = {"keep": list(FEW_TICKS)}
    profile["workers"]["worker_args"] = LOOPBACK
    profile["scheduler"]["scheduler_args"] = [*LOOPBACK, "--dashboard-address", "127.0.0.1:0"]
    for path, value in changes.items():
        *parts, last = path.split("__")
        place = profile
        for part in parts:
            place = place[part]
        place[last] = value
    absent = [*profile.get("options", {}), *(SlurmOptions.model_fields if profile["batch"] != "slurm" else ())]
    for role in ("workers", "scheduler"):
        for option in absent:
            profile[role].pop(option, None)
    return profile


def usable_profile(path: Path, fill: Callable[[str], str] = lambda text: text) -> Profile:
    """The profile in a file, with `fill` applied to every string in it. Raises ValueError with its mistakes."""
    found = checked_file(path, batch_systems(), fill)
    if isinstance(found, BrokenProfile):
        raise ValueError("\n".join(f"{path}: {mistake}" for mistake in found.mistakes))
    return found


def main(arguments: list[str] | None = None) -> int:
    """The command line: print the profile."""
    parser = argparse.ArgumentParser(prog="python -m testbed.profile", description=__doc__)
    parser.add_argument("--shared", type=Path, required=True, help="the folder that the nodes share")
    parser.add_argument(
        "--set", metavar="PATH=VALUE", action="append", default=[], help="text, or JSON of lists and objects"
    )
    given = parser.parse_args(arguments)
    try:
        pairs = (pair.split("=", 1) for pair in given.set)
        changes = {path: json.loads(value) if value[:1] in ("[", "{") else value for path, value in pairs}
    except ValueError:
        parser.error("--set needs PATH=VALUE")
    print(json.dumps(testbed_profile(given.shared.resolve(), **changes), indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
