"""The shapes that a cluster may have. A row more is all that another shape needs; `docs/developing.md` says how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Shape:
    """How a cluster is laid out, and what that comes to.

    Attributes:
        batch: the batch system of the profile.
        profile: changes of the testbed's profile, by path with ``__`` between the parts.
        workers: the part ``workers`` of the request.
        jobs: submitted jobs, that of the scheduler included.
        names: how the name of each worker goes on after the id of its submission.
    """

    batch: str
    workers: Mapping[str, Any]
    jobs: int
    names: tuple[str, ...]
    profile: Mapping[str, Any] = field(default_factory=dict)


def one_job(nodes: int, processes: int) -> dict[str, Any]:
    """A profile whose scheduler and workers run in one job, with one CPU and 1 GB for each process of a node."""
    return {
        "layout": "one-job",
        "scheduler__memory": {"default": "512M", "maximum": "1G"},
        "workers__nodes": {"default": nodes, "maximum": nodes},
        "workers__cpus": {"default": processes, "maximum": processes},
        "workers__memory": {"default": f"{processes}G", "maximum": f"{processes}G"},
        "workers__processes": {"default": processes, "maximum": processes},
    }


FOUR = {"cpus": 4, "memory": "4G", "processes": 4}
ONE = {"cpus": 1, "memory": "1G"}

SHAPES: dict[str, Shape] = {
    "arrays-x-1": Shape("slurm", {"jobs": 2, **ONE}, 3, ("_0", "_1")),
    "arrays-x-4": Shape(
        "slurm", {"jobs": 2, **FOUR}, 3, tuple(f"_{job}-{process}" for job in range(2) for process in range(4))
    ),
    # The scheduler has one of the three CPUs.
    "one-node": Shape("slurm", {}, 1, ("_0-0", "_0-1"), one_job(1, 3)),
    # Of the first node, the scheduler has one of the two CPUs.
    "two-nodes": Shape("slurm", {}, 1, ("_0-0", "_1-0", "_1-1"), one_job(2, 2)),
    "local-x-1": Shape("local", {"jobs": 2, **ONE}, 3, ("_0", "_1")),
    "local-x-4": Shape(
        "local", {"jobs": 2, **FOUR}, 3, tuple(f"_{job}-{process}" for job in range(2) for process in range(4))
    ),
    "local-one-job": Shape("local", {}, 1, ("_0-0", "_0-1"), one_job(1, 3)),
}
