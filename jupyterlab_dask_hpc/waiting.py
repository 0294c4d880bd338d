"""Waits with a time limit, and calls in threads. Both can always be cancelled and never keep a process alive.

`asyncio.wait_for` loses a cancellation that arrives in the same iteration of the event loop as the result
(Python 3.10, 3.11). `asyncio.wait` does not.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_CANCEL_RETRY_S = 0.25


async def is_set(event: asyncio.Event, seconds: float) -> bool:
    """Wait until `event` is set, for at most `seconds`; returns whether it is set."""
    if not event.is_set():
        waiting = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({waiting}, timeout=seconds)
        finally:
            waiting.cancel()
    return event.is_set()


async def is_done(future: asyncio.Future[Any], seconds: float) -> bool:
    """Wait until `future` is done, for at most `seconds`; returns whether it is. It is never cancelled."""
    await asyncio.wait({future}, timeout=seconds)
    return future.done()


async def end(tasks: Collection[asyncio.Task[Any]], seconds: float) -> set[asyncio.Task[Any]]:
    """Cancel tasks repeatedly, for at most `seconds`; returns those that have not ended."""
    deadline = asyncio.get_running_loop().time() + seconds
    left = {task for task in tasks if not task.done()}
    while left and (rest := deadline - asyncio.get_running_loop().time()) > 0:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=min(rest, _CANCEL_RETRY_S))
    return left


def thread(work: Callable[..., T], *given: Any) -> asyncio.Future[T]:
    """The future result of `work(*given)`, called in its own thread.

    `asyncio.to_thread` has few threads, and a process ends only after them: a thread that reads from a file system
    that does not answer would block the exit forever. This thread is a daemon, so the process does not wait for it.
    """
    loop = asyncio.get_running_loop()
    result_future: asyncio.Future[T] = loop.create_future()

    def set_outcome(result: Any, error: BaseException | None) -> None:
        if result_future.done():
            return  # the caller no longer waits
        if error is None:
            result_future.set_result(result)
        else:
            result_future.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work(*given)
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(set_outcome, result, error)

    threading.Thread(target=run, name=getattr(work, "__qualname__", "work"), daemon=True).start()
    return result_future


async def in_thread(work: Callable[..., T], *given: Any) -> T:
    """The result of `work(*given)`, called in a thread as by `thread`."""
    return await thread(work, *given)


class Silent(OSError):
    """A file system has not answered for `seconds` seconds."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the file system has not answered for {seconds:.0f} s")
        self.seconds = seconds


class SlowCall(Generic[T]):
    """A call in a thread that may take long: while it runs, further callers wait for it instead of starting another."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._call: asyncio.Future[T] | None = None
        self._began = 0.0

    async def result(self, seconds: float) -> T:
        """The result of the call. Raises `Silent` if it has not returned within `seconds`."""
        now = asyncio.get_running_loop().time
        if self._call is None:
            self._call, self._began = thread(self._work), now()
        call = self._call
        if not await is_done(call, seconds):
            raise Silent(now() - self._began)
        self._call = None
        return call.result()
