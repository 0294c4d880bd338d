"""Waiting for something to become true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

TIMEOUT_S = 120.0
"""Long, because the machine may be busy with ten other things."""
FIRST_PAUSE_S, LAST_PAUSE_S = 0.05, 0.5
"""Between two checks, and later: most wait for processes that start, from which frequent checks would take time."""

T = TypeVar("T")


def pauses() -> Iterator[float]:
    """Seconds to wait after each check."""
    pause = FIRST_PAUSE_S
    while True:
        yield pause
        pause = min(pause * 1.3, LAST_PAUSE_S)


def until(check: Callable[[], T], what: str | Callable[[], object] = "", seconds: float = TIMEOUT_S) -> T:
    """The first true answer of `check`. Fails after so many seconds, with `what` was expected."""
    deadline, pause = time.monotonic() + seconds, pauses()
    while not (answer := check()):
        if time.monotonic() > deadline:
            expected = what() if callable(what) else what
            raise AssertionError(f"not within {seconds:.0f} s: {expected or check}; the last answer was {answer!r}")
        time.sleep(next(pause))
    return answer


async def until_async(check: Callable[[], T], what: str = "", seconds: float = TIMEOUT_S) -> T:
    """As `until`, while the event loop runs."""
    deadline, pause = time.monotonic() + seconds, pauses()
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what or check}"
        await asyncio.sleep(next(pause))
    return answer
