"""Jobs whose Python is another than the kernel's."""

from __future__ import annotations

import os
import site
import subprocess
import sys
from pathlib import Path

import pytest
from distributed import __version__ as ours
from support.once import install

from .farm import Farm

OLDEST = "2023.5.0"
"""As pyproject.toml promises it."""
WHOLE = """
import dask_hpc, sys
with dask_hpc.DaskCluster("oldest", "n0", 1, worker_memory="512M", virtual_env=sys.argv[1], quiet=True) as cluster:
    with cluster.get_client() as client:
        cluster.scale(2)
        cluster.wait_for_workers(2)
        kept = client.submit(pow, 6, 2)
        kept.result()
        adaptive = cluster.adapt(minimum=1, maximum=2, interval="200ms")
        while len(cluster.observed) > 1:
            pass
        adaptive.stop()
        print(len(cluster.get_logs()["Scheduler"]) > 0, kept.result(), cluster)
"""

CONNECT = "import dask_hpc; client = dask_hpc.connect('older'); print(client.submit(sum, [20, 22]).result())"


@pytest.mark.parametrize(
    ("other", "connects"), [pytest.param("2026.3.0", True, id="near"), pytest.param("2025.1.0", False, id="far")]
)
def test_other_versions_than_the_kernels_are_one_sentence_with_a_remedy(farm: Farm, other: str, connects: bool) -> None:
    """An environment that is this one, but for an older dask and distributed."""
    older = farm.environment(f"older-{other}", f'export PYTHONPATH="{farm.shared}/older-{other}/lib"')
    install(
        "--python",
        sys.executable,
        "--no-deps",
        "--target",
        str(older / "lib"),
        f"dask=={other}",
        f"distributed=={other}",
    )
    id = farm.launch("older", "n0", python_environment=str(older))
    farm.running(id)
    checkout = Path(__file__).parents[2]
    kernel = subprocess.run(
        [sys.executable, "-W", "always", "-c", CONNECT],
        env={
            **os.environ,
            "JUPYTERLAB_DASK_HPC_SERVER": str(farm.server.credentials_file),
            "PYTHONPATH": f"{checkout}:{site.getsitepackages()[0]}",
        },
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


def test_the_oldest_distributed_has_whole_clusters_too(farm: Farm) -> None:
    """Launched, scaled, adaptive and closed by a kernel and on workers that run it."""
    library = farm.shared / "oldest" / "lib"
    oldest = farm.environment("oldest", f'export PYTHONPATH="{library}"')
    # With all that it needs in the versions of its time.
    install("--python", sys.executable, "--target", str(library), f"dask=={OLDEST}", f"distributed=={OLDEST}")
    kernel = subprocess.run(
        [sys.executable, "-c", WHOLE, str(oldest)],
        env={
            **os.environ,
            "JUPYTERLAB_DASK_HPC_SERVER": str(farm.server.credentials_file),
            "PYTHONPATH": f"{library}:{Path(__file__).parents[2]}",
        },
        cwd=farm.server.root,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert kernel.returncode == 0, kernel.stderr
    assert kernel.stdout.startswith("True 36 DaskCluster(oldest, 'tls://"), kernel.stdout
    [id] = [cluster["id"] for cluster in farm.server.clusters() if cluster["name"] == "oldest"]
    farm.server.until(id, lambda seen: bool(seen["closed"]))
    farm.none_left(id)
