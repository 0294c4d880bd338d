"""Records that somebody has meddled with: left alone with a sentence, or harmless; never a word on a command line."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from core.sample import BEGAN, STOPPED, record, snapshot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.store import RecordStore
from jupyterlab_dask_hpc.core.actions import CancelJobs
from jupyterlab_dask_hpc.core.cluster_status import ClusterStatus
from jupyterlab_dask_hpc.core.log_names import file_name
from jupyterlab_dask_hpc.core.observed import ObservedJobs, apply_snapshot
from jupyterlab_dask_hpc.core.reconcile import reconcile
from jupyterlab_dask_hpc.core.record import Record
from jupyterlab_dask_hpc.core.scheduler_status import SchedulerStatus
from jupyterlab_dask_hpc.core.stopping import stop
from jupyterlab_dask_hpc.core.view import cluster_view, jobs_view
from jupyterlab_dask_hpc.logs.reader import ClusterLogs, LogJob, list_logs

from .hostile import anything, text
from .meaning import harmless, logs, meaning, scripts, words_to_bash

GOOD = record(workers=3, largest=2)
GOOD = GOOD.model_copy(
    update={
        "submissions": tuple(
            submit.model_copy(update={"submitted_at": BEGAN, "id": str(4815161 + number)})
            for number, submit in enumerate(GOOD.submissions)
        )
    }
)
OTHER = "0123456789"
IDS = ["1; rm -rf /", "--all", "--me", "-u root", "1 2", "1,2", "1\n2", "1_2", "١", "$(id)", " 1", "1" * 81, "*"]


def places(value: Any) -> list[tuple[Any, ...]]:
    """The path of everything in a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path for key, item in inside for path in [(key,), *((key, *rest) for rest in places(item))]]


def changed(path: tuple[Any, ...], value: Any) -> bytes:
    """The good record, with something else at `path`."""
    body = json.loads(GOOD.model_dump_json())
    place = body
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    return json.dumps(body).encode()


def read(store: RecordStore, saved: bytes) -> tuple[Record | None, str]:
    """What the store makes of it, beside a good record that has to be read whatever it is."""
    store.write(Record.model_validate_json(GOOD.model_dump_json().replace(GOOD.id, OTHER)))
    store.write(GOOD)
    (store.folder(GOOD.id) / "record.json").write_bytes(saved)
    records, damaged = store.read_all(GOOD.owner)
    assert OTHER in {each.id for each in records}
    return next((each for each in records if each.id == GOOD.id), None), " ".join(str(each.why) for each in damaged)


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> RecordStore:
    return RecordStore(tmp_path_factory.mktemp("state"))


@pytest.mark.parametrize("id", IDS)
def test_a_job_id_is_digits_or_the_record_is_left_alone(store: RecordStore, id: str) -> None:
    found, problem = read(store, changed(("submissions", 1, "id"), id))
    assert found is None
    assert "submissions.1.id" in problem


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("submissions", 0, "name"), f"dask-demo.{OTHER}.s"),
        (("submissions", 0, "name"), "--all"),
        (("submissions", 0, "role"), "workers"),
        (("submissions", 1, "tasks"), 3000),
        (("submissions", 1, "first"), -1),
        (("submissions",), []),
        (("workspace",), "relative"),
        (("workspace",), "/a\nb"),
        (("request", "name"), "a b"),
        (("request", "python_environment"), "/a\n#SBATCH --wrap=x"),
        (("request", "python_environment"), "python; touch owned"),
        (("request", "workers", "memory"), -1),
        (("created",), 1e300),
        (("id",), "../../etc"),
        (("dashboard_key",), ""),
        (("version",), 999),
    ],
)
def test_what_no_server_has_written_is_left_alone(store: RecordStore, path: tuple[Any, ...], value: Any) -> None:
    assert read(store, changed(path, value))[0] is None


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999"])
def test_no_time_is_endless(store: RecordStore, number: str) -> None:
    saved = GOOD.model_dump_json().replace(f'"created":{BEGAN}', f'"created":{number}')
    assert number in saved
    assert read(store, saved.encode())[0] is None


@settings(max_examples=600, deadline=None, database=None, suppress_health_check=list(HealthCheck))
@given(
    path=st.sampled_from(places(json.loads(GOOD.model_dump_json()))),
    value=anything | text | st.sampled_from(IDS),
)
def test_no_record_changes_the_meaning_of_a_command_or_script(
    store: RecordStore, path: tuple[Any, ...], value: Any
) -> None:
    found, problem = read(store, changed(path, value))
    if found is None:
        # A record of another owner is no problem, only somebody else's.
        assert problem or path == ("owner",)
        return
    seen = apply_snapshot(ObservedJobs(), snapshot(10), found)
    for ending in (found, stop(found, STOPPED)):
        saved, actions = reconcile(ending, seen, SchedulerStatus(), BEGAN + 100)
        for action in actions:
            if isinstance(action, CancelJobs):
                assert all(re.fullmatch(r"[0-9][\w.\[\]-]*", job.submission, re.A) for job in action.jobs)
        known = ClusterStatus(saved, seen, Slurm())
        json.dumps([cluster_view(known, BEGAN + 100), jobs_view(known)], allow_nan=False)
    written = zip(scripts(found.request), scripts(harmless(found.request)), logs(found.request), strict=True)
    for script, plain, log in written:
        hostile, usual = meaning(script), meaning(plain)
        assert hostile.lines == usual.lines
        assert hostile.options == tuple(word.replace("NAME", found.request.name) for word in usual.options)
        shown, expected = words_to_bash([hostile.command, usual.command])
        assert shown[1:-2] == expected[1:-2]
        assert shown[-2] == log


@pytest.mark.parametrize("id", ["../../secret", "/etc/passwd", "..", "a\0b"])
def test_a_jobs_id_is_no_way_to_a_file(tmp_path: Path, id: str) -> None:
    (tmp_path / "secret.log").write_text("not for you")
    (tmp_path / "log").mkdir()
    own = ClusterLogs(tmp_path / "log", "demo", (LogJob(id, "worker", "ended", "n1", file_name("demo", "worker", id)),))
    assert list_logs(own) == []
