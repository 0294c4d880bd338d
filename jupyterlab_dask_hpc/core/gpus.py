"""GPUs in a request: only where the site offers them, and with one worker for each. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import Capabilities, WrongValue
from .errors import invalid
from .fields import WorkerOffer
from .profile import Profile
from .ranges import OptionalCount, WordChoice

_FIELDS = ("gpus", "gpu_model")
_OPTIONAL = {
    name for name, field in WorkerOffer.model_fields.items() if field.annotation in (OptionalCount, WordChoice)
}
"""Fields that a profile may leave out. A complete request has them all the same: 0, or empty."""


def check_gpus(profile: Profile, capabilities: Capabilities) -> None:
    """Raise WrongValue for a profile with GPUs whose batch system allocates none."""
    if profile.workers.gpus.offered and not capabilities.gpus:
        raise WrongValue(Message("profile.no-gpus", batch=profile.batch), "workers", "gpus")


def offered_only(asked: Mapping[str, Any], fields: Mapping[str, Any]) -> dict[str, Any]:
    """The `workers` of a request without fields that are not offered and that ask for nothing.

    Args:
        fields: the fields of workers that the profile offers.

    Raises ApiError 400 at the field.
    """
    refused = [key for key in _FIELDS if key not in fields and asked.get(key)]
    if refused and "gpus" not in fields:
        raise invalid(f"workers.{refused[0]}", Message("gpus.not-offered"))
    if refused:
        raise invalid("workers.gpu_model", Message("gpus.model-not-offered"))
    return {key: value for key, value in asked.items() if value or key in fields or key not in _OPTIONAL}


def with_one_worker_each(workers: Mapping[str, Any], asked: Mapping[str, Any]) -> dict[str, Any]:
    """The `workers` with as many processes as GPUs, unless `asked` has another number.

    Raises ApiError 400 at the field that does not go with the number of GPUs.
    """
    gpus = workers.get("gpus", 0)
    if not gpus:
        return dict(workers)
    processes = asked.get("processes", gpus)
    if processes != gpus:
        raise invalid("workers.processes", Message("gpus.one-worker-each", count=gpus))
    threads, cpus = workers["threads"], workers["cpus"]
    if cpus < gpus or (threads == 0 and cpus % gpus):
        raise invalid("workers.cpus", Message("gpus.share-cpus", count=gpus))
    return {**workers, "processes": gpus}
