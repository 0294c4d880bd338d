"""What stands in a job script is quoted, and what cannot be is refused."""

from __future__ import annotations

import json
import subprocess
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import jupyterlab_dask_hpc.in_job
from jupyterlab_dask_hpc.batch.base import LOG_ID
from jupyterlab_dask_hpc.control.cluster_folder import write_settings
from jupyterlab_dask_hpc.control.job_files import JOB_FILES, complete, install
from jupyterlab_dask_hpc.control.job_templates import render
from jupyterlab_dask_hpc.core.expanded import Expand
from jupyterlab_dask_hpc.core.job_script import JobScript, Role
from jupyterlab_dask_hpc.core.log_names import LOG_UNWRITABLE, NOT_SET, file_name, log_id, log_word
from jupyterlab_dask_hpc.core.node_workers import WorkerGroup
from jupyterlab_dask_hpc.core.slots import parse_worker_name, worker_name

JOBS = Path(jupyterlab_dask_hpc.in_job.__file__).parent

JOB = JobScript(
    header=("#SBATCH --job-name=demo",),
    folder=Path("/home/me/clusters/1"),
    python=("/opt/python",),
    job_variable="SLURM_ARRAY_JOB_ID",
    task_variable="SLURM_ARRAY_TASK_ID",
    restart_variable="SLURM_RESTART_COUNT",
    groups=(WorkerGroup(0, 1, 1, 3 << 30),),
)


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_the_header_comes_first(role: Role) -> None:
    lines = render(role, replace(JOB, login_shell=True)).splitlines()
    assert lines[:2] == ["#!/bin/bash -l", "#SBATCH --job-name=demo"]


@pytest.mark.parametrize("role", ["scheduler", "worker"])
@pytest.mark.parametrize(
    "odd", ["a b", "$(touch pwned)", "`touch pwned`", "'; touch pwned; '", '"; touch pwned; "', "é"]
)
def test_values_reach_the_program_as_they_are(role: Role, odd: str, tmp_path: Path) -> None:
    folder = tmp_path / odd.replace("/", "_")
    folder.mkdir()
    program = folder / "python"
    program.write_text('#!/bin/bash\nprintf "%s\\0" "$@" "$ODD"\n')
    program.chmod(0o755)
    script = render(
        role, replace(JOB, folder=folder, python=(str(program),), environment={"ODD": odd}, arguments=("--x", odd))
    )
    done = subprocess.run(["/bin/bash"], input=script.encode(), capture_output=True, cwd=tmp_path, check=True)
    output = done.stdout.decode().split("\0")[:-1]
    assert output[-3:] == ["--x", odd, odd]
    assert str(folder / f"{role}_preload.py") in output
    assert not (tmp_path / "pwned").exists()
    assert done.stderr == b""


def run(role: Role, job: JobScript, folder: Path, environment: dict[str, str]) -> tuple[int, list[str], str]:
    """Exit code of a script, the arguments of the program that it becomes, and its standard error."""
    program = folder / "python"
    program.write_text('#!/bin/bash\nprintf "%s\\n" "$@" >"$OUT"; echo in the log\n')
    program.chmod(0o755)
    out = folder / "arguments"
    script = render(role, replace(job, python=(str(program),)))
    done = subprocess.run(
        ["/bin/bash"],
        check=False,
        input=script.encode(),
        capture_output=True,
        cwd=folder,
        env={**environment, "OUT": str(out)},
    )
    return done.returncode, out.read_text().splitlines() if out.exists() else [], done.stderr.decode()


@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_variables_in_an_argument_are_replaced_where_the_profile_says_so(role: Role, tmp_path: Path) -> None:
    arguments = ("--x", "${NODE}.ib", Expand("--host=${NODE}.ib.site"), Expand("$NODE"))
    job = replace(JOB, folder=tmp_path, arguments=arguments)
    code, given, errors = run(role, job, tmp_path, {"NODE": "n 1 $(id)"})
    assert (code, given[-4:], errors) == (0, ["--x", "${NODE}.ib", "--host=n 1 $(id).ib.site", "n 1 $(id)"], "")
    (tmp_path / "arguments").unlink()
    code, given, errors = run(role, job, tmp_path, {})
    assert (code, given) == (1, []) and f"{NOT_SET}NODE, on " in errors


