"""Names of job logs, and lines that job scripts write to them. Pure."""

from __future__ import annotations

from shlex import quote

from ..batch.base import LOG_ID

SETUP_FAILED = "This line of setup failed: "
AFTER_FAILED = "This line after the workers failed: "
NOT_STARTED = "Dask was not started: "
NOT_SET = "This variable of the profile is not set: "
SCRATCH_UNUSABLE = "The scratch folder cannot be used: "
NOTES = (SETUP_FAILED, NOT_SET, SCRATCH_UNUSABLE, NOT_STARTED)  # written by in_job/*.j2 and in_job/job_scratch.py


LOG_UNWRITABLE = 73
"""Exit code of a script that could not open its log: EX_CANTCREAT of sysexits.h."""

FOLDER_UNSEEN = 66
"""Exit code of the doctor's script if the node does not see the state folder: EX_NOINPUT of sysexits.h."""


def log_id(submission: str, index: int | str | None) -> str:
    """The id of a job in the name of its log.

    Args:
        submission: `BatchSystem.own_id`.
        index: index in the array; None for a single job.
    """
    return submission if index is None else f"{submission}_{index}"


def log_word(path: str, job_variable: str, task_variable: str | None) -> str:
    """The path of a job's log as a word of its script, which reads the ids from the environment.

    Args:
        path: with `LOG_ID` in place of the id.
        task_variable: None for a single job.
    """
    # The name of a cluster before the id is no part of the name of a log.
    id = log_id(f"${{{job_variable}##*:}}", task_variable and f"${{{task_variable}}}")
    return f'"{id}"'.join(map(quote, path.rsplit(LOG_ID, 1)))


def output_name(cluster: str, role: str, cluster_id: str) -> str:
    """Name of the file of what the batch system writes itself for all jobs of a role."""
    return f"{cluster}.{role}.{cluster_id}.out"


def script_log(cluster: str, cluster_id: str) -> str:
    """Name of the log of a cluster's script."""
    return f"{cluster}.script.{cluster_id}.log"


def script_notebook(cluster: str, cluster_id: str) -> str:
    """Name of the executed notebook of a cluster, beside its logs."""
    return f"{cluster}.script.{cluster_id}.ipynb"


def file_name(cluster: str, role: str, job: str) -> str:
    """Name of the log of one job; `job` is its `log_id`, or `LOG_ID`."""
    return f"{cluster}.{role}.{job}.log"
