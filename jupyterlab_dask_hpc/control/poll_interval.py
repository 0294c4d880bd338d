"""How often a batch system is polled: often while jobs change, rarely while they do not. Pure.

Every call is load for a batch farm. With the defaults, a launch that takes a minute needs about
30 calls, an hour without changes 120, and without a cluster there are none.
"""

from __future__ import annotations

from dataclasses import dataclass

CHANGING_INTERVAL_S = 2.0
PENDING_INTERVAL_S = 15.0
RUNNING_INTERVAL_S = 30.0
"""Seconds between two calls: for `_CHANGING_S` s after a change; later while jobs are pending; while all run."""
_CHANGING_S = 60.0
MIN_INTERVAL_S = 1.0
"""Minimum number of seconds between two calls."""
_INTERVAL_PER_CALL_TIME = 5.0
"""After a call that took one second, there is none for five seconds: a slow controller is already busy."""
_INTERVAL_PER_JOB_S = 0.001
"""Minimum seconds between two calls per job in the answer: 3000 jobs are costly, so at most one call every 3 s."""
_MAX_INTERVAL_S = 60.0


@dataclass
class PollInterval:
    """When to poll next.

    Attributes:
        factor: multiple of every interval, set by the site.
    """

    factor: float = 1.0
    _changed_at: float = 0.0
    _cost: float = 0.0

    def on_change(self, now: float) -> None:
        """Register that something has changed, or is about to change."""
        self._changed_at = now

    def on_answer(self, took: float, jobs: int) -> None:
        """Register an answer with `jobs` jobs that took `took` seconds."""
        self._cost = min(max(_INTERVAL_PER_CALL_TIME * took, _INTERVAL_PER_JOB_S * jobs), _MAX_INTERVAL_S)

    @property
    def min_interval(self) -> float:
        """Minimum number of seconds between two calls."""
        return max(MIN_INTERVAL_S, self._cost) * self.factor

    def interval(self, now: float, waiting: bool, missed: int) -> float:
        """Seconds until the next call.

        Args:
            waiting: whether some job is pending or ending.
            missed: number of calls in a row without an answer.
        """
        if missed:
            return min(CHANGING_INTERVAL_S * 2.0 ** min(missed, 10), _MAX_INTERVAL_S) * self.factor
        settled = PENDING_INTERVAL_S if waiting else RUNNING_INTERVAL_S
        wanted = CHANGING_INTERVAL_S if now - self._changed_at < _CHANGING_S else settled
        return max(wanted * self.factor, self.min_interval)
