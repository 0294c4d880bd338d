"""The one error that reaches a user: what happened, where, and the farm's own words."""

from __future__ import annotations


class ApiError(Exception):
    """An answer other than success, as `docs/contract.md` has it.

    Args:
        status: HTTP status.
        reason: one word for programs: ``invalid``, ``unknown``, ``refused``, ...
        message: one plain sentence for the user.
        field: dotted path of the field that is wrong, ``workers.memory``.
        words: the batch system's own words.
    """

    def __init__(
        self, status: int, reason: str, message: str, field: str | None = None, words: str | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.reason = reason
        self.message = message
        self.field = field
        self.words = words

    def as_json(self) -> dict[str, str]:
        """The body of the answer; what is not known is left out."""
        body = {"message": self.message, "reason": self.reason, "field": self.field, "words": self.words}
        return {key: value for key, value in body.items() if value is not None}


def invalid(field: str, message: str) -> ApiError:
    """What was asked is wrong, at `field`."""
    return ApiError(400, "invalid", message, field=field)


def why(error: OSError) -> str:
    """What the system says, as the end of a sentence: ``no space left on device``."""
    return (error.strerror or str(error)).lower()


def unknown(what: str) -> ApiError:
    """There is no such thing."""
    return ApiError(404, "unknown", what)
