"""Who may do what: the token, the cookie with its XSRF, the kernel's secret, the dashboard's key."""

from __future__ import annotations

import asyncio
import json
import re
import time
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from tornado.httpclient import HTTPClientError

from jupyterlab_dask_hpc.api import clusters, logs, stream

from .running import PATIENCE, Answer, Server, over

ID = "0123456789"


def routes() -> list[tuple[str, str]]:
    """Every method of every route of ours, with something in place of its variable parts."""
    found = []
    for route, handler, *_ in [*clusters.handlers("/"), *logs.handlers("/"), *stream.handlers("/")]:
        path = re.sub(r"\([^)]*\)", ID, route).lstrip("/")
        found += [(method, path) for method in handler.SUPPORTED_METHODS if handler_has(handler, method)]
    return found


def handler_has(handler: Any, method: str) -> bool:
    return method.lower() in vars(handler)


def test_the_routes_are_all_of_the_contract() -> None:
    calls = {path for _, path in routes()}
    assert {"profiles", "clusters", "clusters/preview", "clusters/estimate", "stream"} < calls
    assert {f"clusters/{ID}/{part}" for part in ("jobs", "scripts", "connection", "logs", "problems")} < calls


@pytest.mark.parametrize(("method", "path"), routes())
def test_nothing_is_answered_without_a_login(server: Server, method: str, path: str) -> None:
    for headers in ({}, {"Authorization": "token wrong"}, {"Authorization": "dask-hpc wrong"}):
        answer = server.ask(method, path, b"{}" if method == "POST" else None, login=False, headers=headers)
        assert answer.status == 403, (headers, answer.body)
        if path != "stream":
            assert answer.json["reason"] == "forbidden"


def test_a_tabs_stream_needs_a_login(server: Server) -> None:
    for headers in ({}, {"Authorization": "token wrong"}):
        with pytest.raises(HTTPClientError, match="403"):
            asyncio.run(_connect(server, headers))
    asyncio.run(_connect(server, None))


def test_a_page_of_another_site_gets_no_stream(server: Server) -> None:
    cookies = {"Cookie": _cookies(server)[0]}
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(_connect(server, {**cookies, "Origin": "https://evil.example"}))
    asyncio.run(_connect(server, {**cookies, "Origin": server.url.rstrip("/")}))


async def _connect(server: Server, headers: dict[str, str] | None) -> None:
    tab = await server.connect(headers)
    assert json.loads(await tab.read_message())["type"] == "state"
    tab.close()


def _cookies(server: Server) -> tuple[str, str]:
    """What a browser that has logged in holds: its cookies, and the XSRF among them."""
    jar: SimpleCookie = SimpleCookie()
    for page in ("/login", f"/login?token={server.token}"):
        for name, value in server.ask("GET", page, login=False).headers.items():
            if name.lower() == "set-cookie":
                jar.load(value)
    header = "; ".join(f"{name}={cookie.value}" for name, cookie in jar.items())
    return header, jar["_xsrf"].value


def test_a_cookie_alone_changes_nothing(server: Server) -> None:
    cookies, xsrf = _cookies(server)
    browser = {"Cookie": cookies}
    assert server.ask("GET", "clusters", login=False, headers=browser).status == 200
    changes = [("POST", "clusters"), ("POST", "clusters/preview"), ("POST", "clusters/estimate")]
    for method, path in [*changes, ("DELETE", f"clusters/{ID}")]:
        answer = server.ask(method, path, b"{}" if method == "POST" else None, login=False, headers=browser)
        assert answer.status == 403, (method, path, answer.body)
    proven = {**browser, "X-XSRFToken": xsrf}
    assert server.ask("DELETE", f"clusters/{ID}", login=False, headers=proven).status == 404


def test_a_kernel_comes_in_by_its_secret(server: Server) -> None:
    [file] = server.runtime.glob("dask-hpc-*/server.json")
    known = json.loads(file.read_text())
    assert urlsplit(known["url"]).port == urlsplit(server.url).port
    kernel = {"Authorization": f"dask-hpc {known['secret']}"}
    assert server.ask("GET", "clusters", login=False, headers=kernel).status == 200
    # No cookie, so nothing that another page could misuse: it may change things as well.
    assert server.ask("DELETE", f"clusters/{ID}", login=False, headers=kernel).status == 404
    wrong = {"Authorization": f"dask-hpc {known['secret'][:-1]}"}
    assert server.ask("GET", "clusters", login=False, headers=wrong).status == 403
    assert server.ask("GET", "/api/contents", login=False, headers=kernel).status == 403


def _opened(server: Server, path: str) -> Answer:
    """The page once the scheduler has loaded its dashboard."""
    deadline = time.monotonic() + PATIENCE
    while (page := server.ask("GET", f"/{path}", login=False)).status == 503 and time.monotonic() < deadline:
        time.sleep(0.5)
    return page


def test_a_dashboard_needs_its_key_and_nothing_else(server: Server, folder: Path) -> None:
    id = server.launch(workspace=folder.name, name="shown")["id"]
    shown = server.until(id, lambda seen: seen["workers"]["connected"] == 1)
    path = shown["dashboard"]
    key = path.split("/")[-2]
    page = _opened(server, path)
    assert page.status == 200
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in page.headers
    for wrong in (path.replace(key, key[:-1]), path.replace(key, "x"), path.replace(id, ID)):
        assert server.ask("GET", f"/{wrong}", login=False).status == 404
        assert server.ask("GET", f"/{wrong}").status == 404
    for closed in ("dask-hpc/report", "../../../clusters", "proxy/1/x/y", "%2e%2e/x"):
        assert server.ask("GET", f"/{path.removesuffix('status')}{closed}").status == 404, closed
    assert server.ask("POST", f"/{path}", b"").status == 405
    server.end(id)
    gone = server.ask("GET", f"/{path}", login=False)
    assert gone.status == 410
    assert b"The cluster shown is over." in gone.body
    assert server.ask("GET", f"/{path.replace(key, 'x')}").status == 404
    assert key not in server.log
    assert over(server.cluster(id))
