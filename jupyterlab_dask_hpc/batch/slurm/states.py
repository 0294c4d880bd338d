"""Translates Slurm's job states into the common states and outcomes. Pure."""

from __future__ import annotations

import re
from typing import TypedDict

from ..jobs import Cause, JobState, Outcome

_STATES = {
    JobState.PENDING: "PENDING CONFIGURING REQUEUED REQUEUE_FED REQUEUE_HOLD RESV_DEL_HOLD SPECIAL_EXIT",
    JobState.RUNNING: "RUNNING SUSPENDED STOPPED RESIZING SIGNALING",
    JobState.ENDING: "COMPLETING STAGE_OUT",
    JobState.ENDED: "COMPLETED CANCELLED REVOKED",
    JobState.FAILED: "FAILED TIMEOUT OUT_OF_MEMORY NODE_FAIL BOOT_FAIL DEADLINE PREEMPTED LAUNCH_FAILED RECONFIG_FAIL",
}
_STATE_OF = {word: state for state, words in _STATES.items() for word in words.split()}
STATE_WORDS = frozenset(_STATE_OF)
"""All known job states of Slurm."""
_OUTCOMES = {
    "COMPLETED": Outcome.COMPLETED,
    "CANCELLED": Outcome.CANCELLED,
    "REVOKED": Outcome.UNKNOWN,  # a sibling job runs on another cluster
    "TIMEOUT": Outcome.TIME_LIMIT,
    "OUT_OF_MEMORY": Outcome.OUT_OF_MEMORY,
    "NODE_FAIL": Outcome.NODE_FAILED,
    "PREEMPTED": Outcome.PREEMPTED,
    "BOOT_FAIL": Outcome.LAUNCH_FAILED,
    "LAUNCH_FAILED": Outcome.LAUNCH_FAILED,
    "RECONFIG_FAIL": Outcome.LAUNCH_FAILED,
}
"""Outcomes of Slurm's final states; a state that is not listed means failed."""
_CAUSES = {"BOOT_FAIL": Cause.NODE_NOT_STARTED, "DEADLINE": Cause.DEADLINE}
_LOG_UNWRITABLE = "0:53"
"""Exit of a job whose log file the node could not open."""
_REFUSED = "BadConstraints"
"""Slurm refuses a job that no node could ever run, but still shows a failed job."""
_MAX_SIGNAL = 64
"""Greater numbers have a special meaning in Slurm: 125 means out of memory."""


def state_of(word: str) -> JobState:
    """The common state for a state of Slurm. A job in an unknown state is not treated as dead, so it is pending."""
    return _STATE_OF.get(word, JobState.PENDING)


class Ending(TypedDict):
    """The fields of a `Job` that describe how it ended."""

    outcome: Outcome | None
    exit_code: int | None
    signal: int | None
    cause: Cause | None


def ending(word: str, reason: str = "", exit: str = "") -> Ending:
    """How a job ended, from Slurm's state, reason and exit (``code:signal``)."""
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
        signal=number if number and number <= _MAX_SIGNAL and cause is None else None,
        cause=cause,
    )
