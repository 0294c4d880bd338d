"""Runs inside the scheduler: loads Dask's dashboard after the workers, or when somebody asks for it.

Loading it takes more CPU than the rest of the scheduler together (0.9 s against 0.7 s, measured), and nobody looks at
it before there are workers. The scheduler is started without it and is up in half the time.
"""

from __future__ import annotations

import asyncio
import importlib
import logging
from typing import Any

from tornado.web import Application, RequestHandler

LATEST = 10.0  # seconds after the scheduler's start at which it is loaded anyway

logger = logging.getLogger("distributed.scheduler")


class LoadingHandler(RequestHandler):
    """A page that asks again by itself, and by being asked for begins the loading."""

    def initialize(self, wanted: asyncio.Event) -> None:
        self.wanted = wanted

    def get(self) -> None:
        self.wanted.set()
        self.set_status(503)
        self.set_header("Cache-Control", "no-store")
        self.write('<meta http-equiv="refresh" content="1"><title>Dask</title><p>The dashboard is being loaded.</p>')


async def load(scheduler: Any, waiting: Application, wanted: asyncio.Event) -> None:
    """Put the dashboard in the place of the page that waits for it."""
    asked = asyncio.ensure_future(wanted.wait())
    await asyncio.wait([asked], timeout=LATEST)
    asked.cancel()
    application = scheduler.http_application
    try:
        dashboard = await asyncio.to_thread(importlib.import_module, "distributed.dashboard.scheduler")
    except ImportError as error:
        logger.warning("No dashboard: %s", error)
        missing: Any = importlib.import_module("distributed.http.scheduler.missing_bokeh")
        application.add_handlers(".*$", [("/" + route.lstrip("/"), *rest) for route, *rest in missing.routes])
    else:
        dashboard.connect(application, scheduler.http_server, scheduler)
    application.applications.remove(waiting)


async def dask_setup(scheduler: Any) -> None:
    """Called by distributed when the scheduler listens."""
    wanted = asyncio.Event()
    waiting = Application([(r".*", LoadingHandler, {"wanted": wanted})])
    scheduler.http_application.add_application(waiting)
    scheduler._dask_hpc_dashboard = asyncio.ensure_future(load(scheduler, waiting, wanted))
    scheduler._dask_hpc_dashboard.add_done_callback(_loaded)


def _loaded(loading: asyncio.Task[None]) -> None:
    if not loading.cancelled() and loading.exception() is not None:
        logger.error("The dashboard could not be loaded", exc_info=loading.exception())
