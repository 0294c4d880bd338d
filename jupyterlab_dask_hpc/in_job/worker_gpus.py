"""Gives each worker of a job its own GPU, and starts them by ``dask cuda worker`` where the profile says so.

A plain file that needs only distributed, and dask-cuda for its own command.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import sys
from typing import Any, NoReturn

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The job's GPUs, from the batch system."""
SPLIT = "JUPYTERLAB_DASK_HPC_GPUS"
"""Tells the nannies of ``dask worker`` to give each worker its own device; dask-cuda does that itself."""


def parse(arguments: list[str]) -> tuple[argparse.Namespace, list[str]]:
    """The options for this module (``first_gpu``, ``dask_cuda``), and the other arguments."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--first-gpu", type=int)
    parser.add_argument("--dask-cuda", action="store_true")
    return parser.parse_known_args(arguments)


def take(first: int, count: int, dask_cuda: bool) -> None:
    """Leave to this process so many of the job's GPUs, one for each of its workers, from the one with index `first` on.

    Exits the process if the job has too few, or dask-cuda is not installed.
    """
    os.environ[VISIBLE] = ",".join(devices(os.environ.get(VISIBLE), first, count))
    if not dask_cuda and count > 1:
        os.environ[SPLIT] = os.environ[VISIBLE]
    if dask_cuda and importlib.util.find_spec("dask_cuda") is None:
        end(
            "this profile starts workers with GPUs by dask cuda worker, and the Python environment of "
            f"{sys.executable} has no dask-cuda. Install it there, or choose another environment"
        )


def devices(visible: str | None, first: int, count: int) -> list[str]:
    """So many of the visible devices, from index `first` on. Without a list, all devices of the node are visible."""
    needed = first + count
    found = list(map(str, range(needed))) if visible is None else [one.strip() for one in visible.split(",") if one]
    if len(found) < needed:
        end(
            f"its job has {len(found)} GPUs ({VISIBLE}={visible}), and each of {needed} workers needs one. Ask the "
            "administrators of the site whether its batch system allocates the GPUs that the profile requests"
        )
    return found[first:needed]


def arguments_of_dask_cuda(arguments: list[str]) -> list[str]:
    """The arguments of ``dask cuda worker`` instead of ``dask worker``, without options that it does not have."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--nworkers")
    parser.add_argument("--nanny", action="store_true")
    parser.add_argument("--preload-nanny", action="append", default=[])
    given, others = parser.parse_known_args(arguments)
    preload_nannies(given.preload_nanny)
    return others


def preload_nannies(preloads: list[str]) -> None:
    """Have each nanny of this process load these. Dask's configuration would pass them on to clusters inside tasks."""
    from distributed.nanny import Nanny

    start = Nanny.__init__

    def start_with_preloads(self: Any, *args: Any, **keywords: Any) -> None:
        start(self, *args, **{**keywords, "preload_nanny": preloads})

    Nanny.__init__ = start_with_preloads  # type: ignore[method-assign]


def end(reason: str) -> NoReturn:
    print(f"Dask worker ended: {reason}.", flush=True)
    sys.exit(1)
