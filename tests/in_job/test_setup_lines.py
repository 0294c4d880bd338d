"""Shell lines of a profile, run by bash in scripts as they are submitted."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Literal

import pytest
from core.sample import profile, record
from core.test_node_workers import one_job
from support.polling import until

import testbed.profile
from jupyterlab_dask_hpc.batch.registry import batch_systems
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.job_templates import describe, describe_node, render
from jupyterlab_dask_hpc.control.profiles import BrokenProfile, checked_file
from jupyterlab_dask_hpc.core.job_script import JobScript, Role
from jupyterlab_dask_hpc.core.log_names import AFTER_FAILED, NOT_STARTED, SETUP_FAILED
from jupyterlab_dask_hpc.core.profile_setup import SetupLines

from .test_scripts import JOB

MODULES = Path(__file__).parents[1] / "server" / "modulefiles"
OLD_MODULE = 'module() { echo "ERROR:105: Unable to locate a modulefile" >&2; }'
"""As Environment Modules 3.2: what it evaluates for a module that is missing is empty, and so returns 0."""

WORKER = """
import pathlib, signal, sys
def end(number, frame):
    with open("signals", "a") as file:
        file.write("signalled\\n")
    sys.exit(4)
signal.signal(signal.SIGTERM, end)
pathlib.Path("ready").touch()
while True:
    signal.pause()
