"""The example notebooks on a real Slurm, each run from its first cell to its last."""

from __future__ import annotations

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from testbed.slurm import SlurmTestbed

from .running import Server, queue

ROOT = Path(__file__).parents[2]
NOTEBOOKS = sorted(path for path in (ROOT / "examples").glob("*.ipynb") if path.stem != "extremes")
"""`extremes` is run in a browser, and by tests/test_examples.py."""


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(server: Server, slurm: SlurmTestbed, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = server.root / f"example-{path.stem}"
    folder.mkdir()
    [door] = server.runtime.glob("dask-hpc-*/server.json")
    monkeypatch.setenv("DASK_HPC_SERVER", str(door))
    monkeypatch.setenv("PYTHONPATH", str(door.parent / "python"))
    notebook = nbformat.read(path, as_version=4)
    before = {cluster["id"] for cluster in server.clusters()}
    # A cell that fails raises, with what it said.
    NotebookClient(
        notebook, timeout=240, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    for cluster in server.clusters():
        if cluster["id"] not in before:
            server.until(cluster["id"], lambda seen: bool(seen["closed"]))
            assert queue(slurm, cluster["id"]) == []
    assert list((folder / "log").iterdir()), "it has logged where it lies"
