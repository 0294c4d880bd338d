"""The calls for logs, asked of a real Jupyter Server as the browser asks them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tornado.httpclient import HTTPClientError

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.api.base import NAMESPACE
from jupyterlab_dask_hpc.api.logs import handlers
from jupyterlab_dask_hpc.core.errors import unknown
from jupyterlab_dask_hpc.logs.reader import ClusterLogs, LogJob

pytest_plugins = ["pytest_jupyter.jupyter_server"]

FILE = "demo.worker.11_0.log"
TEXT = b"hello\nERROR: row 3\n\xff\x00\n"


class OneCluster:
    """As much of the manager as these calls know."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def logs_of(self, cluster: str) -> ClusterLogs:
        if cluster != "3f9c0a51d2":
            raise unknown(Message("cluster.unknown"))
        return ClusterLogs(self.folder, "demo", (LogJob("11_0", "worker", "running", "n2", "demo.worker.11_0.log"),))


@pytest.fixture
def fetch(jp_serverapp: Any, jp_fetch: Any, tmp_path: Path) -> Any:
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / FILE).write_bytes(TEXT)
    (tmp_path / "secret").write_text("key")
    jp_serverapp.web_app.settings["dask_hpc"] = OneCluster(folder)
    jp_serverapp.web_app.add_handlers(".*$", handlers(f"{jp_serverapp.base_url}{NAMESPACE}"))
    return lambda *parts, **rest: jp_fetch(NAMESPACE, "clusters", *parts, **rest)


async def refused(answer: Any) -> tuple[int, dict[str, str]]:
    with pytest.raises(HTTPClientError) as caught:
        await answer
    assert caught.value.response is not None
    return caught.value.code, json.loads(caught.value.response.body)


async def test_list(fetch: Any, tmp_path: Path) -> None:
    found = json.loads((await fetch("3f9c0a51d2", "logs")).body)
    assert found["folder"] == str(tmp_path / "log")
    assert [(log["file"], log["size"]) for log in found["logs"]] == [(FILE, len(TEXT))]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, TEXT),
        ({"offset": "6", "length": "5"}, b"ERROR"),
        ({"offset": "-3"}, b"\xff\x00\n"),
        ({"length": "0"}, b""),
    ],
)
async def test_bytes(fetch: Any, query: dict[str, str], expected: bytes) -> None:
    answer = await fetch("3f9c0a51d2", "logs", FILE, params=query)
    assert answer.body == expected
    assert answer.headers["X-Size"] == str(len(TEXT))
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "query", [{"offset": "x"}, {"offset": "9" * 30}, {"length": "-1"}, {"length": str(4 * 1024**2 + 1)}]
)
async def test_wrong_range(fetch: Any, query: dict[str, str]) -> None:
    status, body = await refused(fetch("3f9c0a51d2", "logs", FILE, params=query))
    assert (status, body["reason"], body["field"]) == (400, "invalid", next(iter(query)))


@pytest.mark.parametrize(("cluster", "file"), [("3f9c0a51d2", "demo.worker.11_1.log"), ("0000000000", FILE)])
async def test_what_is_not_there(fetch: Any, cluster: str, file: str) -> None:
    status, body = await refused(fetch(cluster, "logs", file))
    assert (status, body["reason"]) == (404, "unknown")


@pytest.mark.parametrize("file", ["..%2Fsecret", "%2Fetc%2Fpasswd", "%2E%2E", "a%00b"])
async def test_a_name_that_points_outside(
    fetch: Any, http_server_client: Any, jp_base_url: str, jp_auth_header: Any, file: str
) -> None:
    url = f"{jp_base_url}{NAMESPACE}/clusters/3f9c0a51d2/logs/{file}"
    status, body = await refused(http_server_client.fetch(url, headers=jp_auth_header))
    assert (status, body["reason"]) == (403, "forbidden")


async def test_link(fetch: Any, tmp_path: Path) -> None:
    (tmp_path / "log" / FILE).unlink()
    (tmp_path / "log" / FILE).symlink_to("../secret")
    got, body = await refused(fetch("3f9c0a51d2", "logs", FILE))
    assert (got, body["reason"]) == (403, "forbidden")
    assert "link" in body["message"]


async def test_problems(fetch: Any) -> None:
    found = json.loads((await fetch("3f9c0a51d2", "problems", params={"level": "error"})).body)
    assert (found["files"], found["lines"]) == (1, 1)
    assert found["kinds"][0]["example"] == {"file": FILE, "line": 2}
    status, body = await refused(fetch("3f9c0a51d2", "problems", params={"level": "info"}))
    assert (status, body["field"]) == (400, "level")


@pytest.mark.parametrize("parts", [("logs",), ("logs", FILE), ("problems",)])
async def test_nobody_without_a_token(fetch: Any, parts: tuple[str, ...]) -> None:
    status, _ = await refused(fetch("3f9c0a51d2", *parts, headers={"Authorization": "token wrong"}))
    assert status == 403
