"""What the job scripts of a cluster are made of. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

Role = Literal["scheduler", "worker"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(frozen=True)
class JobScript:
    """What one job script is made of.

    Attributes:
        header: lines of `BatchSystem.header`.
        folder: the cluster's folder, absolute, seen by the nodes under the same path.
        python: the command that runs Python, a word each: ``("/pbs/venv/bin/python",)``.
        job_variable, task_variable, restart_variable: as in `BatchSystem`; the last may be empty.
        setup: lines of shell from the site's administrator, ``module load python``. Never a user's text.
        login_shell: whether the script runs in a login shell, where `module` is defined.
        environment: variables to set.
        memory: bytes that a worker may use. cpus: threads a worker.
        nanny: whether a nanny restarts the worker when it runs out of memory.
        retires: seconds after its begin at which a worker hands over its data and ends; 0 for never.
        death_timeout: seconds that a worker waits for the scheduler.
        arguments: further ones of distributed's own command, ``("--interface", "ib0")``.
    """

    header: tuple[str, ...]
    folder: PurePath
    python: tuple[str, ...]
    job_variable: str
    task_variable: str
    restart_variable: str = ""
    setup: tuple[str, ...] = ()
    login_shell: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    memory: int = 0
    cpus: int = 1
    nanny: bool = True
    retires: int = 0
    death_timeout: int = 120
    arguments: tuple[str, ...] = ()

    @property
    def prefix(self) -> PurePath | None:
        """The folder of the Python's environment; None where its path does not tell."""
        program = PurePath(self.python[0])
        return program.parent.parent if program.is_absolute() and program.parent.name == "bin" else None


def check(job: JobScript) -> None:
    """Raises ValueError when a value cannot stand in a script: a line break, a zero byte, a wrong variable's name."""
    if not job.folder.is_absolute():
        raise ValueError(f"the cluster's folder must be an absolute path: {job.folder}")
    values = [str(job.folder), *job.header, *job.python, *job.arguments, *job.setup, *job.environment.values()]
    for value in values:
        if any(character in value for character in "\n\r\0"):
            raise ValueError(f"a value in a job script must be one line: {value!r}")
    variables = [job.job_variable, job.task_variable, *job.environment]
    for name in [*variables, job.restart_variable] if job.restart_variable else variables:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"not the name of an environment variable: {name!r}")
