"""How workers share a job or a node: the server's check, and what the scheduler takes of a node that it shares.

The front end makes the same checks, and is tested with the same cases (`src/launch/oneJob.test.ts`).
"""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.node_workers import first_node_workers
from jupyterlab_dask_hpc.core.profile import Profile, profile_of
from jupyterlab_dask_hpc.core.request import Request, read_request

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parents[1] / "recorded" / "shares.json").read_text())


def offer(case: dict[str, Any]) -> Profile:
    """A site with large nodes, on which all may be asked."""
    content = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "cc-in2p3.json").read_text())
    content["layout"] = ["separate", "one-job"]
    content["workers"] |= {"nodes": {"default": 1, "maximum": 4}, "nanny": case.get("nanny", True)}
    content["workers"]["cpus"]["maximum"] = 256
    content["workers"]["memory"]["maximum"] = "1024G"
    content["workers"]["memory"] |= {key: case[key] for key in ("maximum_per_cpu",) if key in case}
    if content["workers"]["nanny"]:
        content["workers"]["gpus"] = {"maximum": 4}
    content["scheduler"]["cpus"] = case.get("scheduler_cpus", 1)
    return profile_of(content, own_options())


def ask(case: dict[str, Any]) -> Request:
    scheduler = {"memory": case.get("scheduler_memory", "1G")}
    body = {"profile": "cc-in2p3", "layout": case["layout"], "workers": case["workers"], "scheduler": scheduler}
    return read_request(body, offer(case), ())


@pytest.mark.parametrize("case", [case for case in CASES if "error" in case], ids=str)
def test_what_does_not_fit_is_refused_at_its_field(case: dict[str, Any]) -> None:
    with pytest.raises(ApiError) as caught:
        ask(case)
    message = caught.value.message.as_json()
    assert {"field": caught.value.field, "code": message["code"], "params": message["params"]} == case["error"]


@pytest.mark.parametrize("case", [case for case in CASES if "error" not in case], ids=str)
def test_others_are_accepted_and_the_scheduler_takes_its_share_of_the_first_node(case: dict[str, Any]) -> None:
    request = ask(case)
    profile = offer(case)
    groups = first_node_workers(request.workers, request.scheduler, profile.scheduler.cpus, profile.workers.nanny)
    together = request.layout == "one-job"
    assert [[group.count, group.threads, group.memory] for group in groups if together] == case.get("first", [])
