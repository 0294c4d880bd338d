"""The job scripts from the templates in `in_job/`; the preview shows what is submitted."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Literal

from jinja2 import Environment, PackageLoader, StrictUndefined

from ..batch.base import BatchSystem, JobOptions
from ..core.expanded import argument_word, shell_pattern, shell_word
from ..core.job_script import JobScript, check, loaded_modules
from ..core.job_spec import job_spec, node_script
from ..core.log_names import AFTER_FAILED, FOLDER_UNSEEN, LOG_UNWRITABLE, NOT_SET, SETUP_FAILED
from ..core.profile import Profile
from ..core.record import Record, Submission


def describe(
    record: Record, submission: Submission, profile: Profile, batch: BatchSystem, folder: Path, python: tuple[str, ...]
) -> tuple[JobOptions, str]:
    """The options and the whole script for one of the record's submissions; see `job_spec`."""
    options, script = job_spec(record, submission, profile, batch, folder, python)
    return options, render(submission.job_role, script)


def describe_node(
    record: Record, submission: Submission, profile: Profile, batch: BatchSystem, folder: Path, python: tuple[str, ...]
) -> str:
    """The script of the workers on each node, if they share the job of the scheduler."""
    _, script = job_spec(record, submission, profile, batch, folder, python)
    return render("node", node_script(record, script, profile))


def render(role: Literal["scheduler", "worker", "node"], job: JobScript) -> str:
    """The whole script of a job of this role, or of each node of a job. Raises ValueError, like `check`."""
    check(job)
    text: str = _environment.get_template(f"{role}.sh.j2").render(job=job)
    return text


def render_report(role: Literal["scheduler", "worker"], job: JobScript) -> str:
    """The script of the doctor's job, in the place of a job of this role. Raises ValueError, like `check`."""
    check(job)
    text: str = _environment.get_template("doctor.sh.j2").render(job=job, role=role, folder_unseen=FOLDER_UNSEEN)
    return text


def _quote(value: object) -> str:
    return shlex.quote(str(value))


_environment = Environment(
    loader=PackageLoader("jupyterlab_dask_hpc", "in_job"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701  shell, not HTML: every value goes through `quote`
)
_environment.filters["quote"] = _quote
_environment.filters["modules"] = loaded_modules
_environment.filters.update(argument_word=argument_word, shell_word=shell_word, shell_pattern=shell_pattern)
_environment.tests["loads_modules"] = lambda line: bool(loaded_modules(line))
_environment.globals.update(
    log_unwritable=LOG_UNWRITABLE, setup_failed=SETUP_FAILED, after_failed=AFTER_FAILED, not_set=NOT_SET
)
