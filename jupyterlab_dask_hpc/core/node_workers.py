"""How the workers share a node, and what the scheduler takes of the first node if all run in one job. Pure."""

from __future__ import annotations

from dataclasses import dataclass

from .fields import Scheduler, Workers
from .ranges import LEAST_MEMORY


@dataclass(frozen=True)
class WorkerGroup:
    """Equal workers of one node, which one ``dask worker`` command starts.

    Attributes:
        first: index of its first worker on the node.
        count: number of workers.
        threads: threads of each worker.
        memory: bytes that each worker may use.
    """

    first: int
    count: int
    threads: int
    memory: int


def worker_memory(memory: int, nanny: bool, processes: int = 1) -> int:
    """Bytes of a node's `memory` that each of its workers may use; the other processes of the job need the rest.

    A nanny and multiprocessing's resource tracker use 75 MiB (distributed 2026.8); without a nanny, the watchdog uses
    50 MiB. They get 128 and 64 MiB, but at most a quarter of a small job. With less, the batch system would kill the
    job of a worker that comes near its limit. With this reserve, the nanny restarts the worker first.
    """
    return (memory - min(memory // 4, (128 if nanny else 64) * 2**20)) // processes


def node_workers(workers: Workers, nanny: bool) -> WorkerGroup:
    """The workers of a node without a scheduler."""
    count = workers.processes
    threads = workers.threads or max(1, workers.cpus // count)
    return WorkerGroup(0, count, threads, worker_memory(workers.memory, nanny, count))


def first_node_workers(workers: Workers, scheduler: Scheduler, scheduler_cpus: int, nanny: bool) -> list[WorkerGroup]:
    """The workers of the node that the scheduler shares with them; empty if it is too small for any.

    The scheduler takes unused CPUs first, then the shares of as few workers as possible. What it leaves of these
    shares becomes one smaller worker, the last of the node.
    """
    full = node_workers(workers, nanny)
    cpus = max(0, scheduler_cpus - (workers.cpus - full.count * full.threads))
    taken = max(-(-cpus // full.threads), -(-scheduler.memory // full.memory))
    left = full.count - taken
    if left < 0:
        return []
    groups = [WorkerGroup(0, left, full.threads, full.memory)] if left else []
    threads, memory = taken * full.threads - cpus, taken * full.memory - scheduler.memory
    if threads > 0 and memory >= LEAST_MEMORY:
        groups.append(WorkerGroup(left, 1, min(threads, full.threads), min(memory, full.memory)))
    return groups
