"""The behaviours that are compared; `registry` says what one is."""

from . import children, ends, logs, memory, plugins, process, surroundings, tools, values
from .registry import BEHAVIOURS, STATES, Behaviour, Context

MODULES = (values, surroundings, process, children, tools, logs, memory, plugins, ends)
"""Where they stand."""

__all__ = ["BEHAVIOURS", "MODULES", "STATES", "Behaviour", "Context"]
