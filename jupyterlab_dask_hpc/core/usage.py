"""What a cluster has asked for and what its workers have used, shown once it is over. Pure."""

from __future__ import annotations

from dask_hpc.messages import Message
from dask_hpc.units import SIZES, write_memory

from .cluster_status import ClusterStatus
from .record import Record
from .scheduler_status import Usage
from .shapes import Json

MIN_WORK_S = 60.0
"""Thread-seconds of work below which nothing is suggested: a test says nothing about the real work."""
MUCH_MEMORY = 0.9
"""Share of a worker's memory from which more is suggested. Dask stops starting tasks at 0.8, and ends the worker at
0.95 (`distributed.worker.memory`)."""
LITTLE_MEMORY = 0.5
"""Share of a worker's memory up to which less is suggested."""
_STEP = 2**26
"""Bytes: the highest memory is written in steps of 64 MiB."""
RESERVE = 1.5
"""A suggestion is the highest memory times this."""


def usage_view(known: ClusterStatus) -> Json | None:
    """``usage`` of the Cluster of `docs/contract.md`; None while it is live, and if nothing is known."""
    record, usage = known.record, known.usage
    if record.live or usage is None or not usage.thread_seconds:
        return None
    memory = record.request.workers.memory // record.processes
    return {
        "requested_cpu_seconds": _requested_cpu_seconds(known),
        "used_cpu_seconds": round(usage.processor_seconds),
        "requested_memory": memory,
        "used_memory": usage.memory_peak or None,
        "busy_percent": round(100 * min(1.0, usage.busy_seconds / usage.thread_seconds)),
        "suggestion": _suggestion(record, usage, memory),
    }


def _requested_cpu_seconds(known: ClusterStatus) -> int:
    """CPUs of the jobs of workers times their run time. The job of a scheduler without workers is left out."""
    record = known.record
    return sum(
        job.elapsed * record.request.workers.cpus * submission.nodes
        for submission in record.submissions
        if submission.runs_workers
        for job in known.observed.of(submission)
    )


def _suggestion(record: Record, usage: Usage, memory: int) -> Json | None:
    """Another memory for the jobs, if the request was plainly too large or too small; None otherwise."""
    peak = usage.memory_peak
    if usage.busy_seconds < MIN_WORK_S or not peak:
        return None
    wanted = -(-round(peak * RESERVE) // SIZES["G"]) * SIZES["G"]
    if not ((peak <= memory * LITTLE_MEMORY and wanted < memory) or peak >= memory * MUCH_MEMORY):
        return None
    of_job = write_memory(wanted * record.processes)
    used = -(-peak // _STEP) * _STEP
    message = (
        Message("usage.little-memory", used=used, requested=memory, memory=of_job)
        if wanted < memory
        else Message("usage.much-memory", used=used, requested=memory, memory=of_job)
    )
    return {"message": message.as_json(), "workers": {"memory": of_job}}
