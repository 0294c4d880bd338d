"""Parses one line of a log: its level, its time, its message.

`src/status/logs/levels.ts` does the same in the browser; both are tested with
`tests/logs/log_lines.json`.
"""

from __future__ import annotations

import re
from datetime import datetime
from typing import Literal

Level = Literal["error", "warning"]

# The first level word of a line decides: "INFO - 0 ERROR rows" is no error.
WORD = re.compile(
    r"^.{0,120}?(?:^|[\s\[|(-])(?:(TRACE|DEBUG|INFO|NOTICE)|(WARNING|WARN)|(ERROR|CRITICAL|FATAL))(?=$|[\s\]|):-])"
)
# Errors of Slurm and PBS daemons, of the Python interpreter, and of the shell.
BARE_ERROR = re.compile(
    r"^(?:slurm\w+|srun|sbatch)(?:\[\S*\])?: (?:error|fatal):|^=>> PBS: |^Fatal Python error:"
    r"|^(?:\S+: line \d+: .*)?(?:Segmentation fault|Bus error|Killed\b)"
)
BARE_WARNING = re.compile(r"^\S+:\d+: \w*Warning: ")
TRACEBACK = re.compile(r"^\s*(?:\+ )?(?:Exception Group )?Traceback \(most recent call last\):")
TIME = re.compile(r"(?:(\d{4}-\d\d-\d\d)[ T])?\b(\d\d:\d\d:\d\d)(?:[.,]\d+)?\b")
HEAD = re.compile(r"^(?:\S+ )?\d\d:\d\d:\d\d\S*(?: - | +)(?:(\S+) - )?([A-Z]+)(?: - | +)(?:\[w[^\]]*\] )?(.*)$")


def level_of(line: str) -> Level | None:
    """The level of a single line; None for everything below a warning."""
    if found := WORD.match(line):
        return "warning" if found[2] else "error" if found[3] else None
    if BARE_ERROR.match(line):
        return "error"
    return "warning" if BARE_WARNING.match(line) else None


def message_of(line: str) -> str:
    """A line without its time and level: `distributed.worker: Could not ...`."""
    found = HEAD.match(line)
    if found is None:
        return line.strip()
    return f"{found[1]}: {found[3]}" if found[1] else found[3]


def time_of(line: str, day: datetime) -> datetime | None:
    """When a line was written. The batch nodes are assumed to have the time zone of this computer.

    Args:
        day: the date to use if the line has only the time of day.
    """
    found = TIME.search(line[:160])
    if found is None:
        return None
    try:
        return datetime.fromisoformat(f"{found[1] or day.date().isoformat()}T{found[2]}").astimezone()
    except ValueError:
        return None
