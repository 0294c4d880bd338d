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
    file = SHIPPED / "local.json"
    assert main(["check", str(file)]) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{file}: The profile has no mistakes.",
        f"{file}: separate, scheduler.sh: This job would start at once.",
        f"{file}: separate, worker.sh: This job would start at once.",
    ]


def command(folder: Path, name: str, text: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(f"#!/bin/sh\n{text}\n")
    (folder / name).chmod(0o755)


def test_the_batch_system_is_asked_in_its_own_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What sbatch itself prints is recorded; tests/doctor asks a real one."""
    file = SHIPPED / "slurm.json"
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["check", str(file)]) == 0
    assert "Slurm was not asked: it is not installed here." in capsys.readouterr().out
    refusal = "sbatch: error: invalid partition specified: dask"
    command(tmp_path, "sbatch", f"echo '{refusal}' >&2; exit 1")
    assert main(["check", str(file)]) == 1
    assert "Slurm refuses this job: invalid partition specified: dask" in capsys.readouterr().out
    command(tmp_path, "sbatch", "echo 'sbatch: Job 5 to start at 1795282910 using 1 processors' >&2")
    assert main(["check", str(file)]) == 0
    assert "Slurm takes this job, and would start it at 2026-11-21 17:41 UTC." in capsys.readouterr().out


def test_the_scripts_are_printed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """In each layout on offer, and as a launch submits them."""
    content = json.loads((SHIPPED / "local.json").read_text())
    content["workers"]["cpus"]["default"] = 2
    content["workers"]["memory"]["default"] = "4G"
    file = tmp_path / "both.json"
    file.write_text(json.dumps({**content, "name": "both", "layout": ["separate", "one-job"]}))
    assert main(["check", "--scripts", "--json", str(file)]) == 0
    [found] = json.loads(capsys.readouterr().out)
    assert [(job["layout"], job["role"]) for job in found["jobs"]] == [
        ("separate", "scheduler"),
        ("separate", "worker"),
        ("one-job", "scheduler"),
        ("one-job", "worker"),
    ]
    assert [job["accepted"] for job in found["jobs"]] == [True, True, True, None]
    assert all(job["script"].startswith("#!/bin/bash") for job in found["jobs"])
    assert "scheduler_start.py" in found["jobs"][0]["script"]
    assert "worker_start.py" in found["jobs"][1]["script"]
    assert main(["check", "--scripts", str(file)]) == 0
    assert found["jobs"][1]["script"].splitlines()[-1] in capsys.readouterr().out


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
