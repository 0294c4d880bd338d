"""Waits that never lose a cancellation, on the oldest and the newest Python that are found; and nothing else waits.

The first part needs `waiting.py` and the standard library alone, so that any Python can run this file as a program.
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import itertools
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).parents[1] / "jupyterlab_dask_hpc"


def load(path: Path) -> Any:
    """The module in a file, without the package around it."""
    spec = importlib.util.spec_from_file_location("waiting", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


waiting = load(PACKAGE / "waiting.py")

SHORT = 0.02
Step = Callable[[asyncio.Event, "asyncio.Future[None]", "asyncio.Task[None]"], object]
STEPS: dict[str, Step] = {
    "set": lambda event, future, _: (event.set(), future.done() or future.set_result(None)),
    "cancel": lambda _event, _future, task: task.cancel(),
    # The time limit is over before the next turn of the loop.
    "late": lambda *_: time.sleep(SHORT * 1.5),
}
ORDERS = [order for order in itertools.permutations(STEPS) if order.index("late") == 0] + [
    ("set", "cancel"),
    ("cancel", "set"),
    ("late", "cancel"),
    ("cancel", "late"),
    ("set", "late", "cancel"),
]


async def lost(wait: Callable[[asyncio.Event, asyncio.Future[None]], Awaitable[object]]) -> list[Any]:
    """The orders of events in which a loop of such waits does not end by its cancellation."""
    found = []
    for order, turns in itertools.product(ORDERS, range(6)):
        event, future = asyncio.Event(), asyncio.get_running_loop().create_future()

        async def work(event: asyncio.Event = event, future: asyncio.Future[None] = future) -> None:
            while True:
                await wait(event, future)
                event.clear()
                if future.done():
                    await asyncio.sleep(SHORT)

        task = asyncio.create_task(work())
        await asyncio.sleep(SHORT / 4)
        for step in order:
            STEPS[step](event, future, task)
            for _ in range(turns):
                await asyncio.sleep(0)
        done, _ = await asyncio.wait({task}, timeout=SHORT * 10)
        if not done or not task.cancelled():
            found.append((order, turns))
        while not task.done():
            task.cancel()
            await asyncio.sleep(0)
    return found


def test_a_cancellation_is_never_lost() -> None:
    assert asyncio.run(lost(lambda event, _: waiting.is_set(event, SHORT))) == []
    assert asyncio.run(lost(lambda _, future: waiting.is_done(future, SHORT))) == []


def test_this_test_finds_what_wait_for_loses() -> None:
    async def wait(event: asyncio.Event, _: object) -> None:
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(event.wait(), SHORT)

    # Python 3.12 has it right.
    assert bool(asyncio.run(lost(wait))) == (sys.version_info < (3, 12))


def test_a_wait_returns_whether_it_succeeded() -> None:
    async def play() -> None:
        event, future = asyncio.Event(), asyncio.get_running_loop().create_future()
        assert not await waiting.is_set(event, SHORT)
        assert not await waiting.is_done(future, SHORT)
        assert not future.cancelled()
        asyncio.get_running_loop().call_later(SHORT, event.set)
        asyncio.get_running_loop().call_later(SHORT, future.set_result, None)
        assert await waiting.is_set(event, 30)
        assert await waiting.is_done(future, 30)

    asyncio.run(play())


def test_tasks_are_cancelled_until_they_end_or_the_time_is_over() -> None:
    async def deaf(times: float) -> None:
        while times > 0:
            times -= 1
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if let_go.is_set():
                    raise

    async def play() -> None:
        tasks = [asyncio.create_task(deaf(times)) for times in (0, 1, 3)]
        never = asyncio.create_task(deaf(float("inf")))
        await asyncio.sleep(0)
        began = time.monotonic()
        assert await waiting.end([*tasks, never], 2) == {never}
        assert 2 <= time.monotonic() - began < 20
        assert all(task.done() for task in tasks)
        let_go.set()
        assert await waiting.end([never], 20) == set()

    let_go = threading.Event()
    asyncio.run(play())


def test_a_thread_returns_the_result_and_does_not_keep_the_process_alive() -> None:
    async def play() -> None:
        assert await waiting.in_thread(divmod, 7, 2) == (3, 1)
        try:
            await waiting.in_thread(divmod, 7, 0)
        except ZeroDivisionError:
            pass
        else:
            raise AssertionError("the error is lost")
        # Many at a time wait for one another neither.
        gate = threading.Event()
        stuck = [asyncio.ensure_future(waiting.in_thread(gate.wait)) for _ in range(100)]
        await asyncio.sleep(0)
        assert await waiting.in_thread(int, "4") == 4
        gate.set()
        assert all(await asyncio.gather(*stuck))

    asyncio.run(play())
    # The read end of a named pipe opens when somebody writes: never.
    program = (
        "import asyncio, importlib.util, os, sys, tempfile\n"
        "spec = importlib.util.spec_from_file_location('waiting', sys.argv[1])\n"
        "waiting = importlib.util.module_from_spec(spec); spec.loader.exec_module(waiting)\n"
        "with tempfile.TemporaryDirectory() as folder:\n"
        "    pipe = folder + '/pipe'; os.mkfifo(pipe)\n"
        "    async def main():\n"
        "        work = asyncio.ensure_future(waiting.in_thread(open, pipe))\n"
        "        await asyncio.wait({work}, timeout=0.5)\n"
        "    asyncio.run(main())\n"
    )
    subprocess.run([sys.executable, "-c", program, str(PACKAGE / "waiting.py")], check=True, timeout=60)


def main() -> None:
    """All tests above, without pytest."""
    for name, test in list(globals().items()):
        if name.startswith("test_") and test.__code__.co_firstlineno < main.__code__.co_firstlineno:
            test()
            print(name)


def pythons() -> Iterator[tuple[tuple[int, ...], str]]:
    """Version and program of every Python >= 3.10 beside this one that is found."""
    places = [Path("/root/.pyenv/versions"), Path.home() / ".pyenv" / "versions", Path("/opt"), Path("/usr")]
    places.append(Path(sys.base_prefix).parent)
    for program in {path.resolve() for place in places for path in place.glob("*/bin/python3.[0-9]*")} | {
        path.resolve() for path in Path("/usr/bin").glob("python3.[0-9]*")
    }:
        version = re.fullmatch(r"python3\.(\d+)", program.name)
        if version and int(version[1]) >= 10:
            yield (3, int(version[1])), str(program)


def test_so_it_is_on_the_oldest_and_the_newest_python() -> None:
    found = {sys.version_info[:2]: sys.executable, **dict(pythons())}
    oldest, newest = min(found), max(found)
    for version in {oldest, newest} - {sys.version_info[:2]}:
        done = subprocess.run(
            [found[version], "-I", __file__], capture_output=True, text=True, timeout=300, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert len(done.stdout.splitlines()) == 5
    for missing, is_missing in (("older than 3.12", oldest >= (3, 12)), ("of 3.12 or later", newest < (3, 12))):
        if is_missing:
            warnings.warn(f"NOT TESTED: waits on a Python {missing}: none was found", stacklevel=1)


def test_nothing_in_the_server_waits_in_another_way() -> None:
    """Neither loses a cancellation, nor keeps the process alive by a thread that a file system blocks."""
    forbidden = re.compile(r"\bwait_for\(|\bto_thread\(|run_in_executor\(|asyncio\.shield\(|asyncio\.timeout\(")
    allowed = {
        # Text is read there, no file.
        ("client.py", "to_thread("),
    }
    found = [
        f"{path.relative_to(PACKAGE)}: {line.strip()}"
        for path in sorted(PACKAGE.rglob("*.py"))
        if path.parent.name != "in_job"  # what runs inside the jobs is ended by their batch system
        for line in path.read_text().splitlines()
        if (match := forbidden.search(line)) and (path.name, match[0]) not in allowed
    ]
    assert found == []


if __name__ == "__main__":
    main()
