"""The doctor, for the site's administrators."""

from __future__ import annotations

import asyncio
from typing import Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.utils import url_path_join
from tornado.web import authenticated

from dask_hpc.messages import Message

from ..core.errors import ApiError
from ..doctor.examinations import Examinations
from ..doctor.findings import Finding
from .base import ApiHandler


class ExaminationHandler(ApiHandler):
    """The examination of one profile. It ends with the connection."""

    _task: asyncio.Task[list[Finding]] | None = None

    @authenticated
    @authorized
    async def post(self, profile: str) -> None:
        """POST profiles/{name}/examination."""
        if not await self.manager.is_administrator():
            raise ApiError(403, "forbidden", Message("doctor.administrators-only"))
        workspace = self.body.get("workspace", "")
        examinations: Examinations = self.settings["dask_hpc_examinations"]
        self._task = examinations.start(profile, workspace if isinstance(workspace, str) else "")
        await asyncio.wait({self._task})
        if self._task.cancelled():
            raise ApiError(503, "failed", Message("doctor.interrupted"))
        findings = self._task.result()
        self.finish({"profile": profile, "findings": [finding.as_json() for finding in findings]})

    def on_connection_close(self) -> None:
        """Nobody waits for the findings."""
        super().on_connection_close()
        if self._task is not None:
            self._task.cancel()


def handlers(base: str) -> list[tuple[str, Any]]:
    """The routes; `base` is the server's base URL with the namespace of this extension."""
    return [(url_path_join(base, r"profiles/([A-Za-z0-9_-]{1,40})/examination"), ExaminationHandler)]
