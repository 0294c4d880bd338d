"""The profiles in docs/sites.md are valid, and launch what the text says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.core.profile import profile_of
from jupyterlab_dask_hpc.core.request import first_node, read_request

PAGE = (Path(__file__).parents[1] / "docs" / "sites.md").read_text()
PROFILES = {content["name"]: content for content in map(json.loads, re.findall(r"```json\n(.*?)```", PAGE, re.DOTALL))}


@pytest.mark.parametrize(("name", "first", "all_nodes"), [("one-node", 5, 5), ("two-nodes", 2, 4)])
def test_a_recipe_of_one_job_has_the_workers_that_the_text_says(name: str, first: int, all_nodes: int) -> None:
    profile = profile_of(PROFILES[name], own_options())
    request = read_request({"profile": name}, profile, [])
    assert request.layout == "one-job"
    assert first_node(request, profile) == first
    assert first + (request.workers.nodes - 1) * request.workers.processes == all_nodes


def test_a_job_of_dask_jobqueue_is_a_job_of_several_workers() -> None:
    profile = profile_of(PROFILES["regular"], own_options())
    workers = read_request({"profile": "regular", "workers": {"jobs": 4}}, profile, []).workers
    assert (workers.jobs, workers.processes, workers.cpus) == (4, 8, 32)


def test_every_profile_of_the_page_is_tried() -> None:
    assert set(PROFILES) == {"one-node", "two-nodes", "regular"}
