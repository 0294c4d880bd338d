"""Runs a command of distributed's in this very process, as ``python -m distributed.cli.dask_worker`` does.

Beside that command's own behaviour there is the cluster's folder: the Dask settings of who launched the cluster
(``dask.json``). Nothing of ours stays in what users' code sees. A plain file that needs distributed alone.
"""

from __future__ import annotations

import gc
import json
import os
import runpy
import sys
from pathlib import Path
from typing import Literal

# Importing makes much and frees nothing: without the collector it takes a tenth less.
gc.disable()
import dask.config  # noqa: E402

gc.enable()

FOLDER = Path(__file__).resolve().parent
SETTINGS = FOLDER / "dask.json"


def configured_preloads(key: str, option: str) -> list[str]:
    """Options for the preloads of the user's own configuration, which the options of a command line replace."""
    preloads = dask.config.get(key, default=None) or []
    return [word for preload in ([preloads] if isinstance(preloads, str) else preloads) for word in (option, preload)]


def apply_settings() -> None:
    """Set in Dask's configuration what came with the launch: dotted keys and their values."""
    if SETTINGS.exists():
        dask.config.set(json.loads(SETTINGS.read_text()))


def run(command: Literal["dask_scheduler", "dask_worker"], words: list[str]) -> None:
    """Be that command; returns or raises as it does."""
    sys.path[:] = [place for place in sys.path if os.path.realpath(place) != str(FOLDER)]
    # As with `python -m`: a task can import the modules that lie in the workspace.
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    sys.argv = [command, *words]
    runpy.run_module(f"distributed.cli.{command}", run_name="__main__", alter_sys=True)
