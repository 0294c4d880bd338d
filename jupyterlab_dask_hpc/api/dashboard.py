"""A proxy to Dask's dashboard through the notebook server; the browser must not trust its pages.

The name of a task can contain a script, so a dashboard page never gets the user's login. The random key in its path
grants access, no cookie is read or passed on, and the browser runs the page in a sandbox without an origin. The
scheduler in turn serves its dashboard only to the certificate ``server``.
"""

from __future__ import annotations

import asyncio
import html
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import unquote, urljoin, urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated, authorized
from jupyter_server.utils import url_path_join
from tornado.httpclient import HTTPRequest, HTTPResponse
from tornado.ioloop import IOLoop
from tornado.log import app_log
from tornado.simple_httpclient import SimpleAsyncHTTPClient
from tornado.web import HTTPError, RequestHandler, authenticated
from tornado.websocket import WebSocketClientConnection, WebSocketClosedError, WebSocketHandler, websocket_connect

from dask_hpc.messages import Message

from .base import ForKernelsToo

TIMEOUT_S = 20.0  # seconds
MAX_BYTES = 64 * 1024 * 1024  # maximum bytes of a page, or of a message to the browser
MAX_BYTES_FROM_BROWSER = 1024 * 1024  # maximum bytes of a message from the browser

POLICY = "sandbox allow-scripts allow-popups allow-downloads; frame-ancestors 'self'"

# Headers in neither list (cookies, logins, hop-by-hop headers, the dashboard's own policy) are not passed on.
_TO_SCHEDULER = ("Accept", "Accept-Language", "If-None-Match", "If-Modified-Since")
_TO_BROWSER = ("Content-Type", "Cache-Control", "ETag", "Last-Modified", "Expires")

# Routes of the scheduler outside the dashboard: the control route, and routes that connect to other hosts.
_CLOSED = ("dask-hpc", "proxy", "jupyter", "api")


@dataclass(frozen=True)
class DashboardTarget:
    """Where a cluster's dashboard is.

    Attributes:
        url: ``https://host:port`` of its scheduler; empty if there is none.
        ssl_context: uses the certificate ``server``; None if there is no scheduler.
        message: why there is no dashboard, for the user; None if there is one.
    """

    url: str
    ssl_context: ssl.SSLContext | None
    message: Message | None = None


class Dashboards(Protocol):
    """The object ``dask_hpc_dashboards`` in the server's settings, as far as this module uses it."""

    def dashboard_target(self, cluster_id: str, key: str) -> DashboardTarget | None:
        """The target of a cluster if this is its key (compared in constant time); None for any other pair."""
        ...

    def dashboard_key(self, cluster_id: str) -> str | None:
        """The key of a cluster's dashboard, for its user; None if there is no such cluster."""
        ...


