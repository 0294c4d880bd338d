"""Accounts and QOS of a user, from what sacctmgr prints."""

from __future__ import annotations

import pytest

from jupyterlab_dask_hpc.batch.base import BatchSilent
from jupyterlab_dask_hpc.batch.resources import OwnValues
from jupyterlab_dask_hpc.batch.slurm.associations import own_values, parse_associations

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
