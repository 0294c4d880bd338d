"""What a site has set, and what is offered on it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchSystem
from ..core.errors import ApiError
from ..core.profile import Profile
from ..waiting import in_thread
from .access import Account, access_denied_reason


@dataclass(frozen=True)
class Site:
    """What a site has set, and what the manager needs of the machine it runs on.

    Attributes:
        profiles: by name; the first is the default.
        batches: batch systems by name.
        variables: the named list of environment variables that the jobs of a profile get.
        lease: seconds without a sign of life after which a cluster ends itself.
        stuck_after: seconds after which a worker that runs but has not connected is told as a problem.
        pace: multiple of every interval between two calls to a batch system.
        python: the Python of a request's environment and a profile's default.
        check_environment: raises ApiError for an environment that cannot run a worker.
        account: who the user is to the system, now.
        job_limits: ``limits`` of docs/contract.md, instead of the defaults.
    """

    profiles: Mapping[str, Profile]
    batches: Mapping[str, BatchSystem]
    variables: Callable[[Profile], Mapping[str, str]]
    lease: float
    stuck_after: float
    pace: float
    python: Callable[[str, str], Path]
    check_environment: Callable[[str], Awaitable[None]]
    account: Callable[[], Account]
    job_limits: Mapping[str, float] = field(default_factory=dict)

    async def access_denied_reason(self, profile: Profile) -> Message | None:
        """Why the user may not launch under a profile, now; None where he may."""
        return await in_thread(access_denied_reason, profile, self.account) if profile.access else None

    async def largest_array(self, batch: str) -> int:
        """How many tasks an array of a batch system may have. Raises ApiError 503."""
        system = self.batches[batch]
        try:
            return max(1, await system.largest_array())
        except BatchError as error:
            raise ApiError(503, "silent", Message("batch.silent", batch=system.title), detail=str(error)) from error
