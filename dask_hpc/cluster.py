"""A cluster as distributed's own: `DaskCluster` launches one by the notebook server, or takes up one that runs."""

from __future__ import annotations

import asyncio
import contextlib
import math
import sys
import time
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, cast

from dask.utils import parse_bytes, parse_timedelta
from distributed import Client
from distributed.core import Status, rpc
from distributed.deploy.adaptive import Adaptive
from distributed.deploy.cluster import Cluster
from distributed.security import Security
from tornado.ioloop import PeriodicCallback

from .client import LOOK_AGAIN, ClusterClient, ClusterInfo, close_with, closed_since_over, dashboard_link, make_default
from .connect import LOOK_EVERY, VersionsDiffer, alive, enough, reachable, security_of, versions_differ
from .display import Card
from .environment import mismatch
from .progress import Progress, in_notebook
from .request import launch, launch_request
from .server import LIVE, ClusterClosed, DaskHpcError, Json, RequestRefused, Server, ServerNotFound, again, ended

LOOK_SOON = 0.1
"""Seconds between two looks at few workers that are waited for."""
LOOK_EACH = 0.005
"""The same for each worker: a scheduler spends a twentieth of that on its answer."""


class ClusterSummary(NamedTuple):
    """One line of `DaskCluster.list`."""

    name: str
    state: str
    running: int
    workers: int
    profile: str
    created: str


class FarmAdaptive(Adaptive):
    """distributed's own, but for who goes: the notebook server knows who has others to succeed him."""

    async def scale_down(self, workers: Any) -> None:
        """Have so many fewer."""
        if workers:
            await cast(DaskCluster, self.cluster).scale_down(workers)


