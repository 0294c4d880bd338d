"""What a profile says about the surroundings of Dask in its jobs: shell lines, the folder on the node. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Annotated, Any

from pydantic import BeforeValidator, ValidatorFunctionWrapHandler, WithJsonSchema, WrapValidator

from ..batch.base import Keys, Line
from .expanded import ExpandedPath, NodeArgument
from .profile_values import check_program
from .ranges import Memory


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


class Scratch(Keys):
    """The folder on the node for what workers spill. A text stands for `folder`."""

    folder: ExpandedPath
    """Its path; the shell of the job replaces variables: `/scratch/$USER/$SLURM_JOB_ID`."""
    at_least: Memory = 0
    """How much space has to be free there when a worker starts."""


def _folder(value: Any) -> Any:
    return {"folder": value} if isinstance(value, str) else value


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

_FOLDER = {"type": "string", "minLength": 1}
_SCRATCH_SCHEMA: dict[str, Any] = {
    "anyOf": [
        _FOLDER,
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["folder"],
            "properties": {"folder": _FOLDER, "at_least": {"anyOf": [{"type": "string"}, {"type": "integer"}]}},
        },
    ]
}
ScratchFolder = Annotated[Scratch | None, BeforeValidator(_folder), WithJsonSchema(_SCRATCH_SCHEMA)]


def _words(value: Any, read: ValidatorFunctionWrapHandler) -> tuple[str, ...]:
    """The words of a command; a text is one word, and an empty one none."""
    words: tuple[str, ...] = read([value] if isinstance(value, str) and value else value or [])
    if words:
        check_program(words[0])
    return words


PythonCommand = Annotated[
    tuple[NodeArgument, ...],
    WrapValidator(_words),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": ["string", "object"]}}]}),
]
"""The command that runs Python, one word per item."""
