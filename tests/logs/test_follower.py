"""Several logs are followed at once, each by its own offset; one too many is refused."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.logs.follower import MAX_FOLLOWED, FollowedLogs, Follower, LogKey, Piece
from jupyterlab_dask_hpc.logs.reader import ClusterLogs, LogJob

NUMBER = MAX_FOLLOWED + 1


@pytest.fixture
def logs(tmp_path: Path) -> ClusterLogs:
    jobs = tuple(
        LogJob(f"11_{index}", "worker", "running", "n1", f"demo.worker.11_{index}.log") for index in range(NUMBER)
    )
    logs = ClusterLogs(tmp_path, "demo", jobs)
    for file in logs.files():
        (tmp_path / file).write_text("old\n")
    return logs


class Tab:
    """What one browser tab receives."""

    def __init__(self, logs: ClusterLogs) -> None:
        self._logs = logs
        self.text: dict[str, str] = {}
        self.followed = FollowedLogs(self._receive)

    async def _receive(self, key: LogKey, news: Piece | ApiError) -> None:
        assert isinstance(news, Piece)
        self.text[key[1]] = self.text.get(key[1], "") + news.text

    def follow(self, file: str, offset: int = 4) -> None:
        self.followed.follow(("id", file), Follower(self._logs, file, offset))


async def _until(met: Callable[[], bool]) -> None:
    for _ in range(1500):
        if met():
            return
        await asyncio.sleep(0.02)
    raise AssertionError("it did not come in 30 s")


def _grow(logs: ClusterLogs, file: str, text: str) -> None:
    with (logs.folder / file).open("a") as opened:
        opened.write(text)


def test_each_of_several_logs_keeps_growing(logs: ClusterLogs) -> None:
    files = list(logs.files())[:MAX_FOLLOWED]
    assert MAX_FOLLOWED >= 8

    async def run() -> dict[str, str]:
        tab = Tab(logs)
        for file in files:
            tab.follow(file)
        for text in ("one\n", "two\n"):
            for file in files:
                _grow(logs, file, f"{file} {text}")
            await _until(lambda text=text: all(tab.text.get(file, "").endswith(text) for file in files))  # type: ignore[misc]
        tab.followed.close()
        return tab.text

    assert asyncio.run(run()) == {file: f"{file} one\n{file} two\n" for file in files}


def test_one_log_too_many_is_refused_until_another_is_closed(logs: ClusterLogs) -> None:
    *files, last = logs.files()

    async def run() -> str:
        tab = Tab(logs)
        for file in files:
            tab.follow(file)
        with pytest.raises(ApiError, match=f"at most {MAX_FOLLOWED} logs") as caught:
            tab.follow(last)
        assert (caught.value.status, caught.value.reason) == (409, "too-many")
        tab.followed.unfollow(("id", files[0]))
        tab.follow(last, 0)
        await _until(lambda: last in tab.text)
        tab.followed.close()
        return tab.text[last]

    assert asyncio.run(run()) == "old\n"


def test_a_log_that_is_followed_again_starts_at_the_new_offset(logs: ClusterLogs) -> None:
    file = next(iter(logs.files()))

    async def run() -> str:
        tab = Tab(logs)
        tab.follow(file, 0)
        await _until(lambda: tab.text.get(file) == "old\n")
        tab.follow(file, 2)
        await _until(lambda: tab.text[file] == "old\nd\n")
        _grow(logs, file, "new\n")
        await _until(lambda: tab.text[file].endswith("new\n"))
        await asyncio.sleep(1.2)  # two polls: whatever followed it before would send the same again
        tab.followed.close()
        return tab.text[file]

    assert asyncio.run(run()) == "old\nd\nnew\n"
