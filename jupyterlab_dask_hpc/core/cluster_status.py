"""Everything that is known of one cluster at one moment: what views, problems and counts are made of. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from ..batch.base import BatchSystem, JobRef
from .observed import ObservedJobs
from .record import Record
from .scheduler_status import Unrunnable
from .slots import Slot, slots


@dataclass(frozen=True)
class ClusterStatus:
    """Everything that is known of one cluster at one moment.

    Attributes:
        batch: its batch system; for title and log names.
        stale: the batch system has not answered twice.
        connected: peak of memory in bytes by worker's name; empty while the scheduler cannot be asked.
        base: path of the workspace below the server's root, for people.
        idle_ends: when the idle time-out strikes if nothing is computed until then, seconds since the epoch.
        silence: seconds for which a scheduler whose job runs has not answered.
        stuck_after: seconds after which a worker that runs but has not reached the scheduler is told as a problem.
        refusal: why the batch system did not take the last cancel; empty when it did.
        last_lines: with what logs end, of jobs whose end or silence has to be told.
        record_error: why its record cannot be written; empty while it can.
        log_dir_error: the same of its `log/`.
        step_error: why the last step of its controller failed; empty when it did not.
        ask: whom the profile says to ask; empty where it does not.
        unrunnable: tasks that no connected worker may run.
    """

    record: Record
    observed: ObservedJobs
    batch: BatchSystem
    stale: bool = False
    connected: Mapping[str, int] = field(default_factory=dict)
    base: str = ""
    idle_ends: float | None = None
    silence: float = 0.0
    stuck_after: float = 240.0
    refusal: str = ""
    last_lines: Mapping[JobRef, tuple[str, ...]] = field(default_factory=dict)
    record_error: str = ""
    log_dir_error: str = ""
    step_error: str = ""
    ask: str = ""
    unrunnable: tuple[Unrunnable, ...] = ()

    @property
    def log_folder(self) -> str:
        """The folder of its logs, for people."""
        return str(PurePosixPath(self.base) / "log")

    @cached_property
    def workers(self) -> list[Slot]:
        """Every worker that was asked for; see `slots`."""
        return slots(self.record, self.observed, self.connected)
