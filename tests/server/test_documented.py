"""The examples of the documentation run as they are printed, but for the names of what this machine lacks."""

from __future__ import annotations

import contextlib
import grp
import json
import os
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from interfaces import second_interface
from support.server import Server

from testbed.slurm import SlurmTestbed

from .conftest import MODULES

DOCS = Path(__file__).parents[2] / "docs"
ADDRESS = "127.0.91.8"


def examples(document: str, language: str) -> list[str]:
    """The blocks of code of a document."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (DOCS / document).read_text("utf-8"), re.M | re.S)


@pytest.fixture(scope="module")
def interface() -> Iterator[str]:
    with second_interface(ADDRESS) as name:
        yield name


@pytest.fixture(scope="module")
def documented(slurm: SlurmTestbed, interface: str) -> Iterator[Server]:
    """A server with the administrators' own example of a profile and of a configuration, on a farm as it names it."""
    place = Path(tempfile.mkdtemp(prefix="sps-"))
    python = place / "tools" / "dask" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} "$@"\n')
    python.chmod(0o755)
    slurm.run("scontrol", "create", "PartitionName=services", "Nodes=ALL", "State=UP")
    slurm.run("scontrol", "update", "NodeName=n[0-3]", "AvailableFeatures=el9")
    here = {
        "/sps": str(place),
        "/pbs/home": str(place),
        "ib0": interface,
        "dask-users": grp.getgrgid(os.getgid()).gr_name,
    }
    # The first is a whole profile, those that follow are parts of one.
    text, *_ = examples("administrators.md", "json")
    for printed, ours in here.items():
        assert f'"{printed}' in text, f"the example names {printed} no more"
        text = text.replace(f'"{printed}', f'"{ours}')
    profile = json.loads(text)
    profile["setup"].insert(0, f"module use {MODULES}")
    (place / "farm.json").write_text(json.dumps(profile))
    [configuration] = examples("administrators.md", "python")
    assert "/etc/jupyter/dask-hpc/farm.json" in configuration
    config = place / "server" / "config"
    config.mkdir(parents=True)
    (config / "jupyter_server_config.py").write_text(
        "c = get_config()\n" + configuration.replace("/etc/jupyter/dask-hpc", str(place))
    )
    server = Server(place / "server", place / "home", [], slurm.environment)
    try:
        yield server.start()
    finally:
        server.stop()
        shutil.rmtree(place, ignore_errors=True)
        slurm.run("scontrol", "delete", "PartitionName=services")
        slurm.run("scontrol", "update", "NodeName=n[0-3]", "AvailableFeatures=", "ActiveFeatures=")


@pytest.fixture
def kernel_there(documented: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(documented.credentials_file))
    monkeypatch.chdir(documented.root)


@pytest.mark.usefixtures("kernel_there")
def test_the_administrators_profile_and_what_users_write(documented: Server) -> None:
    """On a second interface, with its modules, its Python, its account, as the default of a kernel's `DaskCluster`."""
    names: dict[str, Any] = {}
    make, _, close = examples("notebook.md", "python")[0].partition("...\n")
    connect = next(block for block in examples("users.md", "python") if "dask_hpc.connect" in block)
    with contextlib.ExitStack() as leave:
        exec(make, names)
        leave.callback(names["client"].close)
        documented.until(names["cluster"].id, lambda seen: seen["workers"]["connected"] == 4)
        exec(connect, names)
        leave.callback(names["client"].close)
        assert names["client"].scheduler.address.startswith(f"tls://{ADDRESS}:")
        workers = names["client"].run(lambda: [os.environ.get("FROM_MODULE"), os.environ.get("OMP_NUM_THREADS")])
        assert list(workers.values()) == [["python/3.12", "1"]] * 4
        assert all(address.startswith(f"tls://{ADDRESS}:") for address in workers)
    exec(close, names)
