"""What every call shares: who may, where the manager is, how an error is told."""

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
    """Who calls is a kernel that this server started: it holds the secret, so no cookie and no XSRF."""

    def get_user(self, handler: object) -> User:
        return User("kernel")

    def is_token_authenticated(self, handler: object) -> bool:
        return True


_KERNEL = _KernelIdentity()


LARGEST = 64 * 1024
"""Bytes of a request; one with the longest paths needs a quarter of it."""
PATIENCE = 10.0
"""Seconds for a request's body to come."""


class ForKernelsToo(JupyterHandler):  # type: ignore[misc]
    """Who calls is the server's user by the server's own rules, or a kernel of this server by its secret."""

    @property
    def identity_provider(self) -> IdentityProvider:
        """The server's own rules; a kernel of this server proves itself by its secret instead."""
        access: KernelAccess | None = self.settings.get("dask_hpc_kernel_access")
        if access is not None and access.check(self.request.headers.get("Authorization", "")):
            return _KERNEL
        return super().identity_provider


@stream_request_body
class ApiHandler(ForKernelsToo, APIHandler):  # type: ignore[misc]
    """A call that needs the notebook server's own authentication, or a kernel's secret.

    Who calls is known before the body is read, and no more of it than `LARGEST` bytes is ever kept.
    """

    auth_resource = "jupyterlab-dask-hpc"

    def initialize(self) -> None:
        self._sent = bytearray()
        self._starting = False

    async def prepare(self) -> None:
        """Nobody who is not known can make this server wait for a body; only a preflight tells nothing of who asks."""
        await super().prepare()
        if not self.current_user and self.request.method != "OPTIONS":
            raise ApiError(403, "forbidden", Message("request.log-in-first"))
        self.request.connection.set_body_timeout(PATIENCE)

    def data_received(self, chunk: bytes) -> None:
        """Kept up to one byte too many, by which `body` sees that there was more."""
        self._sent += chunk[: LARGEST + 1 - len(self._sent)]

    @property
    def manager(self) -> ClusterManager:
        """The owner of all clusters of this server."""
        manager: ClusterManager = self.settings["dask_hpc"]
        return manager

    @property
    def body(self) -> dict[str, Any]:
        """The JSON object that was sent. Raises ApiError 400 or 413."""
        if len(self._sent) > LARGEST:
            raise ApiError(413, "invalid", Message("request.too-large", maximum=LARGEST))
        try:
            value = json.loads(self._sent.decode(), object_pairs_hook=_object, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise ApiError(400, "invalid", Message("request.not-json", detail=str(error))) from None
        if not isinstance(value, dict):
            raise ApiError(400, "invalid", Message("request.not-object"))
        return value

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Every error as the contract has it; a traceback goes to the server's log alone."""
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
        """One line for each call, as the server writes it; what is asked for again while a cluster starts is no error.

        Tornado names this method for applications to override.
        """
        if self._starting:
            self.log.debug("%s %s: not yet", self.request.method, self.request.path)
        else:
            super()._log()

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """An answer that was meant is no exception to the server's log."""
        if isinstance(value, ApiError):
            self.log.info("%s %s: %s", self.request.method, value.status, value.message)
        else:
            super().log_exception(typ, value, tb)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Of a key that stands there twice, one reader would see the first and another the last."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _no_number(word: str) -> None:
    raise ValueError(f"{word} is no number")
