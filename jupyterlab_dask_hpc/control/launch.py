"""From a request to all that a launch needs: a record, a folder, scripts. Nothing is submitted here."""

from __future__ import annotations

import json
import logging
import secrets
import time
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any, NamedTuple

from dask_hpc.messages import Message

from ..batch.base import BatchError, BatchSystem, Capabilities, JobOptions
from ..core.arrays import ArrayLimits, ArrayRules, array_limits
from ..core.chosen_options import with_options
from ..core.errors import ApiError, invalid, os_error_text
from ..core.free import free_view
from ..core.node_workers import worker_memory
from ..core.profile import Profile
from ..core.record import Record, Submission, plan, worker_submissions
from ..core.request import Request, first_node, read_request
from ..core.script_run import script_plan
from ..core.shapes import Json, iso_utc
from ..files import write_private
from .access import forbidden
from .certificates import make_certificates
from .choices import Choices
from .cluster_folder import write_settings
from .job_files import install
from .job_templates import describe, describe_node
from .script_check import check_script
from .site import Site
from .store import RecordStore
from .workspace import Workspaces

log = logging.getLogger(__name__)

DASK_SETTINGS = "dask.json"


def dask_settings(request: Request) -> str:
    """The content of the Dask configuration file of scheduler and workers; empty if there are no settings."""
    return json.dumps(request.dask_config, indent=1, sort_keys=True) if request.dask_config else ""


def shown_submissions(
    submissions: tuple[Submission, ...], capabilities: Capabilities, rules: ArrayRules
) -> list[Submission]:
    """The submissions whose scripts are shown: the scheduler's, and the first one of workers, or an example if there is
    none. If all run in one job, that job's alone."""
    scheduler = next(submission for submission in submissions if submission.runs_scheduler)
    if scheduler.runs_workers:
        return [scheduler]
    workers = [submission for submission in submissions if submission.runs_workers]
    stem = scheduler.name.rpartition(".")[0]
    size = capabilities.smallest_array
    return [scheduler, *(workers or worker_submissions(stem, size, array_limits(capabilities, size, rules)))][:2]


def settings_script(text: str) -> list[Json]:
    """The Dask configuration file in the list of shown scripts; nothing if it is empty."""
    return [{"role": "settings", "title": DASK_SETTINGS, "text": text}] if text else []


class Draft(NamedTuple):
    """A requested cluster before it is launched.

    Attributes:
        profile: with the options that were chosen.
        script: the script that it runs, as the nodes see it; None for none.
    """

    record: Record
    profile: Profile
    script: Path | None = None


