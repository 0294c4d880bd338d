"""The list of distributed's private names is true for the newest and the oldest version, and whole."""

from __future__ import annotations

import ast
import inspect
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from conformance.environments import environment

import dask_hpc
import jupyterlab_dask_hpc.in_job
from dask_hpc.cluster import DaskCluster
from dask_hpc.cluster_client import ClusterClient, ClusterInfo
from dask_hpc.scaling import FarmAdaptive

from . import private_names

FOLDERS = [Path(str(package.__file__)).parent for package in (dask_hpc, jupyterlab_dask_hpc.in_job)]
TESTS = Path(__file__).parent.parent
NOT_DISTRIBUTED = {"_exit", "_actions", "_fmt"}  # of os, argparse and logging
LISTED = set(re.findall(r"\w+", " ".join(name.name for name in private_names.NAMES)))


@pytest.mark.parametrize("version", ["newest", "oldest"])
def test_a_version_of_distributed_has_every_private_name_in_use(version: str) -> None:
    python = environment(version) / "bin" / "python"
    done = subprocess.run(
        [python, "-m", "in_job.private_names"], cwd=TESTS, capture_output=True, text=True, timeout=300, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, ""), done.stdout + done.stderr


def private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def own(tree: ast.Module) -> Iterator[str]:
    """Names that a file defines."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.attr


def test_every_private_name_in_use_is_listed() -> None:
    trees = {path: ast.parse(path.read_text()) for folder in FOLDERS for path in folder.glob("*.py")}
    ours = {name for tree in trees.values() for name in own(tree)}
    used = {
        node.attr: path.name
        for path, tree in trees.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.Attribute) and private(node.attr) and node.attr not in ours
    }
    unlisted = {name: file for name, file in used.items() if name not in LISTED and name not in NOT_DISTRIBUTED}
    assert unlisted == {}


@pytest.mark.parametrize("ours", [ClusterClient, ClusterInfo, DaskCluster, FarmAdaptive])
def test_every_private_name_that_is_overridden_is_listed(ours: type) -> None:
    theirs = [base for base in ours.__mro__ if base.__module__.startswith("distributed")]
    methods = {name for name, value in vars(ours).items() if private(name) and inspect.isfunction(value)}
    overridden = {name for name in methods if any(name in vars(base) for base in theirs)}
    assert overridden - LISTED == set()
