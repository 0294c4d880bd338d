"""Numbers of workers, and of their jobs, by state. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from dask_hpc.units import whole_jobs

from .cluster_status import ClusterStatus
from .record import Record
from .slots import Slot, by_job, job_state


def counted(workers: Iterable[Slot]) -> list[Slot]:
    """The workers without those that were released, and those that were replaced and have ended."""
    return [slot for slot in workers if slot.mark != "released" and not (slot.mark and slot.state == "ended")]


def counts(record: Record, workers: Sequence[Slot]) -> dict[str, int]:
    """The counts of `docs/contract.md`; `workers` comes from `counted`."""
    tally = Counter(slot.state for slot in workers)
    # A worker and its replacement count once while both run.
    most = record.wanted_workers if any(slot.mark for slot in workers) else len(workers)
    return {
        "pending": tally["pending"],
        "running": min(most, tally["running"] + tally["connecting"] + tally["ending"]),
        "connected": min(most, tally["running"]),
        "ended": tally["ended"],
        "failed": tally["failed"],
    }


def job_counts(record: Record, workers: Iterable[Slot]) -> dict[str, int]:
    """The counts of the jobs of these workers, as `jobs` of a Cluster in `docs/contract.md`."""
    jobs = by_job(workers)
    tally = Counter(job_state(job) for job in jobs)
    wanted = bool(record.fixed_workers) + whole_jobs(record.wanted_workers - record.fixed_workers, record.processes)
    # A job and its replacement count once while both run.
    most = wanted if any(job[0].mark for job in jobs) else len(jobs)
    return {
        "requested": wanted,
        "pending": tally["pending"],
        "running": min(most, tally["running"] + tally["connecting"] + tally["ending"]),
        "ended": tally["ended"],
        "failed": tally["failed"],
    }


def counts_now(known: ClusterStatus) -> tuple[int, int, int, int]:
    """Numbers of pending, connecting, running (connected) and failed workers, for the timeline."""
    now = counts(known.record, counted(known.workers))
    return now["pending"], now["running"] - now["connected"], now["connected"], now["failed"]


def workers_to_connect(known: ClusterStatus, now: float) -> int:
    """The number of workers that may still connect: queued, or started within `ClusterStatus.stuck_after`.

    Replacements do not count while the workers that they replace still exist.
    """
    started, lately = known.observed.started, now - known.stuck_after
    workers = counted(known.workers)
    coming = sum(
        slot.state == "pending"
        or (slot.state == "connecting" and slot.ref is not None and started.get(slot.ref, now) > lately)
        for slot in workers
    )
    return min(coming, max(0, known.record.wanted_workers - counts(known.record, workers)["connected"]))
