"""The base of all API handlers: authentication, access to the manager, error responses."""

from __future__ import annotations

import json
from http.client import responses
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.identity import IdentityProvider, User
from jupyter_server.base.handlers import APIHandler, JupyterHandler
from tornado.web import HTTPError, stream_request_body

from dask_hpc.messages import Message

from ..core.errors import ApiError, error_body

if TYPE_CHECKING:
    from ..control.manager import ClusterManager
    from ..kernel_access import KernelAccess

NAMESPACE = "jupyterlab-dask-hpc"


class _KernelIdentity(IdentityProvider):  # type: ignore[misc]
    """The caller is a kernel that this server started: it sent the secret, so no cookie and no XSRF check is needed."""

    def get_user(self, handler: object) -> User:
        return User("kernel")

    def is_token_authenticated(self, handler: object) -> bool:
        return True


_KERNEL = _KernelIdentity()


MAX_BODY_BYTES = 64 * 1024
"""Maximum size of a request in bytes; one with the longest paths needs a quarter of this."""
BODY_TIMEOUT_S = 10.0
"""Seconds within which the body of a request must arrive."""


class ForKernelsToo(JupyterHandler):  # type: ignore[misc]
    """A handler for the server's user, authenticated by the server, and for its kernels, authenticated by a secret."""

    @property
    def identity_provider(self) -> IdentityProvider:
        """The server's own identity provider; a kernel of this server is authenticated by its secret instead."""
        access: KernelAccess | None = self.settings.get("dask_hpc_kernel_access")
        if access is not None and access.check(self.request.headers.get("Authorization", "")):
            return _KERNEL
        return super().identity_provider


@stream_request_body
class ApiHandler(ForKernelsToo, APIHandler):  # type: ignore[misc]
    """A handler that requires the notebook server's own authentication, or a kernel's secret.

    The caller is authenticated before the body is read, and at most `MAX_BODY_BYTES` bytes of it are stored.
    """

    auth_resource = "jupyterlab-dask-hpc"

    def initialize(self) -> None:
        self._sent = bytearray()
        self._starting = False

    async def prepare(self) -> None:
        """An unauthenticated caller cannot make the server wait for a body; only a preflight has no credentials."""
        await super().prepare()
        if not self.current_user and self.request.method != "OPTIONS":
            raise ApiError(403, "forbidden", Message("request.log-in-first"))
        self.request.connection.set_body_timeout(BODY_TIMEOUT_S)

    def data_received(self, chunk: bytes) -> None:
        """Store one byte more than allowed, so that `body` can detect a body that is too large."""
        self._sent += chunk[: MAX_BODY_BYTES + 1 - len(self._sent)]

    @property
    def manager(self) -> ClusterManager:
        """The manager of all clusters of this server."""
        manager: ClusterManager = self.settings["dask_hpc"]
        return manager

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises ApiError 400 or 413."""
        if len(self._sent) > MAX_BODY_BYTES:
            raise ApiError(413, "invalid", Message("request.too-large", maximum=MAX_BODY_BYTES))
        try:
            value = json.loads(self._sent.decode(), object_pairs_hook=_object, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ApiError(400, "invalid", Message("request.not-json", detail=str(error))) from None
        if not isinstance(value, dict):
            raise ApiError(400, "invalid", Message("request.not-object"))
        return value

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error as in `docs/contract.md`; a traceback goes only to the server's log."""
        error = (kwargs.get("exc_info") or (None, None))[1]
        self._starting = isinstance(error, ApiError) and error.reason == "starting"
        self.set_header("Content-Type", "application/json")
        if isinstance(error, ApiError):
            self.set_status(error.status)
            self.finish(json.dumps(error.as_json()))
            return
        reason = "forbidden" if status_code in (401, 403) else "failed"
        message = Message("server.internal-error")
        if isinstance(error, HTTPError) or error is None:
            status = responses.get(status_code, str(status_code))
            own = (error.log_message or error.reason) if isinstance(error, HTTPError) else ""
            message = Message("request.status", status=own or status)
        self.finish(json.dumps(error_body(message, reason)))

    def _log(self) -> None:
        """One log line per call, as the server writes it; repeated calls while a cluster starts are no errors.

        Tornado documents this method as one to override.
        """
        if self._starting:
            self.log.debug("%s %s: not yet", self.request.method, self.request.path)
        else:
            super()._log()

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """Log an intended error response without a traceback."""
        if isinstance(value, ApiError):
            self.log.info("%s %s: %s", self.request.method, value.status, value.message)
        else:
            super().log_exception(typ, value, tb)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse duplicate keys: some parsers use the first value and others the last."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ApiError(400, "invalid", Message("request.duplicate-key", key=key[:100]))
        found[key] = value
    return found


def _no_number(word: str) -> None:
    raise ApiError(400, "invalid", Message("request.not-a-number", word=word))
