"""Log Out stops the clusters only for requests from this server's own pages."""

from __future__ import annotations

from urllib.parse import urlsplit
from urllib.request import HTTPCookieProcessor, ProxyHandler, Request, build_opener

import pytest
from kernel.running import TOKEN, Running
from tornado.httputil import HTTPHeaders

from jupyterlab_dask_hpc.api.logout import is_from_own_page

HOST = "hub.example.org:8000"
PAGE = "text/html,application/xhtml+xml"
OWN = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


@pytest.mark.parametrize(
    "headers",
    [
        OWN,
        {"Referer": f"http://{HOST}/user/ada/lab", "Accept": PAGE},
        {"Referer": "http://HUB.example.org:8000/lab", "Accept": PAGE},
    ],
    ids=["browser of today", "plain http", "host in capitals"],
)
def test_a_page_of_this_server(headers):
    assert is_from_own_page(HTTPHeaders(headers), HOST)


@pytest.mark.parametrize(
    "headers",
    [
        {},
        OWN | {"Sec-Fetch-Site": "cross-site"},
        OWN | {"Sec-Fetch-Site": "same-site"},
        OWN | {"Sec-Fetch-Site": "none"},
        OWN | {"Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"},
        OWN | {"Sec-Fetch-Mode": "cors", "Sec-Fetch-Dest": "empty"},
        OWN | {"Sec-Fetch-Dest": "iframe"},
        OWN | {"Sec-Purpose": "prefetch"},
        OWN | {"Sec-Fetch-Site": "cross-site", "Referer": f"http://{HOST}/lab", "Accept": PAGE},
        {"Accept": PAGE},
        {"Referer": "http://evil.example.org/", "Accept": PAGE},
        {"Referer": f"http://evil.example.org/?{HOST}", "Accept": PAGE},
        {"Referer": f"http://{HOST}.evil.example.org/", "Accept": PAGE},
        {"Referer": f"http://{HOST}/lab", "Accept": "image/png,*/*"},
        {"Referer": f"http://{HOST}/lab", "Origin": "http://evil.example.org", "Accept": PAGE},
        {"Referer": f"http://{HOST}/lab", "Origin": "null", "Accept": PAGE},
    ],
    ids=[
        "nothing known",
        "other site",
        "sister site",
        "link in a mail",
        "picture in a notebook",
        "fetch by a script",
        "frame",
        "prefetch",
        "other site, with our referer",
        "no referer",
        "other referer",
        "our name in another's address",
        "our name in another's name",
        "picture, plain http",
        "other origin",
        "sandboxed page",
    ],
)
def test_anything_else(headers):
    assert not is_from_own_page(HTTPHeaders(headers), HOST)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    running = Running(tmp_path_factory.mktemp("logout") / "server", "--ServerApp.base_url=/user/ada/")
    yield running
    running.stop()


class Browser:
    """Cookies and headers, no more."""

    def __init__(self, server: Running) -> None:
        self.server = server
        self.opener = build_opener(ProxyHandler({}), HTTPCookieProcessor())

    def get(self, path: str, headers: dict[str, str] | None = None) -> str:
        with self.opener.open(Request(f"{self.server.url}{path}", headers=headers or {}), timeout=60) as response:
            return response.read().decode()


def stopped(server: Running) -> list[str]:
    file = server.folder / "logged-out"
    lines = file.read_text().splitlines() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


def login(server: Running) -> Browser:
    browser = Browser(server)
    browser.get(f"?token={TOKEN}")
    return browser


def cookies(browser: Browser) -> set[str]:
    (jar,) = (each.cookiejar for each in browser.opener.handlers if isinstance(each, HTTPCookieProcessor))
    return {cookie.name for cookie in jar if cookie.name.startswith("username")}


def test_a_user_logs_out(server):
    browser = login(server)
    assert cookies(browser)
    assert "logged out" in browser.get("logout", OWN)
    assert stopped(server) == ["You logged out."]
    assert not cookies(browser)
    # Once more, without a login: the page is shown, nothing is stopped.
    assert "logged out" in browser.get("logout", OWN)
    assert stopped(server) == []


def test_a_user_logs_out_over_plain_http(server):
    host = urlsplit(server.url).netloc
    login(server).get("logout", {"Referer": f"http://{host}/user/ada/lab", "Accept": PAGE})
    assert stopped(server) == ["You logged out."]


def test_a_forged_link_logs_out_and_stops_nothing(server):
    browser = login(server)
    assert "logged out" in browser.get("logout", OWN | {"Sec-Fetch-Site": "cross-site"})
    assert not cookies(browser)
    assert stopped(server) == []
