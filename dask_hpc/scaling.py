"""The number of workers of a cluster: manual and adaptive scaling of `DaskCluster`."""

from __future__ import annotations

import asyncio
import contextlib
import math
import time
from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, cast

from dask.utils import parse_bytes, parse_timedelta
from distributed.core import Status
from distributed.deploy.adaptive import Adaptive

from .lifecycle import ServerCluster
from .messages import Message
from .sentences import Json, relaunch_line
from .server_client import ClusterClosed, RequestRefused
from .units import read_memory, whole_jobs, workers_within

WAIT_INTERVAL_S = 0.1
"""Between two polls while waiting for a few workers."""
WAIT_INTERVAL_PER_WORKER_S = 0.005
"""The same for each connected worker: a scheduler needs a twentieth of that for its answer."""


def limits_of_choices(properties: Json, chosen: Json) -> Iterator[int]:
    """The numbers of jobs to which choices of a launch limit it, by the properties of the profile's schema."""
    for name, leaf in properties.get("options", {}).get("properties", {}).items():
        value = chosen.get(name, leaf["default"])
        for one in [value] if isinstance(value, str) else value or [""]:
            limit = leaf.get("limits", {}).get(one, {}).get("workers.jobs", {})
            if "maximum" in limit:
                yield int(limit["maximum"])


def _shape(workers: Json) -> list[str]:
    """What a job has, as the arguments of a launch."""
    names = {"processes": "processes", "cpus": "worker_cpus", "memory": "worker_memory"}
    return [f"{argument}={workers[name]}" for name, argument in names.items() if name in workers]


