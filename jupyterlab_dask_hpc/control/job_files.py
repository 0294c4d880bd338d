"""The files in a cluster's folder that run inside its jobs."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..files import write_private

JOB_FILES = (
    "scheduler_preload.py",
    "scheduler_dashboard.py",
    "scheduler_retire.py",
    "worker_preload.py",
    "nanny_preload.py",
    "worker_start.py",
    # Of a folder that an earlier version made, these tell whether the others are of today: they come last.
    "scheduler_start.py",
    "dask_command.py",
)


def install(folder: Path) -> None:
    """Copy into a cluster's folder the files that run inside its jobs. Raises OSError."""
    jobs = files("jupyterlab_dask_hpc") / "in_job"
    for name in JOB_FILES:
        write_private(folder / name, (jobs / name).read_bytes())


def complete(folder: Path) -> None:
    """Give the folder of a cluster that an earlier version launched what today's scripts need. Raises OSError."""
    if not all((folder / name).exists() for name in JOB_FILES):
        install(folder)
