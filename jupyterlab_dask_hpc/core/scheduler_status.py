"""What a cluster's scheduler and its folder show. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from ..batch.base import JobRef


@dataclass(frozen=True)
class Ended:
    """A scheduler's last word: `reason` is ``idle``, ``lease`` or ``asked``, `message` a sentence."""

    reason: str
    message: str


@dataclass(frozen=True)
class Tasks:
    """How many tasks the scheduler knows, and how many of them workers compute or are about to."""

    total: int
    processing: int


@dataclass(frozen=True)
class Unrunnable:
    """Tasks that no connected worker may run, and what they ask of one.

    Attributes:
        resources: amounts by name.
        workers, hosts: those that they are bound to.
    """

    count: int
    resources: Mapping[str, float] = field(default_factory=dict)
    workers: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """What the scheduler answers to a sign of life.

    Attributes:
        version: give it as `known` next time.
        workers: connected ones.
        names: peak of memory in bytes for each worker's name, ``w4815162_5``; None when nothing is new since `known`.
        idle: seconds for which nothing was computed; None while something is, or while workers are queued.
        tasks: counts.
        ends_idle: seconds until the idle time-out ends the cluster; None when it is not running towards it.
        unrunnable: tasks that no connected worker may run.
    """

    version: int
    workers: int
    names: Mapping[str, int] | None
    idle: float | None
    tasks: Tasks
    ends_idle: float | None
    unrunnable: tuple[Unrunnable, ...] = ()


@dataclass(frozen=True)
class SchedulerStatus:
    """What a cluster's folder and its scheduler say.

    Attributes:
        started: the scheduler's job has begun.
        address: the scheduler listens.
        connected: names of the workers that it has heard from; None while it cannot be asked.
        ended: its last word.
        last_lines: with what logs end, of jobs whose end or silence has to be told.
        lapsed: it has not answered for longer than its lease, so that it should have ended itself.
        answers: it has answered the last report.
        job: id of the scheduler's job, as it says itself; empty where it did not.
        retired: names of all workers that it has retired so far, as it last said.
    """

    started: bool = False
    address: bool = False
    connected: frozenset[str] | None = None
    ended: Ended | None = None
    last_lines: Mapping[JobRef, tuple[str, ...]] = field(default_factory=dict)
    lapsed: bool = False
    answers: bool = False
    job: str = ""
    retired: frozenset[str] = frozenset()