class DashboardHandler(WebSocketHandler):
    """Forwards GET, HEAD and websockets to one cluster's scheduler, and to no other host."""

    upstream: WebSocketClientConnection | None = None
    pump: asyncio.Task[None] | None = None

    def prepare(self) -> None:
        for name in ("Cookie", "Authorization"):
            self.request.headers.pop(name, None)

    def set_default_headers(self) -> None:
        self.set_header("Content-Security-Policy", POLICY)
        self.set_header("Referrer-Policy", "no-referrer")
        self.set_header("X-Content-Type-Options", "nosniff")

    def check_xsrf_cookie(self) -> None:
        """No check: there is no cookie here that another page could misuse."""

    def _log(self) -> None:
        """Log nothing: the path contains the key, which must not appear in a log."""

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """As in tornado, but without the request line."""
        if not isinstance(value, HTTPError):
            app_log.error("The dashboard proxy failed", exc_info=(typ, value, tb))

    @allow_unauthenticated  # type: ignore[untyped-decorator]
    async def get(self, cluster_id: str, key: str, path: str) -> None:
        """One page or file of the dashboard, or a websocket."""
        target = self._target(cluster_id, key)
        inner = inner_path(self.request.path.partition(f"/dashboard/{key}/")[2])
        if inner is None:
            raise HTTPError(404)
        if not target.url or target.ssl_context is None:
            self._page(410, Message("page.no-dashboard"), target.message or Message("dashboard.gone"))
            return
        query = f"?{self.request.query}" if self.request.query else ""
        if self.request.headers.get("Upgrade", "").lower() == "websocket":
            await self._websocket(target, f"/{inner}{query}")
        else:
            await self._http(target, f"/{inner}{query}", inner)

    @allow_unauthenticated  # type: ignore[untyped-decorator]
    async def head(self, cluster_id: str, key: str, path: str) -> None:
        """As `get`, without the body."""
        self.request.headers.pop("Upgrade", None)
        await self.get(cluster_id, key, path)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        self._page(status_code, Message("page.unknown"), Message("dashboard.unknown-page"))

    def _target(self, cluster_id: str, key: str) -> DashboardTarget:
        dashboards: Dashboards = self.settings["dask_hpc_dashboards"]
        target = dashboards.dashboard_target(cluster_id, key)
        if target is None:
            raise HTTPError(404)
        return target

    def _page(self, status: int, title: Message, message: Message) -> None:
        """Respond with a plain page from this server."""
        self.set_status(status)
        self.set_header("Content-Type", "text/html; charset=UTF-8")
        self.set_header("Cache-Control", "no-store")
        self.finish(
            f"<!DOCTYPE html><html lang='en'><meta charset='utf-8'><title>{html.escape(str(title))}</title>"
            f"<body style='font: 14px sans-serif; margin: 3em'><h1>{html.escape(str(title))}</h1>"
            f"<p>{html.escape(str(message))}</p></body></html>"
        )

    async def _http(self, target: DashboardTarget, path: str, inner: str) -> None:
        client = SimpleAsyncHTTPClient(force_instance=True, max_body_size=MAX_BYTES, max_buffer_size=MAX_BYTES)
        request = HTTPRequest(
            target.url + path,
            method=self.request.method or "GET",
            headers={name: self.request.headers[name] for name in _TO_SCHEDULER if name in self.request.headers},
            ssl_options=target.ssl_context,
            follow_redirects=False,
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
        )
        try:
            answer = await client.fetch(request, raise_error=False)
        except Exception as error:  # sockets, TLS and HTTP each raise their own errors
            self._page(502, Message("page.no-answer"), Message("dashboard.silent", detail=str(error)))
            return
        finally:
            client.close()
        self._answer(target, answer, inner)

    def _answer(self, target: DashboardTarget, answer: HTTPResponse, inner: str) -> None:
        body = answer.body or b""
        if inner == "status" and body.startswith(b"<p>Dask needs"):
            self._page(404, Message("page.no-bokeh"), Message("dashboard.no-bokeh"))
            return
        location = answer.headers.get("Location")
        if location is not None:
            inside = redirect(target.url, inner, location)
            if inside is None:
                self._page(502, Message("page.unknown"), Message("dashboard.other-site"))
                return
            self.set_header("Location", self.request.path.removesuffix(self._raw_inner()) + inside)
        for name in _TO_BROWSER:
            if name in answer.headers:
                self.set_header(name, answer.headers[name])
        self.set_status(answer.code)
        if answer.code in (204, 304) or self.request.method == "HEAD":
            self.finish()
        else:
            self.finish(repair(inner, answer.headers, body))

    def _raw_inner(self) -> str:
        return self.request.path.partition(f"/dashboard/{self.path_args[1]}/")[2]

    # --- websockets -------------------------------------------------------------------------------------------

    @property
    def max_message_size(self) -> int:
        return MAX_BYTES_FROM_BROWSER

    def check_origin(self, origin: str) -> bool:
        """A page in the sandbox has the origin ``null``. The key grants access; pages of other sites are refused."""
        return origin == "null" or bool(super().check_origin(origin))

    def select_subprotocol(self, subprotocols: list[str]) -> str | None:
        """The subprotocol that the scheduler has selected; Bokeh sends its session token as a subprotocol."""
        return self.upstream.selected_subprotocol if self.upstream else None

    async def _websocket(self, target: DashboardTarget, path: str) -> None:
        offered = self.request.headers.get("Sec-WebSocket-Protocol", "")
        request = HTTPRequest(
            target.url.replace("https://", "wss://", 1) + path,
            ssl_options=target.ssl_context,
            connect_timeout=TIMEOUT_S,
            request_timeout=TIMEOUT_S,
        )
        try:
            self.upstream = await websocket_connect(
                request,
                subprotocols=[name.strip() for name in offered.split(",") if name.strip()],
                max_message_size=MAX_BYTES,
            )
        except Exception as error:  # sockets, TLS, HTTP and websockets each raise their own errors
            self._page(502, Message("page.no-answer"), Message("dashboard.silent", detail=str(error)))
            return
        await super().get()
        if self.ws_connection is None:
            self.upstream.close()

    def open(self, *args: str, **kwargs: str) -> None:
        self.pump = asyncio.ensure_future(self._to_browser())

    async def on_message(self, message: str | bytes) -> None:
        """Forward a message before the next one is read, for backpressure."""
        if self.upstream is None:
            return
        try:
            await self.upstream.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            self.close()

    async def _to_browser(self) -> None:
        assert self.upstream is not None
        try:
            while (message := await self.upstream.read_message()) is not None:
                await self.write_message(message, binary=isinstance(message, bytes))
        except WebSocketClosedError:
            pass
        finally:
            self.close()
            self.upstream.close()

    def on_close(self) -> None:
        """The browser has disconnected. Messages that it no longer reads must not block closing the other side."""
        if self.upstream is not None:
            self.upstream.close()
        if self.pump is not None:
            IOLoop.current().add_callback(self.pump.cancel)


