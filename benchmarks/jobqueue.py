"""Imports dask-jobqueue's clusters and restores the SIGINT handler, which the import replaces."""

from __future__ import annotations

import signal

_interrupt = signal.getsignal(signal.SIGINT)
from dask_jobqueue import PBSCluster, SLURMCluster  # noqa: E402

signal.signal(signal.SIGINT, _interrupt)

__all__ = ["PBSCluster", "SLURMCluster"]
