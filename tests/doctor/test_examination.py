"""The doctor from the form, on a real server: for administrators, one at a time, and nothing is left behind."""

from __future__ import annotations

import http.client
import json
import os
import pwd
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.polling import until
from support.server import Server

LOCAL = Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json"
ME = pwd.getpwuid(os.getuid()).pw_name


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("server")
    (folder / "config").mkdir()
    config = {"DaskHpc": {"administrators": {"users": [ME]}}}
    (folder / "config" / "jupyter_server_config.json").write_text(json.dumps(config))
    with Server(folder, folder / "home", [LOCAL], {}) as started:
        yield started


def test_an_administrator_gets_the_findings(server: Server) -> None:
    assert server.call("GET", "profiles")["may_examine"] is True
    answer = server.call("POST", "profiles/local/examination", {"workspace": ""})
    findings = {one["check"]: one for one in answer["findings"]}
    assert {one["status"] for one in findings.values()} == {"ok"}
    assert findings["launch.worker"]["title"]["text"] == "launch (worker)"
    assert findings["state-folder.worker"]["found"]["text"] == str(server.state)
    assert not list(server.root.iterdir())
    assert not (server.state / "doctor").exists()
    assert server.ask("POST", "profiles/nowhere/examination", {}).status == 404


def test_it_ends_with_its_page_and_is_the_only_one(server: Server) -> None:
    there = urlsplit(server.url)
    page = http.client.HTTPConnection(str(there.hostname), there.port or 0, timeout=30)
    headers = {"Authorization": f"token {server.token}"}
    page.request("POST", "/jupyterlab-dask-hpc/profiles/local/examination", b"{}", headers)
    until((server.state / "doctor").exists, lambda: "no examination")
    assert server.ask("POST", "profiles/local/examination", {}).status == 409
    page.close()
    until(lambda: not (server.state / "doctor").exists(), lambda: "something is left")
    assert not list(server.root.iterdir())
