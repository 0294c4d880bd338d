"""Runs inside the scheduler: loads Dask's dashboard some time after the start, or when it is first requested.

Loading it takes more CPU time than the rest of the scheduler's start (0.9 s and 0.7 s, measured), and it is not needed
before there are workers. Without it the scheduler listens in half the time.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from typing import Any

from scheduler_folder import read_settings
from tornado.web import Application, RequestHandler

logger = logging.getLogger("distributed.scheduler")


class LoadingHandler(RequestHandler):
    """A page that reloads itself; the first request starts loading the dashboard."""

    def initialize(self, requested: asyncio.Event) -> None:
        self.requested = requested

    def get(self) -> None:
        self.requested.set()
        self.set_status(503)
        self.set_header("Cache-Control", "no-store")
        self.write('<meta http-equiv="refresh" content="1"><title>Dask</title><p>The dashboard is being loaded.</p>')


async def load(scheduler: Any, placeholder: Application, requested: asyncio.Event, seconds: float) -> None:
    """Replace the waiting page by the dashboard, `seconds` from now or when it is requested."""
    request = asyncio.ensure_future(requested.wait())
    await asyncio.wait([request], timeout=seconds)
    request.cancel()
    application = scheduler.http_application
    try:
        dashboard = await asyncio.to_thread(importlib.import_module, "distributed.dashboard.scheduler")
    except ImportError as error:
        logger.warning("No dashboard: %s", error)
        missing: Any = importlib.import_module("distributed.http.scheduler.missing_bokeh")
        application.add_handlers(".*$", [("/" + route.lstrip("/"), *rest) for route, *rest in missing.routes])
    else:
        dashboard.connect(application, scheduler.http_server, scheduler)
    application.applications.remove(placeholder)


async def dask_setup(scheduler: Any) -> None:
    """Called by distributed when the scheduler listens."""
    seconds = read_settings().limits.dashboard_load
    requested = asyncio.Event()
    placeholder = Application([(r".*", LoadingHandler, {"requested": requested})])
    scheduler.http_application.add_application(placeholder)
    scheduler._dask_hpc_dashboard = asyncio.ensure_future(load(scheduler, placeholder, requested, seconds))
    scheduler._dask_hpc_dashboard.add_done_callback(_loaded)


def _loaded(loading: asyncio.Task[None]) -> None:
    if not loading.cancelled() and loading.exception() is not None:
        logger.error("The dashboard could not be loaded", exc_info=loading.exception())
