"""Slurm's words for the state of a job, and how it ended, as all batch systems share them. Pure."""

from __future__ import annotations

import re
from typing import TypedDict

from ..base import Cause, JobState, Outcome

_STATES = {
    JobState.PENDING: "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
    JobState.RUNNING: "RUNNING SUSPENDED STOPPED RESIZING SIGNALING",
    JobState.ENDING: "COMPLETING STAGE_OUT",
    JobState.ENDED: "COMPLETED CANCELLED REVOKED",
    JobState.FAILED: "FAILED TIMEOUT OUT_OF_MEMORY NODE_FAIL BOOT_FAIL DEADLINE PREEMPTED LAUNCH_FAILED RECONFIG_FAIL",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}
STATE_WORDS = frozenset(_STATE_OF)
"""All words for the state of a job that are known."""
_OUTCOMES = {
    "COMPLETED": Outcome.COMPLETED,
    "CANCELLED": Outcome.CANCELLED,
    "REVOKED": Outcome.UNKNOWN,  # a sibling of it runs on another cluster
    "TIMEOUT": Outcome.TIME_LIMIT,
    "OUT_OF_MEMORY": Outcome.OUT_OF_MEMORY,
    "NODE_FAIL": Outcome.NODE_FAILED,
    "PREEMPTED": Outcome.PREEMPTED,
    "BOOT_FAIL": Outcome.LAUNCH_FAILED,
    "LAUNCH_FAILED": Outcome.LAUNCH_FAILED,
    "RECONFIG_FAIL": Outcome.LAUNCH_FAILED,
}
"""Of words that say how a job ended; those that are not here have failed."""
_CAUSES = {"BOOT_FAIL": Cause.NODE_NOT_STARTED, "DEADLINE": Cause.DEADLINE}
_LOG_UNWRITABLE = "0:53"
"""Exit of a job whose log file the node could not open."""
_REFUSED = "BadConstraints"
"""Slurm refuses what no node could ever run, and keeps a failed job of it all the same."""
_LARGEST_SIGNAL = 64
"""Greater numbers are Slurm's own: 125 stands for out of memory."""


def state_of(word: str) -> JobState:
    """One of five for Slurm's word; a word that is not known is not dead, so it waits."""
    return _STATE_OF.get(word, JobState.PENDING)


class Ending(TypedDict):
    """The part of a `Job` that says how it ended."""

    outcome: Outcome | None
    exit_code: int | None
    signal: int | None
    cause: Cause | None


def ending(word: str, reason: str = "", exit: str = "") -> Ending:
    """How a job ended, by Slurm's word for its state, its reason, and its exit (``code:signal``)."""
    if state_of(word).live:
        return Ending(outcome=None, exit_code=None, signal=None, cause=None)
    outcome, cause = _OUTCOMES.get(word, Outcome.FAILED), _CAUSES.get(word)
    if outcome is Outcome.FAILED and exit == _LOG_UNWRITABLE:
        outcome, cause = Outcome.LAUNCH_FAILED, Cause.LOG_UNWRITABLE
    elif outcome is Outcome.FAILED and reason == _REFUSED:
        outcome, cause = Outcome.LAUNCH_FAILED, Cause.NOT_ACCEPTED
    found = re.fullmatch(r"(\d+):(\d+)", exit)
    code, number = (int(found[1]), int(found[2])) if found else (None, None)
    if number:
        code = None
    return Ending(
        outcome=outcome,
        exit_code=code,
        signal=number if number and number <= _LARGEST_SIGNAL and cause is None else None,
        cause=cause,
    )
