"""How workers end and come back: restarts, crashes, retiring."""

from __future__ import annotations

import time
from typing import Any

from distributed import Client

from .memory import allowing
from .registry import FRESH, SCALED, Context, behaviour


def crash(client: Client, context: Context, how: Any) -> Any:
    """The error of a task that ends its worker with `how()`, and how the worker comes back."""
    before = context.complete()
    name = next(iter(before))
    address = context.addresses()[name]
    with allowing(client, 0):
        try:
            client.submit(how, pure=False, workers=[address]).result(timeout=120)
            error = "none"
        except Exception as problem:
            error = type(problem).__name__
    after = context.complete([before[name]])
    others = all(after.get(other) == before[other] for other in before if other != name)
    return {"error": error, "same names": sorted(after) == sorted(before), "others stayed": others}


@behaviour(upsetting=True)
def task_that_exits(client: Client, context: Context) -> Any:
    """A task that calls os._exit(1) ends its worker, which comes back under its name."""

    def leave() -> None:
        import os

        os._exit(1)

    return crash(client, context, leave)


@behaviour(SCALED, upsetting=True)
def task_that_crashes(client: Client, context: Context) -> Any:
    """A task that makes its process crash ends its worker, which comes back under its name."""

    def leave() -> None:
        import os
        import signal

        os.kill(os.getpid(), signal.SIGSEGV)
        signal.pause()

    return crash(client, context, leave)


@behaviour(SCALED, upsetting=True)
def task_that_kills_workers(client: Client, context: Context) -> Any:
    """A task is tried again after its worker's death as often as is allowed, and then is a KilledWorker."""
    address = context.address
    path = context.folder / "tries"

    def leave(path: str) -> None:
        import os

        with open(path, "a") as file:
            file.write("x")
        os._exit(1)

    with allowing(client, 1):
        try:
            client.submit(leave, str(path), pure=False, workers=[context.tested or address], allow_other_workers=True
                          ).result(timeout=120)  # fmt: skip
            error = "none"
        except Exception as problem:
            error = type(problem).__name__
    return {"error": error, "tries": len(path.read_text()), "workers": len(context.complete())}


@behaviour(FRESH, SCALED, upsetting=True)
def restarted_workers(client: Client, context: Context) -> Any:
    """client.restart_workers restarts that worker and no other."""
    before = context.complete()
    name = next(iter(before))
    answer: Any = client.restart_workers([context.addresses()[name]], timeout=120)
    after = context.complete([before[name]])
    others = all(after.get(other) == before[other] for other in before if other != name)
    return {"answer": sorted(answer.values()), "same names": sorted(after) == sorted(before), "others stayed": others}


@behaviour(FRESH, SCALED, upsetting=True)
def restart_while_tasks_run(client: Client, context: Context) -> Any:
    """client.restart() while tasks run brings all workers back, and tasks run again."""
    before = context.complete()

    def rest(number: int) -> None:
        time.sleep(600)

    futures = client.map(rest, range(4), pure=False)
    context.until(lambda: sum(len(keys) for keys in client.processing().values()) >= context.workers)
    client.restart(timeout=120)
    after = context.complete(list(before.values()))
    return {
        "same names": sorted(after) == sorted(before),
        "tasks": [future.status for future in futures],
        "works": client.submit(sum, [20, 22], pure=False).result(timeout=120),
    }


@behaviour(SCALED, upsetting=True)
def retired_worker(client: Client, context: Context) -> Any:
    """client.retire_workers hands over what a worker holds; the worker goes and stays away."""
    names = list(context.complete())
    address = context.addresses()[names[-1]]
    held = client.submit(pow, 6, 2, pure=False, workers=[address], allow_other_workers=True)
    held.result(timeout=120)
    retired: Any = client.retire_workers([address])
    gone = context.until(lambda: names[-1] not in context.addresses())
    time.sleep(3)
    left = context.addresses()
    return {"answer": len(retired), "gone": gone, "left": len(left), "held": held.result(timeout=120)}
