"""A profile with mistakes costs that profile alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from support.server import Json, Server, has_ended

LOCAL = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "local.json").read_text())


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Server]:
    """Two good profiles of local processes, and others that are broken in several ways."""
    paths = [tmp_path / f"{name}.json" for name in ("good", "other", "typo", "gone", "python")]
    for path in paths:
        path.write_text(json.dumps({**LOCAL, "name": path.stem}, indent=1))
    paths[2].write_text('{\n "name": "typo", // mine\n "title": "With a typo"\n}')
    paths[3].unlink()
    paths[4].write_text(json.dumps({**LOCAL, "name": "python", "python": str(tmp_path)}, indent=1))
    server = Server(tmp_path / "one", tmp_path / "home", paths, {})
    yield server
    server.stop()


def broken(server: Server) -> dict[str, Json]:
    return {one["name"]: one for one in server.call("GET", "profiles")["broken"]}


def test_the_others_are_offered_and_the_broken_ones_reported(site: Server, tmp_path: Path) -> None:
    site.start()
    answer = site.call("GET", "profiles")
    assert (answer["default"], [one["name"] for one in answer["profiles"]]) == ("good", ["good", "other"])
    found = broken(site)
    assert set(found) == {"typo", "gone", "python"}
    assert (found["typo"]["title"], found["typo"]["file"]) == ("With a typo", str(tmp_path / "typo.json"))
    places = [(one["line"], one["column"], one["key"]) for one in found["typo"]["mistakes"]]
    assert places[:2] == [(1, 1, "batch"), (1, 1, "workers")] and (2, 18, "") in places
    [folder] = found["python"]["mistakes"]
    assert folder["key"] == "python" and folder["line"] > 1
    assert f"for example {tmp_path}/bin/python" in folder["message"]["text"]
    [unreadable] = found["gone"]["mistakes"]
    assert unreadable["message"]["text"] == "The file cannot be read: no such file or directory."
    refused = site.ask("POST", "clusters", {"profile": "typo"})
    assert (refused.status, refused.json["field"], refused.json["code"]) == (400, "profile", "profile.broken")
    assert f"{tmp_path}/typo.json: line 2, column 18: JSON has no comments." in site.log
    assert "Traceback" not in site.log


@pytest.mark.parametrize("breaks", [True, False], ids=["broken", "gone"])
def test_a_cluster_outlives_its_profile_and_can_be_stopped(site: Server, tmp_path: Path, breaks: bool) -> None:
    site.start()
    id = site.launch(profile="other", name="mine")["id"]
    site.until(id, lambda seen: seen["state"] == "running")
    site.kill()
    path = tmp_path / "other.json"
    path.write_text("{") if breaks else path.unlink()
    site.start()
    assert "other" in broken(site)
    site.until(id, lambda seen: seen["workers"]["connected"] == 1)
    assert site.call("GET", f"clusters/{id}/jobs")["jobs"]
    assert has_ended(site.end(id))


def test_a_site_whose_only_profile_is_broken_still_answers(tmp_path: Path) -> None:
    path = tmp_path / "farm.json"
    path.write_text("")
    with Server(tmp_path / "one", tmp_path / "home", [path], {}) as server:
        answer = server.call("GET", "profiles")
        assert (answer["default"], answer["profiles"], [one["name"] for one in answer["broken"]]) == ("", [], ["farm"])
        assert server.ask("POST", "clusters", {}).status == 400
