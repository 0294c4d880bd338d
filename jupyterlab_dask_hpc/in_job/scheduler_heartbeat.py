"""The route ``/dask-hpc/report``: a heartbeat renews the lease, the answer reports workers, tasks and idle time."""

from __future__ import annotations

import itertools
import json
import time
from typing import Any

from distributed.diagnostics.plugin import SchedulerPlugin
from scheduler_folder import FOLDER
from scheduler_watchdog import Watchdog
from tornado.web import HTTPError, RequestHandler

WAITING_TASKS_LIMIT = 10_000
"""Tasks without a worker that are examined for one report."""
GROUPS_LIMIT = 10
"""Kinds of tasks without a worker that are reported."""
MEMORY_PEAKS_INTERVAL_S = 30.0
"""After this time, changed memory peaks make a new version."""
RESTARTS_LIMIT = 100
"""Workers with restarts that are kept, those of the latest."""


class WorkerNames(SchedulerPlugin):
    """The connected workers, with a version that changes whenever there is something new to report.

    Args:
        job: id of the scheduler's job, which workers may share; empty if unknown.

    Attributes:
        ever: names of all that have ever connected.
    """

    name = "dask-hpc-workers"

    def __init__(self, job: str) -> None:
        self.version = 0
        self.ever: set[str] = set()
        self._reported: dict[str, Any] = {}
        self._reported_at = 0.0
        self._names: dict[str, str] = {}
        self._left: dict[str, float] = {}
        self._beside = f"w{job}_" if job else ""
        self._restarts: dict[str, tuple[float, int, int]] = {}

    def add_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        self.version += 1
        self._names[worker] = str(scheduler.workers[worker].name)
        self.ever.add(self._names[worker])
        self._left.pop(self._names[worker], None)

    def remove_worker(self, scheduler: Any, worker: str, **kwargs: Any) -> None:
        self.version += 1
        if (name := self._names.pop(worker, None)) is not None and (job_of(name) or self._is_beside(name)):
            self._left[name] = time.monotonic()

    def left(self, seconds: float) -> list[str]:
        """Names of the workers that left at least so many seconds ago, and whose job goes on: with others, or with the
        scheduler."""
        jobs, now = {job_of(name) for name in self._names.values()}, time.monotonic()
        gone = [name for name, at in self._left.items() if now - at >= seconds]
        return sorted(name for name in gone if job_of(name) in jobs or self._is_beside(name))

    def _is_beside(self, name: str) -> bool:
        """Whether the worker shares the job of the scheduler: a node of that job has started it."""
        node = name[len(self._beside) :].partition("-")[0]
        return bool(self._beside) and name.startswith(self._beside) and (FOLDER / f"node_{node}.started").exists()

    def on_restart(self, name: str, exit_code: int) -> None:
        """A nanny has started its worker again, which had ended with this exit code, or by minus this signal."""
        times = self._restarts.pop(name, (0, 0, 0))[1]
        self._restarts[str(name)[:100]] = time.monotonic(), times + 1, int(exit_code)
        while len(self._restarts) > RESTARTS_LIMIT:
            del self._restarts[next(iter(self._restarts))]

    def restarts(self, seconds: float) -> dict[str, dict[str, int]]:
        """How often, and after which exit code, the workers were started again; the last time in these `seconds`."""
        now = time.monotonic()
        return {
            name: {"times": times, "exit_code": code}
            for name, (at, times, code) in self._restarts.items()
            if now - at < seconds
        }

    def since(self, known: int, scheduler: Any) -> dict[str, Any] | None:
        """Memory peak in bytes and GPUs for each worker's name; None if version `known` is still current."""
        if known == self.version and time.monotonic() - self._reported_at < MEMORY_PEAKS_INTERVAL_S:
            return None
        names = {
            str(worker.name): {
                "memory_peak": int(worker.metrics.get("memory_peak") or worker.metrics.get("memory", 0)),
                **gpus(worker),
            }
            for worker in scheduler.workers.values()
        }
        if known == self.version:
            if names == self._reported:
                return None
            self.version += 1
        self._reported, self._reported_at = names, time.monotonic()
        return names


class HeartbeatHandler(RequestHandler):
    """See docs/contract.md, "The scheduler's control route"."""

    def initialize(self, watchdog: Watchdog, workers: WorkerNames) -> None:
        self.watchdog, self.workers = watchdog, workers

    def check_xsrf_cookie(self) -> None:
        """Not needed: the client is identified by its certificate, and there are no cookies."""

    def post(self) -> None:
        try:
            body = json.loads(self.request.body)
            lease = None if body["lease"] is None else float(body["lease"])
            queued = None if body["queued"] is None else int(body["queued"])
            known = int(body["known"])
            # An earlier version of the server sends `keep`.
            reset_idle = body.get("reset_idle", body.get("keep")) is True
        except (ValueError, KeyError, TypeError) as error:
            raise HTTPError(400) from error
        watchdog = self.watchdog
        watchdog.on_heartbeat(lease, queued, reset_idle)
        names = self.workers.since(known, watchdog.scheduler)
        idle = watchdog.idle.seconds if watchdog.idle.seconds and not watchdog.workers_come else None
        self.write(
            {
                "version": self.workers.version,
                "workers": len(watchdog.scheduler.workers),
                "names": names,
                "idle": idle,
                "tasks": {
                    "total": len(watchdog.scheduler.tasks),
                    "processing": sum(len(worker.processing) for worker in watchdog.scheduler.workers.values()),
                },
                "unrunnable": unrunnable(watchdog.scheduler),
                "left": self.workers.left(watchdog.limits.worker_left),
                "restarts": self.workers.restarts(watchdog.limits.restarts_shown),
                "ends_idle": max(0.0, watchdog.idle_timeout - idle) if watchdog.idle_timeout and idle else None,
            }
        )


def gpus(worker: Any) -> dict[str, str]:
    """The devices that it sees, as it has reported when it connected; nothing for a worker without GPUs."""
    devices = worker.extra.get("cuda_visible_devices")
    return {"cuda_visible_devices": str(devices)[:500]} if devices else {}


def job_of(name: str) -> str:
    """The part of a worker's name that the workers of its job share: ``w71_0`` of ``w71_0-1``; empty if it is alone."""
    job, _, process = name.rpartition("-")
    return job if process.isdigit() else ""


def unrunnable(scheduler: Any) -> list[dict[str, Any]]:
    """Tasks that no connected worker may run, by what they require: resources, workers, hosts."""
    groups: dict[str, dict[str, Any]] = {}
    for task in itertools.islice(scheduler.unrunnable if scheduler.workers else (), WAITING_TASKS_LIMIT):
        required = {
            "resources": dict(task.resource_restrictions or {}),
            "workers": sorted(map(str, task.worker_restrictions or ())),
            "hosts": sorted(map(str, task.host_restrictions or ())),
        }
        if any(required.values()):
            groups.setdefault(repr(required), {**required, "count": 0})["count"] += 1
    return sorted(groups.values(), key=lambda group: -group["count"])[:GROUPS_LIMIT]
