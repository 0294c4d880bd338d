"""What "Errors of all workers" shows: the same trouble once, with how often, where and when."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_dask_hpc.core.log_names import file_name
from jupyterlab_dask_hpc.logs import summary as log_summary
from jupyterlab_dask_hpc.logs.levels import level_of, message_of
from jupyterlab_dask_hpc.logs.reader import ClusterLogs, LogJob
from jupyterlab_dask_hpc.logs.summary import VARIES, mask, summarise

LINES = json.loads((Path(__file__).parent / "log_lines.json").read_text())


def write(tmp_path: Path, *texts: str) -> ClusterLogs:
    jobs = tuple(
        LogJob(f"11_{task}", "worker", "running", "n1", f"demo.worker.11_{task}.log") for task in range(len(texts))
    )
    for job, text in zip(jobs, texts, strict=True):
        (tmp_path / file_name("demo", "worker", job.id)).write_text(text)
    return ClusterLogs(tmp_path, "demo", jobs)


def kinds(logs: ClusterLogs, level: str = "error") -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = summarise(logs, level)["kinds"]  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(("line", "level"), LINES)
def test_level(line: str, level: str | None) -> None:
    assert level_of(line) == level


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("2026-11-21 14:32:52,421 - distributed.worker - WARNING - At 81%", "distributed.worker: At 81%"),
        ("2026-11-21 14:33:04,645 - tiles - ERROR - [w4815162_5 tile-69] row 3", "tiles: row 3"),
        ("14:33:04,645  ERROR    tile 69: row 3", "tile 69: row 3"),
        ("slurmstepd: error: Detected 1 oom_kill event", "slurmstepd: error: Detected 1 oom_kill event"),
    ],
)
def test_message(line: str, message: str) -> None:
    assert message_of(line) == message


@pytest.mark.parametrize(
    ("message", "varying"),
    [
        ("row 118,204: bad", ["118,204"]),
        ("to tls://10.4.1.3:41234 after 30 s", ["10.4.1.3", "41234", "30"]),
        ("at 0x7f12ab", ["0x7f12ab"]),
        ("No such file: '/scratch/ada/part-3.csv'", ["/scratch/ada/part-3.csv"]),
        ("key ('sum-0123456789abcdef0123456789abcdef', 4)", ["0123456789abcdef0123456789abcdef", "4"]),
        ("Scheduler-1b4e28ba-2fa1-11d2-883f-0016d3cca427", ["1b4e28ba-2fa1-11d2-883f-0016d3cca427"]),
        ("StepId=4815162.1332", ["4815162.1332"]),
    ],
)
def test_mask_and_put_together_again(message: str, varying: list[str]) -> None:
    parts, values = mask(message)
    assert values == varying
    assert "".join(a + b for a, b in zip(parts, [*values, ""], strict=True)) == message


class TestSummary:
    def test_lines_that_differ_in_figures_are_one_kind(self, tmp_path: Path) -> None:
        line = "2026-11-21 14:2{0}:00,000 - tiles - ERROR - row {0} of 94: could not convert 'n/a'\n"
        logs = write(tmp_path, line.format(1) + "fine\n" + line.format(5), line.format(3))
        (kind,) = kinds(logs)
        assert kind["count"] == 3
        assert kind["text"] == f"tiles: row {VARIES} of 94: could not convert 'n/a'"
        assert kind["jobs"] == ["11_0", "11_1"]
        assert kind["example"] == {"file": "demo.worker.11_0.log", "line": 1}
        local = datetime(2026, 11, 21, 14, 21).astimezone()
        assert datetime.fromisoformat(kind["first"].replace("Z", "+00:00")) == local

    def test_most_frequent_first(self, tmp_path: Path) -> None:
        found = kinds(write(tmp_path, "ERROR: rare\n" + "ERROR: often\n" * 3))
        assert [(kind["count"], kind["text"]) for kind in found] == [(3, "ERROR: often"), (1, "ERROR: rare")]

    def test_warnings_only_where_asked(self, tmp_path: Path) -> None:
        logs = write(tmp_path, "WARNING: a\nERROR: b\n")
        assert [kind["level"] for kind in kinds(logs)] == ["error"]
        assert sorted(kind["level"] for kind in kinds(logs, "warning")) == ["error", "warning"]

    def test_a_traceback_counts_once_by_its_exception(self, tmp_path: Path) -> None:
        trace = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\n    raise ERROR\n'
        (kind,) = kinds(write(tmp_path, "INFO start\n" + trace + "ValueError: n/a is no number\nINFO end\n"))
        assert (kind["text"], kind["example"]["line"]) == ("ValueError: n/a is no number", 5)

    def test_a_traceback_cut_off_at_the_end(self, tmp_path: Path) -> None:
        (kind,) = kinds(write(tmp_path, 'Traceback (most recent call last):\n  File "a.py", line 3, in f'))
        assert kind["level"] == "error"

    def test_a_line_without_a_time_has_that_of_the_line_before(self, tmp_path: Path) -> None:
        text = "2026-11-21 14:29:44,000 - a - INFO - b\nslurmstepd: error: Detected 1 oom_kill event\n"
        (kind,) = kinds(write(tmp_path, text))
        local = datetime(2026, 11, 21, 14, 29, 44).astimezone()
        assert datetime.fromisoformat(kind["first"].replace("Z", "+00:00")) == local

    def test_numbers_the_lines_of_a_file_of_which_only_the_end_is_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(log_summary, "TAIL_BYTES", 100)
        logs = write(tmp_path, "ERROR: early\n" + "INFO 123456789\n" * 30 + "ERROR: late\n")
        (kind,) = kinds(logs)
        assert (kind["text"], kind["example"]["line"]) == ("ERROR: late", 0)
        logs = write(tmp_path, "ERROR: early\n" + "INFO 123456789\n" * 8 + "ERROR: late\n")
        (kind,) = kinds(logs)
        assert (kind["text"], kind["example"]["line"]) == ("ERROR: late", 10)

    def test_failed_jobs_come_first_when_not_all_can_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        logs = write(tmp_path, "ERROR: a\n", "ERROR: b\n")
        jobs = (logs.jobs[0], logs.jobs[1]._replace(state="failed"))
        monkeypatch.setattr(log_summary, "MAX_TOTAL_BYTES", 9)
        found = summarise(ClusterLogs(tmp_path, "demo", jobs), "error")
        assert found["files"] == 1
        assert [kind["text"] for kind in found["kinds"]] == ["ERROR: b"]

    def test_missing_files_links_and_bytes_that_are_no_text(self, tmp_path: Path) -> None:
        logs = write(tmp_path, "", "", "")
        (tmp_path / "demo.worker.11_0.log").unlink()
        (tmp_path / "demo.worker.11_1.log").unlink()
        (tmp_path / "demo.worker.11_1.log").symlink_to("/etc/passwd")
        (tmp_path / "demo.worker.11_2.log").write_bytes(bytes(range(256)) + b"\nERROR: \xff\xfe\n" + b"\0" * 999)
        found = summarise(logs, "error")
        assert (found["files"], found["lines"]) == (1, 1)

    def test_what_the_batch_system_wrote_itself_counts_as_no_worker(self, tmp_path: Path) -> None:
        logs = write(tmp_path, "ERROR: a\n", "ERROR: a\n")
        outputs = tuple(
            LogJob(id, role, "running", "", f"demo.{role}.3f9c0a51d2.out", output=True)
            for id, role in (("workers", "worker"), ("11", "scheduler"))
        )
        (tmp_path / outputs[0].file).write_text("ERROR: a\nERROR: b c\n")
        (tmp_path / outputs[1].file).write_text("")
        found = summarise(ClusterLogs(tmp_path, "demo", (*logs.jobs, *outputs)), "error")
        # Empty ones are not listed either.
        assert (found["files"], found["lines"]) == (3, 4)
        assert [(kind["text"], kind["count"], kind["jobs"]) for kind in found["kinds"]] == [
            ("ERROR: a", 3, ["11_0", "11_1"]),
            ("ERROR: b c", 1, []),
        ]

    def test_one_endless_line(self, tmp_path: Path) -> None:
        (kind,) = kinds(write(tmp_path, "ERROR: " + "x1 " * 100_000))
        assert len(kind["text"]) <= log_summary.MAX_LINE_LENGTH
