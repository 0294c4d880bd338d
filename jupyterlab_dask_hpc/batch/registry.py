"""Which batch systems there are, found by entry point: a site adds one without touching this project."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points

from .base import BatchOptions, BatchSystem

GROUP = "jupyterlab_dask_hpc.batch_systems"
"""The group of entry points: a name that profiles use, and a class that is a `BatchSystem`."""
_SHIPPED = {
    "slurm": "jupyterlab_dask_hpc.batch.slurm.client:Slurm",
    "local": "jupyterlab_dask_hpc.batch.local.client:Local",
}
"""The same as in this package's metadata, which a source tree in the path of Python does not have."""

log = logging.getLogger(__name__)


def batch_systems() -> dict[str, type[BatchSystem]]:
    """Every adapter by its name; one that cannot be imported is left out, with a line in the log."""
    shipped = (EntryPoint(name, value, GROUP) for name, value in _SHIPPED.items())
    entries = {entry.name: entry for entry in (*shipped, *entry_points(group=GROUP))}
    systems: dict[str, type[BatchSystem]] = {}
    for name, entry in entries.items():
        try:
            systems[name] = entry.load()
        except Exception as error:
            log.error("the batch system %s (%s) cannot be used: %r", name, entry.value, error)
    return systems


def own_options() -> dict[str, type[BatchOptions]]:
    """The model of its own options for each of them."""
    return {name: system.options for name, system in batch_systems().items()}
