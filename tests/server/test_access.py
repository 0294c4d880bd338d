"""Who may do what: the token, the cookie with its XSRF, the kernel's secret, the dashboard's key."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from http.cookies import SimpleCookie
from importlib.resources import files
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.polling import until
from support.server import Answer, Server, has_ended
from tornado.httpclient import HTTPClientError

ID = "0123456789"
LOCAL = Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "local.json"


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with an authorizer of the site's own; see `guarded/site_guard.py`."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "allowed").write_text("read write execute")
    code = os.pathsep.join([str(Path(__file__).parent / "guarded"), os.environ.get("PYTHONPATH", "")])
    server = Server(folder, folder / "home", [LOCAL], {"GUARD_FOLDER": str(folder), "PYTHONPATH": code})
    server.options = ["--ServerApp.authorizer_class=site_guard.Guard"]
    try:
        yield server.start()
    finally:
        server.stop()


@dataclass(frozen=True)
class Route:
    """One route of the running server, with something in place of its variable parts."""

    handler: str
    path: str
    methods: frozenset[str]


def routes(server: Server) -> list[Route]:
    server.call("GET", "profiles")
    found = json.loads((server.root.parent / "routes.json").read_text())
    return [
        Route(each["handler"], re.sub(r"\([^)]*\)", ID, each["pattern"].rstrip("$")), frozenset(each["methods"]))
        for each in found
    ]


OPEN = {"LogoutHandler", "DashboardHandler"}
"""Handlers that admit on other grounds: everybody may log out, and a dashboard's key is in its path."""
LEADING = "OpenDashboardHandler"
"""Leads a browser that is not logged in to the page where it can do so, and back."""
METHODS = ("GET", "HEAD", "POST", "DELETE", "PATCH", "PUT")


def body_of(method: str) -> bytes | None:
    return b"{}" if method in ("POST", "PATCH", "PUT") else None


def test_the_routes_are_all_of_the_contract(guarded: Server) -> None:
    found = routes(guarded)
    own = "/jupyterlab-dask-hpc/"
    calls = ["profiles", "clusters", "clusters/preview", "clusters/estimate", "clusters/free", "stream"]
    parts = [
        "",
        "/dashboard",
        f"/dashboard/{ID}",
        "/jobs",
        "/scripts",
        "/connection",
        "/logs",
        "/problems",
        f"/logs/{ID}",
    ]
    expected = {own + call for call in calls} | {f"{own}clusters/{ID}{part}" for part in parts}
    assert {route.path for route in found if route.handler not in OPEN} >= expected
    assert {route.handler for route in found} >= OPEN


def test_nothing_is_answered_without_a_login(guarded: Server) -> None:
    stranger: list[dict[str, str]] = [{}, {"Authorization": "token wrong"}, {"Authorization": "dask-hpc wrong"}]
    for route in routes(guarded):
        if route.handler in OPEN:
            continue
        for method in METHODS:
            for headers in stranger:
                answer = guarded.ask(method, route.path, body_of(method), login=False, headers=headers)
                if route.handler == LEADING and method == "GET":
                    assert answer.status == 302
                    assert answer.headers["Location"].startswith("/login?next=%2Fjupyterlab-dask-hpc")
                    continue
                assert answer.status in (403, 405), (method, route, headers, answer.body)
                if method in route.methods:
                    assert answer.status == 403, (method, route, headers, answer.body)
                if answer.body and route.handler not in ("StreamHandler", LEADING):
                    assert answer.json["reason"] in ("forbidden", "failed")


def test_a_cookie_changes_nothing_on_any_route(guarded: Server) -> None:
    browser = {"Cookie": _cookies(guarded)[0]}
    for route in routes(guarded):
        for method in ("POST", "DELETE", "PATCH", "PUT"):
            answer = guarded.ask(method, route.path, body_of(method), login=False, headers=browser)
            allowed = (403, 404, 405) if route.handler in OPEN else (403, 405)
            assert answer.status in allowed, (method, route, answer.body)
            if method in route.methods:
                assert answer.status == 403, (method, route, answer.body)


def test_the_sites_authorizer_is_asked_for_every_call(guarded: Server) -> None:
    """One authorizer that denies everything, and one that allows only reading."""
    folder = guarded.root.parent
    found = [route for route in routes(guarded) if route.handler not in {*OPEN, "StreamHandler"}]
    [secret] = [json.loads(path.read_text())["secret"] for path in guarded.runtime.glob("dask-hpc-*/server.json")]
    callers = [{"Authorization": f"token {guarded.token}"}, {"Authorization": f"dask-hpc {secret}"}]
    try:
        for allowed in ("none", "read"):
            (folder / "allowed").write_text(allowed)
            for route in found:
                for method in route.methods & {"GET", "POST", "DELETE"}:
                    for headers in callers:
                        (folder / "asked").write_text("")
                        answer = guarded.ask(method, route.path, body_of(method), login=False, headers=headers)
                        looks = allowed == "read" and method == "GET"
                        assert (answer.status == 403) != looks, (allowed, method, route, headers, answer.body)
                        assert (folder / "asked").read_text().split()[2::3] == ["jupyterlab-dask-hpc"]
            if allowed == "read":
                asyncio.run(_connect(guarded, None))
            else:
                with pytest.raises(HTTPClientError, match="403"):
                    asyncio.run(_connect(guarded, None))
    finally:
        (folder / "allowed").write_text("read write execute")


def test_a_tabs_stream_needs_a_login(server: Server) -> None:
    for headers in ({}, {"Authorization": "token wrong"}):
        with pytest.raises(HTTPClientError, match="403"):
            asyncio.run(_connect(server, headers))
    asyncio.run(_connect(server, None))


def test_a_page_of_another_site_gets_no_stream(server: Server) -> None:
    cookies = {"Cookie": _cookies(server)[0]}
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(_connect(server, {**cookies, "Origin": "https://evil.example"}))
    # The origin of a dashboard's page, which is in a sandbox.
    with pytest.raises(HTTPClientError, match="403"):
        asyncio.run(_connect(server, {**cookies, "Origin": "null"}))
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
    changes = [
        ("POST", "clusters"),
        ("POST", "clusters/preview"),
        ("POST", "clusters/estimate"),
        ("POST", "clusters/free"),
    ]
    for method, path in [*changes, ("DELETE", f"clusters/{ID}")]:
        answer = server.ask(method, path, b"{}" if method == "POST" else None, login=False, headers=browser)
        assert answer.status == 403, (method, path, answer.body)
    proven = {**browser, "X-XSRFToken": xsrf}
    assert server.ask("DELETE", f"clusters/{ID}", login=False, headers=proven).status == 404


def test_a_kernel_comes_in_by_its_secret(server: Server) -> None:
    file = server.credentials_file
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

    def opened() -> Answer | None:
        page = server.ask("GET", f"/{path}", login=False)
        return page if page.status != 503 else None

    return until(opened, "a loaded dashboard")


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
    assert b"shown has ended." in gone.body
    assert server.ask("GET", f"/{path.replace(key, 'x')}").status == 404
    assert key not in server.log
    assert has_ended(server.cluster(id))
