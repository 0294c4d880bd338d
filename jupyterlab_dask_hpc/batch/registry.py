"""The available batch systems, found by entry point, so that a site can add one in a package of its own."""

from __future__ import annotations

import logging
from importlib.metadata import EntryPoint, entry_points

from .base import BatchOptions, BatchSystem

GROUP = "jupyterlab_dask_hpc.batch_systems"
"""The group of entry points. Their name is used in profiles; their value is a `BatchSystem` class."""
_SHIPPED = {
    "slurm": "jupyterlab_dask_hpc.batch.slurm.client:Slurm",
    "local": "jupyterlab_dask_hpc.batch.local.client:Local",
}
"""As in the metadata of this package, which are missing if a source tree is on the Python path."""

log = logging.getLogger(__name__)


def batch_systems() -> dict[str, type[BatchSystem]]:
    """All adapters by name. One that cannot be imported is left out, with a line in the log."""
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
    """The model of each batch system's own options."""
    return {name: system.options for name, system in batch_systems().items()}
