"""Runs inside the scheduler: lets workers go when the cluster is to have fewer or others, their data moved first.

The notebook server says how many are to stay, and who goes first, again and again, and hears who has gone: whatever
answer is lost, the same question leads to the same end.
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
    """Who is on the way out, and who has gone, by name."""

    def __init__(self, scheduler: Any) -> None:
        self.scheduler = scheduler
        self.leaving: dict[str, str] = {}
        self.gone: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def let_stay(self, count: int, first: Collection[str] = (), only: bool = False) -> None:
        """Retire workers until `count` stay: those named in `first`, then those that do nothing, then those that hold
        the least; with `only`, nobody but those in `first`."""
        staying = [worker for worker in self.scheduler.workers.values() if worker.address not in self.leaving]
        may = [worker for worker in staying if str(worker.name) in first] if only else staying
        may.sort(key=lambda worker: (str(worker.name) not in first, len(worker.processing), worker.nbytes))
        chosen = {worker.address: str(worker.name) for worker in may[: max(0, len(staying) - count)]}
        if chosen:
            self.leaving.update(chosen)
            task = asyncio.ensure_future(self._retire(chosen, count == 0))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _retire(self, chosen: dict[str, str], all_of_them: bool) -> None:
        logger.info("Fewer workers are wanted, or others: %s retire", ", ".join(chosen.values()))
        try:
            await self.scheduler.retire_workers(workers=list(chosen), close_workers=True)
            if all_of_them:
                # Nobody is left to take their data; it was given up when no worker was wanted any more.
                for address in set(chosen) & set(self.scheduler.workers):
                    closing = self.scheduler.close_worker(address)
                    if inspect.isawaitable(closing):
                        await closing
        except Exception:
            logger.exception("Workers could not be retired; they stay until the next time of asking")
        for address, name in chosen.items():
            del self.leaving[address]
            if address not in self.scheduler.workers:
                self.gone.add(name)


class RetireHandler(RequestHandler):
    """How many workers are to stay, and who goes first; see "The scheduler's control routes"."""

    def initialize(self, retirement: Retirement) -> None:
        self.retirement = retirement

    def check_xsrf_cookie(self) -> None:
        """The certificate says who asks; there are no cookies."""

    def post(self) -> None:
        try:
            wish = json.loads(self.request.body)
            stay, first, only = int(wish["stay"]), frozenset(map(str, wish.get("first", ()))), wish.get("only") is True
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise HTTPError(400) from error
        self.retirement.let_stay(max(0, stay), first, only)
        self.write({"gone": sorted(self.retirement.gone)})


async def dask_setup(scheduler: Any) -> None:
    """Called by distributed when the scheduler listens."""
    scheduler.http_application.add_handlers(
        ".*", [("/dask-hpc/retire", RetireHandler, {"retirement": Retirement(scheduler)})]
    )
