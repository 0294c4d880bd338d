"""The dashboard through the notebook server: real pages and websockets of a real scheduler, and no way past the key."""

from __future__ import annotations

import asyncio
import hmac
import re
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import jinja2
import pytest
from in_job.running import Cluster, make
from jupyter_server.auth.authorizer import AllowAllAuthorizer
from jupyter_server.auth.identity import IdentityProvider
from support.polling import until
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest, HTTPResponse
from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets
from tornado.web import Application, RequestHandler
from tornado.websocket import WebSocketHandler, websocket_connect

from dask_hpc.cluster_client import dashboard_link
from dask_hpc.messages import Message
from dask_hpc.server_client import ServerClient as KernelServer
from jupyterlab_dask_hpc.api.dashboard import DashboardTarget, handlers, inner_path, redirect
from jupyterlab_dask_hpc.control.certificates import make_certificates
from jupyterlab_dask_hpc.control.scheduler_client import tls_context

KEY = "s3cret-Key_of-this-cluster"
BASE = "/user/me/"
DASHBOARD = f"{BASE}jupyterlab-dask-hpc/clusters/0123456789/dashboard/{KEY}"


class Dashboards:
    """What the server core is to the handler: one cluster with one key."""

    def __init__(self, target: DashboardTarget) -> None:
        self.target = target

    def dashboard_target(self, cluster_id: str, key: str) -> DashboardTarget | None:
        known = cluster_id == "0123456789" and hmac.compare_digest(key.encode(), KEY.encode())
        return self.target if known else None

    def dashboard_key(self, cluster_id: str) -> str | None:
        return KEY if cluster_id == "0123456789" else None


class Proxy:
    """A tornado application with the handler, on a free port, used from inside its own loop."""

    def __init__(self, target: DashboardTarget) -> None:
        sockets = bind_sockets(0, "127.0.0.1")
        self.port: int = sockets[0].getsockname()[1]
        self.server = HTTPServer(Application(handlers(BASE), dask_hpc_dashboards=Dashboards(target), xsrf_cookies=True))
        self.server.add_sockets(sockets)

    async def get(self, path: str, **options: Any) -> HTTPResponse:
        request = HTTPRequest(f"http://127.0.0.1:{self.port}{path}", follow_redirects=False, **options)
        return await AsyncHTTPClient().fetch(request, raise_error=False)

    async def websocket(self, path: str, subprotocols: list[str] | None = None, **headers: str) -> Any:
        request = HTTPRequest(f"http://127.0.0.1:{self.port}{path}".replace("http", "ws", 1), headers=headers)
        return await websocket_connect(request, subprotocols=subprotocols, max_message_size=1 << 26)


def run(target: DashboardTarget, use: Callable[[Proxy], Awaitable[Any]]) -> Any:
    async def main() -> Any:
        proxy = Proxy(target)
        try:
            return await asyncio.wait_for(use(proxy), 60)
        finally:
            proxy.server.stop()

    return asyncio.run(main())


@pytest.fixture(scope="module")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    running = make(tmp_path_factory.mktemp("room") / "cluster")
    try:
        running.start("scheduler")
        running.start("worker")
        with running.client() as client:
            client.wait_for_workers(1, timeout=90)
        loading = asyncio.run(loaded(DashboardTarget(running.address().control, tls_context(running.folder))))
        assert all(b'http-equiv="refresh"' in page.body for page in loading)
        yield running
    finally:
        running.end()


async def loaded(target: DashboardTarget) -> list[HTTPResponse]:
    """Ask for the dashboard until it is there, as the page that is shown meanwhile does; gives those pages."""
    proxy, waited = Proxy(target), []
    try:
        for _ in range(600):
            page = await proxy.get(f"{DASHBOARD}/status")
            if page.code != 503:
                return waited
            waited.append(page)
            await asyncio.sleep(0.1)
    finally:
        proxy.server.stop()
    raise AssertionError("the dashboard was not loaded within a minute")


@pytest.fixture
def target(cluster: Cluster) -> DashboardTarget:
    return DashboardTarget(cluster.address().control, tls_context(cluster.folder))


