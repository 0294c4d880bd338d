"""What is free before a launch, in the shape of `docs/contract.md`. Pure."""

from __future__ import annotations

from ..batch.resources import Free
from .shapes import Json, iso_utc


def free_view(free: Free | None) -> Json | None:
    """``free`` of the response to `POST clusters/free`."""
    if free is None:
        return None
    return {
        "as_of": iso_utc(free.at),
        "idle_cpus": free.idle_cpus,
        "cpus": free.cpus,
        "idle_nodes": free.idle_nodes,
        "nodes": free.nodes,
        "licences": [{"name": name, "free": left, "total": total} for name, (left, total) in free.licences.items()],
        "jobs_limit": free.jobs_limit,
        "cpus_limit": free.cpus_limit,
    }
