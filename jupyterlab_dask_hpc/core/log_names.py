"""Names of job logs, and lines that job scripts write to them. Pure."""

from __future__ import annotations

SETUP_FAILED = "This line of setup failed: "
NOT_STARTED = "Dask was not started: "
NOTES = (SETUP_FAILED, NOT_STARTED)  # as in_job/environment.sh.j2 writes them


def file_name(cluster: str, role: str, job: str) -> str:
    """Name of the log of one job; `job` is its `BatchSystem.own_id`, or the pattern for that."""
    return f"{cluster}.{role}.{job}.log"
