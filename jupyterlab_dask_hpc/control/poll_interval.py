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
_SHARE = 5.0
"""A call that took a second is followed by none for five: a controller that is slow has enough to do."""
_A_JOB = 0.001
"""Seconds between two calls for each job that is shown: the answer for 3000 is dear, and asked for each 3 s at most."""
_BACK_OFF = 60.0


@dataclass
class PollInterval:
    """When to ask next.

    Attributes:
        factor: a site's own multiple of every interval.
    """

    factor: float = 1.0
    _moved: float = 0.0
    _cost: float = 0.0

    def moved(self, now: float) -> None:
        """Something has changed, or is about to."""
        self._moved = now

    def answered(self, took: float, jobs: int) -> None:
        """An answer with so many jobs took so many seconds."""
        self._cost = min(max(_SHARE * took, _A_JOB * jobs), _BACK_OFF)

    @property
    def least(self) -> float:
        """Seconds between two calls, whatever the hurry."""
        return max(AT_LEAST, self._cost) * self.factor

    def interval(self, now: float, waiting: bool, missed: int) -> float:
        """Seconds until the next call.

        Args:
            waiting: some job waits in the queue, or is ending.
            missed: answers that failed to come, in a row.
        """
        if missed:
            return min(QUICK * 2.0 ** min(missed, 10), _BACK_OFF) * self.factor
        wanted = QUICK if now - self._moved < _MOVING else SLOW if waiting else QUIET
        return max(wanted * self.factor, self.least)
