"""What jobs that wait need: the text of a `Wait`, with what was asked for and whom to ask. Pure."""

from __future__ import annotations

from typing import NamedTuple

from dask_hpc.messages import Message

from ..batch.base import Wait


class Asked(NamedTuple):
    """What a job asked for, as people write it, and whom its profile says to ask; `who`: worker or scheduler."""

    who: str = "worker"
    time: str = ""
    memory: str = ""
    cpus: int = 0
    ask: str = ""


def advice(wait: Wait | None, asked: Asked) -> Message:
    """Why they wait, and what to do; without a known reason, that the batch system starts them."""
    if wait is None:
        return Message("wait.default")
    own = {name: Message.fitted(code, {}) for name, code in wait.params}
    return Message.fitted(wait.code, {**_params(asked), **own})


def _params(asked: Asked) -> dict[str, Message]:
    """What the texts say of a request: each with a blank and brackets, or empty where it is not known."""
    nothing = Message("text", text="")
    memory, cpus = asked.memory, asked.cpus
    size = nothing
    if memory and cpus:
        size = Message("asked.memory-and-cpus", memory=memory, cpus=cpus)
    elif memory:
        size = Message("asked.memory", memory=memory)
    elif cpus:
        size = Message("asked.cpus", cpus=cpus)
    return {
        "who": Message("role.scheduler") if asked.who == "scheduler" else Message("role.worker"),
        "time": Message("asked.value", value=asked.time) if asked.time else nothing,
        "memory": Message("asked.value", value=memory) if memory else nothing,
        "size": size,
        "ask": Message("text", text=asked.ask) if asked.ask else Message("ask.administrators"),
    }
