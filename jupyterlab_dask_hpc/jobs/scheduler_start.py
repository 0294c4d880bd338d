"""Starts a scheduler: distributed's own command, under the Dask settings of who launched the cluster.

    python scheduler_start.py WORDS...

A plain file that needs distributed alone.
"""

from __future__ import annotations

import sys

import dask_command

if __name__ == "__main__":
    # The preloads are imported from the cluster's folder, which keeps no files that nobody asked for.
    sys.dont_write_bytecode = True
    dask_command.apply_settings()
    preloads = dask_command.configured_preloads("distributed.scheduler.preload", "--preload")
    dask_command.run("dask_scheduler", [*sys.argv[1:], *preloads])
