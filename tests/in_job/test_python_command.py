"""A Python that a command of several words runs, as in a container: how it is tried, offered, and run in the jobs."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from core.test_chosen_options import job
from core.test_options import read

from jupyterlab_dask_hpc.control import environments
from jupyterlab_dask_hpc.control.environments import Environments
from jupyterlab_dask_hpc.control.job_templates import render
from jupyterlab_dask_hpc.control.script_check import check_script
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.expanded import Expand
from jupyterlab_dask_hpc.core.request import read_request

from .running import PYTHON, Cluster
from .test_scripts import JOB

CONTAINER = """#!/bin/sh
# As apptainer: exec --bind FOLDER IMAGE COMMAND
[ "$1 $2" = "exec --bind" ] || exit 2
[ -d "$3" ] || { echo "FATAL: $3 cannot be bound" >&2; exit 255; }
export IMAGE="$4"
shift 4
exec "$@"
"""


@pytest.fixture
def container(tmp_path: Path) -> str:
    program = tmp_path / "bin" / "container"
    program.parent.mkdir()
    program.write_text(CONTAINER)
    program.chmod(0o755)
    return str(program)


def check(*command: str) -> str:
    """Why a command is refused; empty if it is not."""
    try:
        asyncio.run(Environments().check("", command))
    except ApiError as error:
        assert (error.status, error.field) == (400, "profile")
        return str(error.message)
    return ""


def test_a_command_that_runs_distributed_is_accepted(container: str, tmp_path: Path) -> None:
    assert check(container, "exec", "--bind", str(tmp_path), "an image", sys.executable) == ""


def test_what_this_server_cannot_run_is_no_error(container: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert check("no-such-container", "exec", "python") == ""
    assert check("/nowhere/container", "exec", "python") == ""
    assert check(container, "exec", "--bind", Expand("$SLURM_TMPDIR"), "x", "python") == ""
    monkeypatch.setattr(environments, "_PROBE_TIMEOUT_S", 0.5)
    Path(container).write_text("#!/bin/sh\nexec sleep 60\n")
    assert check(container, "exec") == "", "it may be loading an image"


def test_a_command_that_fails_here_is_refused(container: str, tmp_path: Path) -> None:
    assert check(container, "exec", "--bind", "/nowhere", "x", "python").endswith(
        "--bind /nowhere x python: FATAL: /nowhere cannot be bound."
    )
    assert check(container, "exec", "--bind", "/tmp", "x", "no-such-python").endswith("no-such-python: not found.")
    bare = shutil.which("python3", path="/usr/bin") or sys.executable
    assert "No module named" in check(container, "exec", "--bind", "/tmp", "x", bare, "-I", "-S")
    os.chmod(container, 0o755)
    Path(container).write_text("#!/nowhere/sh\n")
    assert "does not start here" in check(container, "exec")


def test_a_success_is_remembered(container: str, tmp_path: Path) -> None:
    command = (container, "exec", "--bind", str(tmp_path), "x", sys.executable)
    known = Environments()
    asyncio.run(known.check("", command))
    Path(container).write_text("#!/bin/sh\nexit 3\n")
    asyncio.run(known.check("", command))
    with pytest.raises(ApiError, match="exit code 3"):
        asyncio.run(known.check("", (*command, "-u")))


def test_a_script_is_checked_by_the_whole_command(container: str, tmp_path: Path) -> None:
    script = tmp_path / "x.py"
    script.write_text("if\n")
    command = (container, "exec", "--bind", str(tmp_path), "x", sys.executable)
    with pytest.raises(ApiError, match=r"Line 1 of x\.py"):
        asyncio.run(check_script(command, script))
    asyncio.run(check_script(("no-such-container", *command), script))


OPTIONS = {"image": {"choices": ["/i/a b.sif", "/i/c"]}}
WORDS = ["apptainer", "exec", {"expand": "--bind=$SLURM_TMPDIR"}, "{image}", "python"]


def test_words_are_filled_and_stay_words() -> None:
    script = job(read(OPTIONS, python=WORDS), {"image": "/i/a b.sif"})
    assert script.python == ("apptainer", "exec", "--bind=$SLURM_TMPDIR", "/i/a b.sif", "python")
    assert (script.expanded, script.prefix) == (["SLURM_TMPDIR"], None)
    text = render("worker", script)
    assert """exec apptainer exec --bind="${SLURM_TMPDIR}" '/i/a b.sif' python -u """ in text


def test_an_environment_cannot_be_chosen_beside_it() -> None:
    alone, command = read({}, python="/opt/python"), read(OPTIONS, python=WORDS)
    assert "python_environment" in alone.schema_of_request()["properties"]
    assert "python_environment" not in command.schema_of_request()["properties"]
    body: dict[str, Any] = {"profile": command.name, "python_environment": "/home/ada/venv"}
    with pytest.raises(ApiError, match="runs Python by apptainer") as caught:
        read_request(body, command, ())
    assert caught.value.field == "python_environment"
    assert read_request({**body, "python_environment": ""}, command, ()).python_environment == ""


def test_every_word_reaches_the_program(tmp_path: Path) -> None:
    spoken = tmp_path / "words"
    spoken.write_text('#!/bin/bash\nprintf "%s\\n" "$@" >"$OUT"\n')
    spoken.chmod(0o755)
    python = (str(spoken), "--bind", "a b", "$(id)", Expand("${NODE}.x"))
    script = render("worker", replace(JOB, python=python))
    assert f"""exec {spoken} --bind 'a b' '$(id)' "${{NODE}}".x -u """ in script


def test_a_cluster_runs_in_it_and_ends_by_a_signal(new_cluster: Any, container: str) -> None:
    cluster: Cluster = new_cluster()
    python = (container, "exec", "--bind", str(cluster.workspace), "an image", PYTHON)
    cluster.start("scheduler", python=python)
    cluster.start("worker", python=python)
    with cluster.client() as client:
        client.wait_for_workers(1, timeout=90)
        assert set(client.run(lambda: os.environ.get("IMAGE")).values()) == {"an image"}
    cluster.processes["worker.0"].send_signal(signal.SIGTERM)
    assert cluster.processes["worker.0"].wait(60) == 0
    assert not list(cluster.scratch.glob("dask-worker-*"))
