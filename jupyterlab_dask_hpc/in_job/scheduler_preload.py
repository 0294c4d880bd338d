"""Runs inside the scheduler: guards its dashboard, answers the notebook server, ends the cluster in time.

A plain file that is copied into the cluster's folder; it needs nothing but distributed (2023.5 and newer) and
what distributed itself needs. distributed only logs an exception in a preload and runs on, so everything here
ends the process instead: a scheduler without its guard must not exist.
"""

from __future__ import annotations

import asyncio
import atexit
import functools
import inspect
import itertools
import json
import logging
import os
import platform
import ssl
import subprocess
import threading
import time
import traceback
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import distributed.node
from distributed.diagnostics.plugin import SchedulerPlugin
from tornado.httpserver import HTTPServer
from tornado.httputil import HTTPMessageDelegate
from tornado.web import Application, HTTPError, RequestHandler

FOLDER = Path(__file__).resolve().parent
TICK = 1.0  # seconds between two looks at idle time and lease
CLOSING = 15.0  # seconds that closing in good order may take
ALONE = 30.0  # seconds without a report, which comes every 5 s: nobody else will cancel the workers' jobs
CANCELLING = 8.0  # seconds that cancelling them may take
MOST_WAITING = 10_000  # tasks without a worker that are looked at for one report
MOST_GROUPS = 10  # kinds of them that are told
PEAKS = 30.0  # seconds after which changed peaks of memory are worth a new version

logger = logging.getLogger("distributed.scheduler")


class ForbiddenHandler(RequestHandler):
    """What everybody but the notebook server gets, whatever he asks for."""

    def prepare(self) -> None:
        raise HTTPError(403)


class GuardedServer(HTTPServer):
    """The scheduler's HTTP server, for the holder of the certificate ``server`` alone.

    Stands in for tornado's before the scheduler is made: every route and every websocket, Dask's own and
    later ones, passes here, and no request comes before the guard.
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
    """Hands one request on to who serves it, or refuses it: decided when TLS has shaken hands, not before."""

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
    """The common name in what ``SSLSocket.getpeercert`` gives; None without a verified certificate."""
    names = [value for part in (certificate or {}).get("subject", ()) for key, value in part if key == "commonName"]
    return names[0] if len(names) == 1 else None


class Clock:
    """Counts seconds of one condition, leaving out those in which this process did not run."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def advance(self, elapsed: float) -> None:
        self.seconds += min(elapsed, 2 * TICK)

    def reset(self) -> None:
        self.seconds = 0.0


class Workers(SchedulerPlugin):
    """A number that changes whenever there is something new to tell about workers."""

    name = "dask-hpc-workers"

    def __init__(self) -> None:
        self.version = 0
        self._told: dict[str, Any] = {}
        self._told_at = 0.0

    def add_worker(self, *args: Any, **kwargs: Any) -> None:
        self.version += 1

    def remove_worker(self, *args: Any, **kwargs: Any) -> None:
        self.version += 1

    def names(self, scheduler: Any, known: int) -> dict[str, Any] | None:
        """Each worker's name with its peak of memory in bytes; None when `known` is still true."""
        if known == self.version and time.monotonic() - self._told_at < PEAKS:
            return None
        names = {
            str(worker.name): {"memory_peak": int(worker.metrics.get("memory_peak") or worker.metrics.get("memory", 0))}
            for worker in scheduler.workers.values()
        }
        if known == self.version:
            if names == self._told:
                return None
            self.version += 1
        self._told, self._told_at = names, time.monotonic()
        return names


CALLS = (
    "broadcast",
    "proxy",
    "run_function",
    "scatter",
    "gather",
    "rebalance",
    "replicate",
    "restart",
    "restart_workers",
    "retire_workers",
    "register_scheduler_plugin",
    "register_worker_plugin",
    "register_nanny_plugin",
    "unregister_scheduler_plugin",
    "unregister_worker_plugin",
    "unregister_nanny_plugin",
    "benchmark_hardware",
    "get_cluster_state",
    "dump_cluster_state_to_url",
)
"""What a client may ask of the scheduler that is work for as long as it lasts: ``Client.run``, ``upload_file``, ..."""


