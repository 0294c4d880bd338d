"""The scheduler's HTTP server; it serves only the notebook server, which holds the certificate ``server``."""

from __future__ import annotations

import functools
import ssl
from collections.abc import Callable
from typing import Any

import distributed.node
from scheduler_folder import FOLDER
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate
from tornado.web import Application, HTTPError, RequestHandler


class ForbiddenHandler(RequestHandler):
    """The answer to every request that is not from the notebook server."""

    def prepare(self) -> None:
        raise HTTPError(403)


class GuardedServer(HTTPServer):
    """Replaces tornado's server before the scheduler creates its own.

    So every route and every websocket passes the guard, those of Dask and those added later, from the first request on.
    """

    refusal = Application([], default_handler_class=ForbiddenHandler)

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        options = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(FOLDER / "ca.pem"))
        options.load_cert_chain(FOLDER / "scheduler.pem", FOLDER / "scheduler-key.pem")
        options.verify_mode = ssl.CERT_REQUIRED
        super().initialize(*args, **{**kwargs, "ssl_options": options})

    def start_request(self, server_conn: Any, request_conn: Any) -> Any:
        return Guard(
            request_conn,
            functools.partial(super().start_request, server_conn, request_conn),
            functools.partial(self.refusal.start_request, server_conn, request_conn),
        )


class Guard(HTTPMessageDelegate):
    """Serves or refuses one request; decided after the TLS handshake, when the client's certificate is known."""

    def __init__(self, connection: Any, serve: Callable[[], Any], refuse: Callable[[], Any]) -> None:
        self.connection, self.serve, self.refuse = connection, serve, refuse
        self.inner: Any = None

    def headers_received(self, start_line: Any, headers: Any) -> Any:
        certificate = self.connection.stream.socket.getpeercert()
        self.inner = (self.serve if common_name(certificate) == "server" else self.refuse)()
        return self.inner.headers_received(start_line, headers)

    def data_received(self, chunk: bytes) -> Any:
        return self.inner.data_received(chunk)

    def finish(self) -> None:
        self.inner.finish()

    def on_connection_close(self) -> None:
        if self.inner is not None:
            self.inner.on_connection_close()


def common_name(certificate: Any) -> str | None:
    """The common name in what ``SSLSocket.getpeercert`` returns; None without a verified certificate."""
    names = [value for part in (certificate or {}).get("subject", ()) for key, value in part if key == "commonName"]
    return names[0] if len(names) == 1 else None


def install() -> None:
    """Make distributed create a guarded server as its next HTTP server."""
    distributed.node.HTTPServer = GuardedServer  # type: ignore[attr-defined]


def check(scheduler: Any) -> None:
    """Restore tornado's server in distributed. Raises RuntimeError if the scheduler's server is not guarded."""
    distributed.node.HTTPServer = HTTPServer  # type: ignore[attr-defined]
    server: Any = scheduler.http_server
    guarded: bool = isinstance(scheduler.http_server, GuardedServer)
    if not guarded or server.ssl_options.verify_mode != ssl.CERT_REQUIRED:
        raise RuntimeError("this version of distributed does not use the guarded HTTP server")
    if not scheduler.address.startswith("tls://"):
        raise RuntimeError(f"the scheduler listens without TLS at {scheduler.address}")
