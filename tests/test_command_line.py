"""`jupyter dask-hpc check`: the mistakes of a profile, without a server."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.resources import files
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.command_line import main

SHIPPED = Path(str(files("jupyterlab_dask_hpc"))) / "profiles"


def test_a_good_profile_has_no_mistakes(capsys: pytest.CaptureFixture[str]) -> None:
    file = SHIPPED / "slurm.json"
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out == f"{file}: The profile has no mistakes.\n"


def test_every_mistake_is_printed_with_its_place(tmp_path: Path) -> None:
    """As `jupyter dask-hpc` runs it."""
    file = tmp_path / "farm.json"
    written = (SHIPPED / "slurm.json").read_text()
    file.write_text(written.replace('"jobs"', '"job"').replace('"02:00:00"', "60"))
    command = [
        sys.executable,
        "-m",
        "jupyterlab_dask_hpc.command_line",
        "check",
        str(file),
        str(tmp_path / "none.json"),
    ]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (1, "")
    assert done.stdout.splitlines() == [
        f"{file}:6:5: workers.job: There is no key job here. Did you mean jobs?",
        f"{file}:9:26: workers.time.default: 60 has no unit: Slurm reads minutes, others seconds. "
        "Write 60m, 60s or 02:00:00.",
        f"{tmp_path}/none.json: The file cannot be read: no such file or directory.",
    ]


def test_the_same_as_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "farm.json"
    file.write_text("{")
    assert main(["check", "--json", str(SHIPPED / "local.json"), str(file)]) == 1
    good, bad = json.loads(capsys.readouterr().out)
    assert good["mistakes"] == []
    assert [(one["line"], one["column"], one["message"]["code"]) for one in bad["mistakes"]] == [
        (1, 1, "json.not-closed")
    ]


def test_jupyter_finds_the_command() -> None:
    pyproject = (Path(__file__).parents[1] / "pyproject.toml").read_text()
    assert 'jupyter-dask-hpc = "jupyterlab_dask_hpc.command_line:main"' in pyproject


def test_the_schema_has_the_batch_systems_of_this_installation(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema"]) == 0
    assert {"local", "slurm"} <= set(json.loads(capsys.readouterr().out)["$defs"])
