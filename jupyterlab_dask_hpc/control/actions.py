"""Carries out the batch system actions of `reconcile` for one cluster, and returns their results."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchRefused, BatchSystem, JobOptions
from ..batch.jobs import JobRef
from ..core.actions import FindJobs, SubmitResult
from ..core.arrays import ArrayLimits, ArrayRules, has_arrays
from ..core.arrays import array_limits as limits_of
from ..core.errors import ApiError
from ..core.observed import ObservedJobs, apply_lookup, mark_looked_up, unresolved_jobs
from ..core.record import Record, Submission, is_job_id
from ..core.stopping import CANCEL_RETRY_S
from .poller import Poller

log = logging.getLogger(__name__)

Describe = Callable[[Record, Submission], tuple[JobOptions, str]]
"""Returns options and script of one of the record's submissions."""


class _Texts(NamedTuple):
    """Codes of the messages about a submission that has no id."""

    not_submitted: str
    refused: str
    unanswered: str


_SCHEDULER = _Texts("reason.scheduler-not-submitted", "reason.scheduler-refused", "reason.scheduler-unanswered")
_WORKERS = _Texts("reason.workers-not-submitted", "reason.workers-refused", "reason.workers-unanswered")

_LOOKUP_RETRY_S = 20.0
"""Seconds after which a submission is looked up again."""


class ActionRunner:
    """Submits, cancels and looks up jobs. It changes no record.

    Args:
        describe: returns options and script of one of the record's submissions.
        environment: the environment variables of its jobs.
        rules: what the site says about job arrays.

    Attributes:
        submitted: result of the first attempt to submit: the error, or None.
        refusal: why the last cancel failed; empty if it succeeded.
    """

    def __init__(
        self,
        poller: Poller,
        describe: Describe,
        environment: Mapping[str, str],
        rules: ArrayRules,
    ) -> None:
        self.submitted: asyncio.Future[BatchError | None] = asyncio.get_running_loop().create_future()
        self.refusal = ""
        self._poller = poller
        self._describe = describe
        self._environment = environment
        self._rules = rules
        self._looked_up: dict[str, float] = {}
        self._cancelled = 0.0

    async def submit(self, record: Record, name: str) -> SubmitResult:
        """Submit one submission of the record."""
        submission = record.submission(name)
        cluster, title = record.request.name, self._poller.system.title
        what = "the scheduler" if submission.runs_scheduler else "the workers"
        texts = _SCHEDULER if submission.runs_scheduler else _WORKERS
        try:
            options, script = self._describe(record, submission)
        except (BatchRefused, ApiError, ValueError) as error:
            # After a restart, the profile or the environment may have changed or may be gone.
            log.warning("%s: cannot submit %s: %s", cluster, what, error)
            why = error.message if isinstance(error, ApiError) else Message("text", text=str(error))
            return SubmitResult(name, refused=Message.fitted(texts.not_submitted, {"why": why}))
        problem: BatchError | None = None
        try:
            id = await self._poller.system.submit(options, script, Path(record.workspace), self._environment)
            if is_job_id(id) and is_job_id(self._poller.system.own_id(id)):
                log.info("%s: submitted %s as job %s", cluster, what, id)
                result = SubmitResult(name, id=id)
            else:
                # The record could not be read again, and the id may mean an option in a command.
                why = Message("reason.id-unusable", batch=title, id=repr(id)[:100], name=name)
                problem = BatchRefused(str(why))
                log.error("%s: %s", cluster, why)
                result = SubmitResult(name, refused=Message.fitted(texts.not_submitted, {"why": why}))
        except BatchRefused as error:
            problem = error
            log.warning("%s: %s refused %s: %s", cluster, title, what, error)
            result = SubmitResult(name, refused=Message.fitted(texts.refused, {"batch": title, "detail": str(error)}))
        except BatchError as error:
            problem = error
            log.warning("%s: no answer to the submission of %s: %s", cluster, what, error)
            unanswered = Message.fitted(texts.unanswered, {"batch": title, "detail": str(error)})
            result = SubmitResult(name, unanswered=unanswered)
        if not self.submitted.done():
            self.submitted.set_result(problem)
        self._poller.poll_soon()
        return result

    async def cancel(self, record: Record, jobs: Sequence[JobRef]) -> None:
        """Cancel jobs; see `refusal`."""
        self._cancelled = time.monotonic()
        try:
            await self._poller.system.cancel(jobs)
            self.refusal = ""
        except BatchError as error:
            self.refusal = str(error)
            log.warning("%s: its jobs were not cancelled, will try again: %s", record.request.name, error)
        self._poller.poll_soon()

    async def cancel_all(self, record: Record) -> None:
        """Cancel all unfinished submissions, for a cluster that cannot be reconciled. The rate is limited."""
        if time.monotonic() - self._cancelled >= CANCEL_RETRY_S:
            await self.cancel(record, [JobRef(one.id) for one in record.submissions if one.id and not one.finished])

    async def find(self, action: FindJobs, record: Record, observed: Callable[[], ObservedJobs]) -> ObservedJobs | None:
        """The observed jobs after a look-up; None if all were looked up a short time ago, or if none can be."""
        if not self._poller.system.capabilities.lookup_after_end:
            return None
        now = time.monotonic()
        ids = [id for id in action.ids if now - self._looked_up.get(id, -_LOOKUP_RETRY_S) >= _LOOKUP_RETRY_S]
        if not ids:
            return None
        self._looked_up.update(dict.fromkeys(ids, now))
        try:
            found = await self._poller.system.find([*map(JobRef, ids), *unresolved_jobs(observed(), ids, record)])
        except BatchError as error:
            log.warning("%s: jobs could not be looked up: %s", record.request.name, error)
            return mark_looked_up(observed(), ids)
        return apply_lookup(observed(), ids, found, time.time(), record)

    async def array_limits(self, record: Record) -> ArrayLimits | None:
        """The sizes of job arrays; None if the batch system does not answer."""
        try:
            return await array_limits(self._poller.system, self._rules)
        except BatchError as error:
            log.warning("%s: no replacements are submitted yet: %s", record.request.name, error)
            return None


async def array_limits(system: BatchSystem, rules: ArrayRules) -> ArrayLimits:
    """The sizes of job arrays of a batch system under a site's rules. Raises BatchSilent."""
    largest = await system.largest_array() if has_arrays(system.capabilities, rules) else 0
    return limits_of(system.capabilities, largest, rules)