@pytest.mark.parametrize("task", [None, 0, 17])
@pytest.mark.parametrize("cluster", ["", "here:"])
def test_the_script_opens_the_log_that_the_server_reads(task: int | None, cluster: str, tmp_path: Path) -> None:
    folder = tmp_path / "50% $(id) 'a' {id}"
    folder.mkdir()
    name = file_name("demo", "worker", LOG_ID)
    log = log_word(f"{folder}/{name}", "JOB", None if task is None else "TASK")
    environment = {"JOB": f"{cluster}71"} | ({} if task is None else {"TASK": str(task)})
    job = replace(JOB, log=log, job_variable="JOB", task_variable="TASK")
    for _ in range(2):
        code, _, errors = run("worker", job, tmp_path, environment)
        assert (code, errors) == (0, "")
    text = (folder / file_name("demo", "worker", log_id("71", task))).read_text()
    assert text == "in the log\n" * 2, "a job that is requeued appends"


def test_a_log_that_cannot_be_opened_ends_the_script(tmp_path: Path) -> None:
    log = log_word(f"{tmp_path}/nowhere/{file_name('demo', 'worker', LOG_ID)}", "JOB", None)
    job = replace(JOB, log=log, job_variable="JOB", task_variable="TASK")
    code, arguments, errors = run("worker", job, tmp_path, {"JOB": "71"})
    assert (code, arguments) == (LOG_UNWRITABLE, [])
    assert f"{tmp_path}/nowhere/demo.worker.71.log: No such file or directory" in errors


@pytest.mark.parametrize("restarts", [None, 0, 1, 12])
@pytest.mark.parametrize("task", [None, 0, 17])
@pytest.mark.parametrize("cluster", ["", "here:"])
def test_the_script_composes_the_name_that_slots_parse(
    restarts: int | None, task: int | None, cluster: str, tmp_path: Path
) -> None:
    environment = {"JOB": f"{cluster}71"}
    environment |= {} if task is None else {"TASK": str(task)}
    environment |= {} if restarts is None else {"RESTARTS": str(restarts)}
    job = replace(JOB, job_variable="JOB", task_variable="TASK", restart_variable="RESTARTS")
    _, arguments, _ = run("worker", job, tmp_path, environment)
    name = arguments[arguments.index("--name") + 1]
    assert name == worker_name(f"{cluster}71", task or 0, restarts=restarts or 0)
    assert parse_worker_name(name) == ("71", task or 0, 0)


@pytest.mark.parametrize(
    "changes",
    [
        {"header": ("#SBATCH --job-name=a\nrm -rf /",)},
        {"folder": Path("/a\nb")},
        {"folder": Path("relative")},
        {"arguments": ("a\0b",)},
        {"environment": {"A": "b\rc"}},
        {"environment": {"A=1; B": "c"}},
        {"job_variable": "X}; touch pwned; ${Y"},
        {"python": ("python\n",)},
    ],
)
def test_what_cannot_be_quoted_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"must be|not the name"):
        render("worker", replace(JOB, **changes))


def test_limits_stay_when_the_settings_are_written_again(tmp_path: Path) -> None:
    write_settings(tmp_path, 60, 1800, [], {"scheduler_frozen": 5})
    write_settings(tmp_path, 60, 1800, [["scancel", "71"]])
    written = json.loads((tmp_path / "settings.json").read_text())
    assert written == {
        "idle_timeout": 60,
        "lease": 1800,
        "cancel": [["scancel", "71"]],
        "limits": {"scheduler_frozen": 5},
    }


def test_a_folder_of_an_earlier_version_gets_the_files_of_this_one(tmp_path: Path) -> None:
    install(tmp_path)
    saved = (tmp_path / "worker_start.py").stat().st_ino
    complete(tmp_path)
    assert (tmp_path / "worker_start.py").stat().st_ino == saved, "a whole one is left as it is"
    (tmp_path / "worker_start.py").write_text("what the earlier version had")
    (tmp_path / "dask_command.py").unlink()
    complete(tmp_path)
    assert all((tmp_path / name).read_bytes() == (JOBS / name).read_bytes() for name in JOB_FILES)
