"""Jobs whose Python is another than the kernel's."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import __version__ as ours

from .farm import Farm

CONNECT = "import dask_hpc; client = dask_hpc.connect('older'); print(client.submit(sum, [20, 22]).result())"


@pytest.mark.parametrize(
    ("other", "connects"), [pytest.param("2026.3.0", True, id="near"), pytest.param("2025.1.0", False, id="far")]
)
def test_other_versions_than_the_kernels_are_one_sentence_with_a_remedy(farm: Farm, other: str, connects: bool) -> None:
    """An environment that is this one, but for an older dask and distributed."""
    older = farm.environment(f"older-{other}", f'export PYTHONPATH="{farm.shared}/older-{other}/lib"')
    install = [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(older / "lib")]
    subprocess.run([*install, f"dask=={other}", f"distributed=={other}"], check=True)
    id = farm.launch("older", "n0", python_environment=str(older))
    farm.running(id)
    [door] = (farm.server.state.parent / "runtime").glob("dask-hpc-*/server.json")
    checkout = Path(__file__).parents[2]
    kernel = subprocess.run(
        [sys.executable, "-W", "always", "-c", CONNECT],
        env={**os.environ, "DASK_HPC_SERVER": str(door), "PYTHONPATH": f"{checkout}:{site.getsitepackages()[0]}"},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    sentence = (
        f"older runs distributed {other}, this kernel {ours}, so tasks may fail: launch it with the Python environment "
        f"{sys.prefix}, or use a kernel of the cluster's own."
    )
    assert sentence in kernel.stderr
    assert (kernel.stdout == "42\n") is connects, kernel.stderr
    assert ("VersionsDiffer" in kernel.stderr) is not connects
    farm.end(id)
