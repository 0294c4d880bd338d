"""One server on a real Slurm for most tests, and one whose Slurm commands can be made to fail."""

from __future__ import annotations

import getpass
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.server import Server, write_profiles

from testbed.slurm import SlurmTestbed

MEMBERS = f"dask-hpc-{os.getpid()}"
"""A group that the system does not know until a test makes it."""
ASK = "the help desk, https://help.example.org/dask"

MODULES = Path(__file__).parent / "modulefiles"

VARIANTS = {
    "nowhere": {"scheduler__partition": "nowhere"},
    "unlicensed": {"scheduler__licenses": "gold:1"},
    "unlicensed-workers": {"workers__licenses": "gold:1"},
    "giant-workers": {"workers__memory": {"default": "20000G", "maximum": "20000G"}},
    "elsewhere": {"shared_paths": ["/pbs/home"]},
    "anywhere": {"shared_paths": []},
    "held": {"scheduler__extra": ["--hold"]},
    "modules": {"setup": [f"module use {MODULES}", "module load farm"], "login_shell": True},
    "members": {"access": {"groups": ["no-such-group", MEMBERS], "ask": ASK}},
    "named": {"access": {"users": ["nobody-here", getpass.getuser()]}},
    "others": {"access": {"users": ["nobody-here"]}},
}


@pytest.fixture(scope="session")
def shared(slurm: SlurmTestbed) -> Iterator[Path]:
    """The folder that all nodes share."""
    folder = Path(tempfile.mkdtemp(prefix="shared-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server(slurm: SlurmTestbed, shared: Path) -> Iterator[Server]:
    """A notebook server of a user of the farm."""
    folder = shared / "one"
    folder.mkdir()
    profiles = write_profiles(shared, folder, **VARIANTS)
    started = Server(folder, shared / "home", profiles, slurm.environment)
    with started:
        yield started


@pytest.fixture
def folder(server: Server, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A workspace of the test's own below the server's root."""
    path = server.root / request.node.name.replace("/", "_")[:60]
    path.mkdir()
    yield path
    for cluster in server.clusters():
        if cluster["closed"] is None:
            server.end(cluster["id"])


@pytest.fixture
def kernel(server: Server, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, as a kernel of that server, in a folder of its own."""
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(server.credentials_file))
    monkeypatch.chdir(folder)
