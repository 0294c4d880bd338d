"""Interprets answers of Slurm's commands: done, refused, or unknown. Pure."""

from __future__ import annotations

import re

from ..base import BatchRefused, BatchSilent
from ..command import Answer
from .text import SUBMITTED, tidied

_SOURCE = r"(?:[\w -]+: )*"
"""The source of a message, in front of it: ``Batch job submission failed: ``, ``slurm_load_jobs error: ``."""
_NOT_REACHED = re.compile(
    _SOURCE + r"(?:NET: )?(?:"
    r"Unable to contact slurm controller(?: \(\w+ failure\))?|"
    r"(?:Communication (?:connection|shutdown)|Message (?:send|receive)) failure|"
    r"(?:Unexpected missing socket error|Transport endpoint is (?:not|already) connected)|"
    r"Socket timed out on send/recv operation|Zero Bytes were transmitted or received|"
    r"Protocol authentication error|Invalid authentication credential|Authentication credential invalid|"
    r".*\bhas  ?authentication error.*|Munge encode failed: .*|"
    r"Slurm backup controller in standby mode|Controller is in standby mode, try a different controller|"
    r"Could not establish a configuration source|failed to fetch config|DNS SRV lookup failed|"
    r"Connection (?:refused|timed out|reset by peer)|No route to host|Network is unreachable|Broken pipe|"
    r"Resource temporarily unavailable|There is a problem talking to the database: .*|"
    # For sites that run the commands on another host.
    r"ssh: .*|kex_exchange_identification: .*|Connection (?:to|closed by) .*)"
    r"(?:: (?:Connection refused|Connection timed out|Connection reset by peer|No route to host))?\.?"
)
"""Slurm's own messages (``slurm_errno.c``) when the controller was not reached: the result is unknown."""
_SUBMIT_FAILED = "Batch job submission failed: "
GONE = re.compile(r"Invalid job id|already completing or completed|Job/step already|^Job \S+ not found$", re.M)
_KILLED = (124, *range(129, 193))
"""Exit codes of a wrapper whose command was killed: by ``timeout``, or by a signal (128 plus its number)."""


def not_reached(errors: str) -> bool:
    """Whether a line reports that Slurm's controller was not reached."""
    return any(_NOT_REACHED.fullmatch(line) for line in tidied(errors).splitlines())


def error_text(answer: Answer) -> str:
    """Slurm's own text, for people."""
    printed = tidied(answer.errors) or tidied(answer.output)
    return printed or f"Slurm's command ended with {answer.code} and printed nothing."


def unanswered(answer: Answer) -> bool:
    """Whether Slurm was not reached or the command was killed; otherwise Slurm has refused."""
    if answer.code < 0 or answer.code in _KILLED:
        return True
    lines = tidied(answer.errors).splitlines()
    # The final message of a submission takes precedence over those of its retries.
    final = [line for line in lines if line.startswith(_SUBMIT_FAILED)][-1:]
    return any(_NOT_REACHED.fullmatch(line) for line in final or lines)


def failure(answer: Answer) -> BatchRefused | BatchSilent:
    """BatchRefused if Slurm itself refused; BatchSilent if it was not reached or the command was killed."""
    submitted = any(SUBMITTED.fullmatch(line.strip()) for line in answer.output.splitlines())
    if submitted or not answer.errors.strip() or unanswered(answer):
        return BatchSilent(error_text(answer))
    return BatchRefused(error_text(answer))
