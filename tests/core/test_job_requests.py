"""What a site says about its jobs, as it reaches their scripts."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_dask_hpc.batch.base import Capabilities, WrongValue
from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.job_templates import describe
from jupyterlab_dask_hpc.core.job_spec import check_arrays
from jupyterlab_dask_hpc.core.profile import Profile, profile_of

from .sample import record


def site(workers: dict[str, Any], scheduler: dict[str, Any]) -> Profile:
    content = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "cc-in2p3.json").read_text())
    content["workers"] |= workers
    content["scheduler"] |= scheduler
    return profile_of(content, own_options())


def scripts(offer: Profile) -> tuple[str, str]:
    """Of the scheduler, and of two workers."""
    known = record(2)
    scheduler, workers = (
        describe(known, one, offer, Slurm(), Path("/shared/c"), ("/opt/bin/python",))[1] for one in known.submissions
    )
    return scheduler, workers


def test_without_these_keys_nothing_of_it_is_in_the_scripts() -> None:
    scheduler, workers = scripts(site({}, {}))
    assert "#SBATCH --array=0-1\n" in workers
    assert "#SBATCH --mem=3072M\n" in workers
    assert "--clusters" not in workers + scheduler
    assert 'scheduler_start.py" \\\n    --protocol tls --port 0' in scheduler


def test_each_key_reaches_the_script_of_its_role() -> None:
    workers = {"arrays": {"at_once": 1}, "memory_request": "cpu", "clusters": "q"}
    scheduler, worker = scripts(site(workers, {"notebook_interface": "eth 0", "memory_request": "node"}))
    assert "#SBATCH --array=0-1%1\n" in worker
    assert "#SBATCH --mem-per-cpu=3072M\n" in worker and "--mem=" not in worker
    assert "#SBATCH --clusters=q\n" in worker and "--clusters" not in scheduler
    assert "#SBATCH --mem=0\n" in scheduler
    assert "scheduler_start.py\" \\\n    --notebook-interface 'eth 0' \\\n    --protocol tls" in scheduler
    assert "--notebook-interface" not in worker


@pytest.mark.parametrize(
    ("arrays", "capabilities", "where"),
    [
        ({"largest": 0}, Capabilities(arrays=False), ("workers", "arrays")),
        ({"largest": 5}, Capabilities(arrays=False), ("workers", "arrays")),
        ({"at_once": 5}, Capabilities(), ("workers", "arrays", "at_once")),
    ],
)
def test_what_the_batch_system_cannot_do_is_refused(
    arrays: dict[str, int], capabilities: Capabilities, where: tuple[str, ...]
) -> None:
    offer = site({"arrays": arrays, "jobs": {"default": 2, "maximum": 100}}, {})
    check_arrays(offer, Slurm.capabilities)
    with pytest.raises(WrongValue) as caught:
        check_arrays(offer, capabilities)
    assert caught.value.where == where
