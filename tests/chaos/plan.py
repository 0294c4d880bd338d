"""What happens when in a run of chaos. Pure: a seed gives the same plan again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass

# Relative weights; a launch for about every stop and every death of a server.
DEEDS = {
    "launch": 8,
    "scale": 4,
    "stop": 3,
    "kill_server": 2,
    "stop_server": 1,
    "down_node": 1,
    "stop_controller": 1,
    "cancel_task": 2,
    "kill_worker": 2,
}


@dataclass(frozen=True)
class Step:
    """One deed.

    Attributes:
        at: seconds after the begin.
        deed: a key of `DEEDS`.
        pick: from 0 to 1; which of those that there are at that moment.
        lasts: seconds until what was broken is mended, where the deed breaks something.
    """

    at: float
    deed: str
    pick: float
    lasts: float


def plan(seed: int, seconds: float) -> Iterator[Step]:
    """Deeds for so many seconds, one every few; launches come first."""
    chance = random.Random(seed)
    at = 0.0
    for number in range(10_000):
        deed = "launch" if number < 2 else chance.choices(list(DEEDS), list(DEEDS.values()))[0]
        yield Step(at, deed, chance.random(), chance.uniform(2, 20))
        at += chance.uniform(1, 8)
        if at > seconds:
            return
