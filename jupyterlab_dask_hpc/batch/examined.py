"""What an adapter finds out about its batch system, for the doctor."""

from __future__ import annotations

from dataclasses import dataclass

from dask_hpc.messages import Message


@dataclass(frozen=True)
class Examined:
    """What an adapter found out about a part of its batch system.

    Attributes:
        subject: the part: ``sbatch``, ``accounting``.
        found: its version, or what it printed.
        advice: what to do; None if it is in order.
        needed: whether no cluster can run while it is not in order.
    """

    subject: str
    found: Message
    advice: Message | None = None
    needed: bool = True
