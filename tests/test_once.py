"""What test processes share is made once, also when several of them need it at the same time."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.once import once


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))


def test_of_several_callers_one_makes_it() -> None:
    made: list[Path] = []

    def make(folder: Path) -> None:
        made.append(folder)
        time.sleep(0.1)
        (folder / "content").write_text("whole")

    with ThreadPoolExecutor(4) as threads:
        found = set(threads.map(lambda _: once("thing", make), range(4)))
    assert [*found] == made
    assert (made[0] / "content").read_text() == "whole"


def test_what_was_left_by_a_failure_is_removed() -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise OSError("no space left on device")

    with pytest.raises(OSError, match="no space"):
        once("thing", fail)
    assert [path.name for path in once("thing", lambda folder: None).iterdir()] == ["complete"]
