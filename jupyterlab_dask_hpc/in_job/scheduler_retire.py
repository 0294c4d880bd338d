"""Runs inside the scheduler: retires workers after moving their data, to reduce or replace them.

The notebook server repeats the request, with the target number of workers and the workers to retire first, and gets
the names of those that have retired. Repeating a request has no further effect, so an answer may be lost.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import logging
from collections.abc import Collection
from typing import Any

from tornado.web import HTTPError, RequestHandler

logger = logging.getLogger("distributed.scheduler")


class Retirement:
    """The retiring workers (name by address), and the names of those that have retired."""

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.retiring: dict[str, str] = {}
        self.gone: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def retire_down_to(self, target: int, prefer: Collection[str] = (), only_preferred: bool = False) -> None:
        """Retire workers until `target` are left: those named in `prefer`, then idle ones, then those with the least
        data; with `only_preferred`, only those in `prefer`."""
        active = [worker for worker in self.scheduler.workers.values() if worker.address not in self.retiring]
        candidates = [worker for worker in active if str(worker.name) in prefer] if only_preferred else active
        candidates.sort(key=lambda worker: (str(worker.name) not in prefer, len(worker.processing), worker.nbytes))
        chosen = {worker.address: str(worker.name) for worker in candidates[: max(0, len(active) - target)]}
        if chosen:
            self.retiring.update(chosen)
            task = asyncio.ensure_future(self._retire(chosen, target == 0))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _retire(self, chosen: dict[str, str], all_of_them: bool) -> None:
        logger.info("Retiring workers that are no longer needed: %s", ", ".join(chosen.values()))
        try:
            await self.scheduler.retire_workers(workers=list(chosen), close_workers=True)
            if all_of_them:
                # No worker is left to take their data; scaling to 0 accepts this loss.
                for address in set(chosen) & set(self.scheduler.workers):
                    closing = self.scheduler.close_worker(address)
                    if inspect.isawaitable(closing):
                        await closing
        except Exception:
            logger.exception("Workers could not be retired; the next request tries again")
        for address, name in chosen.items():
            del self.retiring[address]
            if address not in self.scheduler.workers:
                self.gone.add(name)


class RetireHandler(RequestHandler):
    """See docs/contract.md, "The scheduler's control route"."""

    def initialize(self, retirement: Retirement) -> None:
        self.retirement = retirement

    def check_xsrf_cookie(self) -> None:
        """Not needed: the client is identified by its certificate, and there are no cookies."""

    def post(self) -> None:
        try:
            body = json.loads(self.request.body)
            # An earlier version of the server sends the second names.
            target = int(body["target"] if "target" in body else body["stay"])
            prefer = frozenset(map(str, body.get("prefer", body.get("first", ()))))
            only_preferred = body.get("only_preferred", body.get("only")) is True
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HTTPError(400) from error
        self.retirement.retire_down_to(max(0, target), prefer, only_preferred)
        self.write({"gone": sorted(self.retirement.gone)})


async def dask_setup(scheduler: Any) -> None:
    """Called by distributed when the scheduler listens."""
    scheduler.http_application.add_handlers(
        ".*", [("/dask-hpc/retire", RetireHandler, {"retirement": Retirement(scheduler)})]
    )
