"""What a job script means: to sbatch, and to bash, asked of bash itself."""

from __future__ import annotations

import functools
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

from core.sample import ID, profile

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.environments import Environments
from jupyterlab_dask_hpc.control.job_templates import describe
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.job_spec import ROLES
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import Request

PROFILE = profile()
FOLDER = Path("/home/ada/.local/share/jupyter/dask-hpc/clusters") / ID


OPEN_LOG = "exec >>", " 2>&1 || exit 73"


def workspace(request: Request) -> str:
    return f"/home/ada/{request.workspace}"


def logs(request: Request) -> list[str]:
    """The paths of the logs that the scripts of a request open, where no batch system sets the ids."""
    return [f"{workspace(request)}/log/{request.name}.{role}.{'_' if role == 'worker' else ''}.log" for role in ROLES]


def scripts(request: Request) -> list[str]:
    """The scripts of a request, rendered as for a submit; without workers at the launch, for later ones."""
    workers = request.workers.model_copy(update={"jobs": max(1, request.workers.jobs)})
    request = request.model_copy(update={"workers": workers})
    record = Record(
        id=ID,
        owner="root:/home/ada",
        batch="slurm",
        request=request,
        workspace=workspace(request),
        dashboard_key="key",
        created=0,
        submissions=plan(ID, request, ArrayLimits(1000)),
    )
    python = Environments().python(request.python_environment, ())
    by_role = {submit.job_role: submit for submit in record.submissions}
    return [describe(record, by_role[role], PROFILE, Slurm(), FOLDER, python)[1] for role in ROLES]


@dataclass(frozen=True)
class Meaning:
    """What a script is to sbatch and to bash, but for the words of its last command.

    Attributes:
        options: those of sbatch, each a whole word.
        lines: all other lines as they stand.
        command: the last line's first part, which names the Python and the program; as the last two words, the path
            of the log and the folder of the Python's environment, which the script names apart.
    """

    options: tuple[str, ...]
    lines: tuple[str, ...]
    command: str


def meaning(script: str) -> Meaning:
    lines = script.split("\n")
    options = [line.removeprefix("#SBATCH ") for line in lines if line.startswith("#SBATCH ")]
    [log] = [line for line in lines if line.startswith(OPEN_LOG[0])]
    [command] = [line for line in lines if line.startswith("exec ") and line != log]
    [prefix] = [line for line in lines if line.startswith("prefix=")]
    others = [line for line in lines if line not in (command, prefix, log) and not line.startswith("#SBATCH ")]
    log = log.removeprefix(OPEN_LOG[0]).removesuffix(OPEN_LOG[1])
    whole = f"{command.removesuffix(chr(92))} {log} {prefix.removeprefix('prefix=')}"
    return Meaning(tuple(map(word, options)), tuple(others), whole)


@functools.cache
def word(option: str) -> str:
    """The one word that sbatch reads, whose quotes are those of a shell."""
    [only] = shlex.split(option)
    return only


def words_to_bash(commands: list[str]) -> list[list[str]]:
    """The words that bash itself makes of each command, expansions and all; what they would do is done."""
    text = "".join(f"printf '%s\\0' {command.removeprefix('exec ')}; printf '\\1\\0'\n" for command in commands)
    start = ["/bin/bash", "--noprofile", "--norc"]
    done = subprocess.run(start, input=f"folder=F\n{text}".encode(), capture_output=True, check=True, cwd="/", env={})
    assert done.stderr == b""
    return [output.split("\0")[:-1] for output in done.stdout.decode().split("\1\0")[:-1]]


def harmless(request: Request) -> Request:
    """The same figures, and nothing else of the user's."""
    return request.model_copy(update={"name": "NAME", "workspace": "", "python_environment": "/ENVIRONMENT"})
