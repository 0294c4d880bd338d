"""The commands by which a scheduler cancels the jobs of its workers when no notebook server runs any more."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from ..batch.base import BatchSystem
from ..core.record import Record
from .cluster_folder import write_settings

log = logging.getLogger(__name__)

INTERVAL_S = 1.0
"""Minimum time between two writes: without job arrays, a cluster has thousands of submissions, all of them in each."""


class CancelCommands:
    """Writes the commands to the cluster's folder."""

    def __init__(self, folder: Path, system: BatchSystem, lease: float | None) -> None:
        self._folder = folder
        self._system = system
        self._lease = lease
        self._changed = False
        self._written = -INTERVAL_S

    def update(self, record: Record) -> None:
        """The submissions of the record have changed."""
        self._changed = True
        self.write_if_due(record)

    def write_if_due(self, record: Record) -> None:
        """Write them if they have changed, unless they were written a moment ago."""
        now = time.monotonic()
        if not self._changed or now - self._written < INTERVAL_S or not self._system.capabilities.jobs_may_cancel:
            return
        self._changed, self._written = False, now
        own = [one for one in record.worker_submissions if not one.runs_scheduler]
        submitted = [one for one in own if one.submitted_at is not None and not one.finished]
        ids, names = [one.id for one in submitted if one.id], [one.name for one in submitted if not one.id]
        commands = self._system.cancel_commands(ids, names)
        try:
            write_settings(
                self._folder, record.request.idle_timeout, self._lease, commands, workers=record.wanted_workers
            )
        except OSError as error:
            # Without the commands, queued workers end when they start.
            log.warning("%s: its settings cannot be written: %s", record.request.name, error)
