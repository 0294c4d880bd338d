"""The status of a cluster's scheduler, from its answers and from the cluster's folder. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..batch.jobs import JobRef


@dataclass(frozen=True)
class Ended:
    """What a scheduler wrote when it ended.

    Attributes:
        reason: ``idle``, ``lease``, ``script`` or ``asked``.
        message: the English sentence.
        seconds: for which nothing was computed, or nothing was heard from the server; None from an earlier version.
    """

    reason: str
    message: str
    seconds: float | None = None


@dataclass(frozen=True)
class ScriptEnd:
    """How the script of a cluster has ended.

    Attributes:
        exit_code: None if a signal ended it, or if it did not start.
        signal: the number of that signal.
        error: why it could not be started; empty if it did.
        seconds: for which it ran.
        lines: the last lines of its output.
    """

    exit_code: int | None
    signal: int | None = None
    error: str = ""
    seconds: float = 0.0
    lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class Usage:
    """What the workers of a cluster have used.

    Attributes:
        thread_seconds: time that their threads were connected.
        busy_seconds: the part of it in which they had tasks.
        processor_seconds: processor time of their processes.
        memory_peak: highest memory of one worker's process in bytes; 0 if unknown.
    """

    thread_seconds: float
    busy_seconds: float
    processor_seconds: float
    memory_peak: int


@dataclass(frozen=True)
class Tasks:
    """Numbers of tasks: all that the scheduler knows, and those that are processing on workers."""

    total: int
    processing: int


@dataclass(frozen=True)
class Unrunnable:
    """Tasks with restrictions that no connected worker meets.

    Attributes:
        resources: required amounts by name.
        workers, hosts: the workers and hosts that the tasks are restricted to.
    """

    count: int
    resources: Mapping[str, float] = field(default_factory=dict)
    workers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Restarts:
    """The restarts of a worker by its nanny.

    Attributes:
        times: number of them.
        exit_code: how its process had ended before the last one: the exit code, or minus the number of the signal.
    """

    times: int
    exit_code: int


@dataclass(frozen=True)
class Report:
    """The scheduler's answer to a heartbeat.

    Attributes:
        version: to be passed as `known` with the next heartbeat.
        workers: number of connected workers.
        names: peak memory in bytes by worker name, ``w4815162_5``; None if nothing has changed since `known`.
        gpus: value of ``CUDA_VISIBLE_DEVICES`` by worker name, of those that have it; as old as `names`.
        idle: seconds for which nothing was computed; None while something is, or while workers are queued.
        tasks: numbers of tasks.
        ends_idle: seconds until the idle time-out ends the cluster; None while the idle timer does not run.
        unrunnable: tasks with restrictions that no connected worker meets.
        left: names of workers that have left for good, while others of their job go on.
        restarts: recent restarts of workers whose processes had ended, by worker name.
    """

    version: int
    workers: int
    names: Mapping[str, int] | None
    idle: float | None
    tasks: Tasks
    ends_idle: float | None
    unrunnable: tuple[Unrunnable, ...] = ()
    left: frozenset[str] = frozenset()
    restarts: Mapping[str, Restarts] = field(default_factory=dict)
    gpus: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NodeStatus:
    """What the workers' script has written on one node of the job of scheduler and workers.

    Attributes:
        name: name of the node.
        exit_code: exit code of the script; None before its end.
        last_lines: last lines of its log, if it has failed.
    """

    name: str = ""
    exit_code: int | None = None
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class WorkersEnd:
    """The end of the command that started the workers in the job of the scheduler.

    Attributes:
        exit_code: its exit code.
        last_lines: last lines of the log that explains it.
    """

    exit_code: int
    last_lines: tuple[str, ...] = ()


@dataclass(frozen=True)
class SchedulerStatus:
    """What a cluster's folder and its scheduler have shown.

    Attributes:
        started: whether the scheduler's job has started.
        address: whether the scheduler listens.
        connected: names of the connected workers; None while the scheduler cannot be reached.
        ended: what the scheduler wrote when it ended; None before.
        script: how the cluster's script has ended; None before, and without a script.
        last_lines: last lines of logs, for jobs whose end or silence is reported.
        lapsed: whether it has not answered for longer than its lease, so that it should have ended itself.
        answers: whether it has answered the last heartbeat.
        job: id of the scheduler's job, as the job has written it; empty if unknown.
        retired: names of all workers that it has retired so far.
        left: names of workers that have left for good, while others of their job go on.
        nodes: the nodes of the job of scheduler and workers, by number.
        workers_end: how the command that started the workers in that job has ended; None before its end.
        usage: what the workers have used, once the cluster is to end.
    """

    started: bool = False
    address: bool = False
    connected: frozenset[str] | None = None
    ended: Ended | None = None
    script: ScriptEnd | None = None
    last_lines: Mapping[JobRef, tuple[str, ...]] = field(default_factory=dict)
    lapsed: bool = False
    answers: bool = False
    job: str = ""
    retired: frozenset[str] = frozenset()
    left: frozenset[str] = frozenset()
    nodes: Mapping[int, NodeStatus] = field(default_factory=dict)
    workers_end: WorkersEnd | None = None
    usage: Usage | None = None
