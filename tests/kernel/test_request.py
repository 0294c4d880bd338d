"""What a launch asks of the server, and what it sends."""

from __future__ import annotations

from typing import Any

import pytest

from dask_hpc.request import launch_request
from dask_hpc.server_client import RequestRefused, ServerClient

from .running import Running


def profile(name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "schema": {"properties": {"workers": {"properties": fields}}}}


PROFILES = {
    "default": "nodes",
    "profiles": [profile("nodes", processes={"default": 4}, jobs={"maximum": 10}), profile("earlier", jobs={})],
}


def found(running: Running) -> ServerClient:
    return ServerClient(running.known["url"], running.known["secret"], running.known["certificate"])


def asked(server: ServerClient, **given: Any) -> tuple[Any, dict[str, Any]]:
    """Profile and workers of the request."""
    request = launch_request(server, virtual_env="", workspace="", **given)
    return request.get("profile"), request.get("workers", {})


def test_workers_are_asked_for_as_whole_jobs(start_server):
    running = start_server()
    running.answer(profiles=PROFILES)
    server = found(running)
    assert asked(server, workers=5) == (None, {"jobs": 2})
    assert asked(server, workers=5.0, profile="nodes") == ("nodes", {"jobs": 2})
    assert asked(server, workers=5, profile="earlier") == ("earlier", {"jobs": 5})
    assert asked(server, workers=5, profile="not-offered") == ("not-offered", {"jobs": 5})
    assert asked(server, workers=5, processes=2.0) == (None, {"jobs": 3, "processes": 2})
    assert asked(server, workers=5, gpus=2.0, gpu_model="a100") == (
        None,
        {"jobs": 3, "gpus": 2, "gpu_model": "a100"},
    ), "each GPU gets a worker"
    assert asked(server, workers=5, gpus=0) == (None, {"jobs": 2, "gpus": 0})
    assert server.profile("nodes") == server.profile() == PROFILES["profiles"][0]
    assert server.profile("not-offered") is None
    assert asked(server, nodes=2.0, layout="one-job") == (None, {"nodes": 2})


def test_profiles_are_asked_for_only_if_the_number_of_jobs_depends_on_them(start_server):
    running = start_server()
    running.answer()
    server = found(running)
    assert asked(server, workers=5, processes=2) == (None, {"jobs": 3, "processes": 2})
    assert asked(server, workers=0) == (None, {"jobs": 0})
    assert asked(server, profile="nodes") == ("nodes", {})
    # The server refuses what is no number, at its field.
    assert asked(server, workers="5", processes=0) == (None, {"jobs": "5", "processes": 0})
    with pytest.raises(RequestRefused):
        asked(server, workers=5)
