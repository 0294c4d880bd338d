"""The example notebooks on a real Slurm, each run from its first cell to its last."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from support.server import Server, queue

from testbed.slurm import SlurmTestbed

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path for path in (ROOT / "examples").glob("*.ipynb") if path.stem != "extremes")
"""`extremes` is run in a browser, by tests/test_examples.py, and below at its full size."""


def run(path: Path, folder: Path, server: Server, monkeypatch: pytest.MonkeyPatch, seconds: int) -> str:
    """Run a notebook in a folder; what it printed. A cell that fails raises its error."""
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(server.credentials_file))
    monkeypatch.setenv("PYTHONPATH", str(server.credentials_file.parent / "python"))
    notebook = nbformat.read(path, as_version=4)
    place = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=seconds, kernel_name="python3", resources=place).execute()
    outputs = (output for cell in notebook.cells for output in cell.get("outputs", ()))
    return "".join(output.get("text", "") for output in outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(server: Server, slurm: SlurmTestbed, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = server.root / f"example-{path.stem}"
    folder.mkdir()
    before = {cluster["id"] for cluster in server.clusters()}
    run(path, folder, server, monkeypatch, 240)
    for cluster in server.clusters():
        if cluster["id"] not in before:
            server.until(cluster["id"], lambda seen: bool(seen["closed"]))
            assert queue(slurm, cluster["id"]) == []
    assert list((folder / "log").iterdir()), "it has logged in its own folder"


@pytest.mark.soak
def test_25_million_people(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """94 files, 4.2 GB, two workers: prints how that compares with one process of pandas."""
    make = [sys.executable, str(ROOT / "examples" / "make_people.py"), str(folder / "data"), "--rows", "25000000"]
    made = subprocess.run(make, check=True, capture_output=True, text=True).stdout
    id = server.launch(name="demo", workspace=folder.name, workers={"jobs": 2, "memory": "3G"})["id"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    shown = run(ROOT / "examples" / "extremes.ipynb", folder, server, monkeypatch, 1800)
    print(made, shown)
    assert "the same people: True" in shown
