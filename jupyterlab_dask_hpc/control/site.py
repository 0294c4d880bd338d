"""The settings of a site, and the profiles and batch systems that it offers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchSystem
from ..core.arrays import ArrayLimits
from ..core.errors import ApiError
from ..core.profile import Access, Profile
from ..waiting import in_thread
from .access import Account, access_denied_reason, is_among
from .actions import array_limits
from .profiles import BrokenProfile


@dataclass(frozen=True)
class Site:
    """The settings of a site, and what the manager needs from the machine that it runs on.

    Attributes:
        profiles: by name; the first is the default.
        batches: batch systems by name.
        variables: returns the environment variables that the jobs of a profile get.
        lease: seconds without a heartbeat after which a cluster ends itself.
        stuck_after: seconds after which a worker that runs but has not connected is reported as a problem.
        poll_interval_factor: factor for every interval between two calls to a batch system.
        python: returns the command that runs Python for a request's environment and a profile's default.
        check_environment: raises ApiError for an environment, or a profile's default, that cannot run a worker.
        account: returns the user's account on this system, as it is now.
        job_limits: ``limits`` of docs/contract.md, instead of the defaults.
        broken: profiles that cannot be used.
        administrators: who may examine profiles from the form; None for nobody.
    """

    profiles: Mapping[str, Profile]
    batches: Mapping[str, BatchSystem]
    variables: Callable[[Profile], Mapping[str, str]]
    lease: float
    stuck_after: float
    poll_interval_factor: float
    python: Callable[[str, tuple[str, ...]], tuple[str, ...]]
    check_environment: Callable[[str, tuple[str, ...]], Awaitable[None]]
    account: Callable[[], Account]
    job_limits: Mapping[str, float] = field(default_factory=dict)
    broken: Sequence[BrokenProfile] = ()
    administrators: Access | None = None

    async def access_denied_reason(self, profile: Profile) -> Message | None:
        """Why the user may not launch under a profile now; None if it is allowed."""
        return await in_thread(access_denied_reason, profile, self.account) if profile.access else None

    async def is_administrator(self) -> bool:
        """Whether the user is one of the site's administrators now."""
        who = self.administrators
        return who is not None and await in_thread(lambda: is_among(who, self.account()))

    async def array_limits(self, profile: Profile) -> ArrayLimits:
        """The sizes of job arrays under a profile. Raises ApiError 503."""
        system = self.batches[profile.batch]
        try:
            return await array_limits(system, profile.workers.arrays)
        except BatchError as error:
            raise ApiError(503, "silent", Message("batch.silent", batch=system.title), detail=str(error)) from error
