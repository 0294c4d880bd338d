"""Waits with a time limit, and calls in threads, that a cancellation always ends and that never keep a process alive.

`asyncio.wait_for` loses a cancellation that comes in the same turn of the loop as the result (Python 3.10, 3.11).
`asyncio.wait` does not.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Collection
from contextlib import suppress
from typing import Any, Generic, TypeVar

T = TypeVar("T")

_CANCEL_AGAIN = 0.25


async def is_set(event: asyncio.Event, seconds: float) -> bool:
    """Wait until `event` is set, for `seconds` at most; whether it is."""
    if not event.is_set():
        waiting = asyncio.ensure_future(event.wait())
        try:
            await asyncio.wait({waiting}, timeout=seconds)
        finally:
            waiting.cancel()
    return event.is_set()


async def is_done(future: asyncio.Future[Any], seconds: float) -> bool:
    """Wait until `future` is done, for `seconds` at most; whether it is. It is never cancelled."""
    await asyncio.wait({future}, timeout=seconds)
    return future.done()


async def end(tasks: Collection[asyncio.Task[Any]], seconds: float) -> set[asyncio.Task[Any]]:
    """Cancel tasks, again and again, for `seconds` at most; those that would not end."""
    deadline = asyncio.get_running_loop().time() + seconds
    left = {task for task in tasks if not task.done()}
    while left and (rest := deadline - asyncio.get_running_loop().time()) > 0:
        for task in left:
            task.cancel()
        _, left = await asyncio.wait(left, timeout=min(rest, _CANCEL_AGAIN))
    return left


def thread(work: Callable[..., T], *given: Any) -> asyncio.Future[T]:
    """What `work(*given)` will have given, called in a thread of its own.

    The threads of `asyncio.to_thread` are few, and a process ends only after they have: one that reads a file system
    which does not answer would keep the process for ever. Nobody waits for the end of this one.
    """
    loop = asyncio.get_running_loop()
    told: asyncio.Future[T] = loop.create_future()

    def tell(result: Any, error: BaseException | None) -> None:
        if told.done():
            return  # nobody waits any more
        if error is None:
            told.set_result(result)
        else:
            told.set_exception(error)

    def run() -> None:
        result, error = None, None
        try:
            result = work(*given)
        except BaseException as raised:
            error = raised
        with suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(tell, result, error)

    threading.Thread(target=run, name=getattr(work, "__qualname__", "work"), daemon=True).start()
    return told


async def in_thread(work: Callable[..., T], *given: Any) -> T:
    """What `work(*given)` gives, called as by `thread`."""
    return await thread(work, *given)


class Silent(OSError):
    """A file system has not answered for so many `seconds`."""

    def __init__(self, seconds: float) -> None:
        super().__init__(f"the file system has not answered for {seconds:.0f} s")
        self.seconds = seconds


class SlowCall(Generic[T]):
    """A call in a thread that may take long: while it lasts, it is waited for again, not begun again."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work
        self._call: asyncio.Future[T] | None = None
        self._began = 0.0

    async def result(self, seconds: float) -> T:
        """What the call gives. Raises `Silent` when it has not come back within `seconds`."""
        now = asyncio.get_running_loop().time
        if self._call is None:
            self._call, self._began = thread(self._work), now()
        call = self._call
        if not await is_done(call, seconds):
            raise Silent(now() - self._began)
        self._call = None
        return call.result()
