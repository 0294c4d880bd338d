"""Jobs as earlier versions of this extension wrote them to disk, in the form of today's. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .base import Outcome
from .slurm.text import ending

_UNKNOWN = "GONE"
"""What the first version called a job that nobody knew any more. Its other words were Slurm's, for local jobs too."""


def job_as_now(kept: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `Job`: the first version kept a word and an exit (``0:53``) instead of an outcome."""
    if "word" not in kept:
        return dict(kept)
    word, exit = str(kept["word"]), str(kept.get("exit", ""))
    outcome = {"outcome": Outcome.UNKNOWN} if word == _UNKNOWN else ending(word, str(kept.get("reason", "")), exit)
    return {**kept, "native_state": word, **outcome}