class DaskCluster(Cluster):
    """A Dask cluster on the batch farm.

    The notebook server launches it and looks after it: it is shown in the Dask panel, outlives this kernel, and ends
    by `close`, in the panel, at File > Log Out, or by its time-outs. What is left out is the profile's default. It gets
    this kernel's settings of Dask, where they say how to compute (`dask_hpc.settings`).

    Args:
        name: letters, digits, ``-`` and ``_``; the server finds one when it is left out.
        profile: one of the site's; its default one when left out.
        workers: worker jobs; 0 for none at first.
        worker_memory: text such as ``"3G"``, or bytes.
        worker_cpus: CPUs, and threads, of each.
        worker_time: text such as ``"02:00:00"``, ``"2h"``, or seconds.
        scheduler_memory: as `worker_memory`.
        scheduler_time: as `worker_time`.
        idle_timeout: as `worker_time`; without anything to do for so long, the cluster ends.
        wait_for_running_percent: return once that share of workers runs; 0 returns with the scheduler.
        virtual_env: folder of the workers' venv or conda environment; this kernel's own when None, the profile's
            when empty.
        workspace: folder for ``log/``, as the file browser calls it; this kernel's own folder when left out.
        keep_workers: see the method of that name.
        shutdown_on_close: whether `close`, and the end of a ``with``, stop the cluster.
        asynchronous: for use with ``await`` and ``async with``.
        loop: tornado's loop, for distributed's own sake.
        quiet: show no progress.

    Raises:
        ServerNotFound: no notebook server with Dask clusters is behind this kernel, or it does not answer.
        RequestRefused: it said no; ``field`` says to which value.
        ClusterClosed: the cluster ended before it could be reached.
        VersionsDiffer: the scheduler's distributed cannot be spoken to from here.
    """

    def __init__(
        self,
        name: str | None = None,
        profile: str | None = None,
        workers: int | None = None,
        *,
        worker_memory: str | float | None = None,
        worker_cpus: int | None = None,
        worker_time: str | float | None = None,
        scheduler_memory: str | float | None = None,
        scheduler_time: str | float | None = None,
        idle_timeout: str | float | None = None,
        wait_for_running_percent: int | None = None,
        virtual_env: str | None = None,
        workspace: str | None = None,
        keep_workers: bool = False,
        shutdown_on_close: bool = True,
        asynchronous: bool = False,
        loop: Any = None,
        quiet: bool = False,
    ) -> None:
        server = Server.find()
        request = launch_request(
            server,
            name=name,
            profile=profile,
            workers=workers,
            worker_memory=worker_memory,
            worker_cpus=worker_cpus,
            worker_time=worker_time,
            scheduler_memory=scheduler_memory,
            scheduler_time=scheduler_time,
            idle_timeout=idle_timeout,
            wait_for_running_percent=wait_for_running_percent,
            virtual_env=virtual_env,
            workspace=workspace,
        )
        if differ := mismatch(request["python_environment"]):
            warnings.warn(differ, stacklevel=2)
        self._begin(server, None, request, shutdown_on_close, asynchronous, loop, quiet, keep_workers)

    @classmethod
    def from_name(
        cls,
        name: str,
        *,
        shutdown_on_close: bool = False,
        asynchronous: bool = False,
        loop: Any = None,
        quiet: bool = False,
    ) -> DaskCluster:
        """The running cluster of that name, wherever it was launched; closing the object leaves it running.

        Raises as the class does, and ClusterNotFound, which names those that there are.
        """
        server = Server.find()
        self = cls.__new__(cls)
        self._begin(server, server.cluster(name), {}, shutdown_on_close, asynchronous, loop, quiet)
        return self

    @staticmethod
    def list() -> Sequence[ClusterSummary]:
        """This user's live clusters, newest first. Raises ServerNotFound, RequestRefused."""
        return [_summary(cluster) for cluster in Server.find().clusters() if cluster["state"] in LIVE]

    def _begin(
        self,
        server: Server,
        seen: Json | None,
        request: Json,
        shutdown_on_close: bool,
        asynchronous: bool,
        loop: Any,
        quiet: bool,
        keep_workers: bool = False,
    ) -> None:
        self._server, self._seen, self._request = server, seen, request
        self._keeps = keep_workers
        self._progress = None if quiet else Progress()
        self.shutdown_on_close = shutdown_on_close
        self.security: Security | None = None
        self._planned: set[str] = set()
        self._asked: set[asyncio.Future[None]] = set()
        self._in_turn = asyncio.Lock()
        self._over = asyncio.Event()
        super().__init__(
            asynchronous=asynchronous, loop=loop, quiet=quiet, name=seen["name"] if seen else request.get("name", "")
        )
        if not asynchronous:
            self._loop_runner.start()
            try:
                # Here and not in the loop's thread, so that an interrupt ends it and what is shown stands in this cell.
                for pause in self._arrive():
                    time.sleep(pause)
                self.sync(self._start)
            except BaseException as error:
                self.sync(super()._close)
                self._loop_runner.stop()
                if isinstance(error, KeyboardInterrupt) and self._seen:
                    self._say(
                        f"Stopped waiting. {self.name} goes on: "
                        f"DaskCluster.from_name({self.name!r}) takes it up, and the Dask panel shows it."
                    )
                raise

    def _arrive(self) -> Iterator[float]:
        """Launch if that is still to do, and look until it can be used; yields seconds to wait before the next look."""
        if self._seen is None:
            launch(self._server, self._request, self._note, self._keeps)
        try:
            while self.security is None or not enough(self._cluster):
                alive(self._cluster)
                if self._progress:
                    self._progress.show(self._cluster)
                if self.security is None and (files := reachable(self._server, self._cluster)):
                    self._address, self.security = str(files["address"]), security_of(files)
                    self._differ = versions_differ(self.name, files)
                    continue
                yield LOOK_EVERY
                self._note(self._server.by_id(self.id))
            if self._progress:
                self._progress.show(self._cluster)
        finally:
            if self._progress:
                self._progress.done()

    async def _start(self) -> None:
        if self.status != Status.created:
            await asyncio.gather(*self._asked)
            return
        # Where it is not asynchronous it has arrived before.
        steps = iter(()) if self.security else self._arrive()
        # Each step asks the server, which may take its time.
        while (pause := await asyncio.to_thread(next, steps, None)) is not None:  # noqa: ASYNC110
            await asyncio.sleep(pause)
        assert self.security
        arguments = self.security.get_connection_args("client")
        self.scheduler_comm = rpc(self._address, connection_args=arguments)
        # Two, since a scheduler that has gone is waited for, and the notebook server knows of its end at once.
        self.periodic_callbacks["dask-hpc"] = PeriodicCallback(self._look, LOOK_AGAIN * 1000)
        self.periodic_callbacks["dask-hpc-workers"] = PeriodicCallback(self._look_at_workers, LOOK_AGAIN * 1000)
        try:
            await self._refresh()
        except OSError as error:
            self._note(await asyncio.to_thread(self._server.by_id, self.id))
            alive(self._cluster)
            raise ServerNotFound(f"The scheduler of {self.name} does not answer: {error}") from error
        except Exception as error:
            if not self._differ:
                raise
            raise VersionsDiffer(f"{self._differ} It could not be connected: {error}") from error
        # Not the superclass's own way: a scheduler tells changes of its workers to one subscriber, the last.
        self._sync_cluster_info_task = asyncio.ensure_future(self._sync_cluster_info())
        self.status = Status.running
        for callback in self.periodic_callbacks.values():
            callback.start()
        if self._differ:
            warnings.warn(self._differ, stacklevel=2)

    async def _refresh(self) -> None:
        """Ask the scheduler for its workers. Raises OSError, ClusterClosed once the cluster is over."""
        asked = asyncio.ensure_future(self.scheduler_comm.identity())  # type: ignore[union-attr]
        over = asyncio.ensure_future(self._over.wait())
        try:
            await asyncio.wait({asked, over}, return_when=asyncio.FIRST_COMPLETED)
            came = asked.done()
        finally:
            over.cancel()
            asked.cancel()
        if not came:
            raise ClusterClosed(self._why_closed())
        self.scheduler_info = ClusterInfo(asked.result(), self.dashboard_link)
        self._refreshed = time.monotonic()

    def __await__(self) -> Generator[Any, None, DaskCluster]:
        async def started() -> DaskCluster:
            await self._start()
            return self

        return started().__await__()

    async def _look(self) -> None:
        """Take note of how the cluster stands, and of its end."""
        for client in self._clients():
            if not isinstance(client, ClusterClient):
                # One that loses its scheduler asks first whether the cluster is over.
                client._reconnect = partial(_reconnect, self, client, Client._reconnect)  # type: ignore[method-assign]
        try:
            self._note(await asyncio.to_thread(self._server.by_id, self.id))
        except RequestRefused as error:
            if error.status != 404:
                return
            # So long over that the server has forgotten it.
            self._note({**self._cluster, "state": "closed"})
        except DaskHpcError:
            return
        if self._cluster["state"] not in LIVE and self.status == Status.running:
            self._say(self._why_closed())
            self._over.set()
            why = ClusterClosed(self._why_closed())
            # Before the scheduler is missed by them: they would try for long to reach it, and say so in red.
            await asyncio.gather(*(close_with(client, why) for client in self._clients()))
            await super()._close()

    async def _look_at_workers(self) -> None:
        # Nothing is lost when one of both restarts or goes: what the other says still holds.
        if time.monotonic() > self._refreshed + len(self.scheduler_info["workers"]) * LOOK_EACH:
            with contextlib.suppress(OSError, ClusterClosed):
                await self._refresh()

    def _clients(self) -> Sequence[Client]:
        """This kernel's clients of this object."""
        while True:
            try:
                return [client for client in Client._instances if client.cluster is self]
            except RuntimeError:
                # Another thread has just made one.
                continue

    def get_client(self) -> Client:
        """This kernel's client of the cluster, which is Dask's default from now on."""
        for client in self._clients():
            if isinstance(client, ClusterClient) and client.status == "running":
                make_default(client)
                return client
        return ClusterClient(self, self._server, self._cluster)

    async def _close(self) -> None:
        if self.status in (Status.closing, Status.closed):
            return
        try:
            if self.shutdown_on_close and self._seen:
                await asyncio.to_thread(self._server.stop, self.id)
                self._note({**self._cluster, "state": "closing"})
        finally:
            await super()._close()

    def __exit__(self, *error: Any) -> None:
        super().__exit__(*error)
        self._loop_runner.stop()

    @property
    def id(self) -> str:
        """The cluster's id, in the panel's terms; names are used again, ids are not."""
        return str(self._cluster["id"])

    @property
    def _cluster(self) -> Json:
        assert self._seen is not None
        return self._seen

    def _note(self, cluster: Json) -> None:
        self._seen = cluster
        self.name = cluster["name"]

    def _say(self, sentence: str) -> None:
        self._cluster_manager_logs.append((datetime.now(), sentence))
        if not self.quiet:
            # A notebook shows the other one in red.
            print(sentence, file=sys.stdout if in_notebook() else sys.stderr)

    # What distributed asks of a cluster

    @property
    def workers(self) -> set[str]:
        """Names of connected workers, and a made-up one for each that is still to come: those are not dead."""
        counts = self._cluster["workers"]
        # Those beyond what is wanted are on their way out, or have others to succeed them.
        names = set(sorted(map(str, self.observed))[: counts["requested"]])
        there = min(counts["pending"] + counts["running"], counts["requested"])
        return names | {f"still to come {number}" for number in range(there - len(names))}

    @property
    def plan(self) -> set[str]:
        """The same, as `adapt` reckons with it."""
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
        """Have `n` workers from now on, or as many as together have that much memory or so many cores.

        More come by a further job array. Of fewer, queued ones go first; of connected ones those that do least, their
        data moved before. Raises RequestRefused beyond the profile's maximum (``field`` is ``workers.jobs``);
        ClusterClosed, ServerNotFound.
        """
        return self._ask(self._scale, self._count(n, jobs, memory, cores))

    def _ask(self, wish: Callable[..., Any], *arguments: Any) -> Any:
        # Once closed, distributed's loop may be too.
        if self.status in (Status.closing, Status.closed):
            raise ClusterClosed(self._why_closed())
        asked = self.sync(wish, *arguments)
        if self.asynchronous:
            # As distributed's own do: it is under way without being awaited, and `await cluster` waits for it.
            asked = asyncio.ensure_future(asked)
            self._asked.add(asked)
            asked.add_done_callback(self._asked.discard)
        return asked

    def _why_closed(self) -> str:
        if self._cluster["state"] in LIVE:
            return f"This object is closed; {self.name} runs on. DaskCluster.from_name({self.name!r}) takes it up."
        return f"{ended(self._cluster)} {again(self._cluster)}"

    async def _scale(self, count: int, at_most: bool = False) -> None:
        await self._change(self._server.scale, count, at_most)

    async def _change(self, change: Callable[..., Json], *arguments: Any) -> None:
        try:
            async with self._in_turn:
                self._note(await asyncio.to_thread(change, self.id, *arguments))
        except RequestRefused as error:
            if error.reason != "closed":
                raise
            raise ClusterClosed(f"{error} {again(self._cluster)}") from error

    def _count(self, n: int | None, jobs: int | None, memory: str | int | None, cores: int | None) -> int:
        given = [*(value for value in (n, jobs) if value is not None), *self._workers_with(memory, cores)]
        if len(given) != 1:
            raise ValueError("Say one of n, jobs, memory and cores.")
        return math.ceil(given[0])

    def _workers_with(self, memory: str | int | None, cores: int | None) -> Iterator[float]:
        """How many workers together have that much memory, and how many so many cores."""
        each = self._cluster["request"]["workers"]
        if memory is not None:
            yield parse_bytes(memory) / _bytes(each["memory"])
        if cores is not None:
            yield cores / int(each["cpus"])

    def keep_workers(self, lasting: bool = True) -> Any:
        """Keep the number of workers beyond their time limit, until the cluster is stopped.

        A tenth of their time before the limit, 2 to 30 minutes, as many others are submitted; each worker goes once
        one of those is connected, its data moved before. Workers that failed have no successors. The cluster still
        ends with its scheduler's time, or by the idle time-out. Raises ClusterClosed, ServerNotFound.
        """
        return self._ask(self._keep_workers, lasting)

    async def _keep_workers(self, lasting: bool) -> None:
        await self._change(self._server.keep_workers, lasting)

    async def scale_up(self, n: int) -> None:
        """Have at least `n` workers."""
        if n > len(self.workers):
            await self._scale(n)

    async def scale_down(self, workers: Any) -> None:
        """Have so many fewer than were planned with; by now some of these may have gone, and others ended."""
        left = len(self._planned - {str(worker) for worker in workers})
        await self._scale(left, at_most=True)

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
        """Follow the work between `minimum` and `maximum` workers; `maximum` is the profile's own at most.

        Memory and cores are those of all workers together; of several bounds the narrowest holds. It works as long as
        this kernel does. `options` are those of `distributed.Adaptive`. Raises ValueError for bounds that the profile
        does not allow.
        """
        most = self._most()
        low = minimum if minimum_jobs is None else minimum_jobs
        high = next((bound for bound in (maximum_jobs, maximum) if bound is not None), most)
        high = most if high == math.inf else int(high)
        low = max([low, *map(math.ceil, self._workers_with(minimum_memory, minimum_cores))])
        high = min([high, *map(math.floor, self._workers_with(maximum_memory, maximum_cores))])
        if not 0 <= low <= high <= most:
            raise ValueError(
                f"{self.name} can have 0 to {most:,} workers; minimum={low} and maximum={high} do not fit that."
            )
        return super().adapt(Adaptive=Adaptive, minimum=low, maximum=high, **options)

    def _most(self) -> int:
        wanted = self._cluster["profile"]
        for profile in self._server.request("GET", "profiles")["profiles"]:
            if profile["name"] == wanted:
                return int(profile["schema"]["properties"]["workers"]["properties"]["jobs"]["maximum"])
        raise ValueError(f"The profile {wanted} of {self.name} is no longer offered.")

    def wait_for_workers(self, n_workers: int, timeout: Any = None) -> Any:
        """Return once so many workers are connected. An interrupt ends the waiting, not the cluster.

        Raises TimeoutError after `timeout` (seconds, or text such as ``"10 minutes"``), ClusterClosed.
        """
        if not isinstance(n_workers, int) or n_workers < 1:
            raise ValueError(f"`n_workers` must be a positive integer. Instead got {n_workers}.")
        if self.asynchronous:
            return self._wait_for_workers(n_workers, timeout)
        for pause in self._gather(n_workers, timeout):
            time.sleep(pause)
            with contextlib.suppress(OSError, ClusterClosed):
                self.sync(self._refresh)

    async def _wait_for_workers(self, n_workers: int = 0, timeout: Any = None) -> None:
        for pause in self._gather(n_workers, timeout):
            await asyncio.sleep(pause)
            with contextlib.suppress(OSError, ClusterClosed):
                await self._refresh()

    def _gather(self, count: int, timeout: Any) -> Iterator[float]:
        deadline = None if timeout is None else time.monotonic() + parse_timedelta(timeout)
        try:
            while len(self.observed) < count or self.status != Status.running:
                if self.status != Status.running:
                    raise ClusterClosed(self._why_closed())
                if deadline is not None and time.monotonic() > deadline:
                    raise TimeoutError(f"Only {len(self.observed)}/{count} workers arrived after {timeout}")
                if self._progress:
                    self._progress.show(self._cluster)
                yield max(LOOK_SOON, len(self.observed) * LOOK_EACH)
        finally:
            if self._progress:
                self._progress.done()

    @property
    def dashboard_link(self) -> str:
        """Path of Dask's dashboard on the notebook server, for a browser that is logged in there."""
        return dashboard_link(self._server, self.id) if self._seen else ""

    def job_script(self, role: str = "worker") -> str:
        """The script that the batch system got, of the workers or of the ``scheduler``; the Dask ``settings`` that went
        with it."""
        return "\n".join(str(one["text"]) for one in self._server.scripts(self.id) if one["role"] == role)

    def _repr_html_(self, cluster_status: Any = None) -> str:
        return Card(self._cluster, client="")._repr_html_()


async def _reconnect(cluster: DaskCluster, client: Client, reconnect: Callable[[Client], Any]) -> None:
    """Of a client that has lost its scheduler, unless the cluster is over."""
    if not await closed_since_over(client, cluster._server, cluster.id, cluster.name):
        await reconnect(client)


def _summary(cluster: Json) -> ClusterSummary:
    counts = cluster["workers"]
    return ClusterSummary(
        cluster["name"],
        cluster["state"],
        counts["running"],
        counts["requested"],
        cluster["profile"],
        cluster["created"],
    )


def _bytes(memory: str) -> int:
    """Of the server's own way to write it, in which G is 1024 M."""
    return int(parse_bytes(f"{memory.rstrip('iB')}iB"))
