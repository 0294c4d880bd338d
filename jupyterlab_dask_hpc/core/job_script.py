"""The values that fill the templates of job scripts. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePath
from typing import Literal

from .expanded import Expand, variables
from .fields import WorkerCommand
from .node_workers import WorkerGroup
from .slots import worker_name

Role = Literal["scheduler", "worker"]

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_LOADS_MODULES = re.compile(r"\s*(?:module|ml)\s+(?:load|add)((?:\s+\w[\w./+-]*)+)\s*", re.ASCII)


@dataclass(frozen=True)
class JobScript:
    """The values that fill the template of one job script.

    Attributes:
        header: lines of `BatchSystem.header`.
        folder: the cluster's folder, an absolute path that is the same on the nodes.
        python: the command that runs Python, one word per item, as those of `arguments`: ``("/pbs/venv/bin/python",)``.
        job_variable, task_variable, restart_variable: as in `BatchSystem`; the last may be empty.
        log: path of its log as a word of the shell; empty to write to where the batch system writes.
        setup: shell lines from the site's administrator, ``module load python``; never text from a user. A line that
            fails ends the script.
        setup_beside_scheduler: in the script of workers that share the job of the scheduler, those of `setup` that the
            job's script has not run on the first node.
        after: such lines that run when the workers of a job, or of a node, have ended.
        scratch: the folder on the node for what workers spill, with variables; empty for none of the profile's.
        at_least: number of bytes that have to be free there for workers.
        login_shell: whether the script runs in a login shell, where `module` is defined.
        environment: variables to set.
        groups: its workers, or those of one of its nodes.
        nodes: number of nodes on which the scheduler's script starts workers; 0 if they have jobs of their own.
        first_node: in the script of such workers, those of the first node, which the scheduler shares; else None.
        launcher: words of the command that runs another command once on each node; empty for one node.
        nanny: whether a nanny restarts the worker when it runs out of memory.
        gpus: number of GPUs of the job, or of each of its nodes; each of them gets a worker.
        command: the command that starts its workers if it has GPUs.
        retires: seconds after its start at which a worker moves its data to other workers and ends; 0 for never.
        death_timeout: seconds that a worker waits for the scheduler.
        notebook_interface: interface of the scheduler's node for the notebook server; empty for that of the nodes.
        arguments: additional arguments of distributed's own command, ``("--interface", "ib0")``; in those of `Expand`
            the shell replaces variables.
        script: the script that the scheduler starts, for a comment; empty for none.
    """

    header: tuple[str, ...]
    folder: PurePath
    python: tuple[str, ...]
    job_variable: str
    task_variable: str
    restart_variable: str = ""
    log: str = ""
    setup: tuple[str, ...] = ()
    setup_beside_scheduler: tuple[str, ...] = ()
    after: tuple[str, ...] = ()
    scratch: str = ""
    at_least: int = 0
    login_shell: bool = False
    environment: Mapping[str, str] = field(default_factory=dict)
    groups: tuple[WorkerGroup, ...] = ()
    nodes: int = 0
    first_node: tuple[WorkerGroup, ...] | None = None
    launcher: tuple[str, ...] = ()
    nanny: bool = True
    gpus: int = 0
    command: WorkerCommand = "dask worker"
    retires: int = 0
    death_timeout: int = 120
    notebook_interface: str = ""
    arguments: tuple[str, ...] = ()
    script: str = ""

    @property
    def expanded(self) -> list[str]:
        """The variables that it needs on the node."""
        words = [self.scratch, *(word for word in (*self.python, *self.arguments) if isinstance(word, Expand))]
        return list(dict.fromkeys(name for word in words for name in variables(word)))

    @property
    def worker_name(self) -> str:
        """The name of its worker, or the beginning of the names of its workers, in double quotes of the shell."""
        return worker_name(f"${{{self.job_variable}:-0}}", f"${{{self.task_variable}:-0}}")

    @property
    def several(self) -> bool:
        """Whether a job, or a node, runs several workers."""
        return sum(group.count for group in self.groups) > 1

    @property
    def requeued_worker_name(self) -> str:
        """The same after a requeue."""
        job, task = f"${{{self.job_variable}:-0}}", f"${{{self.task_variable}:-0}}"
        return worker_name(job, task, restarts=f"${self.restart_variable}")

    @property
    def prefix(self) -> PurePath | None:
        """The folder of the Python environment; None if it does not follow from the path of Python."""
        if len(self.python) > 1:
            return None
        program = PurePath(self.python[0])
        return program.parent.parent if program.is_absolute() and program.parent.name == "bin" else None


def check(job: JobScript) -> None:
    """Raise ValueError for a value that a script cannot contain: line break, null byte, invalid variable name."""
    if not job.folder.is_absolute():
        raise ValueError(f"the cluster's folder must be an absolute path: {job.folder}")
    values = [
        str(job.folder),
        job.log,
        job.scratch,
        job.script,
        job.notebook_interface,
        *job.header,
        *job.python,
        *job.launcher,
        *job.arguments,
    ]
    setup = (*job.setup, *job.setup_beside_scheduler, *job.after)
    for value in [*values, *setup, *job.environment.values()]:
        if any(character in value for character in "\n\r\0"):
            raise ValueError(f"a value in a job script must be one line: {value!r}")
    variables = [job.job_variable, job.task_variable, *job.environment]
    for name in [*variables, job.restart_variable] if job.restart_variable else variables:
        if not _VARIABLE.fullmatch(name):
            raise ValueError(f"not the name of an environment variable: {name!r}")


def loaded_modules(line: str) -> list[str]:
    """The modules that a shell line loads, if it does nothing else."""
    found = _LOADS_MODULES.fullmatch(line)
    return found[1].split() if found else []
