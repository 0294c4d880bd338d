"""Watches, all the while, whether what servers show is what Slurm has."""

from __future__ import annotations

import subprocess
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from support.server import Json, Server, has_ended

from testbed.daemons import TestbedError
from testbed.slurm import SlurmTestbed

PAUSE_S = 1.0
"""Seconds between two looks."""
POLLS = 2
"""Answers of Slurm after which what is shown has to be true."""

Queue = Mapping[str, list[str]]
"""States of the worker and scheduler jobs that Slurm has, by cluster."""


@dataclass
class Doubt:
    """A cluster that is shown otherwise than it is, and the answers of Slurm that have come in since."""

    truth: tuple[str, ...]
    answers: set[str] = field(default_factory=set)


def truth(slurm: SlurmTestbed) -> Queue:
    """All that waits or runs. Raises TestbedError while Slurm does not answer."""
    states: dict[str, list[str]] = defaultdict(list)
    for line in slurm.run("squeue", "-h", "-r", "-o", "%T %j", timeout=20).splitlines():
        state, _, name = line.partition(" ")
        cluster, role = name.split(".")[1:]
        states[cluster].append(f"{role[0]} {state}")
    return states


def difference(shown: Json, states: list[str]) -> str:
    """In which way a cluster is shown wrongly; empty when it is not, or when Slurm itself is on its way."""
    if any(state.split()[1] not in ("PENDING", "RUNNING") for state in states):
        return ""
    if has_ended(shown):
        return "shown as ended, and has jobs" if states else ""
    if shown["stale"]:
        return ""
    if shown["state"] != "requested" and not states:
        return "shown as live, and has no job"
    running = states.count("w RUNNING")
    if shown["workers"]["running"] != running:
        return f"shown with {shown['workers']['running']} running workers, and has {running}"
    return ""


class Witness(threading.Thread):
    """Collects what was shown wrongly for longer than `POLLS` answers of Slurm."""

    def __init__(self, slurm: SlurmTestbed, living: Callable[[], Iterable[Server]]) -> None:
        super().__init__(daemon=True)
        self.mismatches: list[str] = []
        self.looks = 0
        self._slurm = slurm
        self._living = living
        self._ended = threading.Event()
        self._doubts: dict[str, Doubt] = {}

    def run(self) -> None:
        """Compare until `end` is called."""
        while not self._ended.wait(PAUSE_S):
            self.look()

    def end(self) -> None:
        """Return once it has stopped looking."""
        self._ended.set()
        self.join(60)

    def look(self) -> None:
        """Compare once."""
        shown: list[tuple[str, Json]] = []
        for server in self._living():
            try:
                answer = server.ask("GET", "clusters").json
            except OSError:
                continue  # killed this very moment
            answered = next((str(batch["answered"]) for batch in answer["batch"]), f"quiet {self.looks // 5}")
            shown += [(answered, cluster) for cluster in answer["clusters"]]
        try:
            states = truth(self._slurm)
        except (TestbedError, subprocess.TimeoutExpired):
            self._doubts.clear()
            return
        self.looks += 1
        before, self._doubts = self._doubts, {}
        for answered, cluster in shown:
            real = tuple(sorted(states.get(cluster["id"], ())))
            if wrong := difference(cluster, list(real)):
                doubt = before.get(cluster["id"])
                if doubt is None or doubt.truth != real:
                    doubt = Doubt(real)
                # The answer that was in by the first look may be older than the truth.
                doubt.answers.add(answered)
                self._doubts[cluster["id"]] = doubt
                if len(doubt.answers) > POLLS + 1:
                    self.mismatches.append(f"{cluster['name']} {cluster['id']} {wrong}: {cluster} {real}")
                    del self._doubts[cluster["id"]]
