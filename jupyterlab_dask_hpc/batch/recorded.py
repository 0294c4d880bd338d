"""Translates jobs that the first version of this extension wrote to disk. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .jobs import Outcome
from .slurm.states import ending

_UNKNOWN = "GONE"
"""That version's state of a job that was no longer known. Its other states were Slurm's, also for local jobs."""


def job_of_version_1(recorded: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Job`. That version wrote a state and an exit (``0:53``) instead of an outcome."""
    word, exit = str(recorded["word"]), str(recorded.get("exit", ""))
    outcome = {"outcome": Outcome.UNKNOWN} if word == _UNKNOWN else ending(word, str(recorded.get("reason", "")), exit)
    return {**recorded, "submission": recorded["array"], "index": recorded["task"], "native_state": word, **outcome}
