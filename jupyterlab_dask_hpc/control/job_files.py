"""The files in a cluster's folder that run inside its jobs."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..files import write_private

JOB_FILES = (
    "scheduler_folder.py",
    "scheduler_guard.py",
    "scheduler_watchdog.py",
    "scheduler_preload.py",
    "scheduler_dashboard.py",
    "scheduler_retire.py",
    "worker_preload.py",
    "nanny_preload.py",
    "worker_start.py",
    "scheduler_start.py",
    "dask_command.py",
    # The newest name comes last: where it is missing, the others are those of an earlier version.
    "scheduler_report.py",
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
