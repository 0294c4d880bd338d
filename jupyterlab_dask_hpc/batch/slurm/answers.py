"""What an answer of Slurm's commands means: done, refused, or nobody knows. Pure."""

from __future__ import annotations

import re

from ..base import BatchRefused, BatchSilent
from ..command import Answer
from .text import SUBMITTED, tidied

_SAID = r"(?:[\w -]+: )*"
"""Who says it, in front of a sentence: ``Batch job submission failed: ``, ``slurm_load_jobs error: ``."""
_NOT_REACHED = re.compile(
    _SAID + r"(?:NET: )?(?:"
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
    # Of sites that have the commands run on another host.
    r"ssh: .*|kex_exchange_identification: .*|Connection (?:to|closed by) .*)"
    r"(?:: (?:Connection refused|Connection timed out|Connection reset by peer|No route to host))?\.?"
)
"""Slurm's own sentences (``slurm_errno.c``) where its controller was not reached: nobody knows what was done."""
_VERDICT = "Batch job submission failed: "
GONE = re.compile(r"Invalid job id|already completing or completed|Job/step already|^Job \S+ not found$", re.M)
_KILLED = (124, *range(129, 193))
"""Exits of a wrapper whose command was killed: by ``timeout``, or by a signal, whose number a shell adds to 128."""


def not_reached(errors: str) -> bool:
    """Whether a line says that Slurm's controller was not reached."""
    return any(_NOT_REACHED.fullmatch(line) for line in tidied(errors).splitlines())


def said_of(answer: Answer) -> str:
    """Slurm's own text, for people."""
    said = tidied(answer.errors) or tidied(answer.output)
    return said or f"Slurm's command ended with {answer.code} and said nothing."


def unanswered(answer: Answer) -> bool:
    """Whether Slurm was not reached, or the command killed; else it has said no."""
    if answer.code < 0 or answer.code in _KILLED:
        return True
    lines = tidied(answer.errors).splitlines()
    # What it says last of a submit outweighs what it said while it tried.
    verdict = [line for line in lines if line.startswith(_VERDICT)][-1:]
    return any(_NOT_REACHED.fullmatch(line) for line in verdict or lines)


def failure(answer: Answer) -> BatchRefused | BatchSilent:
    """Refused when Slurm itself said no; silent when it was not reached or the command was killed."""
    submitted = any(SUBMITTED.fullmatch(line.strip()) for line in answer.output.splitlines())
    if submitted or not answer.errors.strip() or unanswered(answer):
        return BatchSilent(said_of(answer))
    return BatchRefused(said_of(answer))
