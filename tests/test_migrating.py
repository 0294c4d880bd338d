"""docs/notebook.md names what replaces every parameter and method of the other tools."""

from __future__ import annotations

import inspect
import re
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster

from benchmarks.jobqueue import PBSCluster, SLURMCluster

PAGE = (Path(__file__).parents[1] / "docs" / "notebook.md").read_text()
PASSED_ON = re.compile(r"^(self|args|kwargs|.*_kwargs|worker_spec|scheduler_spec)$")
"""Passed on to other classes."""


def names_of(kind: type[Any]) -> set[str]:
    """Names of the parameters, methods and properties that its users write."""
    parameters = {
        name
        for each in inspect.getmro(kind)
        if "__init__" in vars(each) and each is not object
        for name in inspect.signature(vars(each)["__init__"]).parameters
    }
    if hasattr(kind, "job_cls"):
        parameters |= {
            name for each in inspect.getmro(kind.job_cls)[:2] for name in inspect.signature(each.__init__).parameters
        }
    members = {name for name in dir(kind) if not name.startswith("_")}
    return {name for name in parameters | members if not PASSED_ON.match(name)}


@pytest.mark.parametrize(
    ("heading", "kind"),
    [
        ("distributed.LocalCluster", LocalCluster),
        ("dask_jobqueue: SLURMCluster, PBSCluster", SLURMCluster),
        ("dask_jobqueue: SLURMCluster, PBSCluster", PBSCluster),
    ],
)
def test_nothing_is_left_out(heading: str, kind: type[Any]) -> None:
    tables = PAGE.split("## Migrating from other tools")[1].split("\n### ")
    [common, table] = [table for table in tables if table.startswith(("Every cluster", heading))]
    listed = set(re.findall(r"\w+", common + table))
    assert sorted(names_of(kind) - listed) == []
