"""Watches the folder of one cluster and its logs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from ..batch.base import BatchSystem
from ..batch.jobs import Job, JobRef
from ..core.log_names import file_name
from ..core.record import Record, is_job_id
from ..core.scheduler_status import Ended
from ..logs.reader import last_lines
from ..waiting import Silent, SlowCall
from .cluster_folder import read_address, read_ended, read_started
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
        last_lines: last lines of logs.
    """

    started: bool = False
    job: str = ""
    address: bool = False
    ended: Ended | None = None
    last_lines: Mapping[JobRef, tuple[str, ...]] = field(default_factory=dict)


class FolderWatch:
    """Checks one cluster's folder, and that its `log/` can be written.

    Args:
        record: returns the current record of the cluster.
        to_read: returns the jobs whose logs show why they ended, or hang.

    Attributes:
        log_dir_error: why its `log/` cannot be written; empty if it can.
    """

    def __init__(
        self,
        folder: Path,
        system: BatchSystem,
        record: Callable[[], Record],
        to_read: Callable[[], Iterable[Job]],
    ) -> None:
        self.log_dir_error = ""
        self._folder = folder
        self._system = system
        self._record = record
        self._to_read = to_read
        self._lines: Mapping[JobRef, tuple[str, ...]] = {}
        self._log_dir_checked = -_LOG_DIR_INTERVAL_S
        self._reading = SlowCall(self._read)
        self._checking_log_dir = SlowCall(partial(check_log_dir, Path(record().workspace)))

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
            found = str(error) if error.seconds >= CHECK_TIMEOUT_S else self.log_dir_error
        if found == self.log_dir_error:
            return False
        self.log_dir_error = found
        if found:
            log.warning("%s: its log/ cannot be written: %s", self._record().request.name, found)
        return True

    def _read(self) -> FolderStatus:
        address = read_address(self._folder) is not None
        job = read_started(self._folder)
        return FolderStatus(
            started=job is not None,
            job=job if job and is_job_id(job) else "",
            address=address,
            ended=read_ended(self._folder),
            last_lines={job.ref: lines for job in self._to_read() if (lines := self._last_lines(job))},
        )

    def _last_lines(self, job: Job) -> tuple[str, ...]:
        known, record = self._lines.get(job.ref, ()), self._record()
        if known and not job.state.live:
            return known
        role = "scheduler" if job.name == record.scheduler.name else "worker"
        file = file_name(record.request.name, role, self._system.own_id(job.ref))
        return last_lines(Path(record.workspace) / "log", file, _MAX_LINES)
