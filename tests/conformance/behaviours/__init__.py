"""The behaviours that are compared; `registry` defines what one is."""

from . import children, ends, logs, memory, plugins, process, surroundings, tools, values
from .registry import REGISTERED, STATES, Behaviour, Context

MODULES = (values, surroundings, process, logs, children, tools, memory, plugins, ends)
"""In the order in which they are played."""

_ordered = [one for module in MODULES for one in REGISTERED if one.play.__module__ == module.__name__]

BEHAVIOURS: dict[str, Behaviour] = {one.name: one for one in sorted(_ordered, key=lambda one: one.upsetting)}
"""All of them by name, in the order in which they are played."""

__all__ = ["BEHAVIOURS", "STATES", "Behaviour", "Context"]
