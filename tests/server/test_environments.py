"""Workers find what belongs to their Python: the programs of its environment, and what its activation sets."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.server import Server

from dask_hpc import DaskCluster

pytestmark = pytest.mark.usefixtures("kernel")

SMALL: dict[str, Any] = {"workers": 1, "worker_memory": "1G", "quiet": True}


def seen(*variables: str) -> Callable[[], dict[str, str | None]]:
    """What asks, as a task, for some variables, and where programs are found."""
    return lambda: {
        "dask": shutil.which("dask"),
        "tool": shutil.which("tool"),
        **{name: os.environ.get(name) for name in variables},
    }


def test_a_kernels_own_venv_is_active_in_its_workers(server: Server) -> None:
    with DaskCluster("venv", profile="cc-in2p3", **SMALL) as cluster, cluster.get_client() as client:
        found = client.submit(seen("VIRTUAL_ENV")).result()
        assert found == {"dask": f"{sys.prefix}/bin/dask", "tool": None, "VIRTUAL_ENV": sys.prefix}


def test_a_conda_environment_is_activated_with_what_its_packages_set(server: Server, folder: Path) -> None:
    prefix = folder / "conda env"
    programs, scripts = prefix / "bin", prefix / "etc" / "conda" / "activate.d"
    for each in (programs, scripts, prefix / "conda-meta"):
        each.mkdir(parents=True)
    (programs / "python").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (programs / "tool").write_text("#!/bin/sh\n")
    for each in programs.iterdir():
        each.chmod(0o755)
    # Whatever a script calls its own variables, it does not lead the job astray; nor does one that fails.
    (scripts / "proj.sh").write_text(
        'export PROJ_DATA="$CONDA_PREFIX/share/proj"\nname=other\nfolder=/nowhere\nfalse\n'
    )
    with DaskCluster("conda", profile="cc-in2p3", virtual_env=str(prefix), **SMALL) as cluster:
        with cluster.get_client() as client:
            found = client.submit(seen("CONDA_PREFIX", "PROJ_DATA")).result()
        assert found["tool"] == str(programs / "tool")
        assert (found["CONDA_PREFIX"], found["PROJ_DATA"]) == (str(prefix), f"{prefix}/share/proj")


def test_modules_that_the_site_loads_are_there(server: Server) -> None:
    with DaskCluster("modules", profile="modules", **SMALL) as cluster, cluster.get_client() as client:
        assert client.submit(seen("FROM_MODULE")).result()["FROM_MODULE"] == "farm"


def test_a_systems_python_has_no_other_name_than_python3(server: Server, folder: Path) -> None:
    programs = folder / "system" / "bin"
    programs.mkdir(parents=True)
    (programs / "python3").write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    (programs / "python3").chmod(0o755)
    with DaskCluster("system", profile="cc-in2p3", virtual_env=str(folder / "system"), **SMALL) as cluster:
        assert f"exec {shlex.quote(str(programs / 'python3'))} " in cluster.job_script()
