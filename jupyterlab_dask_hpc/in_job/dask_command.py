"""Runs a command of distributed's in this very process, as ``python -m distributed.cli.dask_worker`` does.

In addition it applies the Dask settings that came with the launch (``dask.json`` in the cluster's folder). Users' code
sees nothing of ours. A plain file that needs distributed alone.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Literal

# Importing creates many objects and frees none: without the garbage collector it takes a tenth less time.
gc.disable()
import dask.config  # noqa: E402

gc.enable()

FOLDER = Path(__file__).resolve().parent
SETTINGS = FOLDER / "dask.json"


def configured_preloads(key: str, option: str) -> list[str]:
    """Options for the preloads of the user's own Dask configuration, which command-line options would replace."""
    preloads = dask.config.get(key, default=None) or []
    names = [preloads] if isinstance(preloads, str) else preloads
    return [argument for name in names for argument in (option, name)]


def apply_settings() -> None:
    """Set the Dask settings that came with the launch: dotted keys and their values."""
    if SETTINGS.exists():
        dask.config.set(json.loads(SETTINGS.read_text()))


def run(command: Literal["dask_scheduler", "dask_worker"], arguments: list[str]) -> None:
    """Run that command in this process; returns or raises as it does."""
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) != str(FOLDER)]
    # As with `python -m`: a task can import the modules in the workspace.
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    sys.argv = [command, *arguments]
    runpy.run_module(f"distributed.cli.{command}", run_name="__main__", alter_sys=True)
