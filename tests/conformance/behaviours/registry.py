"""What a behaviour is, and what it plays with.

A behaviour is a function `play(client, context) -> JSON value`. The same function plays against distributed's own
cluster and against ours, so equal behaviour has to give an equal value: no process numbers, addresses or times.
This package runs in the Python under test: it needs distributed (2023.5 or newer) and the standard library alone.
Functions that run on workers stand inside those that play, so that they travel as code.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from distributed import Client

FRESH, RESTARTED, KILLED, SCALED = STATES = ("fresh", "restarted", "killed", "scaled")
"""As they were started; after ``client.restart()``; after each worker was killed and its nanny has started another; on
a worker that came later, by scaling. One cluster goes through them in this order."""

TIMEOUT_S = 120.0
"""Seconds: for machines that do ten other things."""
PAUSE_S = 0.3
"""Between two checks of the whole cluster."""

Play = Callable[[Client, "Context"], Any]


@dataclass(frozen=True)
class Behaviour:
    """One behaviour.

    Attributes:
        sentence: what a user relies on.
        states: in which states it is played; not in all where it takes long or where a state makes no difference.
        upsetting: it ends workers, or leaves plugins: played after all that are not.
    """

    name: str
    sentence: str
    play: Play
    states: tuple[str, ...] = STATES
    upsetting: bool = False


REGISTERED: list[Behaviour] = []
"""All of them."""


def behaviour(*states: str, upsetting: bool = False) -> Callable[[Play], Play]:
    """Register a function; its docstring is the behaviour's sentence. Without states: all of them."""

    def register(play: Play) -> Play:
        sentence = " ".join((play.__doc__ or "").split())
        REGISTERED.append(Behaviour(play.__name__, sentence, play, states or STATES, upsetting))
        return play

    return register


@dataclass
class Context:
    """What a behaviour plays with.

    Attributes:
        client: of the cluster.
        folder: one that the workers see too, empty, of this play alone.
        persistent: one that remains for all states of a cluster.
        state: one of `STATES`.
        workers: how many workers the cluster has.
        tested: name of the worker under test; empty for the first.
        logs: the folder of the workers' logs, and the pattern of their names.
    """

    client: Client
    folder: Path
    persistent: Path
    state: str
    workers: int
    tested: str = ""
    logs: tuple[Path, str] = (Path(), "")

    def addresses(self) -> dict[str, str]:
        """Addresses of the workers by their names, the one under test first."""

        def known(dask_scheduler: Any) -> dict[str, str]:
            return {str(worker.name): worker.address for worker in dask_scheduler.workers.values()}

        found: dict[str, str] = self.client.run_on_scheduler(known)
        return dict(sorted(found.items(), key=lambda pair: (pair[0] != self.tested, pair[0])))

    @property
    def address(self) -> str:
        """Of the worker under test."""
        return next(iter(self.addresses().values()))

    def everywhere(self, function: Callable[..., Any], *arguments: Any) -> list[Any]:
        """What `function` gives on each worker, outside a task; the worker under test first."""
        addresses = list(self.addresses().values())
        answers = self.client.run(function, *arguments, workers=addresses)
        return [answers[address] for address in addresses]

    def task(self, function: Callable[..., Any], *arguments: Any, seconds: float = TIMEOUT_S, **options: Any) -> Any:
        """The result of one task on the worker under test."""
        future = self.client.submit(function, *arguments, workers=[self.address], pure=False, **options)
        return future.result(timeout=seconds)

    def pids(self) -> dict[str, int]:
        """Process numbers of the workers by their names; of those alone that answer."""

        def pid() -> int:
            import os

            return os.getpid()

        found = {}
        for name, address in self.addresses().items():
            with contextlib.suppress(Exception):
                found[name] = self.client.run(pid, workers=[address])[address]
        return found

    def complete(self, not_these: Sequence[int] = (), seconds: float = TIMEOUT_S) -> dict[str, int]:
        """Process numbers of all workers once all are there, none of them one of `not_these`."""
        deadline = time.monotonic() + seconds
        while True:
            found = self.pids()
            if len(found) == self.workers and not set(found.values()) & set(not_these):
                return found
            if time.monotonic() > deadline:
                raise WorkersGone(f"{len(found)} of {self.workers} workers were there after {seconds:.0f} s")
            time.sleep(PAUSE_S)

    def until(self, met: Callable[[], Any], seconds: float = TIMEOUT_S) -> Any:
        """What `met` gives as soon as it is true; the last answer after `seconds` seconds."""
        deadline = time.monotonic() + seconds
        while not (answer := met()) and time.monotonic() < deadline:
            time.sleep(PAUSE_S)
        return answer

    def logged(self) -> str:
        """All that the workers' logs hold."""
        return "\n".join(path.read_text(errors="replace") for path in self.logs[0].glob(self.logs[1]))

    def remembered(self, name: str, values: Sequence[Any]) -> list[Any]:
        """The values stored under `name` in earlier states; these are stored too."""
        path = self.persistent / f"{name}.json"
        earlier = json.loads(path.read_text()) if path.exists() else []
        path.write_text(json.dumps([*earlier, *values]))
        return list(earlier)


class WorkersGone(Exception):
    """The cluster does not have its workers any more."""
