"""What a launch asks of the server, and what it sends."""

from __future__ import annotations

from typing import Any

import pytest

from dask_hpc.magic import chosen_options
from dask_hpc.request import launch_request
from dask_hpc.server_client import DaskHpcError, RequestRefused, ServerClient

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


def test_chosen_options_are_sent_as_they_are(start_server):
    running = start_server()
    running.answer()
    chosen = {"account": "atlas", "modules": ("gcc", "cuda"), "storage": ["sps"], "wrong": 3}
    request = launch_request(found(running), virtual_env="", workspace="", options=chosen)
    assert request["options"] == {"account": "atlas", "modules": ["gcc", "cuda"], "storage": ["sps"], "wrong": 3}
    assert "options" not in launch_request(found(running), virtual_env="", workspace="")


def test_options_of_the_magic_have_a_name_and_a_value():
    assert chosen_options(["a=x=y", "b=", "c=1", "c=2"]) == {"a": "x=y", "b": "", "c": ["1", "2"]}
    for text in ("account", "=atlas"):
        with pytest.raises(DaskHpcError, match=f"{text} is no option. Write --option NAME=VALUE."):
            chosen_options([text])
