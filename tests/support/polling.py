"""Waiting for something to become true."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

TIMEOUT_S = 120.0
"""Long, because the machine may be busy with ten other things."""
PAUSE_S = 0.1

T = TypeVar("T")


def until(check: Callable[[], T], what: str | Callable[[], object] = "", seconds: float = TIMEOUT_S) -> T:
    """The first true answer of `check`. Fails after so many seconds, with `what` was expected."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        if time.monotonic() > deadline:
            expected = what() if callable(what) else what
            raise AssertionError(f"not within {seconds:.0f} s: {expected or check}; the last answer was {answer!r}")
        time.sleep(PAUSE_S)
    return answer


async def until_async(check: Callable[[], T], what: str = "", seconds: float = TIMEOUT_S) -> T:
    """As `until`, while the event loop runs."""
    deadline = time.monotonic() + seconds
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what or check}"
        await asyncio.sleep(PAUSE_S)
    return answer
