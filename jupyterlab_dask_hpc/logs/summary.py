"""A summary of the errors of all workers: equal lines from many logs are counted as one.

Two lines are equal if they differ only in numbers, ids, addresses and quoted
paths. Time and bytes are limited, so that 3000 large logs do not occupy a thread
for minutes: only the end of each file is read, files of failed jobs first.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any

from ..core.errors import ApiError
from .levels import TRACEBACK, Level, level_of, message_of, time_of
from .reader import ClusterLogs, LogJob, opened

TAIL_BYTES = 1024**2  # bytes read at the end of each file
TIMEOUT_S = 10.0  # seconds for all files
MAX_TOTAL_BYTES = 256 * 1024**2  # bytes for all files
MAX_KINDS = 100
MAX_LINE_LENGTH = 500  # characters of a line that are compared
VARIES = "\u0001"
STATES = ("failed", "connecting", "ending", "running", "ended", "pending")

# Fixed strings that select lines for parsing: a search for them is ten times as fast as a regular expression.
ERRORS = (
    b"ERROR", b"CRITICAL", b"FATAL", b"Traceback (most", b": error:", b": fatal:", b"=>> PBS: ",
    b"Fatal Python", b"Segmentation fault", b"Bus error", b"Killed",
)  # fmt: skip
WARNINGS = (b"WARN", b"Warning: ")
VARYING = re.compile(
    r"""0x[0-9a-fA-F]+                                          # an address in memory
      | \b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{10,}                # an id of Dask's
      | \b(?=[0-9a-f]*\d)[0-9a-f]{16,}\b                        # a task's hash
      | (?<=['"])[^'"\s]*/[^'"]*(?=['"])                        # a path in quotes
      | \b(?:\d{1,3}\.){3}\d{1,3}                               # an address in the network
      | \d+(?:[.,_:]\d+)*                                       # a figure, or the id of a job
    """,
    re.X,
)


@dataclass
class Kind:
    """A group of equal lines; `values` holds the parts that never varied, None for those that did."""

    level: Level
    parts: list[str]
    values: list[str | None]
    first: datetime
    last: datetime
    example: dict[str, Any]
    count: int = 0
    jobs: dict[str, None] = field(default_factory=dict)

    def add(self, values: list[str], at: datetime, job: LogJob) -> None:
        self.count += 1
        self.values = [old if old == new else None for old, new in zip(self.values, values, strict=True)]
        self.first, self.last = min(self.first, at), max(self.last, at)
        if not job.output:
            self.jobs[job.id] = None

    def as_json(self) -> dict[str, Any]:
        between = [VARIES if value is None else value for value in self.values]
        text = "".join(a + b for a, b in zip(self.parts, [*between, ""], strict=True))
        return {
            "count": self.count,
            "level": self.level,
            "text": text,
            "first": _utc(self.first),
            "last": _utc(self.last),
            "jobs": list(self.jobs),
            "example": self.example,
        }


def summarise(logs: ClusterLogs, level: Level) -> dict[str, Any]:
    """The `problems` of `docs/contract.md`: errors only, or errors and warnings. Blocks for at most `TIMEOUT_S` s.

    `files` is the number of files read, `lines` the number of lines found in them. The
    `line` of an example is 0 if the file is too large to count its lines.
    """
    stop_at = time.monotonic() + TIMEOUT_S
    budget = MAX_TOTAL_BYTES
    files = lines = 0
    kinds: dict[tuple[Level, str], Kind] = {}
    rank = {state: place for place, state in enumerate(STATES)}
    for file, job in sorted(logs.files().items(), key=lambda item: rank.get(item[1].state, len(STATES))):
        if budget <= 0 or time.monotonic() > stop_at:
            break
        try:
            data, before, modified = _tail(logs, file, min(TAIL_BYTES, budget))
        except ApiError:  # not yet written, or not readable
            continue
        if job.output and not data:
            continue
        files += 1
        budget -= len(data)
        for number, text, found, at in problem_lines(data, modified, level):
            lines += 1
            parts, values = mask(message_of(text))
            key = (found, VARIES.join(parts))
            if key not in kinds:
                if len(kinds) >= MAX_KINDS * 10:
                    continue
                line = number + before if before >= 0 else 0
                kinds[key] = Kind(found, parts, list(values), at, at, {"file": file, "line": line})
            kinds[key].add(values, at, job)
    frequent = sorted(kinds.values(), key=lambda kind: -kind.count)
    return {"files": files, "lines": lines, "kinds": [kind.as_json() for kind in frequent[:MAX_KINDS]]}


def problem_lines(data: bytes, modified: datetime, level: Level) -> Iterator[tuple[int, str, Level, datetime]]:
    """Line number (from 1), text, level and time of the lines of one log with at least this level.

    A traceback is represented by its last line, which names the exception. A line without a
    time gets the time of the lines before it, or of the file.
    """
    counted = number = 0  # newlines counted up to byte `counted`
    done = 0
    at = modified
    for hint in _hints(data, ERRORS if level == "error" else (*ERRORS, *WARNINGS)):
        if hint < done:
            continue
        start = data.rfind(b"\n", 0, hint) + 1
        text = _line(data, start)
        found = level_of(text)
        earlier = start
        if found is None and TRACEBACK.match(text):
            start = _traceback_end(data, start)
            text, found = _line(data, start), "error"
        done = _end(data, start)
        if found is None or not text.strip() or (found == "warning" and level == "error"):
            continue
        number += data.count(b"\n", counted, start)
        counted = start
        at = time_of(text, modified) or _time_before(data, earlier, modified) or at
        yield number + 1, text, found, at


def mask(message: str) -> tuple[list[str], list[str]]:
    """The constant parts of a message, and the varying values between them (one fewer)."""
    parts: list[str] = []
    values: list[str] = []
    end = 0
    for found in VARYING.finditer(message[:MAX_LINE_LENGTH]):
        parts.append(message[end : found.start()])
        values.append(found[0])
        end = found.end()
    return [*parts, message[end:MAX_LINE_LENGTH]], values


def _tail(logs: ClusterLogs, file: str, length: int) -> tuple[bytes, int, datetime]:
    """The end of a file from the start of a line, the number of lines before it (-1: not counted), and its date."""
    with opened(logs.folder, file) as (descriptor, status):
        start = max(0, status.st_size - length)
        data = os.pread(descriptor, length, start)
        modified = datetime.fromtimestamp(status.st_mtime).astimezone()
        if start == 0:
            return data, 0, modified
        cut = data.find(b"\n") + 1
        before = -1
        if start <= TAIL_BYTES:
            before = os.pread(descriptor, start, 0).count(b"\n") + data.count(b"\n", 0, cut)
        return data[cut:], before, modified


def _hints(data: bytes, words: tuple[bytes, ...]) -> list[int]:
    """The positions of all occurrences of `words`, in order."""
    found = []
    for word in words:
        at = data.find(word)
        while at >= 0:
            found.append(at)
            at = data.find(word, at + 1)
    return sorted(found)


def _end(data: bytes, start: int) -> int:
    end = data.find(b"\n", start)
    return len(data) if end < 0 else end


def _line(data: bytes, start: int) -> str:
    end = min(_end(data, start), start + 8 * MAX_LINE_LENGTH)
    return data[start:end].decode("utf-8", "replace").rstrip("\r")


def _traceback_end(data: bytes, start: int) -> int:
    """Start of the line that names the exception: the first one after the traceback that is not indented."""
    while (after := _end(data, start) + 1) < len(data):
        start = after
        if data[start : start + 1] not in (b" ", b"\t", b"\n", b"\r"):
            return start
    return start


def _time_before(data: bytes, start: int, modified: datetime) -> datetime | None:
    """The time of the nearest line above that has one."""
    for line in reversed(data[max(0, start - 4096) : start].decode("utf-8", "replace").splitlines()[-20:]):
        if at := time_of(line, modified):
            return at
    return None


def _utc(at: datetime) -> str:
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
