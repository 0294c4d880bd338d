"""A cluster's counts over time, for the timeline. Its size is bounded: old samples are thinned out."""

from __future__ import annotations

MAX_SAMPLES = 720
"""Maximum number of samples: two for each pixel column of a timeline of usual width."""
_MIN_INTERVAL_S = 1.0
"""Minimum number of seconds between two samples."""


class History:
    """Samples of (pending, connecting, running, failed)."""

    def __init__(self) -> None:
        self._samples: list[list[float]] = []

    def add(self, at: float, counts: tuple[int, int, int, int]) -> None:
        """Add the counts at time `at`, seconds since the epoch, if they differ from the last sample."""
        last = self._samples[-1] if self._samples else None
        if last is not None and tuple(last[1:]) == counts:
            return
        if last is not None and at - last[0] < _MIN_INTERVAL_S and len(self._samples) > 1:
            self._samples[-1] = [last[0], *counts]
            return
        self._samples.append([round(at, 1), *counts])
        if len(self._samples) > MAX_SAMPLES:
            half = len(self._samples) // 2
            self._samples = self._samples[:half:2] + self._samples[half:]

    def move(self, by: float) -> None:
        """Shift all samples after the clock has jumped by `by` seconds."""
        self._samples = [[round(at + by, 1), *counts] for at, *counts in self._samples]

    def samples(self) -> list[list[float]]:
        """Oldest first: seconds since the epoch, pending, connecting, running, failed."""
        return [list(sample) for sample in self._samples]
