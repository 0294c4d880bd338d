"""Watches the folder of one cluster and its logs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.jobs import Job, JobRef
from ..core.cluster_status import ClusterStatus
from ..core.problems import jobs_to_explain
from ..core.record import is_job_id
from ..core.scheduler_status import Ended, NodeStatus, ScriptEnd, Usage, WorkersEnd
from ..core.shapes import Json
from ..logs.reader import last_lines
from ..waiting import Silent, SlowCall
from .cluster_folder import (
    read_address,
    read_ended,
    read_nodes,
    read_script_end,
    read_started,
    read_usage,
    read_workers_end,
)
from .workspace import check_log_dir

log = logging.getLogger(__name__)

CHECK_TIMEOUT_S = 10.0
"""Seconds for a check of the cluster's folder; after that the check fails, and a stop continues without it."""
_LOG_DIR_INTERVAL_S = 2.0
_MAX_LINES = 3
"""Last lines of a log that are shown with a problem."""


@dataclass(frozen=True)
class FolderStatus:
    """The result of one check.

    Attributes:
        started: whether the scheduler's job has started.
        job: its id, as the job has written it; empty if unknown.
        address: whether the scheduler listens.
        ended: what the scheduler wrote when it ended; None before.
        script: how the cluster's script has ended; None before.
        last_lines: last lines of logs.
        nodes: the nodes of the job of scheduler and workers, by number.
        workers_end: how the command that started the workers in that job has ended; None before its end.
        usage: what the workers have used, once the cluster is to end.
    """

    started: bool = False
    job: str = ""
    address: bool = False
    ended: Ended | None = None
    script: ScriptEnd | None = None
    last_lines: Mapping[JobRef, tuple[str, ...]] = field(default_factory=dict)
    nodes: Mapping[int, NodeStatus] = field(default_factory=dict)
    workers_end: WorkersEnd | None = None
    usage: Usage | None = None


class FolderWatch:
    """Checks one cluster's folder, and that its `log/` can be written.

    Args:
        known: returns what is known of the cluster now.
        problems: returns the problems that are shown; logs show their causes.

    Attributes:
        log_dir_error: why its `log/` cannot be written; None if it can.
    """

    def __init__(
        self,
        folder: Path,
        workspace: Path,
        known: Callable[[], ClusterStatus],
        problems: Callable[[], Sequence[Json]],
    ) -> None:
        self.log_dir_error: Message | None = None
        self._folder = folder
        self._workspace = workspace
        self._known = known
        self._problems = problems
        self._lines: Mapping[JobRef, tuple[str, ...]] = {}
        self._log_dir_checked = -_LOG_DIR_INTERVAL_S
        self._reading = SlowCall(self._read)
        self._checking_log_dir = SlowCall(partial(check_log_dir, workspace))

    async def look(self) -> FolderStatus:
        """What the folder shows now. Raises OSError."""
        found = await self._reading.result(CHECK_TIMEOUT_S)
        self._lines = found.last_lines
        return found

    async def check_log_dir(self) -> bool:
        """Check that `log/` can be written; returns whether `log_dir_error` has changed."""
        now = time.monotonic()
        if now - self._log_dir_checked < _LOG_DIR_INTERVAL_S:
            return False
        self._log_dir_checked = now
        try:
            found = await self._checking_log_dir.result(_LOG_DIR_INTERVAL_S)
        except Silent as error:
            late = error.seconds >= CHECK_TIMEOUT_S
            found = Message("log-folder.silent", time=error.seconds) if late else self.log_dir_error
        if found == self.log_dir_error:
            return False
        self.log_dir_error = found
        if found:
            log.warning("%s: its log/ cannot be written: %s", self._known().record.request.name, found)
        return True

    def _read(self) -> FolderStatus:
        address = read_address(self._folder) is not None
        job = read_started(self._folder)
        known = self._known()
        to_read = jobs_to_explain(known, self._problems())
        together = known.record.scheduler.runs_workers
        nodes = self._nodes(known) if together else {}
        return FolderStatus(
            started=job is not None,
            job=job if job and is_job_id(job) else "",
            address=address,
            ended=read_ended(self._folder),
            script=read_script_end(self._folder) if known.record.request.script else None,
            last_lines={job.ref: lines for job in to_read if (lines := self._last_lines(known, job))},
            nodes=nodes,
            workers_end=self._workers_end(known, nodes) if together else None,
            usage=read_usage(self._folder) if known.record.desired == "stopped" else None,
        )

    def _workers_end(self, known: ClusterStatus, nodes: Mapping[int, NodeStatus]) -> WorkersEnd | None:
        code = read_workers_end(self._folder)
        if code is None:
            return None
        lines = next((node.last_lines for node in nodes.values() if node.last_lines), None)
        return WorkersEnd(code, lines or last_lines(self._workspace / "log", known.scheduler_log, _MAX_LINES))

    def _nodes(self, known: ClusterStatus) -> dict[int, NodeStatus]:
        def with_lines(number: int, node: NodeStatus) -> NodeStatus:
            if not node.exit_code or node.last_lines:
                return node
            return replace(node, last_lines=last_lines(self._workspace / "log", known.node_log(number), _MAX_LINES))

        nodes = read_nodes(self._folder, known.nodes)
        return {number: with_lines(number, node) for number, node in sorted(nodes.items())}

    def _last_lines(self, known: ClusterStatus, job: Job) -> tuple[str, ...]:
        if (read := self._lines.get(job.ref, ())) and not job.state.live:
            return read
        files = (last_lines(self._workspace / "log", file, _MAX_LINES) for file in known.log_files(job))
        return next(filter(None, files), ())
