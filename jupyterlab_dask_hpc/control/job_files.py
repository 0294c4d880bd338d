"""The files in a cluster's folder that run inside its jobs."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from ..files import write_private

JOB_FILES = (
    "scheduler_folder.py",
    "scheduler_script.py",
    "script_notebook.py",
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
    "job_scratch.py",
    "scheduler_heartbeat.py",
    "worker_gpus.py",
    "scheduler_usage.py",
    # The newest file comes last: if it is missing, the others are from an earlier version.
    "scheduler_addresses.py",
)


def install(folder: Path) -> None:
    """Copy the files that run inside the jobs into a cluster's folder. Raises OSError."""
    jobs = files("jupyterlab_dask_hpc") / "in_job"
    for name in JOB_FILES:
        write_private(folder / name, (jobs / name).read_bytes())


def complete(folder: Path) -> None:
    """Add missing files to the folder of a cluster that an earlier version launched. Raises OSError."""
    if not all((folder / name).exists() for name in JOB_FILES):
        install(folder)
