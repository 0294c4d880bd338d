"""The calls that read the clusters of one notebook server. They change nothing."""

from __future__ import annotations

import secrets
from pathlib import Path

from dask_hpc.messages import Message

from ..core.errors import ApiError, unknown
from ..core.job_spec import ROLES
from ..core.record import Record
from ..core.script_run import job_state, script_view
from ..core.shapes import Json
from ..core.view import jobs_view, outputs_view
from ..logs.reader import ClusterLogs, LogJob
from .access import forbidden
from .choices import Choices
from .cluster_folder import read_address
from .controller import ClusterController
from .launch import dask_settings, settings_script
from .poller import Poller
from .site import Site
from .store import RecordStore


class ClusterQueries:
    """Read access to the clusters of one notebook server."""

    def __init__(self, site: Site, store: RecordStore) -> None:
        self._site = site
        self._store = store
        self._choices = Choices(site)
        self._clusters: dict[str, ClusterController] = {}
        self._pollers: dict[str, Poller] = {}
        self._notices: list[Message] = []

    def notices(self) -> list[Message]:
        """Notices for the user, for example about clusters that cannot be shown."""
        return self._notices

    @property
    def busy(self) -> bool:
        """Whether a live cluster waits for its workers or computes."""
        return any(cluster.busy for cluster in self._live())

    async def profiles(self) -> Json:
        """The response to `GET profiles`."""
        shown = []
        for profile in self._site.profiles.values():
            system = self._site.batches[profile.batch]
            reason = await self._site.access_denied_reason(profile)
            shown.append(
                {
                    "name": profile.name,
                    "title": profile.title or profile.name,
                    "options": profile.fixed_options(),
                    "batch": profile.batch,
                    "batch_title": system.title,
                    "starts_at_once": system.capabilities.starts_at_once,
                    "nanny": profile.workers.nanny,
                    "scheduler_cpus": profile.scheduler.cpus,
                    "further_jobs": profile.workers.jobs.maximum if profile.grow else 0,
                    "access_denied_reason": reason.as_json() if reason else None,
                    "ask": profile.access.ask if profile.access else "",
                    "schema": profile.schema_of_request(),
                }
            )
        broken = [profile.as_json() for profile in self._site.broken]
        return {
            "default": next(iter(self._site.profiles), ""),
            "profiles": shown,
            "broken": broken,
            "may_examine": await self._site.is_administrator(),
        }

    async def is_administrator(self) -> bool:
        """Whether the user may examine profiles."""
        return await self._site.is_administrator()

    async def choices(self, name: str, refresh: bool) -> Json:
        """The response to `GET profiles/{name}/choices`. Raises ApiError 403, 404."""
        profile = self._site.profiles.get(name)
        if profile is None:
            raise unknown(Message("profile.unknown", offered=list(self._site.profiles)))
        if why := await self._site.access_denied_reason(profile):
            raise forbidden(profile, why)
        return await self._choices.view(profile, refresh)

    def clusters(self) -> list[Json]:
        """Every Cluster, newest first."""
        return [cluster.view for cluster in reversed(self._clusters.values())]

    def cluster(self, cluster_id: str) -> Json:
        """One Cluster. Raises ApiError 404."""
        return self._get(cluster_id).view

    def batches(self) -> list[Json]:
        """The state of each batch system that a live cluster uses."""
        used = {cluster.record.batch for cluster in self._live()}
        return [poller.view() for name, poller in self._pollers.items() if name in used]

    def jobs(self, cluster_id: str) -> list[Json]:
        """Every Job of a cluster. Raises ApiError 404."""
        return jobs_view(self._get(cluster_id).known)

    def history(self, cluster_id: str) -> list[list[float]]:
        """Samples of the counts over time. Raises ApiError 404."""
        return self._get(cluster_id).history.samples()

    def logs_of(self, cluster_id: str) -> ClusterLogs:
        """Where a cluster's logs are. Raises ApiError 404."""
        known = self._get(cluster_id).known
        jobs = [
            LogJob(job["id"], role, one["state"], one["node"], one["log"])
            for job in jobs_view(known)
            # Workers have logs of their own only where they share the job of the scheduler.
            for role, one in [(job["role"], job), *(("worker", one) for one in job.get("workers", ()) if "log" in one)]
        ]
        outputs = [
            LogJob(file["id"], file["role"], file["state"], "", file["log"], output=True)
            for file in outputs_view(known)
        ]
        record = known.record
        if script := script_view(known):
            jobs.append(
                LogJob(known.batch.job_id(record.scheduler.ref(0)), "script", job_state(script), "", script["log"])
            )
        return ClusterLogs(Path(record.workspace) / "log", record.request.name, (*jobs, *outputs))

    def scripts(self, cluster_id: str) -> Json:
        """The scripts as they were submitted. Raises ApiError 404."""
        request = self._get(cluster_id).record.request
        paths = [(role, self._store.folder(cluster_id) / f"{role}.sh") for role in ROLES]
        scripts = [
            {"role": role, "title": path.name, "text": path.read_text("utf-8")} for role, path in paths if path.exists()
        ]
        return {"scripts": [*scripts, *settings_script(dask_settings(request))]}

    def connection(self, cluster_id: str) -> Json:
        """How a client connects. Raises ApiError 404, 409 if the cluster has ended, 503 if it does not listen yet."""
        record = self._get(cluster_id).record
        name = record.request.name
        if record.desired == "stopped":
            raise ended_error(record)
        folder = self._store.folder(cluster_id)
        address = read_address(folder)
        if address is None:
            raise ApiError(503, "starting", Message("cluster.starting", name=name))
        files = {"ca": "ca.pem", "cert": "client.pem", "key": "client-key.pem"}
        versions = {"distributed": address.distributed, "python": address.python}
        return {"address": address.address, **versions, **{key: str(folder / file) for key, file in files.items()}}

    def dashboard(self, cluster_id: str, key: str) -> tuple[Path, Message | None] | None:
        """The folder of a cluster, and a message if it has ended; None if `key` is not the key of its dashboard."""
        cluster = self._clusters.get(cluster_id)
        if cluster is None:
            return None
        record = cluster.record
        if not secrets.compare_digest(record.dashboard_key.encode(), key.encode(errors="replace")):
            return None
        ended = None if record.live else Message("cluster.ended", name=record.request.name)
        return self._store.folder(cluster_id), ended

    def dashboard_key(self, cluster_id: str) -> str | None:
        """The key of a cluster's dashboard; None if there is no such cluster."""
        cluster = self._clusters.get(cluster_id)
        return cluster.record.dashboard_key if cluster else None

    def _get(self, cluster_id: str) -> ClusterController:
        cluster = self._clusters.get(cluster_id)
        if cluster is None:
            raise unknown(Message("cluster.unknown"))
        return cluster

    def _live(self) -> list[ClusterController]:
        return [cluster for cluster in self._clusters.values() if cluster.record.live]


def ended_error(record: Record) -> ApiError:
    """The error for a cluster that is stopping, or has ended."""
    name = record.request.name
    message = Message("cluster.ended", name=name)
    if record.reason:
        message = Message("cluster.ended-because", name=name, reason=record.reason)
    return ApiError(409, "closed", message)
