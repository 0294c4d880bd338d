"""The example finds what pandas finds alone, in people that are the same each time."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from pathlib import Path

import dask
import pandas as pd
import pytest
from distributed import Client, LocalCluster

EXAMPLES = Path(__file__).parents[1] / "examples"
COLUMNS = ["id", "name", "address", "mail", "phone", "born", "latitude", "longitude"]


def make_people(folder: Path, *options: str) -> list[Path]:
    subprocess.run([sys.executable, EXAMPLES / "make_people.py", folder, *options], check=True, timeout=120)
    return sorted(folder.glob("people-*.csv"))


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return make_people(tmp_path_factory.mktemp("people") / "data", "--rows", "9500")


@pytest.fixture(scope="module")
def everybody(files: list[Path]) -> pd.DataFrame:
    return pd.concat([pd.read_csv(file) for file in files], ignore_index=True)


def test_the_people(files, everybody):
    assert len(files) == 94
    assert list(everybody.columns) == COLUMNS
    assert len(everybody) == 9500
    assert not everybody.isna().any().any()
    assert everybody.latitude.between(-90, 90).all()
    assert everybody.longitude.between(-180, 180).all()
    assert everybody.latitude.min() < -54 < 78 < everybody.latitude.max()
    assert everybody.address.str.fullmatch(r"\d+ [A-Z][a-z]+ [A-Z][a-z]+, [A-Z][A-Za-z ]+").all()


def test_the_same_seed_gives_the_same_people(tmp_path):
    first = make_people(tmp_path / "first", "--rows", "10", "--files", "2")
    again = make_people(tmp_path / "again", "--rows", "10", "--files", "2")
    other = make_people(tmp_path / "other", "--rows", "10", "--files", "2", "--seed", "2")
    text = [[file.read_text() for file in files] for files in (first, again, other)]
    assert text[0] == text[1] != text[2]
    assert text[0][0] != text[0][1]


def test_the_notebook_finds_what_pandas_finds(files, everybody, monkeypatch, caplog, capsys):
    monkeypatch.chdir(files[0].parents[1])
    cells = json.loads((EXAMPLES / "extremes.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    assert code[0] == "%load_ext dask_hpc\n%dask_cluster demo"
    with (
        dask.config.set({"temporary-directory": str(files[0].parents[1])}),
        caplog.at_level(logging.INFO, "extremes"),
        # Not silenced, or it silences this test's own log handlers too.
        LocalCluster(
            n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None, silence_logs=False
        ) as cluster,
        Client(cluster) as client,
    ):
        names = {"client": client}
        exec(code[1], names)
        exec(code[2], names)
        exec(code[3], names)
    shown = capsys.readouterr().out
    assert "the same people: True" in shown
    assert re.search(r"[\d.]+ s without a cluster, [\d.]+ s with it: [\d.]+ times as fast", shown)
    result = names["result"]
    assert list(result.columns) == ["name", "latitude", "longitude"]
    for end, column, chosen in (
        ("northernmost", "latitude", everybody.latitude.idxmax()),
        ("southernmost", "latitude", everybody.latitude.idxmin()),
        ("easternmost", "longitude", everybody.longitude.idxmax()),
        ("westernmost", "longitude", everybody.longitude.idxmin()),
    ):
        assert result.loc[end, column] == everybody.loc[chosen, column]
        assert result.loc[end, "name"] == everybody.loc[chosen, "name"]
    lines = [record.getMessage() for record in caplog.records if record.name == "extremes"]
    assert len(lines) == 94, "one line a file, from inside its task"
