"""What the log viewer relies on: only this cluster's own files, and every byte of them once."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.logs.follower import PIECE_BYTES, Follower, Piece
from jupyterlab_dask_hpc.logs.reader import ClusterLogs, LogJob, last_lines, list_logs, read

SCHEDULER = "demo.scheduler.10.log"
WORKER = "demo.worker.11_0.log"


@pytest.fixture
def logs(tmp_path: Path) -> ClusterLogs:
    folder = tmp_path / "log"
    folder.mkdir()
    (folder / SCHEDULER).write_bytes(b"first\nsecond\n")
    jobs = (
        LogJob("10", "scheduler", "running", "n1", "demo.scheduler.10.log"),
        LogJob("11_0", "worker", "failed", "n2", "demo.worker.11_0.log"),
        LogJob("11_1", "worker", "pending", "", "demo.worker.11_1.log"),
    )
    return ClusterLogs(folder, "demo", jobs)


def everything(follower: Follower) -> list[tuple[int, str, bool]]:
    found = []
    while piece := follower.poll():
        found.append((piece.offset, piece.text, piece.restarted))
    return found


class TestList:
    def test_lists_each_file_with_its_job(self, logs: ClusterLogs) -> None:
        (found,) = list_logs(logs)
        assert found.pop("modified").endswith("Z")
        assert found == {
            "file": SCHEDULER,
            "role": "scheduler",
            "job": "10",
            "size": 13,
            "state": "running",
            "node": "n1",
        }

    def test_leaves_out_an_earlier_cluster_of_the_same_name(self, logs: ClusterLogs) -> None:
        (logs.folder / "demo.worker.9_0.log").write_text("of yesterday\n")
        assert [entry["file"] for entry in list_logs(logs)] == [SCHEDULER]

    def test_leaves_out_links_and_folders(self, logs: ClusterLogs) -> None:
        (logs.folder / WORKER).symlink_to(logs.folder / SCHEDULER)
        (logs.folder / "demo.worker.11_1.log").mkdir()
        assert [entry["file"] for entry in list_logs(logs)] == [SCHEDULER]

    def test_is_empty_before_the_folder_exists(self, tmp_path: Path) -> None:
        assert (
            list_logs(
                ClusterLogs(tmp_path / "none", "demo", (LogJob("1", "worker", "running", "", "demo.worker.1.log"),))
            )
            == []
        )

    def test_reports_what_prevents_reading(self, tmp_path: Path) -> None:
        (tmp_path / "log").touch()
        with pytest.raises(ApiError, match="not a directory") as caught:
            list_logs(
                ClusterLogs(tmp_path / "log", "demo", (LogJob("1", "worker", "running", "", "demo.worker.1.log"),))
            )
        assert caught.value.status == 503


class TestRead:
    @pytest.mark.parametrize(
        ("offset", "length", "expected"),
        [(0, 5, b"first"), (6, 100, b"second\n"), (-7, 6, b"second"), (-100, 100, b"first\nsecond\n"), (99, 5, b"")],
    )
    def test_gives_bytes_and_size(self, logs: ClusterLogs, offset: int, length: int, expected: bytes) -> None:
        assert read(logs, SCHEDULER, offset, length) == (expected, 13)

    @pytest.mark.parametrize("file", ["../secret", "/etc/passwd", "..", "", "a\0b", "x/../" + SCHEDULER])
    def test_refuses_a_name_that_points_outside(self, logs: ClusterLogs, file: str) -> None:
        (logs.folder.parent / "secret").write_text("key")
        with pytest.raises(ApiError, match="outside") as caught:
            read(logs, file, 0, 100)
        assert (caught.value.status, caught.value.reason) == (403, "forbidden")

    def test_refuses_a_link(self, logs: ClusterLogs) -> None:
        (logs.folder.parent / "secret").write_text("key")
        (logs.folder / WORKER).symlink_to("../secret")
        with pytest.raises(ApiError, match="link") as caught:
            read(logs, WORKER, 0, 100)
        assert caught.value.status == 403

    def test_does_not_wait_for_the_writer_of_a_pipe(self, logs: ClusterLogs) -> None:
        os.mkfifo(logs.folder / WORKER)
        with pytest.raises(ApiError, match="is not a regular file"):
            read(logs, WORKER, 0, 100)

    @pytest.mark.parametrize("file", [WORKER, "demo.worker.9_0.log", "other.txt"])
    def test_reports_a_missing_file(self, logs: ClusterLogs, file: str) -> None:
        for stranger in ("demo.worker.9_0.log", "other.txt"):
            (logs.folder / stranger).write_text("not this cluster's")
        with pytest.raises(ApiError) as caught:
            read(logs, file, 0, 100)
        assert (caught.value.status, caught.value.reason) == (404, "unknown")


class TestFollower:
    def test_gives_new_text_once(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 6)
        assert everything(follower) == [(6, "second\n", False)]
        with (logs.folder / SCHEDULER).open("a") as file:
            file.write("third\n")
        assert everything(follower) == [(13, "third\n", False)]

    def test_waits_for_a_file_that_is_not_there_yet(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, WORKER, 0)
        assert follower.poll() is None
        (logs.folder / WORKER).write_text("hello\n")
        assert everything(follower) == [(0, "hello\n", False)]

    def test_starts_over_after_truncation(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 0)
        everything(follower)
        (logs.folder / SCHEDULER).write_text("anew\n")
        assert everything(follower) == [(0, "anew\n", True)]

    def test_starts_over_after_replacement_by_a_longer_file(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 0)
        everything(follower)
        fresh = logs.folder / "fresh"
        fresh.write_text("another, and longer than before\n")
        fresh.rename(logs.folder / SCHEDULER)
        assert everything(follower) == [(0, "another, and longer than before\n", True)]

    def test_starts_over_when_a_file_is_rewritten_in_place_and_longer(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 6)
        everything(follower)
        (logs.folder / SCHEDULER).write_text("another text, and longer than before\n")
        assert everything(follower) == [(0, "another text, and longer than before\n", True)]

    def test_starts_over_when_a_file_is_rewritten_in_place_at_the_same_length(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 0)
        everything(follower)
        (logs.folder / SCHEDULER).write_text("third\nfourth\n")
        assert everything(follower) == [(0, "third\nfourth\n", True)]

    def test_reports_a_removed_file_once_and_continues_when_it_is_back(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 0)
        everything(follower)
        for each in logs.folder.iterdir():
            each.unlink()
        logs.folder.rmdir()
        with pytest.raises(ApiError, match="was removed") as caught:
            follower.poll()
        assert caught.value.status == 404
        assert follower.poll() is None
        logs.folder.mkdir()
        (logs.folder / SCHEDULER).write_text("anew\n")
        assert everything(follower) == [(0, "anew\n", True)]

    def test_reports_the_end_of_an_error_without_new_text(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 0)
        everything(follower)
        aside = logs.folder.with_name("aside")
        logs.folder.rename(aside)
        logs.folder.touch()
        with pytest.raises(ApiError, match="not a directory") as caught:
            follower.poll()
        assert caught.value.status == 503
        logs.folder.unlink()
        aside.rename(logs.folder)
        piece = follower.poll()
        assert piece == Piece(13, 13, "", False)
        assert follower.poll() is None

    def test_reports_an_emptied_file(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, SCHEDULER, 0)
        everything(follower)
        (logs.folder / SCHEDULER).write_text("")
        assert everything(follower) == [(0, "", True)]

    def test_never_cuts_a_character(self, logs: ClusterLogs) -> None:
        text = "é" * PIECE_BYTES + "€🐝" * 9000
        (logs.folder / WORKER).write_bytes(text.encode())
        pieces = everything(Follower(logs, WORKER, 0))
        assert "".join(piece[1] for piece in pieces) == text
        assert all(len(piece[1].encode()) <= PIECE_BYTES for piece in pieces)

    def test_waits_for_the_rest_of_a_character(self, logs: ClusterLogs) -> None:
        follower = Follower(logs, WORKER, 0)
        (logs.folder / WORKER).write_bytes(b"a\xe2\x82")
        assert everything(follower) == [(0, "a", False)]
        with (logs.folder / WORKER).open("ab") as file:
            file.write(b"\xac!")
        assert everything(follower) == [(1, "€!", False)]

    def test_offsets_follow_from_the_text_of_any_bytes(self, logs: ClusterLogs) -> None:
        (logs.folder / WORKER).write_bytes(os.urandom(3 * PIECE_BYTES) + b"\n")
        offset = 0
        for start, text, _ in everything(Follower(logs, WORKER, 0)):
            assert start == offset
            offset += len(text.encode())
        assert offset == 3 * PIECE_BYTES + 1

    def test_refuses_what_read_refuses(self, logs: ClusterLogs) -> None:
        with pytest.raises(ApiError):
            Follower(logs, "../secret", 0)
        (logs.folder / WORKER).symlink_to(SCHEDULER)
        with pytest.raises(ApiError, match="link"):
            Follower(logs, WORKER, 0).poll()

    def test_streams_what_is_written_meanwhile(self, logs: ClusterLogs) -> None:
        async def follow() -> str:
            news = Follower(logs, SCHEDULER, -7).news()
            first = await anext(news)
            with (logs.folder / SCHEDULER).open("a") as file:
                file.write("third\n")
            second = await asyncio.wait_for(anext(news), 30)
            assert isinstance(first, Piece) and isinstance(second, Piece)
            return first.text + second.text

        assert asyncio.run(follow()) == "second\nthird\n"


class TestLastLine:
    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            (b"", ""),
            (b"a\nbash: line 3: /venv/bin/python: No such file or directory\n\n", None),
            (b"2026-11-21 12:00:00,000 - distributed.scheduler - ERROR - broken\n"
             b"2026-11-21 12:00:01,000 - distributed.scheduler - INFO - End scheduler\n", "ERROR - broken"),
            (b"2026-11-21 12:00:01,000 - distributed.scheduler - INFO - End scheduler\n", "End scheduler"),
            (b"x\x1b[31mred\x1b[0m\x00\n", "x[31mred[0m"),
            (b"x" * 100_000, "x" * 300),
        ],
    )  # fmt: skip
    def test_is_the_last_one_of_weight(self, logs: ClusterLogs, text: bytes, shown: str | None) -> None:
        (logs.folder / SCHEDULER).write_bytes(text)
        shown = "bash: line 3: /venv/bin/python: No such file or directory" if shown is None else shown
        found = (*last_lines(logs.folder, SCHEDULER, 1), "")[0]
        assert found.endswith(shown)
        assert len(found) <= 300

    def test_is_empty_where_there_is_none_to_read(self, logs: ClusterLogs) -> None:
        (logs.folder / WORKER).symlink_to("/etc/passwd")
        assert last_lines(logs.folder, WORKER, 3) == ()
        assert last_lines(logs.folder, "none.log", 3) == ()
