"""A wall clock that is set, or goes on while this computer sleeps: moments that were noted move with it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

from .observed import Sight
from .record import Record

_SMALL = 1.0


class WallClock:
    """Tells when the wall clock has jumped.

    Args:
        wall, steady: clocks in seconds; the steady one neither jumps nor counts sleep.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._ahead = wall() - steady()

    def jump(self) -> float:
        """Seconds by which it has jumped since it was last asked; 0 for less than a second."""
        ahead = self._wall() - self._steady()
        jump = ahead - self._ahead
        if abs(jump) < _SMALL:
            return 0.0
        self._ahead = ahead
        return jump


def moved(record: Record, sight: Sight, by: float) -> tuple[Record, Sight]:
    """Both as they are after the clock has jumped by so many seconds, so that nothing is waited for longer, or given
    up sooner."""
    at = None if sight.at is None else sight.at + by
    started = {job: start + by for job, start in sight.started.items()}
    return _waits(record, lambda moment: moment + by), replace(sight, at=at, started=started)


def none_ahead(record: Record, now: float) -> Record:
    """What was done later than now was done before the clock was set back: it is waited for from now on."""
    return _waits(record, lambda moment: min(moment, now))


def _waits(record: Record, change: Callable[[float], float]) -> Record:
    """The record with the moments changed from which something is waited for."""

    def changed(moment: float | None) -> float | None:
        return None if moment is None else change(moment)

    submits = tuple(submit.model_copy(update={"asked": changed(submit.asked)}) for submit in record.submits)
    return record.model_copy(update={"submits": submits, "cancelled": changed(record.cancelled)})
