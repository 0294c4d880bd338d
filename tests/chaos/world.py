"""A farm with a user's two notebook servers, and everything that can befall them."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

import psutil
from support.server import Json, Server, has_ended, write_profiles

from testbed.slurm import SlurmTestbed

from .plan import Step

MAX_CLUSTERS = 4
"""Live clusters at a time: real workers cost this machine half a second of CPU each."""
T = TypeVar("T")


class World:
    """Carries out the steps of a plan, and mends what they broke."""

    def __init__(self, slurm: SlurmTestbed, folder: Path) -> None:
        self.slurm = slurm
        self.history: list[str] = []
        self.state = folder / "state"
        profiles = write_profiles(folder, folder)
        self.servers = [
            Server(folder / name, folder / f"{name}-home", profiles, slurm.environment) for name in ("one", "two")
        ]
        self._living: list[Server] = []
        self._lock = threading.Lock()
        self._mends: list[tuple[float, str, Callable[[], None]]] = []
        self._broken: set[str] = set()
        for server in self.servers:
            # A quarter of the intervals, so that many polls fit into a short run.
            server.options = [
                "--DaskHpc.poll_interval_factor=0.25",
                "--DaskHpc.command_timeout=10",
                "--DaskHpc.lease=600",
            ]
            server.state = self.state
            self._start(server)

    def living(self) -> list[Server]:
        """Servers that answer."""
        with self._lock:
            return list(self._living)

    def run(self, steps: Sequence[Step]) -> None:
        """Carry out all steps, each as soon as its time has come, and mend everything at the end."""
        began = time.monotonic()
        for step in steps:
            self._mend_until(step.at, began)
            done = getattr(self, f"_{step.action}")(step)
            self.history.append(f"{time.monotonic() - began:6.1f} s {step.action}: {done or 'nothing to do it to'}")
        while self._mends:
            self._mend(self._mends.pop(0))

    def end(self) -> None:
        """Stop all servers, as a log-out does: what they have is stopped with them."""
        for server in self.living():
            self._forget(server)
            server.stop()

    def processes(self) -> list[psutil.Process]:
        """Whatever still runs of any job."""
        return self.slurm.processes()

    # --- what a user does ------------------------------------------------------------------------------------------

    def _launch(self, step: Step) -> str:
        server = pick(self.living(), step)
        if server is None or len(self._clusters()) >= MAX_CLUSTERS:
            return ""
        jobs = 1 + int(step.pick * 100) % 3
        body = {"profile": "cc-in2p3", "workers": {"jobs": jobs, "memory": "1G"}}
        answer = server.ask("POST", "clusters", body)
        assert answer.status in (201, 503), answer
        return f"{jobs} workers: {answer.json.get('id', answer.json)}"

    def _scale(self, step: Step) -> str:
        found = pick(self._clusters(), step)
        if found is None:
            return ""
        server, cluster = found
        count = int(step.pick * 1000) % 5
        answer = server.ask("PATCH", f"clusters/{cluster['id']}", {"workers": {"count": count}})
        # It may just end, or Slurm be down.
        assert answer.status in (200, 409, 503), answer
        return f"{cluster['id']} to {count}"

    def _stop(self, step: Step) -> str:
        found = pick(self._clusters(), step)
        if found is None:
            return ""
        server, cluster = found
        assert server.ask("DELETE", f"clusters/{cluster['id']}").status in (202, 404)
        return str(cluster["id"])

    # --- what befalls it -------------------------------------------------------------------------------------------

    def _kill_server(self, step: Step) -> str:
        return self._end_server(step, Server.kill)

    def _stop_server(self, step: Step) -> str:
        return self._end_server(step, Server.stop)

    def _end_server(self, step: Step, how: Callable[[Server], None]) -> str:
        server = pick(self.living(), step)
        if server is None:
            return ""
        self._forget(server)
        how(server)
        self._later(step, f"start {server.root.name}", lambda: self._start(server))
        return server.root.name

    def _down_node(self, step: Step) -> str:
        node = f"n{int(step.pick * self.slurm.nodes)}"
        if "controller" in self._broken or node in self._broken:
            return ""
        self._broken.add(node)
        self.slurm.run("scontrol", "update", f"nodename={node}", "state=down", "reason=chaos")

        def resume() -> None:
            # A node that has registered in between is back by itself.
            if "down" in self.slurm.run("sinfo", "-h", "-n", node, "-o", "%T"):
                self.slurm.run("scontrol", "update", f"nodename={node}", "state=resume")
            self._broken.discard(node)

        self._later(step, f"resume {node}", resume)
        return node

    def _stop_controller(self, step: Step) -> str:
        if self._broken:
            return ""
        self._broken.add("controller")
        self.slurm.stop_controller(signal.SIGKILL)

        def start() -> None:
            self.slurm.start_controller()
            self._broken.discard("controller")

        self._later(step, "start the controller", start)
        return "slurmctld"

    def _cancel_task(self, step: Step) -> str:
        if "controller" in self._broken:
            return ""
        tasks = [line for line in self.slurm.run("squeue", "-h", "-r", "-o", "%i").split() if "_" in line]
        task = pick(tasks, step)
        if task is not None:
            self.slurm.run("scancel", task)
        return task or ""

    def _kill_worker(self, step: Step) -> str:
        process = pick([one for one in self.processes() if "python" in one.name()], step)
        if process is None:
            return ""
        try:
            process.kill()
        except psutil.NoSuchProcess:
            return ""
        return str(process.pid)

    # --- what is needed for it -------------------------------------------------------------------------------------

    def _clusters(self) -> list[tuple[Server, Json]]:
        return [
            (server, cluster) for server in self.living() for cluster in server.clusters() if not has_ended(cluster)
        ]

    def _start(self, server: Server) -> None:
        server.start()
        with self._lock:
            self._living.append(server)

    def _forget(self, server: Server) -> None:
        with self._lock:
            self._living.remove(server)

    def _later(self, step: Step, what: str, mend: Callable[[], None]) -> None:
        self._mends.append((step.at + step.lasts, what, mend))
        self._mends.sort(key=lambda each: each[0])

    def _mend_until(self, at: float, began: float) -> None:
        while True:
            due = self._mends[0][0] if self._mends else at
            time.sleep(max(0.0, min(due, at) - (time.monotonic() - began)))
            if not self._mends or due > at:
                return
            self._mend(self._mends.pop(0))

    def _mend(self, each: tuple[float, str, Callable[[], None]]) -> None:
        _, what, mend = each
        mend()
        self.history.append(f"         {what}")


def pick(those: Sequence[T], step: Step) -> T | None:
    """One of them, chosen by the step; None when there is none."""
    return those[int(step.pick * len(those))] if those else None