def test_shows_a_page_in_a_sandbox(target: DashboardTarget) -> None:
    page = run(target, lambda proxy: proxy.get(f"{DASHBOARD}/status"))
    assert page.code == 200 and b"Dask Diagnostic UI" in page.body
    policy = page.headers["Content-Security-Policy"]
    assert "sandbox allow-scripts" in policy and "allow-same-origin" not in policy
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert "Set-Cookie" not in page.headers


def test_everything_that_a_page_needs_is_there(target: DashboardTarget) -> None:
    async def load(proxy: Proxy) -> None:
        for name in ("status", "workers", "tasks", "graph", "info/main/workers.html", "info/main/logs.html"):
            page = await proxy.get(f"{DASHBOARD}/{name}")
            assert page.code == 200, name
            folder = f"{DASHBOARD}/{name}".rpartition("/")[0]
            for link in re.findall(r"(?:href|src)=\"([^\"]+)\"", page.body.decode()):
                if ".css" in link or ".js" in link:
                    if link.startswith(("http:", "https:")):
                        continue
                    found = await proxy.get(resolve(folder, link))
                    assert found.code == 200 and found.body, f"{name} needs {link}"

    run(target, load)


def resolve(folder: str, link: str) -> str:
    from urllib.parse import urljoin

    return urljoin(f"{folder}/", link)


def test_redirects_stay_inside(target: DashboardTarget) -> None:
    async def ask(proxy: Proxy) -> None:
        for path, there in (("/", "/status"), ("/info", "/info/main/workers.html")):
            answer = await proxy.get(DASHBOARD + path)
            assert answer.code in (301, 302) and answer.headers["Location"] == DASHBOARD + there

    run(target, ask)


def test_draws_live_plots(target: DashboardTarget, cluster: Cluster) -> None:
    """As bokeh's own script does: the session's token as a subprotocol, from a page without an origin."""

    async def draw(proxy: Proxy) -> None:
        page = (await proxy.get(f"{DASHBOARD}/individual-task-stream")).body.decode()
        found = re.search(r'"token":"([^"]+)"', page)
        assert found
        socket = await proxy.websocket(f"{DASHBOARD}/individual-task-stream/ws", ["bokeh", found[1]], Origin="null")
        assert socket.selected_subprotocol == "bokeh"
        assert "ACK" in str(await socket.read_message())
        socket.write_message('{"msgid":"1","msgtype":"PULL-DOC-REQ"}')
        await socket.write_message("{}")
        await socket.write_message("{}")
        seen = ""
        while "PULL-DOC-REPLY" not in seen:
            message = await socket.read_message()
            assert message is not None, seen
            seen += str(message)
        socket.close()

    run(target, draw)


@pytest.mark.parametrize(
    "path", [f"{DASHBOARD}x/status", DASHBOARD.replace("0123456789", "abc") + "/status", f"{DASHBOARD[:-1]}/status"]
)
def test_a_wrong_key_opens_nothing(target: DashboardTarget, path: str) -> None:
    async def ask(proxy: Proxy) -> None:
        assert (await proxy.get(path)).code == 404
        with pytest.raises(HTTPClientError, match="404"):
            await proxy.websocket(f"{path}/ws", Origin="null")

    run(target, ask)


@pytest.mark.parametrize(
    "inner",
    ["dask-hpc/report", "proxy/22/127.0.0.1/x", "%70roxy/22/127.0.0.1/x", "a/../dask-hpc/report", "%2e%2e/x", "..%2fx",
     "a%5cb", "/evil.example/x", "a//b", "%0d%0aX:1", "./dask-hpc/report", "DASK-HPC/report"],
)  # fmt: skip
def test_no_path_leads_elsewhere(target: DashboardTarget, inner: str) -> None:
    assert inner_path(inner) is None
    assert run(target, lambda proxy: proxy.get(f"{DASHBOARD}/{inner}")).code == 404


@pytest.mark.parametrize("inner", ["", "status", "info/task/%28%27sum%27%2C%200%29.html", "statics/css/base.css", "a/"])
def test_the_dashboards_own_paths_pass(inner: str) -> None:
    assert inner_path(inner) == inner


