"""The shared polling of one batch system, for all clusters that use it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Iterator, Mapping

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchSystem
from ..batch.jobs import JobRef, JobState, Snapshot
from ..core.shapes import Json, iso_utc
from ..waiting import is_set
from .poll_interval import PollInterval

log = logging.getLogger(__name__)

STALE_AFTER = 2
"""Number of missed answers in a row after which the state is shown as out of date."""


class Poller:
    """Polls one batch system while it is needed, and passes every snapshot on.

    Args:
        system: the batch system.
        known: returns names and ids of the submissions to ask for; see `BatchSystem.snapshot`.
        seen: called with every snapshot; returns False if it is not trusted.
        changed: called when the number of missed answers has changed.
        factor: multiple of every interval, set by the site.
    """

    def __init__(
        self,
        system: BatchSystem,
        known: Callable[[], Mapping[str, str]],
        seen: Callable[[Snapshot], bool],
        changed: Callable[[], None],
        factor: float,
    ) -> None:
        self.system = system
        self._known = known
        self._seen = seen
        self._changed = changed
        self._interval = PollInterval(factor)
        self._answered: float | None = None
        self._missed = 0
        self._message: Message | None = None
        self._soon = asyncio.Event()
        self._users = 0
        self._shown: frozenset[tuple[JobRef, JobState]] = frozenset()

    @property
    def stale(self) -> bool:
        """Whether the last snapshot is out of date."""
        return self._missed >= STALE_AFTER

    def view(self) -> Json:
        """The Batch of `docs/contract.md`."""
        return {
            "name": self.system.name,
            "title": self.system.title,
            "nodes_are_here": self.system.capabilities.nodes_are_here,
            "answered": iso_utc(self._answered),
            "stale": self.stale,
            "message": self._message.as_json() if self._message and self.stale else None,
        }

    def poll_soon(self) -> None:
        """Poll again soon, since something is about to change."""
        self._interval.on_change(time.monotonic())
        self._soon.set()

    @contextlib.contextmanager
    def needed(self) -> Iterator[None]:
        """The batch system is polled while at least one caller is in this context."""
        self._users += 1
        self.poll_soon()
        try:
            yield
        finally:
            self._users -= 1

    async def run(self) -> None:
        """Poll until cancelled."""
        while True:
            if not self._users:
                self._soon.clear()
                await self._soon.wait()
                continue
            began = time.monotonic()
            waiting = await self._poll()
            now = time.monotonic()
            pause = self._interval.interval(now, waiting, self._missed)
            least = self._interval.min_interval
            await asyncio.sleep(max(0.0, least - (now - began)))
            await is_set(self._soon, max(0.01, pause - least))
            self._soon.clear()

    async def _poll(self) -> bool:
        """Poll once; True while some job is pending or ending."""
        began = time.monotonic()
        try:
            snapshot = await self.system.snapshot(self._known())
            self._interval.on_answer(time.monotonic() - began, len(snapshot.jobs))
            believed = self._seen(snapshot)
        except BatchError as error:
            return self._miss(Message("batch.error", detail=str(error)))
        except Exception as error:
            # Continue after any error, since the next answer may be usable; without polling nothing would be updated.
            log.exception("an answer of %s could not be used", self.system.title)
            return self._miss(Message("batch.answer-unusable", detail=str(error)))
        if not believed:
            return self._miss(Message("batch.jobs-missing", batch=self.system.title))
        recovered, self._missed = self._missed > 0, 0
        self._answered = snapshot.at
        # Ending jobs change for minutes; they do not need frequent polling.
        coming = (JobState.PENDING, JobState.RUNNING)
        shown = frozenset((job.ref, job.state) for job in snapshot.jobs if job.state in coming)
        if shown != self._shown:
            self._interval.on_change(time.monotonic())
            self._shown = shown
        if recovered:
            self._changed()
        return any(job.state in (JobState.PENDING, JobState.ENDING) for job in snapshot.jobs)

    def _miss(self, message: Message) -> bool:
        self._missed += 1
        self._message = message
        log.warning("%s did not answer (%d in a row): %s", self.system.title, self._missed, message)
        self._changed()
        return True
