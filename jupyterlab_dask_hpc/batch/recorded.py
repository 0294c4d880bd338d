"""Jobs as the first version of this extension wrote them to disk, in the form of today's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Outcome
from .slurm.states import ending

_UNKNOWN = "GONE"
"""What that version called a job that nobody knew any more. Its other words were Slurm's, for local jobs too."""


def job_of_version_1(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Job`: it kept a word and an exit (``0:53``) where there is an outcome now."""
    word, exit = str(kept["word"]), str(kept.get("exit", ""))
    outcome = {"outcome": Outcome.UNKNOWN} if word == _UNKNOWN else ending(word, str(kept.get("reason", "")), exit)
    return {**kept, "submission": kept["array"], "index": kept["task"], "native_state": word, **outcome}
