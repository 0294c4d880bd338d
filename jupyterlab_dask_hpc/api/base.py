"""What every call shares: who may, where the keeper is, how an error is told."""

from __future__ import annotations

import json
from http.client import responses
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler
from tornado.web import HTTPError

from ..clusters.errors import ApiError

if TYPE_CHECKING:
    from ..clusters.keeper import Keeper
    from ..kernel import KernelDoor

NAMESPACE = "jupyterlab-dask-hpc"


class _KernelIdentity(IdentityProvider):  # type: ignore[misc]
    """Who calls is a kernel that this server started: it holds the secret, so no cookie and no XSRF."""

    def get_user(self, handler: object) -> User:
        return User("kernel")

    def is_token_authenticated(self, handler: object) -> bool:
        return True


_KERNEL = _KernelIdentity()


class ApiHandler(APIHandler):  # type: ignore[misc]
    """A call that needs the notebook server's own authentication, or a kernel's secret."""

    auth_resource = "jupyterlab-dask-hpc"

    @property
    def keeper(self) -> Keeper:
        """The owner of all clusters of this server."""
        keeper: Keeper = self.settings["dask_hpc"]
        return keeper

    @property
    def identity_provider(self) -> IdentityProvider:
        """The server's own rules; a kernel of this server proves itself by its secret instead."""
        door: KernelDoor | None = self.settings.get("dask_hpc_door")
        if door is not None and door.check(self.request.headers.get("Authorization", "")):
            return _KERNEL
        return super().identity_provider

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises ApiError 400."""
        try:
            value = json.loads(self.request.body or b"{}")
        except (ValueError, RecursionError) as error:
            raise ApiError(400, "invalid", f"The request is not JSON: {error}.") from None
        if not isinstance(value, dict):
            raise ApiError(400, "invalid", "The request is no JSON object.")
        return value

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error as the contract has it; a traceback goes to the server's log alone."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        self.set_header("Content-Type", "application/json")
        if isinstance(error, ApiError):
            self.set_status(error.status)
            self.finish(json.dumps(error.as_json()))
            return
        message = responses.get(status_code, "Something went wrong")
        reason = "forbidden" if status_code in (401, 403) else "failed"
        if isinstance(error, HTTPError):
            message = error.log_message or error.reason or message
        elif error is not None:
            message = "The notebook server met an error of its own; its log has the details."
        self.finish(json.dumps({"message": message, "reason": reason}))

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """An answer that was meant is no exception to the server's log."""
        if isinstance(value, ApiError):
            self.log.info("%s %s: %s", self.request.method, value.status, value.message)
        else:
            super().log_exception(typ, value, tb)
