"""Everything that is known about one cluster at one time: the input of views, problems and counts. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import PurePosixPath

from dask_hpc.messages import Message

from ..batch.base import BatchSystem
from ..batch.jobs import Job, JobRef
from .log_names import file_name, log_id, output_name
from .observed import ObservedJobs
from .record import Record
from .scheduler_status import NodeStatus, Restarts, ScriptEnd, Unrunnable, Usage
from .slots import Slot, slots


@dataclass(frozen=True)
class ClusterStatus:
    """Everything that is known about one cluster at one time.

    Attributes:
        batch: its batch system, for its title and the names of logs.
        stale: whether the batch system has failed to answer at least twice in a row.
        connected: peak memory in bytes by worker name; empty while the scheduler cannot be reached.
        gpus: value of ``CUDA_VISIBLE_DEVICES`` by worker name, of those that have it.
        base: path of the workspace relative to the server's root, for display.
        idle_ends: when the idle time-out expires if nothing is computed before, seconds since the epoch.
        silence: seconds for which the scheduler has not answered although its job runs.
        stuck_after: seconds after which a worker that runs but has not connected is reported as a problem.
        refusal: why the last cancel failed; empty if it succeeded.
        last_lines: last lines of logs, for jobs whose end or silence is reported.
        record_error: why the record cannot be written; empty if it can.
        log_dir_error: why `log/` cannot be written; None if it can.
        step_error: why the last step of its controller failed; None if it succeeded.
        ask: whom to ask, as named in the profile; may be empty.
        unrunnable: tasks whose restrictions no connected worker meets.
        script: how its script has ended; None before, and without a script.
        nodes: the nodes of the job of scheduler and workers, by number.
        left: names of workers that have left for good, while others of their job go on.
        restarts: recent restarts of workers whose processes had ended, by worker name.
        usage: what its workers have used, once it is to end; None if the scheduler has written nothing.
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
    log_dir_error: Message | None = None
    step_error: Message | None = None
    ask: str = ""
    unrunnable: tuple[Unrunnable, ...] = ()
    script: ScriptEnd | None = None
    nodes: Mapping[int, NodeStatus] = field(default_factory=dict)
    left: frozenset[str] = frozenset()
    restarts: Mapping[str, Restarts] = field(default_factory=dict)
    gpus: Mapping[str, str] = field(default_factory=dict)
    usage: Usage | None = None

    @property
    def log_folder(self) -> str:
        """The folder of its logs, for display."""
        return str(PurePosixPath(self.base) / "log")

    @property
    def scheduler_log(self) -> str:
        """Name of the log of the scheduler's job."""
        return self._log("scheduler", self.record.scheduler.id, None)

    def node_log(self, node: int) -> str:
        """Name of the log of the workers on a node of the job of scheduler and workers."""
        return self._log("worker", self.record.scheduler.id, node)

    def log_name(self, job: Job, role: str) -> str:
        """Name of the log of a job of this role."""
        return self._log(role, job.submission, job.index)

    def _log(self, role: str, submission: str, index: int | None) -> str:
        return file_name(self.record.request.name, role, log_id(self.batch.own_id(submission), index))

    def output_name(self, role: str) -> str:
        """Name of the file of what the batch system writes itself for jobs of a role; empty if that is in the logs."""
        separate = not self.batch.capabilities.writes_to_logs
        return output_name(self.record.request.name, role, self.record.id) if separate else ""

    def log_files(self, job: Job) -> list[str]:
        """The files that may show how a job ended, the most telling one first."""
        role = "scheduler" if job.name == self.record.scheduler.name else "worker"
        return [name for name in (self.log_name(job, role), self.output_name(role)) if name]

    @cached_property
    def workers(self) -> list[Slot]:
        """Every requested worker; see `slots`."""
        return slots(self.record, self.observed, self.connected, nodes=self.nodes, left=self.left)
