"""Accounts and QOS of a user, from what sacctmgr prints."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.base import BatchSilent
from jupyterlab_dask_hpc.batch.resources import OwnValues
from jupyterlab_dask_hpc.batch.slurm.associations import own_values, parse_associations
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions

HEADING = "Cluster|Def Acct|Account|QOS|Def QOS"
TEXT = f"""{HEADING}
farm|cms|atlas|debug,normal|
farm|cms|cms|long,normal|normal
farm|cms|cms|gpu|
elsewhere|cms|far|normal|
"""


def test_each_account_and_each_qos_is_there_once() -> None:
    associations = list(parse_associations(TEXT))
    assert len(associations) == 4
    here = [one for one in associations if one.cluster == "farm"]
    assert own_values("accounts", here) == OwnValues(("atlas", "cms"), "cms")
    assert own_values("qos", here) == OwnValues(("debug", "normal", "long", "gpu"), "normal")


def test_a_greeting_before_the_answer_is_no_association() -> None:
    assert len(list(parse_associations(f"Welcome to | the farm\n1|2|3|4|5\n{TEXT}"))) == 4


def test_a_user_without_an_association_has_nothing() -> None:
    assert own_values("accounts", list(parse_associations(f"{HEADING}\n"))) == OwnValues(())
    # A user whom the accounting knows, without an account on any cluster.
    assert list(parse_associations(f"{HEADING}\n|cms|||\n")) == []


@pytest.mark.parametrize("text", ["", "sacctmgr: error: x\n", "farm|cms|atlas|normal|\n", "a|b|c|d|e\n1|2|3|4|5\n"])
def test_what_is_no_answer_is_not_an_empty_one(text: str) -> None:
    with pytest.raises(BatchSilent):
        list(parse_associations(text))


@pytest.mark.parametrize(
    ("options", "accounts"),
    [
        (SlurmOptions(), ("atlas", "cms")),
        (SlurmOptions(clusters="elsewhere"), ("far",)),
        (SlurmOptions(extra=("--clusters=elsewhere",)), ("far",)),
        (SlurmOptions(clusters="farm,elsewhere"), ("atlas", "cms", "far")),
    ],
)
def test_accounts_are_those_of_the_cluster_that_the_jobs_go_to(
    tmp_path: Path, options: SlurmOptions, accounts: tuple[str, ...]
) -> None:
    for name, output in (("sacctmgr", TEXT), ("scontrol", "ClusterName = farm\nMaxArraySize = 1001\n")):
        (tmp_path / name).write_text(f"#!/bin/sh\ncat <<END\n{output}END\n")
        (tmp_path / name).chmod(0o755)
    slurm = Slurm(sacctmgr=str(tmp_path / "sacctmgr"), scontrol=str(tmp_path / "scontrol"))
    assert asyncio.run(slurm.own_values("accounts", options)).values == accounts