class OpenDashboardHandler(ForKernelsToo):
    """Redirects a logged-in user to a cluster's dashboard. The link has no key, so it may be stored."""

    auth_resource = "jupyterlab-dask-hpc"

    @authenticated
    @authorized
    async def get(self, cluster_id: str, inner: str = "") -> None:
        """GET clusters/{id}/dashboard/{page}; `inner` is the page, by default ``status``."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        dashboards: Dashboards = self.settings["dask_hpc_dashboards"]
        key = dashboards.dashboard_key(cluster_id)
        if key is None:
            raise HTTPError(404, str(Message("cluster.unknown")))
        route = url_path_join(self.base_url, "jupyterlab-dask-hpc/clusters", cluster_id, "dashboard", key)
        # Without the query, which may contain the user's token.
        self.redirect(f"{route}/{inner or 'status'}")


def inner_path(raw: str) -> str | None:
    """The path inside the dashboard from a request path, still encoded; None if it could lead elsewhere."""
    decoded = unquote(raw)
    parts = decoded.split("/")
    if (
        re.search(r"%(2f|5c|00)", raw, re.IGNORECASE)
        or re.search(r"[\\\x00-\x20\x7f?#]", raw)
        or re.search(r"[\x00-\x1f\x7f]", decoded)
        or any(part in (".", "..") for part in parts)
        or "" in parts[:-1]
        or parts[0].lower() in _CLOSED
    ):
        return None
    return raw


def redirect(url: str, inner: str, location: str) -> str | None:
    """The target of a redirect inside the dashboard; None if it leads elsewhere."""
    there = urlsplit(urljoin(f"{url}/{inner}", location))
    if f"{there.scheme}://{there.netloc}" != url:
        return None
    inside = inner_path(there.path.lstrip("/"))
    return None if inside is None else inside + (f"?{there.query}" if there.query else "")


def repair(inner: str, headers: Mapping[str, str], body: bytes) -> bytes:
    """Fix style links of Dask's ``info/`` pages: they go up one folder too many, which only works at a site's root."""
    if inner.startswith("info/") and headers.get("Content-Type", "").startswith("text/html"):
        return body.replace(b'"../../../statics/', b'"../../statics/')
    return body


def handlers(base: str) -> list[tuple[str, type[RequestHandler], dict[str, Any]]]:
    """The routes of all dashboards below the server's base URL: with a key, and for logged-in users."""
    cluster = url_path_join(re.escape(base), "jupyterlab-dask-hpc/clusters", "([A-Za-z0-9_-]+)", "dashboard")
    return [
        (rf"{cluster}/([A-Za-z0-9_-]+)/(.*)", DashboardHandler, {}),
        (cluster, OpenDashboardHandler, {}),
        (rf"{cluster}/([A-Za-z0-9._-]*)", OpenDashboardHandler, {}),
    ]
