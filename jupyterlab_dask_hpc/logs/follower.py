"""Follows growing log files from a byte offset."""

from __future__ import annotations

import asyncio
import codecs
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import asdict, dataclass
from typing import Any

from dask_hpc.messages import Message

from ..core.errors import ApiError, unknown
from ..waiting import in_thread
from .reader import ClusterLogs, opened

PIECE_BYTES = 64 * 1024
_COMPARED_BYTES = 256  # bytes before the offset that are compared to distinguish a rewritten file from a grown one
POLL_INTERVAL_S = 0.5  # seconds between two checks of a followed log
MAX_FOLLOWED = 16  # logs that one browser tab follows at once


@dataclass(frozen=True)
class Piece:
    """New text of a followed log: `offset` is where it starts, `size` the size of the file, both in bytes.

    The text has as many bytes in UTF-8 as in the file, so that `offset` plus this number
    is where the next piece starts.
    """

    offset: int
    size: int
    text: str
    restarted: bool

    def as_json(self) -> dict[str, Any]:
        """The object of `docs/contract.md`."""
        return asdict(self)


class Follower:
    """Follows one log from a byte offset. The file may appear late, and may be truncated, rewritten, replaced,
    removed or temporarily unreadable.
    """

    def __init__(self, logs: ClusterLogs, file: str, offset: int) -> None:
        """`offset` counts from the end if negative. Raises ApiError 403 or 404."""
        logs.job_of(file)
        self._folder = logs.folder
        self._file = file
        self._offset = offset
        self._identity: tuple[int, int] | None = None
        self._before = b""
        self._reading_error: Message | None = None

    def poll(self) -> Piece | None:
        """The new text, at most `PIECE_BYTES` bytes; None if there is none.

        Raises ApiError 403, 404 or 503, once for each error; the next piece, which may be empty, ends the error.
        """
        try:
            with opened(self._folder, self._file) as (descriptor, status):
                piece = self._next(descriptor, status)
        except ApiError as error:
            if error.status == 404:
                if self._identity is None:  # not written yet
                    return None
                error = unknown(Message("log.removed", file=self._file))
            if error.message == self._reading_error:
                return None
            self._reading_error = error.message
            raise error from None
        recovered, self._reading_error = self._reading_error is not None, None
        return piece if piece.text or piece.restarted or recovered else None

    def _next(self, descriptor: int, status: os.stat_result) -> Piece:
        if self._offset < 0:
            self._offset = max(0, status.st_size + self._offset)
        restarted = self._is_another(descriptor, status)
        if restarted:
            self._offset = 0
        data = os.pread(descriptor, PIECE_BYTES, self._offset)
        text, used = codecs.utf_8_decode(data, "dask_hpc_byte", False)
        piece = Piece(self._offset, status.st_size, text, restarted)
        self._offset += used
        start = max(0, self._offset - _COMPARED_BYTES)
        self._before = os.pread(descriptor, self._offset - start, start)
        return piece

    def _is_another(self, descriptor: int, status: os.stat_result) -> bool:
        """Whether the file was replaced, or its text before the offset has changed."""
        known, self._identity = self._identity, (status.st_dev, status.st_ino)
        if status.st_size < self._offset or known not in (None, self._identity):
            return True
        return os.pread(descriptor, len(self._before), self._offset - len(self._before)) != self._before

    async def news(self) -> AsyncIterator[Piece | ApiError]:
        """Every piece and every error, endlessly; the file is checked again only when the caller asks for the next."""
        while True:
            found: Piece | ApiError | None
            try:
                found = await in_thread(self.poll)
            except ApiError as error:
                found = error
            if found is not None:
                yield found
            if not isinstance(found, Piece):
                await asyncio.sleep(POLL_INTERVAL_S)


LogKey = tuple[str, str]
"""The id of a cluster and the name of one of its log files."""


class FollowedLogs:
    """The logs that one browser tab follows, each in its own task."""

    def __init__(self, send: Callable[[LogKey, Piece | ApiError], Awaitable[None]]) -> None:
        """`send` is awaited for each piece and each error; an exception that it raises ends the task of that log."""
        self._send = send
        self._tasks: dict[LogKey, asyncio.Task[None]] = {}

    def follow(self, key: LogKey, follower: Follower) -> None:
        """Follow a log; replaces an earlier follower of the same log. Raises ApiError 409 `too-many`."""
        if key not in self._tasks and len(self._tasks) >= MAX_FOLLOWED:
            raise ApiError(409, "too-many", Message("log.too-many-followed", maximum=MAX_FOLLOWED))
        self.unfollow(key)
        self._tasks[key] = asyncio.create_task(self._run(key, follower))

    def unfollow(self, key: LogKey) -> None:
        """Stop following a log."""
        task = self._tasks.pop(key, None)
        if task is not None:
            task.cancel()

    def close(self) -> None:
        """Stop following all of them."""
        for key in list(self._tasks):
            self.unfollow(key)

    async def _run(self, key: LogKey, follower: Follower) -> None:
        async for news in follower.news():
            await self._send(key, news)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """One SUBSTITUTE, a one-byte character, for each invalid UTF-8 byte, so that offsets follow from the text."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\x1a" * (error.end - error.start), error.end


codecs.register_error("dask_hpc_byte", _substitute)