"""


def start(
    role: Role | Literal["node"], job: JobScript, folder: Path, program: str = "", **environment: str
) -> subprocess.Popen[str]:
    """A script that runs; in place of Python it runs the lines of `program`."""
    python = folder / "python"
    python.write_text(f'#!/bin/bash\necho "started ${{SEEN:-}} $PWD" >>"{folder}/started"\n{program}\n')
    python.chmod(0o755)
    (folder / "script").write_text(render(role, replace(job, python=(str(python),), folder=folder)))
    return subprocess.Popen(
        ["/bin/bash", str(folder / "script")],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        start_new_session=True,
    )


def run(
    role: Role | Literal["node"], job: JobScript, folder: Path, program: str = "", **environment: str
) -> tuple[int, list[str]]:
    """Exit code and lines of the log of a script that has ended."""
    process = start(role, job, folder, program, **environment)
    output, _ = process.communicate(timeout=60)
    return process.returncode, output.splitlines()


def started(folder: Path) -> list[str]:
    path = folder / "started"
    return path.read_text().splitlines() if path.exists() else []


@pytest.mark.parametrize("role", ["scheduler", "worker"])
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("false", 1),
        ("(exit 7)", 7),
        ("cd /nowhere && export SEEN=1", 1),
        ("no-such-command --x", 127),
        ("source /nowhere/activate", 1),
        ("source ./ends-with-a-failure", 3),
        ('echo "a b" | grep -q c', 1),
        ("module load no-such/1", 1),
        ("if true; then", 2),
        ("echo )", 2),
        ("export A='b", 2),
    ],
)
def test_a_line_that_fails_ends_the_job_and_is_named(role: Role, line: str, code: int, tmp_path: Path) -> None:
    (tmp_path / "ends-with-a-failure").write_text("export SEEN=1\n(exit 3)\n")
    setup = ("export SEEN=2", ". /usr/share/modules/init/bash", line, "touch later")
    ended, log = run(role, replace(JOB, setup=setup), tmp_path)
    assert ended == code
    named = [one for one in log if one.startswith(SETUP_FAILED)]
    # What no later line completes is named with all that follows it.
    assert named in ([SETUP_FAILED + line], [f"{SETUP_FAILED}{line} touch later"])
    assert log[-1].startswith(NOT_STARTED)
    assert not started(tmp_path) and not (tmp_path / "later").exists()


@pytest.mark.parametrize(
    ("loaded", "names", "fails"),
    [
        ("", "no-such/1", True),
        ("gcc/12:tools/python/3.12", "python gcc/12", False),
        ("gcc/12", "gcc python", True),
        ("gcc/12", "gcc/1", True),
    ],
)
def test_old_modules_that_return_0_are_found_out(loaded: str, names: str, fails: bool, tmp_path: Path) -> None:
    setup = (OLD_MODULE, f"module load {names}")
    ended, log = run("worker", replace(JOB, setup=setup), tmp_path, LOADEDMODULES=loaded)
    assert (ended, f"{SETUP_FAILED}module load {names}" in log) == ((1, True) if fails else (0, False))
    assert bool(started(tmp_path)) is not fails


def test_a_module_that_exists_is_loaded(tmp_path: Path) -> None:
    setup = (". /usr/share/modules/init/bash", f"module use {MODULES}", "module load farm", "export SEEN=$FROM_MODULE")
    assert run("worker", replace(JOB, setup=setup), tmp_path) == (0, [])
    assert started(tmp_path) == [f"started farm {tmp_path}"]


@pytest.mark.parametrize(
    "setup",
    [
        ("if [ -d /nowhere ]; then", "export SEEN=wrong", "else", "export SEEN=right", "fi"),
        ("case x in", "x) export SEEN=right ;;", "esac"),
        ("choose() {", '    export SEEN="$1"', "}", "choose right"),
        ("export SEEN=\\", "right"),
        ("read SEEN <<END", "right", "END", "export SEEN"),
        ("# the next one", "", "export SEEN=right"),
        ("shopt -s extglob", "export SEEN=right", "case $SEEN in !(wrong)) ;; *) exit 1 ;; esac"),
        ("false ||", "export SEEN=right"),
        ("set -e", "[ -d /nowhere ] || export SEEN=right", "set +e"),
        ("source ./careless", "export SEEN=right"),
        ("setup_line() { :; }; line=x; text=y", 'export SEEN="right"'),
    ],
)
@pytest.mark.parametrize("role", ["scheduler", "worker"])
def test_lines_may_be_what_a_script_may_be(role: Role, setup: tuple[str, ...], tmp_path: Path) -> None:
    # It uses what is not set, and its own commands fail; its last one does not.
    (tmp_path / "careless").write_text('[ "$NOT_SET" = x ]\nfalse\ntrue\n')
    odd = {"LC_ALL": "xx_XX", "BASH_ENV": "/nowhere"}
    ended, log = run(role, replace(JOB, setup=setup), tmp_path, **odd)
    assert (ended, [line for line in log if "setlocale" not in line and "/nowhere" not in line]) == (0, [])
    assert started(tmp_path) == [f"started right {tmp_path}"]


@pytest.mark.parametrize(
    ("program", "code"), [("exit 0", 0), ("exit 3", 3), ("exit 255", 255), ("kill -9 $$", -9), ("kill -TERM $$", -15)]
)
def test_the_end_of_the_workers_is_that_of_the_job(program: str, code: int, tmp_path: Path) -> None:
    after = ("echo first >>after", "cd /nowhere", "if true; then", "echo last >>after", "fi")
    ended, log = run("worker", replace(JOB, after=after), tmp_path, program)
    assert ended == code
    assert (tmp_path / "after").read_text() == "first\nlast\n"
    assert f"{AFTER_FAILED}cd /nowhere" in log and not any(line.startswith(NOT_STARTED) for line in log)


@pytest.mark.parametrize(("prepared", "lines"), [("", ["all", "own"]), ("1", ["own"])])
@pytest.mark.parametrize(("own", "code"), [("true", 3), ("(exit 5)", 5)])
def test_the_workers_of_a_node_have_lines_too(
    prepared: str, lines: list[str], own: str, code: int, tmp_path: Path
) -> None:
    header = ('SLURM_ARRAY_JOB_ID="71"', 'node="0"', 'mpi_rank=""')
    last = f"echo own >>lines; {own}"
    setup = ("echo all >>lines", last)
    job = replace(
        JOB, header=header, first_node=JOB.groups, setup=setup, setup_beside_scheduler=(last,), after=("touch after",)
    )
    ended, log = run("node", job, tmp_path, "exit 3", JUPYTERLAB_DASK_HPC_PREPARED=prepared)
    assert ended == code and (tmp_path / "node_0.ended").read_text() == f"{code}\n"
    assert (tmp_path / "lines").read_text().split() == lines
    assert (
        (f"{SETUP_FAILED}{last}" in log)
        == (not started(tmp_path))
        == (not (tmp_path / "after").exists())
        == (code == 5)
    )


@pytest.mark.parametrize("whole", [True, False], ids=["all processes", "the shell alone"])
def test_a_signal_reaches_the_workers_once(whole: bool, tmp_path: Path) -> None:
    """A batch system may signal every process of a job, or its script alone."""
    (tmp_path / "worker.py").write_text(WORKER)
    program = f"exec {sys.executable} {tmp_path}/worker.py"
    # Those that get it with the shell would be asked a second time.
    (tmp_path / "sleep").write_text(
        f'#!/bin/bash\n[ "$1" = 10 ] || exec /bin/sleep "$@"\nexec /bin/sleep {20 if whole else 0}\n'
    )
    (tmp_path / "sleep").chmod(0o755)
    job = replace(JOB, after=("touch after",))
    process = start("worker", job, tmp_path, program, PATH=f"{tmp_path}:{os.environ['PATH']}")
    until((tmp_path / "ready").exists, "the workers", 30)
    (os.killpg if whole else os.kill)(process.pid, signal.SIGTERM)
    until(lambda: process.poll() is not None, "the end", 30)
    assert process.returncode == 4
    assert (tmp_path / "after").exists()
    assert (tmp_path / "signals").read_text() == "signalled\n"


def test_each_role_has_its_own_lines() -> None:
    lines = SetupLines(all=("a",), scheduler=("s",), workers=("w",), after=("z",))
    offer = profile().model_copy(update={"setup": lines})
    known = record(2)
    places = (offer, Slurm(), Path("/shared/cluster"), ("/opt/python/bin/python",))

    def shown(script: str) -> list[str]:
        return [line.split(";")[0].split()[1] for line in script.splitlines() if line.startswith("profile_line ")]

    assert shown(describe(known, known.scheduler, *places)[1]) == ["a", "s"]
    assert shown(describe(known, known.worker_submissions[0], *places)[1]) == ["a", "w", "z"]
    together = one_job(offer, nodes=2, cpus=8, processes=2)
    assert shown(describe(together, together.scheduler, *places)[1]) == ["a", "s"]
    # On the first node the job's script has run the first line.
    assert shown(describe_node(together, together.scheduler, *places)) == ["a", "w", "w", "z"]


@pytest.mark.parametrize(
    ("setup", "mistake"),
    [
        (["if true; then", "echo", "fi", "shopt -s extglob", "ls !(x)", "module load {modules}"], ""),
        (["if true; then"], "setup: bash cannot read these lines: line 2: syntax error: unexpected end of file."),
        (
            {"all": ["true"], "workers": ["fi"]},
            "setup.workers: bash cannot read these lines: line 1: syntax error near",
        ),
        ({"after": ["echo 'x"]}, "setup.after: bash cannot read these lines: line 1: unexpected EOF while looking for"),
        (["echo a \\", "b"], ""),
        (["true", "echo a \\"], "setup: The last line ends with a backslash"),
        ({"workers": ["echo 1 # c \\"]}, "setup.workers: The last line ends with a backslash"),
        ({"scheduler": ["cat <<END"]}, "setup.scheduler: bash cannot read these lines: here-document at line 1"),
    ],
)
def test_lines_that_bash_cannot_read_are_a_mistake(setup: object, mistake: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps(testbed.profile.testbed_profile(tmp_path, setup=setup)))
    found = checked_file(path, batch_systems(), lambda text: text.replace("{group}", "atlas"))
    mistakes = [str(one) for one in found.mistakes] if isinstance(found, BrokenProfile) else []
    assert len(mistakes) == bool(mistake) and mistake in "".join(mistakes)
