"""The websocket of a browser tab: full state once, then numbered changes; jobs and logs on request.

A tab that reads slowly gets fewer and larger changes, never a growing queue: after each
message, the state that was sent is compared with the current state.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized, ws_authenticated
from jupyter_server.base.handlers import JupyterHandler
from jupyter_server.base.websocket import WebSocketMixin
from jupyter_server.utils import url_path_join
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from ..core.errors import ApiError, error_body
from ..core.shapes import iso_utc
from ..logs.follower import FollowedLogs, Follower, LogKey, Piece

if TYPE_CHECKING:
    from ..control.manager import ClusterManager

_MIN_INTERVAL_S = 0.25
"""Minimum number of seconds between two changes sent to one tab: four per second look live."""
_MAX_INTERVAL_S = 10.0
"""Seconds after which a change is sent although nothing has changed: as a keep-alive, and for the server time."""
_MAX_WATCHED = 20

Json = dict[str, Any]


class StreamHandler(WebSocketMixin, WebSocketHandler, JupyterHandler):  # type: ignore[misc]
    """The websocket of one tab."""

    auth_resource = "jupyterlab-dask-hpc"

    @ws_authenticated
    @authorized
    async def get(self, *args: Any, **kwargs: Any) -> None:
        """The websocket's handshake."""
        await super().get(*args, **kwargs)

    def open(self, *args: str, **kwargs: str) -> None:
        """Start sending."""
        super().open(*args, **kwargs)
        self._seq = 0
        self._watched: dict[str, _Watch] = {}
        self._followed = FollowedLogs(self._send_log)
        self._wake = asyncio.Event()
        self._writing = asyncio.Lock()
        self._sending = asyncio.create_task(self._send_changes())

    async def on_message(self, message: str | bytes) -> None:
        """A tab starts or stops watching something. Its next request is read once this one is handled."""
        try:
            request = json.loads(message)
            kind = request.get("watch") or request.get("unwatch")
            begin = "watch" in request
            if kind == "jobs":
                self._watch_jobs(str(request["id"]), begin)
            elif kind == "log":
                self._watch_log(request, begin)
        except ApiError as error:
            await self._send_error(error, request)
        except (ValueError, KeyError, TypeError, AttributeError):
            self.close(1003, "not a message of this stream")

    def on_close(self) -> None:
        """Stop sending and following."""
        super().on_close()
        if hasattr(self, "_sending"):
            self._sending.cancel()
            self._followed.close()

    @property
    def _manager(self) -> ClusterManager:
        manager: ClusterManager = self.settings["dask_hpc"]
        return manager

    def _watch_jobs(self, cluster: str, begin: bool) -> None:
        if begin:
            self._manager.cluster(cluster)
            if len(self._watched) < _MAX_WATCHED:
                self._watched[cluster] = _Watch()
        else:
            self._watched.pop(cluster, None)
        self._wake.set()

    def _watch_log(self, request: Json, begin: bool) -> None:
        key = (str(request["id"]), str(request["file"]))
        if begin:
            logs = self._manager.logs_of(key[0])
            self._followed.follow(key, Follower(logs, key[1], int(request["offset"])))
        else:
            self._followed.unfollow(key)

    async def _send_log(self, key: LogKey, news: Piece | ApiError) -> None:
        cluster, file = key
        if isinstance(news, ApiError):
            await self._send_error(news, {"id": cluster, "file": file})
        else:
            with contextlib.suppress(WebSocketClosedError):
                await self._send(type="log", id=cluster, file=file, **news.as_json())

    async def _send_error(self, error: ApiError, request: Json) -> None:
        about = {key: str(request[key]) for key in ("id", "file") if key in request}
        with contextlib.suppress(WebSocketClosedError):
            await self._send(type="error", **error_body(error.message, error.reason), **about)

    async def _send_changes(self) -> None:
        manager = self._manager
        try:
            with manager.listening() as changed:
                clusters, batches = manager.clusters(), manager.batches()
                await self._send(
                    type="state",
                    clusters=clusters,
                    batch=batches,
                    notices=[notice.as_json() for notice in manager.notices()],
                )
                sent = {cluster["id"]: cluster for cluster in clusters}
                last = time.monotonic()
                while True:
                    await self._wait_any(_MAX_INTERVAL_S, changed, self._wake)
                    changed.clear()
                    self._wake.clear()
                    clusters, news = manager.clusters(), manager.batches()
                    # A view is replaced, never changed in place: the same object has the same content.
                    fresh = [cluster for cluster in clusters if sent.get(cluster["id"]) is not cluster]
                    ids = {cluster["id"] for cluster in clusters}
                    removed = [cluster for cluster in sent if cluster not in ids]
                    if fresh or removed or news != batches or time.monotonic() - last >= _MAX_INTERVAL_S:
                        last = time.monotonic()
                        await self._send(type="change", clusters=fresh, removed=removed, batch=news)
                        sent, batches = {cluster["id"]: cluster for cluster in clusters}, news
                    for cluster, watch in list(self._watched.items()):
                        await self._send_jobs(cluster, watch)
                    await asyncio.sleep(_MIN_INTERVAL_S)
        except WebSocketClosedError:
            pass

    async def _send_jobs(self, cluster: str, watch: _Watch) -> None:
        try:
            news = watch.news(self._manager.jobs(cluster), self._manager.history(cluster))
        except ApiError:
            self._watched.pop(cluster, None)
            return
        if news is not None:
            await self._send(type="jobs", id=cluster, **news)

    async def _send(self, **message: Any) -> None:
        async with self._writing:
            if message["type"] in ("state", "change"):
                message["server_time"] = iso_utc(time.time())
            text = json.dumps({"seq": self._seq, **message}, separators=(",", ":"))
            self._seq += 1
            await self.write_message(text)

    @staticmethod
    async def _wait_any(seconds: float, *events: asyncio.Event) -> None:
        waits = [asyncio.ensure_future(event.wait()) for event in events]
        try:
            await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()


class _Watch:
    """The state of one cluster's jobs that was sent to one tab."""

    def __init__(self) -> None:
        self._jobs: dict[str, Json] | None = None
        self._samples: list[list[float]] = []

    def news(self, jobs: list[Json], samples: list[list[float]]) -> Json | None:
        """The changes not yet sent; everything the first time, if a job id has gone, or if the clock was set."""
        known = self._jobs
        now = {job["id"]: job for job in jobs}
        # The first sample is never removed: if its time differs, the clock was set.
        moved = bool(samples and self._samples and samples[0][0] != self._samples[0][0])
        full = known is None or moved or not known.keys() <= now.keys()
        changed = jobs if full or known is None else [job for job in jobs if known.get(job["id"]) != job]
        last = self._samples[-1][0] if self._samples and not full else 0.0
        fresh = [sample for sample in samples if sample[0] > last]
        # The newest sample may have been updated in place.
        if not fresh and samples and self._samples and samples[-1] != self._samples[-1]:
            fresh = samples[-1:]
        self._jobs, self._samples = now, samples
        return {"full": full, "jobs": changed, "samples": fresh} if full or changed or fresh else None


def handlers(base: str) -> list[tuple[str, Any]]:
    """The route; `base` is the server's base URL with the namespace of this extension."""
    return [(url_path_join(base, "stream"), StreamHandler)]
