"""Runs a command of distributed in this process, as ``python -m distributed.cli.dask_worker`` does.

It also applies the Dask settings of the launch (``dask.json`` in the cluster's folder). It leaves no trace that users'
code could see. A plain file that needs only distributed.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
from pathlib import Path
from typing import Literal

import dask.config

FOLDER = Path(__file__).resolve().parent
SETTINGS = FOLDER / "dask.json"


def configured_preloads(key: str, option: str) -> list[str]:
    """Options for the preloads in the user's Dask configuration, which command-line options would replace."""
    preloads = dask.config.get(key, default=None) or []
    names = [preloads] if isinstance(preloads, str) else preloads
    return [argument for name in names for argument in (option, name)]


def apply_settings() -> None:
    """Set the Dask settings of the launch: dotted keys and their values."""
    if SETTINGS.exists():
        dask.config.set(json.loads(SETTINGS.read_text()))


def run(command: Literal["dask_scheduler", "dask_worker"], arguments: list[str]) -> None:
    """Run that command of distributed in this process; returns or raises as the command does."""
    run_module(f"distributed.cli.{command}", [command, *arguments])


def run_module(name: str, argv: list[str]) -> None:
    """Run a module in this process as ``python -m`` does, with `argv` as ``sys.argv``."""
    sys.path[:] = [folder for folder in sys.path if os.path.realpath(folder) != str(FOLDER)]
    # As with `python -m`: a task can import the modules in the workspace.
    if not getattr(sys.flags, "safe_path", False):
        sys.path.insert(0, os.getcwd())
    sys.argv = argv
    runpy.run_module(name, run_name="__main__", alter_sys=True)
