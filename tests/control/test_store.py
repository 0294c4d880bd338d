"""Records on disk: what earlier versions wrote is read; a damaged record is named and affects no other."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from core.sample import ID, record, renamed

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.jobs import JobRef, Outcome
from jupyterlab_dask_hpc.control import store as module
from jupyterlab_dask_hpc.control.cluster_folder import (
    read_address,
    read_ended,
    read_nodes,
    read_script_end,
    read_started,
    read_workers_end,
)
from jupyterlab_dask_hpc.control.scheduler_client import _report
from jupyterlab_dask_hpc.control.store import MAX_BYTES, RecordStore
from jupyterlab_dask_hpc.core.record import VERSION, Record
from jupyterlab_dask_hpc.core.scheduler_status import NodeStatus, ScriptEnd

RECORDED = Path(__file__).parents[1] / "recorded" / "clusters"
REFUSED = {"batch": "Slurm", "detail": "Job violates accounting/QOS policy"}
OWNER = "root:/home/ada"


@pytest.fixture
def store(tmp_path: Path) -> RecordStore:
    """With one good record, which has to stay readable whatever is beside it."""
    made = RecordStore(tmp_path / "state")
    made.write(renamed(record(), "0000000000"))
    return made


def only_the_good_one_is_read(store: RecordStore) -> str:
    """Why the other one is not."""
    records, damaged = store.read_all(OWNER)
    assert [known.id for known in records] == ["0000000000"]
    [other] = damaged
    assert other.folder.name == ID
    return str(other.why)


@pytest.mark.parametrize("version", sorted(path.name for path in RECORDED.glob("v*")))
def test_what_an_earlier_version_left_is_read(tmp_path: Path, version: str) -> None:
    store = RecordStore(tmp_path)
    folder = store.folder(ID)
    shutil.copytree(RECORDED / version, folder)
    folder.chmod(0o700)
    for path in folder.iterdir():
        path.chmod(0o600)
    [known], damaged = store.read_all("hub:ada/gpu")
    assert damaged == []
    assert (known.id, known.request.name, known.workspace, known.live) == (ID, "demo", "/home/ada", True)
    [workers] = known.worker_submissions
    assert (known.scheduler.id, workers.id, workers.tasks) == ("4815161", "4815162", 2)
    assert known.request.workers.memory == 3 * 2**30
    assert known.request.as_text()["scheduler"]["time"] == "08:00:00"
    ends = {ref: (job.native_state, job.outcome, job.exit_code) for ref, job in store.read_jobs(ID).jobs.items()}
    assert ends[JobRef("4815162", 0)] == ("COMPLETED", Outcome.COMPLETED, 0)
    assert ends[JobRef("4815162", 1)] == ("FAILED", Outcome.LAUNCH_FAILED, None)
    address = read_address(folder)
    assert address is not None
    assert address.control == "https://192.0.2.1:34568"
    assert read_started(folder) == "4815161"
    assert read_ended(folder).reason == "idle"
    assert read_ended(folder).seconds == (None if version < "v3" else 7200.4)
    assert known.scale_up_refused == (None if version < "v3" else Message("reason.workers-refused", **REFUSED))
    report = _report(json.loads((folder / "report.json").read_text()))
    assert (report.names, report.ends_idle) == ({"w4815162_0": 104857600}, 7188.0)
    # And what this version writes is what this version reads.
    store.write(known)
    assert store.read_all("hub:ada/gpu") == ([known], [])


def test_what_one_job_with_a_script_left_is_read(tmp_path: Path) -> None:
    store = RecordStore(tmp_path)
    folder = store.folder(ID)
    shutil.copytree(RECORDED / "one-job", folder)
    folder.chmod(0o700)
    [known], damaged = store.read_all("hub:ada/gpu")
    assert damaged == []
    assert known.submissions == (known.scheduler,) == tuple(known.worker_submissions)
    assert (known.scheduler.nodes, known.processes, known.fixed_workers) == (2, 4, 7)
    asked = known.request
    assert (asked.layout, asked.script, asked.workers.gpus, asked.workers.gpu_model) == (
        "one-job", "analysis/fit.py", 4, "a100"
    )  # fmt: skip
    assert read_nodes(folder) == {0: NodeStatus("n041"), 1: NodeStatus("n042", 137)}
    assert read_workers_end(folder) == 0
    assert read_script_end(folder) == ScriptEnd(
        3, None, "", 61.5, ("Traceback (most recent call last):", "SystemExit: 3")
    )


def changed(**changes: Any) -> bytes:
    return json.dumps({**record().model_dump(), **changes}).encode()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (record().model_dump_json().encode()[:200], "it is damaged"),
        (b"\xff\xfe\x00" * 50, "it is damaged"),
        (b"[" * 100_000, "it is damaged"),
        (b"[]", "it is damaged"),
        (b" " * (MAX_BYTES + 1), "it is far too large"),
        (changed(version=VERSION + 1, desired={"new": "shape"}), "a newer version of this extension wrote it"),
        (renamed(record(), "1111111111").model_dump_json().encode(), "it belongs to another folder"),
        (changed(submissions=[]), "submissions"),
        (changed(submissions=[{"role": "workers", "name": f"dask-x.{ID}.w0", "tasks": 10**12}]), "submissions.0.tasks"),
        (changed(state="dead"), "state"),
    ],
    ids=["empty", "cut", "binary", "deep", "list", "large", "newer", "moved", "no jobs", "many jobs", "odd state"],
)
def test_a_damaged_record_is_named_and_harms_no_other(store: RecordStore, content: bytes, why: str) -> None:
    store.write(record())
    (store.folder(ID) / "record.json").write_bytes(content)
    assert why in only_the_good_one_is_read(store)


def of_single_jobs(workers: int) -> Record:
    """A cluster on a batch system without arrays, with each field of its submissions as long as it may be."""
    known, id = record(workers, largest=0), "q" * 40 + ":" + "9" * 80
    longest = {"submitted_at": 1.8e9 + 0.123456, "id": id, "own_id": id, "attempts": 3, "finished": True}
    submissions = tuple(
        one.model_copy(
            update={
                **longest,
                "name": one.name.replace("demo", "n" * 40),
                "processes": 256,
                "released": (0,),
                "replaced": (0,),
            }
        )
        for one in known.submissions
    )
    return Record.model_validate(known.model_copy(update={"submissions": submissions}).model_dump())


def test_thousands_of_single_jobs_are_read_again(store: RecordStore) -> None:
    known = of_single_jobs(3000)
    store.write(known)
    records, damaged = store.read_all(OWNER)
    assert damaged == []
    assert known in records


def test_a_record_that_could_not_be_read_is_not_written(store: RecordStore) -> None:
    """The file of before stays, and the error is shown."""
    store.write(record())
    known = of_single_jobs(2)
    count = MAX_BYTES // len(known.model_dump_json()) * 3
    many = known.model_copy(update={"submissions": known.submissions * count})
    with pytest.raises(OSError, match="File too large"):
        store.write(many)
    assert record() in store.read_all(OWNER)[0]


def in_a_link(path: Path) -> None:
    shutil.move(path, path.with_name("elsewhere"))
    path.symlink_to("elsewhere")


def in_a_linked_folder(path: Path) -> None:
    away = path.parent.with_name("away")
    shutil.move(path.parent, away)
    path.parent.symlink_to(away)


def as_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def as_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize(
    ("happen", "why"),
    [
        (in_a_link, "symbolic link"),
        (in_a_linked_folder, ""),
        (as_a_folder, "it is no file"),
        (as_a_pipe, "it is no file"),
        (lambda path: path.chmod(0o620), "others may write it"),
        (lambda path: path.parent.chmod(0o777), "others may write into its folder"),
    ],
    ids=["link", "linked folder", "folder", "pipe", "writable", "writable folder"],
)
def test_a_record_that_is_not_the_users_own_file_is_not_read(
    store: RecordStore, happen: Callable[[Path], None], why: str
) -> None:
    store.write(record())
    happen(store.folder(ID) / "record.json")
    assert why in only_the_good_one_is_read(store)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file away")
def test_a_record_of_another_user_is_not_read(store: RecordStore) -> None:
    store.write(record())
    os.chown(store.folder(ID) / "record.json", 65534, 65534)
    assert only_the_good_one_is_read(store) == "it belongs to another user"


def test_a_folder_without_a_record_gives_no_notice(store: RecordStore) -> None:
    store.folder(ID).mkdir()
    records, damaged = store.read_all(OWNER)
    assert (len(records), damaged) == (1, [])


def test_keys_go_those_half_written_too(store: RecordStore) -> None:
    store.write(record())
    folder = store.folder(ID)
    for name in ("client-key.pem", "client.pem", ".server-key.pem.0a1b2c3d"):
        (folder / name).touch()
    store.drop_keys(ID)
    assert sorted(path.name for path in folder.iterdir()) == ["client.pem", "record.json"]


HOLD = """
import sys
from pathlib import Path
from jupyterlab_dask_hpc.batch.jobs import (JobRef, Outcome)
from jupyterlab_dask_hpc.control.store import MAX_BYTES, RecordStore
store = RecordStore(Path(sys.argv[1]))
print(store.claim("root:/home/ada")[0], flush=True)
sys.stdin.read()
"""


def test_a_claim_ends_with_its_process(tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as first:
        assert first.stdout is not None
        assert first.stdout.readline().strip() == OWNER
        assert RecordStore(tmp_path).claim(OWNER) == (f"{OWNER} (2)", None)
        first.kill()
        first.wait()
        assert RecordStore(tmp_path).claim(OWNER) == (OWNER, None)


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP, errno.EIO])
def test_without_locks_a_server_starts_with_a_notice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def unlockable(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    # As on NFS without a lock daemon, which this machine cannot mount.
    monkeypatch.setattr(module.fcntl, "lockf", unlockable)
    assert fcntl.lockf is unlockable
    owner, problem = RecordStore(tmp_path).claim(OWNER)
    assert owner == OWNER
    assert os.strerror(code) in str(problem)
    assert "one notebook server at a time" in str(problem)