class Life:
    """When the cluster ends: idle for too long, or no sign of life from the notebook server.

    Idle time runs while there is nothing to do and no worker is still to come. A connected client does not stop it;
    queue time never counts, so it does not run before the first report either. With no worker left and none to come
    it runs too, whatever is left to do.
    """

    def __init__(self, scheduler: Any, idle_timeout: float, lease: float | None) -> None:
        self.scheduler = scheduler
        self.idle_timeout = idle_timeout
        self.lease = lease
        self.queued: int | None = None
        self.idle = Clock()
        self.silence = Clock()
        self.ending = False
        self.calls = 0
        self._transitions = -1

    def report(self, lease: float | None, queued: int | None, keep: bool) -> None:
        self.lease = lease
        self.silence.reset()
        if queued is not None:
            self.queued = queued
        if keep:
            self.idle.reset()

    def count_calls(self) -> None:
        """Count from now on what clients have asked for that is no task, and is under way."""
        for name in CALLS:
            # Not each of them is there in every version.
            if handler := self.scheduler.handlers.get(name):
                self.scheduler.handlers[name] = self._counted(handler)

    def _counted(self, handler: Callable[..., Any]) -> Callable[..., Any]:
        # With the signature of what it wraps, by which distributed knows whether to give it the connection.
        @functools.wraps(handler)
        async def counted(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            try:
                result = handler(*args, **kwargs)
                return await result if inspect.isawaitable(result) else result
            finally:
                self.calls -= 1

        return counted

    def working(self) -> bool:
        """Whether anything was computed since the last look, or could be with the workers there are or come."""
        scheduler = self.scheduler
        before, self._transitions = self._transitions, scheduler.transition_counter
        if self.queued is None or self.queued > 0 or before != self._transitions:
            return True
        if self.calls or getattr(scheduler, "_active_graph_updates", 0):
            return True
        if not scheduler.workers:
            return False
        if scheduler.unrunnable or scheduler.queued:
            return True
        # Calls of actors go to the worker directly, which tells of them.
        return any(worker.processing or worker.metrics.get("calls") for worker in scheduler.workers.values())

    def look(self, elapsed: float) -> tuple[str, str] | None:
        """Count `elapsed` seconds; (reason, message) when the cluster is to end now."""
        self.silence.advance(elapsed)
        if self.working():
            self.idle.reset()
        else:
            self.idle.advance(elapsed)
        if self.lease and self.silence.seconds > self.lease:
            return "lease", (
                f"Nothing was heard from the notebook server for {self.silence.seconds:.0f} s: it is gone, "
                "or cannot reach this node."
            )
        if self.idle_timeout and self.idle.seconds > self.idle_timeout:
            return "idle", (
                f"Nothing was computed for {self.idle.seconds:.0f} s and no worker was queued "
                f"(the idle time-out is {self.idle_timeout:.0f} s)."
            )
        return None

    async def watch(self) -> None:
        last = time.monotonic()
        while not self.ending:
            await asyncio.sleep(TICK)
            now = time.monotonic()
            verdict = self.look(now - last)
            last = now
            if verdict and not self.ending:
                await self.end(*verdict)

    async def end(self, reason: str, message: str) -> None:
        """Close the scheduler, which closes the workers; leave the process after `CLOSING` seconds whatever happens."""
        try:
            await self.last_deeds(reason, message)
            await self.scheduler.close()
        except Exception:
            logger.exception("Closing the scheduler failed; it ends all the same")
            os._exit(0)

    async def last_deeds(self, reason: str, message: str) -> None:
        """What is done once, before closing: say why, and cancel the workers' jobs where nobody else will."""
        if self.ending:
            return
        self.ending = True
        self._last_word(reason, message)
        if reason == "lease" or self.silence.seconds > ALONE:
            await asyncio.get_running_loop().run_in_executor(None, cancel_workers)

    def _last_word(self, reason: str, message: str) -> None:
        """Say why the cluster ends: in the folder, and as the last line of the log."""
        line = f"Dask cluster ended ({reason}): {message}"
        logger.info(line)
        try:
            write("scheduler.ended", {"reason": reason, "message": message})
        except OSError:
            logger.exception("scheduler.ended could not be written")
        atexit.register(print, line, flush=True)
        deadline = threading.Timer(CLOSING, leave, [line])
        deadline.daemon = True
        deadline.start()


class ReportHandler(RequestHandler):
    """The one thing that the notebook server says and asks; see "The scheduler's control route"."""

    def initialize(self, life: Life, workers: Workers) -> None:
        self.life, self.workers = life, workers

    def check_xsrf_cookie(self) -> None:
        """The certificate says who asks; there are no cookies."""

    def post(self) -> None:
        try:
            body = json.loads(self.request.body)
            lease = None if body["lease"] is None else float(body["lease"])
            queued = None if body["queued"] is None else int(body["queued"])
            known, keep = int(body["known"]), body.get("keep") is True
        except (ValueError, KeyError, TypeError) as error:
            raise HTTPError(400) from error
        life = self.life
        life.report(lease, queued, keep)
        names = self.workers.names(life.scheduler, known)
        idle = life.idle.seconds if life.idle.seconds and not life.queued else None
        self.write(
            {
                "version": self.workers.version,
                "workers": len(life.scheduler.workers),
                "names": names,
                "idle": idle,
                "tasks": {
                    "total": len(life.scheduler.tasks),
                    "processing": sum(len(worker.processing) for worker in life.scheduler.workers.values()),
                },
                "unrunnable": unrunnable(life.scheduler),
                "ends_idle": max(0.0, life.idle_timeout - idle) if life.idle_timeout and idle else None,
            }
        )


def unrunnable(scheduler: Any) -> list[dict[str, Any]]:
    """Tasks that no connected worker may run, by what they ask for: resources, workers, hosts."""
    groups: dict[str, dict[str, Any]] = {}
    for task in itertools.islice(scheduler.unrunnable if scheduler.workers else (), MOST_WAITING):
        asked = {
            "resources": dict(task.resource_restrictions or {}),
            "workers": sorted(map(str, task.worker_restrictions or ())),
            "hosts": sorted(map(str, task.host_restrictions or ())),
        }
        if any(asked.values()):
            groups.setdefault(repr(asked), {**asked, "count": 0})["count"] += 1
    return sorted(groups.values(), key=lambda group: -group["count"])[:MOST_GROUPS]


def write(name: str, content: dict[str, Any]) -> None:
    """Put a 0600 JSON file into the cluster's folder in one step."""
    fresh = FOLDER / f".{name}.{os.getpid()}"
    fresh.unlink(missing_ok=True)
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(content, file)
        file.flush()
        os.fsync(file.fileno())
    os.replace(fresh, FOLDER / name)


def settings() -> dict[str, Any]:
    """`settings.json`: ``idle_timeout`` seconds or 0, ``lease`` seconds or null, ``cancel`` commands, a list of words
    each."""
    content: dict[str, Any] = json.loads((FOLDER / "settings.json").read_text())
    return content


def cancel_workers() -> None:
    """Cancel the workers' jobs, queued ones too, where the node may; those that start anyway end at once."""
    deadline = time.monotonic() + CANCELLING
    try:
        for command in settings().get("cancel") or []:
            subprocess.run(command, timeout=max(1.0, deadline - time.monotonic()), check=True, stdin=subprocess.DEVNULL)
    except (OSError, ValueError, subprocess.SubprocessError) as error:
        logger.warning("The workers' jobs could not be cancelled from here: %s", error)


def leave(line: str) -> None:
    print(line, flush=True)
    os._exit(0)


distributed.node.HTTPServer = GuardedServer  # type: ignore[attr-defined]  # until the scheduler has its own

_life: Life | None = None
_watch: asyncio.Task[None] | None = None


async def dask_setup(scheduler: Any) -> None:
    """Called by distributed when the scheduler listens."""
    try:
        await _setup(scheduler)
    except BaseException as error:
        traceback.print_exc()
        print(f"The scheduler could not be guarded and ends: {error}", flush=True)
        os._exit(1)


async def _setup(scheduler: Any) -> None:
    global _life, _watch
    distributed.node.HTTPServer = HTTPServer  # type: ignore[attr-defined]
    server: Any = scheduler.http_server
    guarded: bool = isinstance(scheduler.http_server, GuardedServer)
    if not guarded or server.ssl_options.verify_mode != ssl.CERT_REQUIRED:
        raise RuntimeError("this version of distributed does not use the guarded HTTP server")
    if not scheduler.address.startswith("tls://"):
        raise RuntimeError(f"the scheduler listens without TLS at {scheduler.address}")
    given = settings()
    workers = Workers()
    scheduler.add_plugin(workers, name=workers.name)
    life = Life(scheduler, float(given["idle_timeout"] or 0), given["lease"])
    life.count_calls()
    scheduler.http_application.add_handlers(
        ".*", [("/dask-hpc/report", ReportHandler, {"life": life, "workers": workers})]
    )
    scheduler.handlers["dask_hpc_alive"] = lambda: pace(len(scheduler.workers))
    host = scheduler.address[len("tls://") :].rpartition(":")[0]
    write(
        "scheduler.json",
        {
            "address": scheduler.address,
            "control": f"https://{host}:{server.port}",
            "pid": os.getpid(),
            "distributed": version("distributed"),
            "python": platform.python_version(),
        },
    )
    _life, _watch = life, asyncio.ensure_future(life.watch())
    _watch.add_done_callback(_watch_ended)


def pace(workers: int) -> float:
    """Seconds between two questions of one worker whether the scheduler lives: at most 200 a second in all."""
    return max(5.0, workers / 200)


def _watch_ended(watch: asyncio.Task[None]) -> None:
    if not watch.cancelled() and watch.exception() is not None:
        logger.error("The watch over idle time and lease failed", exc_info=watch.exception())
        leave("Dask cluster ended: without the watch over idle time and lease it must not run.")


async def dask_teardown(scheduler: Any) -> None:
    """Called by distributed when the scheduler closes, whoever asked for it."""
    if _life is not None:
        await _life.last_deeds("asked", "The scheduler was asked to close, by a signal or by a client.")