@pytest.mark.parametrize(
    "location", ["https://evil.example/", "//evil.example/", "/dask-hpc/report", "http://n1:1/status"]
)
def test_no_redirect_leads_elsewhere(location: str) -> None:
    assert redirect("https://n1:1", "status", location) is None


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_sent(target: DashboardTarget, method: str) -> None:
    options: dict[str, Any] = {"body": b""} if method in ("POST", "PUT", "PATCH") else {}
    assert run(target, lambda proxy: proxy.get(f"{DASHBOARD}/status", method=method, **options)).code == 405


def test_another_sites_page_gets_no_websocket(target: DashboardTarget) -> None:
    async def ask(proxy: Proxy) -> None:
        with pytest.raises(HTTPClientError, match="403"):
            await proxy.websocket(f"{DASHBOARD}/status/ws", Origin="https://evil.example")

    run(target, ask)


def test_the_dashboard_of_a_closed_cluster_shows_that_it_is_closed() -> None:
    page = run(
        DashboardTarget("", None, Message("cluster.ended", name="demo")), lambda proxy: proxy.get(f"{DASHBOARD}/status")
    )
    assert page.code == 410 and b"demo has ended." in page.body
    assert "sandbox" in page.headers["Content-Security-Policy"]


def test_the_dashboard_of_a_scheduler_that_is_gone_shows_that(tmp_path: Path) -> None:
    make_certificates(tmp_path / "c", "0123456789")
    gone = DashboardTarget("https://127.0.0.1:9", tls_context(tmp_path / "c"))
    page = run(gone, lambda proxy: proxy.get(f"{DASHBOARD}/status"))
    assert page.code == 502 and b"does not answer" in page.body


class Echo(RequestHandler):
    """A dashboard that is not on the user's side: sends back what it received, and tries to store things."""

    def get(self) -> None:
        self.set_header("Set-Cookie", "evil=1")
        self.set_header("Content-Security-Policy", "default-src *")
        self.set_header("Access-Control-Allow-Origin", "*")
        self.finish("\n".join(f"{name}: {value}" for name, value in self.request.headers.get_all()))


class NoBokeh(RequestHandler):
    def get(self) -> None:
        self.finish("<p>Dask needs bokeh>=3.1.0 for the dashboard.</p><p>...</p>")


class Sockets(WebSocketHandler):
    closed = threading.Event()

    def open(self) -> None:
        self.write_message(str(sorted(self.request.headers.get_all())))

    def on_message(self, message: str | bytes) -> None:
        if message == "leave":
            self.close()
        else:
            self.write_message(message, binary=isinstance(message, bytes))

    def on_close(self) -> None:
        Sockets.closed.set()


