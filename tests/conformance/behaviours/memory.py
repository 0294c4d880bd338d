"""Memory: given back, spilled, and what happens at its limits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import dask
import dask.array
from distributed import Client, wait

from .registry import FRESH, SCALED, TIMEOUT_S, Context, behaviour

MIB = 2**20
PIECE_BYTES = 160_000  # bytes: small enough to lie in the heap, large enough that pymalloc leaves them to it
PIECES = 700


def resident(dask_worker: Any) -> int:
    """Bytes of memory that a worker uses."""
    return int(dask_worker.monitor.proc.memory_info().rss)


@contextlib.contextmanager
def allowing(client: Client, failures: int) -> Iterator[None]:
    """So often may a task's worker die before the task counts as the cause."""

    def allow(dask_scheduler: Any, failures: int) -> int:
        before, dask_scheduler.allowed_failures = dask_scheduler.allowed_failures, failures
        return int(before)

    usual = client.run_on_scheduler(allow, failures=failures)
    try:
        yield
    finally:
        client.run_on_scheduler(allow, failures=usual)


@behaviour()
def memory_given_back(client: Client, context: Context) -> Any:
    """Memory of results that are deleted goes back to the system."""
    address = context.address

    def used() -> int:
        return int(client.run(resident, workers=[address])[address])

    before = used()
    # numpy's arrays, made with others that are freed meanwhile: what plain bytes take is given back in any case.
    with dask.annotate(workers=[address]):
        pieces = dask.array.random.random((PIECES * PIECE_BYTES // 8,), chunks=(PIECE_BYTES // 8,)).persist(
            optimize_graph=False
        )
    wait(pieces, timeout=TIMEOUT_S)
    held = used()
    del pieces
    half = before + (held - before) / 2
    back = context.until(lambda: used() < half, TIMEOUT_S)
    return {"was held": held - before > PIECE_BYTES * PIECES * 0.8, "is given back": back}


@behaviour(FRESH, SCALED)
def spilling(client: Client, context: Context) -> Any:
    """Results beyond the target go to the disk and come back whole."""
    address = context.address

    def limit(dask_worker: Any) -> int:
        return int(dask_worker.memory_manager.memory_limit)

    def piece(number: int, size: int) -> bytes:
        return bytes([number]) * size

    def spilled(dask_worker: Any) -> Any:
        import os

        found = [os.path.join(at, one) for at, _, files in os.walk(dask_worker.local_directory) for one in files]
        return {"slow": len(dask_worker.data.slow) > 0, "in its folder": len(found) > 0}

    size = 20 * MIB
    count = int(client.run(limit, workers=[address])[address] * 0.75 / size)
    futures = [client.submit(piece, number, size, pure=False, workers=[address]) for number in range(count)]
    from distributed import wait

    wait(futures, timeout=TIMEOUT_S)
    answer = client.run(spilled, workers=[address])[address]
    whole = client.map(lambda data: [data[0], data[-1], len(data)], futures, workers=[address])
    right = client.gather(whole) == [[number, number, size] for number in range(count)]
    return {**answer, "right": right}


@behaviour(FRESH, SCALED)
def pausing(client: Client, context: Context) -> Any:
    """A worker that uses most of its memory is paused, and continues once it is free."""
    address = context.address

    def hold(path: str) -> int:
        import os
        import time

        from distributed import get_worker

        worker = get_worker()
        fill = int(worker.memory_manager.memory_limit * 0.86) - worker.monitor.proc.memory_info().rss
        held = bytearray(fill)
        for place in range(0, fill, 4096):
            held[place] = 1
        until = time.monotonic() + 300
        while not os.path.exists(path) and time.monotonic() < until:
            time.sleep(0.05)
        return 42

    def status(dask_scheduler: Any) -> str:
        return str(dask_scheduler.workers[address].status.name)

    path = context.folder / "go-on"
    future = client.submit(hold, str(path), workers=[address], pure=False)
    paused = context.until(lambda: client.run_on_scheduler(status) == "paused", TIMEOUT_S)
    path.touch()
    result = future.result(timeout=TIMEOUT_S)
    running = context.until(lambda: client.run_on_scheduler(status) == "running", TIMEOUT_S)
    return {"paused": paused, "result": result, "goes on": running}


@behaviour(FRESH, SCALED, upsetting=True)
def too_much_memory(client: Client, context: Context) -> Any:
    """The nanny ends a worker whose task takes more and more memory, and restarts it under its name."""
    before = context.complete()
    name = next(iter(before))
    address = context.addresses()[name]

    def grow() -> None:
        import time

        held = []
        for _ in range(1000):
            held.append(b"x" * (16 * MIB))
            time.sleep(0.05)

    with allowing(client, 0):
        try:
            client.submit(grow, pure=False, workers=[address]).result(timeout=TIMEOUT_S)
            error = "none"
        except Exception as problem:
            error = type(problem).__name__
    after = context.complete([before[name]])
    return {"error": error, "same names": sorted(after) == sorted(before), "others stayed": all(
        after[other] == before[other] for other in before if other != name)}  # fmt: skip
