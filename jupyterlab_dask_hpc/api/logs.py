"""Logs over REST: the list, bytes of one log, and the errors of all. `stream.py` follows logs."""

from __future__ import annotations

from typing import Any

import tornado.web
from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join

from dask_hpc.messages import Message

from ..core.errors import invalid
from ..logs import reader as logs
from ..logs import summary as log_summary
from ..waiting import in_thread
from .base import ApiHandler


class LogsHandler(ApiHandler):
    """`GET clusters/{id}/logs`."""

    @tornado.web.authenticated
    @authorized
    async def get(self, cluster: str) -> None:
        own = self.manager.logs_of(cluster)
        found = await in_thread(logs.list_logs, own)
        self.finish({"logs": found, "folder": str(own.folder)})


class LogHandler(ApiHandler):
    """`GET clusters/{id}/logs/{file}?offset=&length=`."""

    @tornado.web.authenticated
    @authorized
    async def get(self, cluster: str, file: str) -> None:
        offset = self._whole("offset", 0)
        length = self._whole("length", logs.MAX_READ_BYTES)
        if not 0 <= length <= logs.MAX_READ_BYTES:
            raise invalid("length", Message("log.length", maximum=logs.MAX_READ_BYTES))
        own = self.manager.logs_of(cluster)
        data, size = await in_thread(logs.read, own, file, offset, length)
        # The browser must treat the output of a worker as bytes, never as a page of this server.
        self.set_header("Content-Disposition", "attachment")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Size", str(size))
        self.finish(data, set_content_type="application/octet-stream")

    def _whole(self, name: str, default: int) -> int:
        text = self.get_query_argument(name, str(default))
        try:
            value = int(text)
        except ValueError:
            raise invalid(name, Message("log.offset")) from None
        if abs(value) >= 2**62:
            raise invalid(name, Message("log.offset-too-large"))
        return value


class ProblemsHandler(ApiHandler):
    """`GET clusters/{id}/problems?level=`."""

    @tornado.web.authenticated
    @authorized
    async def get(self, cluster: str) -> None:
        level = self.get_query_argument("level", "error")
        if level not in ("error", "warning"):
            raise invalid("level", Message("log.level"))
        own = self.manager.logs_of(cluster)
        found = await in_thread(log_summary.summarise, own, "warning" if level == "warning" else "error")
        self.finish(found)


def handlers(base: str) -> list[tuple[str, Any]]:
    """The routes; `base` is the server's base URL with the namespace of this extension."""
    cluster = url_path_join(base, r"clusters/([0-9a-z]+)")
    return [
        (f"{cluster}/logs", LogsHandler),
        (f"{cluster}/logs/([^/]+)", LogHandler),
        (f"{cluster}/problems", ProblemsHandler),
    ]
