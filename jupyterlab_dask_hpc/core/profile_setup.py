"""The shell lines of a profile, which run in its jobs around Dask. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from ..batch.base import Keys, Line


class SetupLines(Keys):
    """Shell lines, by the jobs in which they run. A list of lines stands for those of all jobs."""

    all: tuple[Line, ...] = ()
    """Lines of every job."""
    scheduler: tuple[Line, ...] = ()
    """Further lines of the scheduler's job."""
    workers: tuple[Line, ...] = ()
    """Further lines of the jobs, or nodes, that run workers."""
    after: tuple[Line, ...] = ()
    """Lines that run when the workers of a job, or of a node, have ended."""

    def lines(self) -> Iterator[str]:
        """All lines."""
        for name in type(self).model_fields:
            yield from getattr(self, name)

    def changed(self, change: Callable[[str], str]) -> SetupLines:
        """The same with each line changed."""
        return SetupLines(**{name: tuple(map(change, getattr(self, name))) for name in type(self).model_fields})


def _for_all(value: Any) -> Any:
    return {"all": value} if isinstance(value, (list, str)) else value


_LINES = {"type": "array", "items": {"type": "string"}}
_SCHEMA: dict[str, Any] = {
    "anyOf": [
        _LINES,
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {name: _LINES for name in SetupLines.model_fields},
        },
    ],
}

Setup = Annotated[SetupLines, BeforeValidator(_for_all), WithJsonSchema(_SCHEMA)]