class Launcher:
    """Prepares requested clusters, under the settings of a site."""

    def __init__(self, site: Site, store: RecordStore, owner: str, workspaces: Workspaces, choices: Choices) -> None:
        self._site = site
        self._choices = choices
        self._store = store
        self._owner = owner
        self._workspaces = workspaces

    async def draft(self, body: dict[str, Any], taken: Callable[[], Collection[str]]) -> Draft:
        """The record of a requested cluster, its profile and its script, without any side effect. Raises ApiError.

        Args:
            taken: returns the names that are in use.
        """
        # The default is the first profile, as in the form.
        wanted = body.get("profile", next(iter(self._site.profiles), None))
        profile = self._site.profiles.get(wanted) if isinstance(wanted, str) else None
        if profile is None:
            if broken := next((one for one in self._site.broken if one.name == wanted), None):
                mistakes = "; ".join(map(str, broken.mistakes)).rstrip(".")
                raise invalid("profile", Message("profile.broken", profile=broken.name, mistakes=mistakes))
            raise invalid("profile", Message("profile.unknown", offered=list(self._site.profiles)))
        if denied := await self._site.access_denied_reason(profile):
            raise forbidden(profile, denied)
        available = await self._choices.available(profile)
        # No await from here on, so that two requests cannot both find the same name free.
        request = read_request(body, profile, taken(), available)
        workspace = self._workspaces.find(request.workspace, profile.shared_paths)
        script = self._workspaces.find_script(request.script, profile.shared_paths) if request.script else None
        cluster_id = secrets.token_hex(5)
        capabilities = self._site.batches[profile.batch].capabilities
        arrays = array_limits(capabilities, request.workers.jobs, profile.workers.arrays)
        record = Record(
            id=cluster_id,
            owner=self._owner,
            batch=profile.batch,
            request=request,
            workspace=str(workspace),
            dashboard_key=secrets.token_urlsafe(24),
            created=time.time(),
            submissions=self._submissions(cluster_id, request, profile, arrays),
            worker_memory=worker_memory(request.workers.memory, profile.workers.nanny, request.workers.processes),
        )
        return Draft(record, with_options(profile, request.options), script)

    async def scripts(self, draft: Draft) -> Json:
        """The response to `POST clusters/preview`. Raises ApiError."""
        record, profile, _ = draft
        arrays = await self._site.array_limits(profile)
        system = self._site.batches[record.batch]
        record = self._planned(record, profile, arrays)
        scripts = [
            {"role": role, "title": f"{role}.sh", "text": text}
            for role, text in self._texts(record, profile, system.capabilities).items()
        ]
        return {"scripts": [*scripts, *settings_script(dask_settings(record.request))]}

    async def estimate(self, draft: Draft) -> Json:
        """The response to `POST clusters/estimate`: when the workers would start, null if unknown."""
        record = draft.record
        options, script = self.describe(record, (*record.worker_submissions, record.scheduler)[0])
        try:
            start = await self._site.batches[record.batch].expected_start(options, script)
        except BatchError as error:
            log.info("no estimate: %s", error)
            start = None
        return {"expected_start": iso_utc(start)}

    async def free(self, draft: Draft) -> Json:
        """The response to `POST clusters/free`: what is free for the jobs of the workers."""
        record = draft.record
        system = self._site.batches[record.batch]
        if not system.capabilities.free:
            return {"free": None}
        options, _ = self.describe(record, (*record.worker_submissions, record.scheduler)[0])
        try:
            return {"free": free_view(await system.free(options))}
        except BatchError as error:
            log.info("not known what is free: %s", error)
            return {"free": None}

    async def check(self, draft: Draft) -> Draft:
        """Check environment, script and workspace; the record has all its submissions then. Raises ApiError."""
        record, profile, script = draft
        await self._site.check_environment(record.request.python_environment, profile.python)
        here = self._site.batches[record.batch].capabilities.nodes_are_here
        if script:
            if not here:
                self._workspaces.check_shared(script.parent, profile.shared_paths, "script")
            await check_script(self._site.python(record.request.python_environment, profile.python), script)
        self._workspaces.prepare(Path(record.workspace), profile.shared_paths, here)
        arrays = await self._site.array_limits(profile)
        return draft._replace(record=self._planned(record, profile, arrays))

    def prepare_folder(self, draft: Draft) -> None:
        """Write what the jobs need to the cluster's folder, the record first. Raises ApiError."""
        record, profile, script_path = draft
        folder = self._store.folder(record.id)
        try:
            self._store.write(record)
            make_certificates(folder, record.id)
            install(folder)
            lease = self._site.lease if record.leased else None
            write_settings(folder, record.request.idle_timeout, lease, [], self._site.job_limits, record.wanted_workers)
            if script_path:
                write_private(folder / "script.json", json.dumps(script_plan(record, script_path)).encode())
            if text := dask_settings(record.request):
                write_private(folder / DASK_SETTINGS, text.encode())
            capabilities = self._site.batches[record.batch].capabilities
            for role, script in self._texts(record, profile, capabilities).items():
                write_private(folder / f"{role}.sh", script.encode())
        except BaseException as error:
            self._store.remove(record.id)
            if not isinstance(error, OSError):
                raise
            raise ApiError(
                500,
                "disk",
                Message("launch.folder-not-writable", folder=str(folder.parent), detail=os_error_text(error)),
                detail=str(error),
            ) from error

    def _planned(self, record: Record, profile: Profile, arrays: ArrayLimits) -> Record:
        submissions = self._submissions(record.id, record.request, profile, arrays)
        return record.model_copy(update={"submissions": submissions})

    def _submissions(
        self, cluster_id: str, request: Request, profile: Profile, arrays: ArrayLimits
    ) -> tuple[Submission, ...]:
        starts_after = self._site.batches[profile.batch].capabilities.starts_after
        return plan(cluster_id, request, arrays, first_node(request, profile), starts_after)

    def _texts(self, record: Record, profile: Profile, capabilities: Capabilities) -> dict[str, str]:
        """The script of scheduler and workers by role. If all run in one job, that of the workers runs on each node."""
        shown = shown_submissions(record.submissions, capabilities, profile.workers.arrays)
        texts: dict[str, str] = {one.job_role: self.describe(record, one)[1] for one in shown}
        if shown[0].runs_workers:
            texts["worker"] = describe_node(record, shown[0], profile, *self._places(record, profile))
        return texts

    def _places(self, record: Record, profile: Profile) -> tuple[BatchSystem, Path, tuple[str, ...]]:
        """Batch system, cluster's folder and Python of a cluster's jobs."""
        python = self._site.python(record.request.python_environment, profile.python)
        return self._site.batches[record.batch], self._store.folder(record.id), python

    def profile_of(self, record: Record) -> Profile:
        """The profile of a cluster as it is now, with what was chosen. Raises ApiError 409 if it is gone."""
        profile = self._site.profiles.get(record.request.profile)
        if profile is None:
            raise ApiError(409, "closed", Message("profile.gone", profile=record.request.profile))
        return with_options(profile, record.request.options)

    def describe(self, record: Record, submission: Submission) -> tuple[JobOptions, str]:
        """Options and script of a submission. Raises ApiError like `profile_of`."""
        profile = self.profile_of(record)
        return describe(record, submission, profile, *self._places(record, profile))
