"""The examinations that a notebook server runs for the site's administrators, one at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from dask_hpc.messages import Message

from ..core.errors import ApiError
from ..waiting import end
from .examination import Examination
from .findings import Finding

_END_TIMEOUT_S = 25.0
"""Seconds that a server's stop waits until nothing of an examination is left."""


class Examinations:
    """Runs examinations.

    Args:
        prepare: returns the examination of the profile of a name, with a workspace as the file browser writes it.
            Raises ApiError.
    """

    def __init__(self, prepare: Callable[[str, str], Examination]) -> None:
        self._prepare = prepare
        self._running: asyncio.Task[list[Finding]] | None = None

    def start(self, profile: str, workspace: str) -> asyncio.Task[list[Finding]]:
        """Start one; cancel the task to end it. Raises ApiError, also if one is running."""
        if self._running is not None and not self._running.done():
            raise ApiError(409, "exists", Message("doctor.running"))
        self._running = asyncio.ensure_future(self._prepare(profile, workspace).run())
        return self._running

    async def close(self) -> None:
        """End what is running; it leaves nothing behind."""
        if self._running is not None:
            await end([self._running], _END_TIMEOUT_S)