class FarmAdaptive(Adaptive):
    """As `Adaptive`, but the notebook server chooses the workers that retire: it knows which are being replaced."""

    async def workers_to_close(self, target: int) -> list[str]:
        """Names of as many workers as whole jobs have. Which ones does not matter, but they stay the same: distributed
        waits until it has found the same names several times."""
        cluster = cast(ScalableCluster, self.cluster)
        each, fixed = cluster._workers_of_a_job, cluster._fixed
        if each == 1 and not fixed:
            return await super().workers_to_close(target)
        names = sorted(map(str, cluster.observed))
        return names[: max(0, len(names) - max(target, fixed)) // each * each]

    async def scale_down(self, workers: Any) -> None:
        """Reduce the number of workers by the number of these."""
        if workers:
            await cast(ScalableCluster, self.cluster).scale_down(workers)


class ScalableCluster(ServerCluster):
    """The part of `DaskCluster` that scales."""

    def _begin(self, *arguments: Any) -> None:
        self._planned: set[str] = set()
        self._change_lock = asyncio.Lock()
        super()._begin(*arguments)

    @property
    def workers(self) -> set[str]:
        """Names of connected workers, and a placeholder for each that is still to connect, so that none is treated as
        dead."""
        counts = self._cluster["workers"]
        # Workers beyond the requested number are retiring, or are being replaced.
        names = set(sorted(map(str, self.observed))[: counts["requested"]])
        expected = min(counts["pending"] + counts["running"], counts["requested"])
        return names | {f"expected {number}" for number in range(expected - len(names))}

    @property
    def plan(self) -> set[str]:
        """The same, for `adapt`."""
        self._planned = self.workers
        return set(self._planned)

    def scale(
        self,
        n: int | None = None,
        *,
        jobs: int | None = None,
        memory: str | int | None = None,
        cores: int | None = None,
    ) -> Any:
        """Set the number of workers to `n`, to those of so many jobs, or to as many as have that much memory or so many
        cores in total. If several workers share a job, whole jobs are started and ended.

        Further workers are submitted as another job array. To reduce the number, queued workers are cancelled first;
        then the connected workers with the least work move their data and retire. Raises RequestRefused beyond the
        profile's maximum (``field`` is ``workers.count``), ClusterClosed, ServerNotFound.
        """
        return self._request_change(self._scale, self._number_of_workers(n, jobs, memory, cores))

    def replace_workers(self, replace: bool = True) -> Any:
        """Turn on or off that workers are replaced before their time limit, until the cluster is stopped.

        The same number of replacements is submitted a tenth of their time before the limit, 2 to 30 minutes. When a
        replacement has connected, a worker moves its data and retires. Workers that failed are not replaced. The
        cluster still ends at its scheduler's time limit, or by the idle time-out. Raises ClusterClosed, ServerNotFound.
        """
        return self._request_change(self._replace_workers, replace)

    def _request_change(self, change: Callable[..., Any], *arguments: Any) -> Any:
        # After the end, the event loop may be closed as well.
        if self.status in (Status.closing, Status.closed):
            raise ClusterClosed(self._closed_message())
        result = self.sync(change, *arguments)
        if self.asynchronous:
            # As in distributed: it runs without being awaited, and `await cluster` waits for it.
            result = asyncio.ensure_future(result)
            self._changes.add(result)
            result.add_done_callback(self._changes.discard)
        return result

    async def _scale(self, count: int, at_most: bool = False) -> None:
        await self._change(self._server.scale, count, at_most)

    async def _replace_workers(self, replace: bool) -> None:
        await self._change(self._server.replace_workers, replace)

    async def _change(self, change: Callable[..., Json], *arguments: Any) -> None:
        try:
            async with self._change_lock:
                self._update(await asyncio.to_thread(change, self.id, *arguments))
        except RequestRefused as error:
            if error.reason != "closed":
                raise
            message = Message("text.followed", first=error.message, next=relaunch_line(self._cluster))
            raise ClusterClosed(message) from error

    def _number_of_workers(self, n: int | None, jobs: int | None, memory: str | int | None, cores: int | None) -> int:
        for name, value in {"n": n, "jobs": jobs, "cores": cores}.items():
            is_number = isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)
            if value is not None and not is_number:
                raise ValueError(str(Message("kernel.not-a-number", name=name, value=repr(value))))
        of_jobs = None if jobs is None else self._workers_of(jobs)
        given = [*(value for value in (n, of_jobs) if value is not None), *self._workers_with(memory, cores)]
        if len(given) != 1:
            raise ValueError(str(Message("workers.one-change", fields=["n", "jobs", "memory", "cores"])))
        return math.ceil(given[0])

    def _workers_with(self, memory: str | int | None, cores: int | None) -> Iterator[float]:
        """The number of workers with that much memory in total, and the number with so many cores in total."""
        each = self._cluster["request"]["workers"]
        if memory is not None:
            yield self._workers_of(parse_bytes(memory) / read_memory(each["memory"]), of_nodes=True)
        if cores is not None:
            yield self._workers_of(cores / int(each["cpus"]), of_nodes=True)

    def _workers_of(self, jobs: float, of_nodes: bool = False) -> float:
        """The number of workers of so many jobs, of which the scheduler's is the first if it runs workers.

        Args:
            of_nodes: count the nodes of that first job instead.
        """
        if not self._fixed:
            return jobs * self._workers_of_a_job
        first = int(self._cluster["request"]["workers"]["nodes"]) if of_nodes else 1
        return self._fixed + max(0, jobs - first) * self._workers_of_a_job if jobs else 0

    @property
    def _fixed(self) -> int:
        """The number of workers that share the job of the scheduler, so that they stay as long as it."""
        return int(self._cluster.get("fixed_workers", 0))

    @property
    def _workers_of_a_job(self) -> int:
        # A server of an earlier version starts one.
        return int(self._cluster["request"]["workers"].get("processes", 1))

    async def scale_up(self, n: int) -> None:
        """Increase the number of workers to at least `n`."""
        if n > len(self.workers):
            await self._scale(n)

    async def scale_down(self, workers: Any) -> None:
        """Reduce the number of workers of the last `plan` by the number of these; some may have ended meanwhile."""
        target = len(self._planned - {str(worker) for worker in workers})
        await self._scale(target, at_most=True)

    def adapt(
        self,
        Adaptive: type[Adaptive] = FarmAdaptive,
        minimum: int = 0,
        maximum: int | None = None,
        minimum_jobs: int | None = None,
        maximum_jobs: int | None = None,
        minimum_memory: str | int | None = None,
        maximum_memory: str | int | None = None,
        minimum_cores: int | None = None,
        maximum_cores: int | None = None,
        **options: Any,
    ) -> Adaptive:
        """Scale with the work, between `minimum` and `maximum` workers; `maximum` defaults to the profile's.

        Memory and cores are totals of all workers; the narrowest of several bounds applies. Scaling lasts as long as
        this kernel. Workers that share the job of the scheduler always stay; further ones come in jobs of their own,
        where the profile allows that. `options` are those of `distributed.Adaptive`. Raises ValueError for bounds that
        the profile does not allow, and if the number of workers cannot change.
        """
        largest = self._largest_number()
        low = minimum if minimum_jobs is None else int(self._workers_of(minimum_jobs))
        most = None if maximum_jobs is None else int(self._workers_of(maximum_jobs))
        high = next((bound for bound in (most, maximum) if bound is not None), largest)
        high = largest if high == math.inf else int(high)
        low = max([low, *map(math.ceil, self._workers_with(minimum_memory, minimum_cores))])
        bound = min([high, *self._workers_with(maximum_memory, maximum_cores)])
        # Only whole jobs start and end.
        each, fixed = self._workers_of_a_job, self._fixed
        low = fixed + whole_jobs(max(0, low - fixed), each) * each
        high = workers_within(bound, each, fixed)
        if bound > 0 == high:
            # Tasks would wait forever.
            job = self._cluster["request"]["workers"]
            raise ValueError(str(Message("kernel.no-job-fits", name=self.name, job=_shape(job))))
        if not 0 <= low <= high <= largest:
            bounds = Message("kernel.bounds", name=self.name, largest=largest, minimum=str(low), maximum=str(high))
            raise ValueError(str(bounds))
        return super().adapt(Adaptive=Adaptive, minimum=low, maximum=high, **options)

    def _largest_number(self) -> int:
        name = self._cluster["profile"]
        profile = self._server.profile(name)
        if profile is None:
            raise ValueError(str(Message("profile.gone", profile=name)))
        properties = profile["schema"]["properties"]
        if self._fixed and not profile["further_jobs"]:
            raise ValueError(str(Message("workers.fixed", count=self._fixed)))
        most = profile["further_jobs"] if self._fixed else properties["workers"]["properties"]["jobs"]["maximum"]
        most = min([most, *limits_of_choices(properties, self._cluster["request"].get("options", {}))])
        return self._fixed + int(most) * self._workers_of_a_job

    def wait_for_workers(self, n_workers: int, timeout: Any = None) -> Any:
        """Return when this number of workers is connected. An interrupt ends the waiting, not the cluster.

        Raises TimeoutError after `timeout` (seconds, or text such as ``"10 minutes"``), ClusterClosed.
        """
        if not isinstance(n_workers, int) or n_workers < 1:
            raise ValueError(f"`n_workers` must be a positive integer. Instead got {n_workers}.")
        if self.asynchronous:
            return self._wait_for_workers(n_workers, timeout)
        for pause in self._until_connected(n_workers, timeout):
            time.sleep(pause)
            with contextlib.suppress(OSError, ClusterClosed):
                self.sync(self._refresh)

    async def _wait_for_workers(self, n_workers: int = 0, timeout: Any = None) -> None:
        for pause in self._until_connected(n_workers, timeout):
            await asyncio.sleep(pause)
            with contextlib.suppress(OSError, ClusterClosed):
                await self._refresh()

    def _until_connected(self, count: int, timeout: Any) -> Iterator[float]:
        """Yields seconds to wait before the next poll."""
        deadline = None if timeout is None else time.monotonic() + parse_timedelta(timeout)
        try:
            while len(self.observed) < count or self.status != Status.running:
                if self.status != Status.running:
                    raise ClusterClosed(self._closed_message())
                if deadline is not None and time.monotonic() > deadline:
                    raise TimeoutError(f"Only {len(self.observed)}/{count} workers arrived after {timeout}")
                if self._progress:
                    self._progress.show(self._cluster)
                yield max(WAIT_INTERVAL_S, len(self.observed) * WAIT_INTERVAL_PER_WORKER_S)
        finally:
            if self._progress:
                self._progress.finish()
