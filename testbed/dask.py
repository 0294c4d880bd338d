"""Settings of Dask for clusters that wait most of the time."""

from __future__ import annotations

FEW_TICKS = {
    "DASK_DISTRIBUTED__ADMIN__TICK__INTERVAL": "500ms",
    "DASK_DISTRIBUTED__WORKER__PROFILE__INTERVAL": "500ms",
}
"""Variables for a job, or for a server whose profile passes them on. distributed's processes then wake twice a second,
not every 10 and 20 ms. A scheduler, a nanny and its worker that do nothing take 8 % of a core with distributed's own
values, and 2 % with these."""
