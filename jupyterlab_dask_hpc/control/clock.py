"""Detects jumps of the wall clock: it was set, or has advanced while this computer slept."""

from __future__ import annotations

import time
from collections.abc import Callable

_MIN_JUMP_S = 1.0


class WallClock:
    """Detects when the wall clock has jumped.

    Args:
        wall, steady: clocks in seconds; the steady one neither jumps nor counts the time asleep.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._ahead = wall() - steady()

    def jump(self) -> float:
        """Seconds by which it has jumped since the last call; 0 for less than a second."""
        ahead = self._wall() - self._steady()
        jump = ahead - self._ahead
        if abs(jump) < _MIN_JUMP_S:
            return 0.0
        self._ahead = ahead
        return jump
