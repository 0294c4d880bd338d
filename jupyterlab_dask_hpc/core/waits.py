"""Advice for waiting jobs: the text of a `Wait`, with the requested resources and whom to ask. Pure."""

from __future__ import annotations

from typing import NamedTuple

from dask_hpc.messages import Message

from ..batch.jobs import Wait


class RequestedResources(NamedTuple):
    """The resources that a job requested, as text, and whom to ask (from the profile); `who`: worker or scheduler."""

    who: str = "worker"
    time: str = ""
    memory: str = ""
    cpus: int = 0
    ask: str = ""


def advice(wait: Wait | None, requested: RequestedResources) -> Message:
    """Why jobs wait, and what to do; a default text if the reason is unknown."""
    if wait is None:
        return Message("wait.default")
    own = {name: Message.fitted(code, {}) for name, code in wait.params}
    return Message.fitted(wait.code, {**_params(requested), **own})


def _params(requested: RequestedResources) -> dict[str, Message]:
    """The parameters from a request: each with a space and brackets, or empty if unknown."""
    nothing = Message("text", text="")
    memory, cpus = requested.memory, requested.cpus
    size = nothing
    if memory and cpus:
        size = Message("asked.memory-and-cpus", memory=memory, cpus=cpus)
    elif memory:
        size = Message("asked.memory", memory=memory)
    elif cpus:
        size = Message("asked.cpus", cpus=cpus)
    return {
        "who": Message("role.scheduler") if requested.who == "scheduler" else Message("role.worker"),
        "time": Message("asked.value", value=requested.time) if requested.time else nothing,
        "memory": Message("asked.value", value=memory) if memory else nothing,
        "size": size,
        "ask": Message("text", text=requested.ask) if requested.ask else Message("ask.administrators"),
    }
