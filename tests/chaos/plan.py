"""What happens when in a run of chaos. A seed gives the same plan again, and so does a file of a plan."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

# Relative weights; a launch for about every stop and every death of a server.
ACTIONS = {
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
    """One action.

    Attributes:
        at: seconds after the begin.
        action: a key of `ACTIONS`.
        pick: from 0 to 1; which of those that there are at that moment.
        lasts: seconds until what was broken is mended, where the action breaks something.
    """

    at: float
    action: str
    pick: float
    lasts: float


def plan(seed: int, seconds: float) -> Iterator[Step]:
    """Actions for so many seconds, one every few; launches come first."""
    chance = random.Random(seed)
    at = 0.0
    for number in range(10_000):
        action = "launch" if number < 2 else chance.choices(list(ACTIONS), list(ACTIONS.values()))[0]
        yield Step(at, action, chance.random(), chance.uniform(2, 20))
        at += chance.uniform(1, 8)
        if at > seconds:
            return


def write(file: Path, steps: Sequence[Step], **history: object) -> None:
    """Keep a plan, and what came of it, so that it can be played again."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps({"steps": [asdict(step) for step in steps], **history}, indent=1))


def read(file: Path) -> list[Step]:
    """The plan in a file that `write` made."""
    return [Step(**step) for step in json.loads(file.read_text())["steps"]]
