"""How a job ended, in plain words. The batch system's own word is kept beside them."""

from __future__ import annotations

from ..batch.base import Job

_ENDS = {
    "OUT_OF_MEMORY": "out of memory",
    "TIMEOUT": "time limit reached",
    "DEADLINE": "deadline reached",
    "NODE_FAIL": "its node failed",
    "BOOT_FAIL": "its node did not start",
    "PREEMPTED": "preempted by another job",
    "CANCELLED": "cancelled",
    "REVOKED": "revoked",
    "GONE": "no longer known to the batch system",
}

_ADVICE = {
    "OUT_OF_MEMORY": "They reached the memory they asked for. Ask for more per worker, or use smaller partitions.",
    "TIMEOUT": "They reached their time limit. Ask for more worker time.",
    "NODE_FAIL": "The batch system starts them again by itself where it can.",
    "PREEMPTED": "The batch system starts them again by itself where it can.",
    "CANCELLED": "Somebody cancelled them outside of JupyterLab.",
}

_UNWRITABLE = "0:53"
"""Slurm's exit of a job whose log file the node could not open."""


def how_it_ended(job: Job) -> str:
    """``out of memory``, ``exit 1:0``: as few words as tell it."""
    if job.exit == _UNWRITABLE:
        return "the node cannot write its log"
    plain = _ENDS.get(job.word.split(" ")[0].rstrip("+"))
    if plain:
        return plain
    return f"exit {job.exit}" if job.exit not in ("", "0:0", "0") else job.word.lower().replace("_", " ")


def what_to_do(job: Job) -> str:
    """One sentence: why, and what to do about it."""
    if job.exit == _UNWRITABLE:
        return "That node does not see log/, or may not write there. Launch from a folder that the nodes share."
    return _ADVICE.get(job.word.split(" ")[0].rstrip("+"), "Their logs say more.")
