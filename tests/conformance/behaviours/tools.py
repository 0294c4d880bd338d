"""What distributed offers to tasks and to clients."""

from __future__ import annotations

from typing import Any

from distributed import Client

from .registry import FRESH, SCALED, Context, behaviour


@behaviour()
def tasks_that_submit(client: Client, context: Context) -> Any:
    """get_worker, get_client, worker_client and secede work in a task."""

    def inside() -> Any:
        import distributed

        with distributed.worker_client() as own:
            within = own.submit(sum, [20, 22], pure=False).result(timeout=120)
        distributed.secede()
        got = distributed.get_client().submit(pow, 6, 2, pure=False).result(timeout=120)
        distributed.rejoin()
        return [within, got, type(distributed.get_worker()).__name__]

    return context.task(inside)


@behaviour()
def shared_things(client: Client, context: Context) -> Any:
    """Event, Lock, Semaphore, Queue and Variable are shared by client and tasks."""

    def use(name: str) -> Any:
        import distributed

        with distributed.Lock(f"{name}-lock"), distributed.Semaphore(1, f"{name}-semaphore"):
            distributed.Queue(f"{name}-queue").put("queued")
            distributed.Variable(f"{name}-variable").set("kept")
            distributed.Event(f"{name}-event").set()
        return distributed.get_worker().log_event(f"{name}-topic", "told")

    from distributed import Event, Queue, Variable

    name = f"conformance-{context.state}"
    context.task(use, name)
    came = Event(f"{name}-event").wait(timeout=120)
    events = context.until(lambda: client.get_events(f"{name}-topic"))
    return [came, Queue(f"{name}-queue").get(timeout=120), Variable(f"{name}-variable").get(timeout=120),
            [event[1] for event in events]]  # fmt: skip


@behaviour()
def actors(client: Client, context: Context) -> Any:
    """An actor keeps its state on its worker."""

    class Counter:
        count = 0

        def more(self) -> int:
            self.count += 1
            return self.count

    counter = client.submit(Counter, actor=True, workers=[context.address], pure=False).result(timeout=120)
    return [counter.more().result(timeout=120), counter.more().result(timeout=120), counter.count]


@behaviour()
def errors_of_tasks(client: Client, context: Context) -> Any:
    """A task's error comes to the client with its type, text and line."""
    import traceback

    def fail() -> None:
        raise LookupError("nothing of that name")

    async def later() -> int:
        import asyncio

        await asyncio.sleep(0)
        return 42

    def loops() -> int:
        import asyncio

        return asyncio.run(later())

    try:
        context.task(fail)
    except LookupError as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        return [str(error), last.name, last.line, context.task(later), context.task(loops)]
    return "no error"


@behaviour()
def resources(client: Client, context: Context) -> Any:
    """Resources of the user's YAML are the workers', and tasks that want them run."""
    return context.task(pow, 2, 3, resources={"apples": 1})


@behaviour(FRESH, SCALED)
def versions(client: Client, context: Context) -> Any:
    """client.get_versions(check=True) finds client, scheduler and workers in agreement."""
    found: Any = client.get_versions(check=True)
    mine = found["client"]["packages"]
    return {
        "as the client": all(worker["packages"] == mine for worker in found["workers"].values()),
        "scheduler": found["scheduler"]["packages"] == mine,
        "workers": len(found["workers"]),
    }


@behaviour()
def run_everywhere(client: Client, context: Context) -> Any:
    """client.run, run on nannies and run_on_scheduler reach each of them."""

    def kind(dask_worker: Any) -> str:
        return type(dask_worker).__name__

    return {
        "workers": sorted(client.run(kind).values()),
        "nannies": sorted(client.run(kind, nanny=True).values()),
        "scheduler": client.run_on_scheduler(lambda dask_scheduler: type(dask_scheduler).__name__),
    }


@behaviour()
def uploaded_file(client: Client, context: Context) -> Any:
    """A module that client.upload_file has sent is imported by tasks."""
    path = context.folder / f"uploaded_{context.state}.py"
    path.write_text("ANSWER = 42\n")
    client.upload_file(str(path))

    def use(name: str) -> Any:
        import importlib

        return importlib.import_module(name).ANSWER

    return context.task(use, path.stem)
