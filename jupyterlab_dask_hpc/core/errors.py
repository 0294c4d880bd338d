"""The error that API calls return: a message, the field that it concerns, and the batch system's own text."""

from __future__ import annotations

from typing import Any

from dask_hpc.messages import Message


class ApiError(Exception):
    """An error response as specified in `docs/contract.md`.

    Args:
        status: HTTP status.
        reason: one word for programs: ``invalid``, ``unknown``, ``refused``, ...
        message: the text for the user.
        field: dotted path of the field that is wrong, ``workers.memory``.
        detail: the batch system's own text.
    """

    def __init__(
        self, status: int, reason: str, message: Message, field: str | None = None, detail: str | None = None
    ) -> None:
        super().__init__(status, reason, message, field, detail)
        self.status = status
        self.reason = reason
        self.message = message
        self.field = field
        self.detail = detail

    def __str__(self) -> str:
        return str(self.message)

    def as_json(self) -> dict[str, Any]:
        """The body of the response; unset values are omitted."""
        body = {**error_body(self.message, self.reason), "field": self.field, "detail": self.detail}
        return {key: value for key, value in body.items() if value is not None}


def error_body(message: Message, reason: str) -> dict[str, Any]:
    """An error as in `docs/contract.md`, without field and detail."""
    return {"code": message.code, "params": message.params_as_json(), "message": str(message), "reason": reason}


def invalid(field: str, message: Message) -> ApiError:
    """The error for an invalid value of `field`."""
    return ApiError(400, "invalid", message, field=field)


def os_error_text(error: OSError) -> str:
    """The error text of the operating system, as the end of a sentence: ``no space left on device``."""
    return (error.strerror or str(error)).lower()


def why_step_failed(error: Exception) -> Message:
    """Why a step of a cluster's control loop failed; it is repeated."""
    if isinstance(error, OSError):
        return Message("reason.folder-unusable", detail=str(error))
    return Message("reason.internal-error", detail=repr(error))


def unknown(message: Message) -> ApiError:
    """The error for an object that does not exist."""
    return ApiError(404, "unknown", message)