@pytest.fixture
def hostile(tmp_path: Path) -> Iterator[DashboardTarget]:
    """A server in a loop of its own, with the scheduler's certificate, that a dashboard might be."""
    make_certificates(tmp_path / "c", "0123456789")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "c/ca.pem"))
    context.load_cert_chain(tmp_path / "c/scheduler.pem", tmp_path / "c/scheduler-key.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    loop = asyncio.new_event_loop()
    sockets = bind_sockets(0, "127.0.0.1")
    Sockets.closed.clear()

    async def serve() -> None:
        server = HTTPServer(Application([("/echo", Echo), ("/status", NoBokeh), ("/ws", Sockets)]), ssl_options=context)
        server.add_sockets(sockets)

    loop.run_until_complete(serve())
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    yield DashboardTarget(f"https://127.0.0.1:{sockets[0].getsockname()[1]}", tls_context(tmp_path / "c"))
    loop.call_soon_threadsafe(loop.stop)
    thread.join()
    loop.close()


LOGIN = {"Cookie": "username-localhost=me; _xsrf=2|x", "Authorization": "token abc"}


def test_the_users_login_stays_here(hostile: DashboardTarget) -> None:
    async def ask(proxy: Proxy) -> None:
        page = await proxy.get(f"{DASHBOARD}/echo", headers=LOGIN | {"Referer": "http://x/?token=abc"})
        received = page.body.decode()
        for word in ("Cookie", "_xsrf", "Authorization", "token", "Referer"):
            assert word not in received
        assert "Set-Cookie" not in page.headers and "Access-Control-Allow-Origin" not in page.headers
        assert page.headers.get_list("Content-Security-Policy") == [page.headers["Content-Security-Policy"]]
        assert "sandbox" in page.headers["Content-Security-Policy"]
        socket = await proxy.websocket(f"{DASHBOARD}/ws", Origin="null", **LOGIN)
        received = str(await socket.read_message())
        for word in ("Cookie", "_xsrf", "Authorization", "token"):
            assert word not in received
        socket.close()

    run(hostile, ask)


def test_messages_pass_whole_in_both_directions(hostile: DashboardTarget) -> None:
    async def ask(proxy: Proxy) -> None:
        socket = await proxy.websocket(f"{DASHBOARD}/ws", Origin="null")
        await socket.read_message()
        for message in ("text", b"\x00bytes", "x" * 900_000):
            await socket.write_message(message, binary=isinstance(message, bytes))
            assert await socket.read_message() == message
        await socket.write_message("leave")
        assert await socket.read_message() is None

    run(hostile, ask)


def test_a_huge_message_from_the_browser_ends_the_connection(hostile: DashboardTarget) -> None:
    async def ask(proxy: Proxy) -> None:
        socket = await proxy.websocket(f"{DASHBOARD}/ws", Origin="null")
        await socket.read_message()
        await socket.write_message("x" * 2_000_000)
        assert await socket.read_message() is None

    run(hostile, ask)


def test_the_scheduler_sees_that_the_browser_has_gone(hostile: DashboardTarget) -> None:
    async def ask(proxy: Proxy) -> None:
        socket = await proxy.websocket(f"{DASHBOARD}/ws", Origin="null")
        await socket.read_message()
        socket.close()
        await asyncio.get_running_loop().run_in_executor(None, until, Sockets.closed.is_set, "all are closed", 20)

    run(hostile, ask)


def test_the_dashboard_of_an_environment_without_bokeh_shows_that(hostile: DashboardTarget) -> None:
    page = run(hostile, lambda proxy: proxy.get(f"{DASHBOARD}/status"))
    assert page.code == 404 and b"Install bokeh" in page.body


@pytest.mark.parametrize("base", ["/", BASE, "/hub/user/ad%C3%A9/"])
def test_a_link_without_the_key_leads_who_is_logged_in(base: str) -> None:
    root = KernelServer(f"http://127.0.0.1:8888{base}", "secret")
    link = dashboard_link(root, "0123456789")
    assert link == f"{base}jupyterlab-dask-hpc/clusters/0123456789/dashboard/status"

    async def use() -> list[HTTPResponse]:
        sockets = bind_sockets(0, "127.0.0.1")
        port = sockets[0].getsockname()[1]
        identity = IdentityProvider(token="mine")
        settings = {
            "base_url": base,
            "login_url": f"{base}login",
            "cookie_secret": "only for this test",
            "identity_provider": identity,
            "authorizer": AllowAllAuthorizer(identity_provider=identity),
            "dask_hpc_dashboards": Dashboards(DashboardTarget("", None)),
            "jinja2_env": jinja2.Environment(loader=jinja2.DictLoader({"error.html": "", "404.html": ""})),
        }
        server = HTTPServer(Application(handlers(base), **settings))
        server.add_sockets(sockets)

        async def get(path: str, **headers: str) -> HTTPResponse:
            request = HTTPRequest(f"http://127.0.0.1:{port}{path}", headers=headers, follow_redirects=False)
            return await AsyncHTTPClient().fetch(request, raise_error=False)

        known = {"Authorization": "token mine"}
        asked = [get(link), get(link, **known), get(link.replace("0123456789", "9876543210"), **known)]
        asked += [get(link.replace("/status", ""), **known), get(f"{link}?token=mine", **known)]
        try:
            return list(await asyncio.gather(*asked))
        finally:
            server.stop()

    nobody, led, unknown, short, with_token = asyncio.run(use())
    assert nobody.code == 302 and nobody.headers["Location"].startswith(f"{base}login?next=")
    assert KEY not in nobody.headers["Location"]
    assert unknown.code == 404
    for answer in (led, short, with_token):
        assert answer.code == 302
        assert answer.headers["Location"] == link.replace("/status", f"/{KEY}/status")
        assert (answer.headers["Cache-Control"], answer.headers["Referrer-Policy"]) == ("no-store", "no-referrer")
