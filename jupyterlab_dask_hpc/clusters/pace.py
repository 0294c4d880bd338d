"""How often a batch system is asked: often while something moves, seldom while nothing does. Pure.

A farm counts every call. With the defaults, a launch that is over in a minute costs some
thirty calls, a quiet hour 120, and without a cluster there is none.
"""

from __future__ import annotations

from dataclasses import dataclass

QUICK = 2.0
SLOW = 15.0
QUIET = 30.0
"""Seconds between two calls: while jobs have changed within `_MOVING`, while some still wait, while all run."""
_MOVING = 60.0
AT_LEAST = 1.0
"""Seconds between two calls, whatever the hurry."""
_BACK_OFF = 60.0


@dataclass
class Pace:
    """When to ask next.

    Attributes:
        factor: a site's own multiple of every interval.
    """

    factor: float = 1.0
    _moved: float = 0.0

    def moved(self, now: float) -> None:
        """Something has changed, or is about to."""
        self._moved = now

    def interval(self, now: float, waiting: bool, missed: int) -> float:
        """Seconds until the next call.

        Args:
            waiting: some job waits in the queue, or is ending.
            missed: answers that failed to come, in a row.
        """
        if missed:
            return min(QUICK * 2.0**missed, _BACK_OFF) * self.factor
        if now - self._moved < _MOVING:
            return QUICK * self.factor
        return (SLOW if waiting else QUIET) * self.factor
