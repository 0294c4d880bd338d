"""What a batch system tells of a user and of what is free. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class OwnValues:
    """Values that a user has, such as accounts, and the one that jobs get unless another is chosen; empty for none."""

    values: tuple[str, ...]
    default: str = ""


@dataclass(frozen=True)
class Free:
    """What is free for some jobs, as far as the batch system tells; None for what it does not.

    Attributes:
        at: time of the data, seconds since the epoch.
        idle_cpus, cpus: CPUs of the partition or queue, the idle ones and all.
        idle_nodes, nodes: its nodes.
        licences: for each licence that a job takes, how many are free, and how many there are.
        jobs_limit, cpus_limit: how many jobs and CPUs the user may have at the same time.
    """

    at: float
    idle_cpus: int | None = None
    cpus: int | None = None
    idle_nodes: int | None = None
    nodes: int | None = None
    licences: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    jobs_limit: int | None = None
    cpus_limit: int | None = None
