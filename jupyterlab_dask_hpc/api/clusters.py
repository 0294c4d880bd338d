"""Profiles and clusters: thin handlers of `docs/contract.md`, "Calls"."""

from __future__ import annotations

from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from .base import ApiHandler


class ProfilesHandler(ApiHandler):
    """The profiles of this site."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """GET profiles."""
        self.finish(await self.manager.profiles())


class ChoicesHandler(ApiHandler):
    """What this user may choose under a profile, where that does not list it."""

    @authenticated
    @authorized
    async def get(self, profile: str) -> None:
        """GET profiles/{name}/choices."""
        self.finish(await self.manager.choices(profile, self.get_query_argument("refresh", "") == "1"))


class ClustersHandler(ApiHandler):
    """All clusters of this server."""

    @authenticated
    @authorized
    async def get(self) -> None:
        """GET clusters."""
        manager = self.manager
        self.finish(
            {
                "clusters": manager.clusters(),
                "batch": manager.batches(),
                "notices": [notice.as_json() for notice in manager.notices()],
            }
        )

    @authenticated
    @authorized
    async def post(self) -> None:
        """POST clusters: launch one."""
        cluster = await self.manager.launch(self.body)
        self.set_status(201)
        self.finish(cluster)


class PreviewHandler(ApiHandler):
    """The job scripts of a request; nothing is submitted."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """POST clusters/preview."""
        self.finish(await self.manager.launcher.scripts(await self.manager.draft(self.body)))


class EstimateHandler(ApiHandler):
    """The expected start of a request; nothing is submitted."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """POST clusters/estimate."""
        self.finish(await self.manager.launcher.estimate(await self.manager.draft(self.body)))


class FreeHandler(ApiHandler):
    """What is free for the jobs of a request; nothing is submitted."""

    @authenticated
    @authorized
    async def post(self) -> None:
        """POST clusters/free."""
        self.finish(await self.manager.launcher.free(await self.manager.draft(self.body)))


class ClusterHandler(ApiHandler):
    """One cluster."""

    @authenticated
    @authorized
    async def get(self, cluster: str) -> None:
        """GET clusters/{id}."""
        self.finish(self.manager.cluster(cluster))

    @authenticated
    @authorized
    async def patch(self, cluster: str) -> None:
        """PATCH clusters/{id}: change the number of workers, or replace them before their time limit."""
        self.finish(await self.manager.change(cluster, self.body))

    @authenticated
    @authorized
    async def delete(self, cluster: str) -> None:
        """DELETE clusters/{id}: stop it, and keep its logs."""
        stopped = self.manager.stop(cluster)
        self.set_status(202)
        self.finish(stopped)


class ResetIdleHandler(ApiHandler):
    """The idle timer of a cluster."""

    @authenticated
    @authorized
    async def post(self, cluster: str) -> None:
        """POST clusters/{id}/reset-idle."""
        self.finish(await self.manager.reset_idle(cluster))


class JobsHandler(ApiHandler):
    """A cluster's jobs, and its counts over time."""

    @authenticated
    @authorized
    async def get(self, cluster: str) -> None:
        """GET clusters/{id}/jobs."""
        self.finish({"jobs": self.manager.jobs(cluster), "history": self.manager.history(cluster)})


class ScriptsHandler(ApiHandler):
    """A cluster's scripts, as submitted."""

    @authenticated
    @authorized
    async def get(self, cluster: str) -> None:
        """GET clusters/{id}/scripts."""
        self.finish(self.manager.scripts(cluster))


class ConnectionHandler(ApiHandler):
    """How a client connects to a cluster."""

    @authenticated
    @authorized
    async def get(self, cluster: str) -> None:
        """GET clusters/{id}/connection."""
        self.finish(self.manager.connection(cluster))


def handlers(base: str) -> list[tuple[str, Any]]:
    """The routes; `base` is the server's base URL with the namespace of this extension."""
    clusters = url_path_join(base, "clusters")
    cluster = rf"{clusters}/([0-9a-f]{{10}})"
    return [
        (url_path_join(base, "profiles"), ProfilesHandler),
        (url_path_join(base, r"profiles/([A-Za-z0-9_-]{1,40})/choices"), ChoicesHandler),
        (clusters, ClustersHandler),
        (f"{clusters}/preview", PreviewHandler),
        (f"{clusters}/estimate", EstimateHandler),
        (f"{clusters}/free", FreeHandler),
        (cluster, ClusterHandler),
        (f"{cluster}/reset-idle", ResetIdleHandler),
        (f"{cluster}/jobs", JobsHandler),
        (f"{cluster}/scripts", ScriptsHandler),
        (f"{cluster}/connection", ConnectionHandler),
    ]
