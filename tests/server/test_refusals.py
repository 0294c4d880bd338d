"""Bad input: a clear answer at the place where it was caused, nothing left behind."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from support.server import Answer, Json, Server, count_submissions, has_ended, queue, reason_of

from testbed.slurm import SlurmTestbed


def post(server: Server, **request: Any) -> Answer:
    return server.ask("POST", "clusters", {"profile": "cc-in2p3", **request})


def refused(server: Server, status: int, field: str | None, **request: Any) -> Json:
    """Ask, be refused, and see that nothing is kept."""
    saved = server.cluster_folders()
    answer = post(server, **request)
    assert answer.status == status, answer.body
    error: Json = answer.json
    assert error.get("field") == field
    assert error["message"].endswith(".") or error["message"].endswith('"')
    assert server.cluster_folders() == saved
    return error


@pytest.mark.parametrize(
    ("field", "request_"),
    [
        ("workers.jobs", {"workers": {"jobs": 3001}}),
        ("workers.jobs", {"workers": {"jobs": False}}),
        ("workers.jobs", {"workers": {"jobs": -1}}),
        ("workers.jobs", {"workers": {"jobs": 1.5}}),
        ("workers.jobs", {"workers": {"jobs": "4"}}),
        ("workers.jobs", {"workers": {"jobs": True}}),
        ("workers.cpus", {"workers": {"cpus": 33}}),
        ("workers.memory", {"workers": {"memory": "33G"}}),
        ("workers.memory", {"workers": {"memory": "3 parsecs"}}),
        ("workers.memory", {"workers": {"memory": "3"}}),
        ("workers.memory", {"workers": {"memory": -1}}),
        ("workers.memory", {"workers": {"memory": None}}),
        ("workers.time", {"workers": {"time": "08:00:01"}}),
        ("workers.time", {"workers": {"time": "soon"}}),
        ("workers.time", {"workers": {"time": 0}}),
        ("workers.colour", {"workers": {"colour": 1}}),
        ("workers", {"workers": 4}),
        ("scheduler.memory", {"scheduler": {"memory": "1P"}}),
        ("scheduler.time", {"scheduler": {"time": "1-00:00:00"}}),
        ("idle_timeout", {"idle_timeout": "02:00:00", "scheduler": {"time": "01:00:00"}}),
        ("wait_for_running_percent", {"wait_for_running_percent": 101}),
        ("profile", {"profile": "cc-lyon"}),
        ("profile", {"profile": ["cc-in2p3"]}),
        ("account", {"account": "somebody-else"}),
        ("name", {"name": "two\nlines"}),
        ("name", {"name": "trailing\n"}),
        ("name", {"name": "it's"}),
        ("name", {"name": '"'}),
        ("name", {"name": "$(touch /tmp/owned)"}),
        ("name", {"name": "../up"}),
        ("name", {"name": "x" * 300}),
        ("name", {"name": 7}),
        ("workspace", {"workspace": "../.."}),
        ("workspace", {"workspace": "nowhere"}),
        ("workspace", {"workspace": "x" * 300}),
        ("workspace", {"workspace": "a\0b"}),
        ("workspace", {"workspace": "\ud800"}),
        ("python_environment", {"python_environment": "relative/venv"}),
        ("python_environment", {"python_environment": "/" + "x" * 300}),
        ("python_environment", {"python_environment": "/venv\n#SBATCH --account=other"}),
        ("python_environment", {"python_environment": "/\ud800"}),
    ],
)
def test_a_wrong_value_is_reported_with_its_field(
    server: Server, slurm: SlurmTestbed, field: str, request_: Json
) -> None:
    before = count_submissions(slurm)
    assert refused(server, 400, field, **request_)["reason"] == "invalid"
    assert count_submissions(slurm) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'"x"', b"\xff", b"[" * 60_000])
def test_a_body_that_is_no_request_is_refused(server: Server, body: bytes) -> None:
    answer = server.ask("POST", "clusters", body)
    assert (answer.status, answer.json["reason"]) == (400, "invalid")


def test_without_a_profile_the_first_offered_is_taken(server: Server, folder: Path) -> None:
    body = {"workspace": folder.name, "workers": {"jobs": 1, "memory": "1G"}}
    for call in ("preview", "estimate", "free"):
        assert server.ask("POST", f"clusters/{call}", body).status == 200
    launched = server.call("POST", "clusters", body)
    assert launched["profile"] == launched["request"]["profile"] == server.call("GET", "profiles")["default"]
    error = refused(server, 400, "profile", profile=None)
    assert "There is no such profile. This site offers: cc-in2p3, " in error["message"]


def test_calls_that_submit_nothing_refuse_the_same(server: Server) -> None:
    for call in ("preview", "estimate", "free"):
        answer = server.ask("POST", f"clusters/{call}", {"profile": "cc-in2p3", "workers": {"jobs": 3001}})
        assert (answer.status, answer.json["field"]) == (400, "workers.jobs")


def test_an_environment_without_distributed_is_found_before_submitting(
    server: Server, folder: Path, slurm: SlurmTestbed
) -> None:
    bare = folder / "bare venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", bare], check=True)
    before = count_submissions(slurm)
    error = refused(server, 400, "python_environment", workspace=folder.name, python_environment=str(bare))
    assert "No distributed in" in error["message"]
    error = refused(server, 400, "python_environment", workspace=folder.name, python_environment=str(folder))
    assert "No Python in" in error["message"]
    assert count_submissions(slurm) == before


def test_an_environment_that_this_server_cannot_see_is_unknown_not_wrong(server: Server, folder: Path) -> None:
    cluster = server.launch(workspace=folder.name, python_environment="/only/on/nodes")
    # These nodes are this machine, so its job fails, and the log has the farm's own words.
    failed = server.until(cluster["id"], has_ended)
    assert failed["state"] == "failed"
    assert "/only/on/nodes/bin/python" in reason_of(failed)


@pytest.mark.parametrize(("profile", "words"), [("nowhere", "partition"), ("unlicensed", "license")])
def test_a_refusal_is_shown_with_slurms_text(
    server: Server, folder: Path, slurm: SlurmTestbed, profile: str, words: str
) -> None:
    shown = server.clusters()
    error = refused(server, 502, None, profile=profile, workspace=folder.name, name="refused")
    assert error["reason"] == "refused"
    assert words in error["detail"]
    assert error["detail"] in error["message"]
    assert server.clusters() == shown
    assert "dask-refused" not in slurm.run("squeue", "-h", "-t", "all", "-o", "%j")


@pytest.mark.parametrize(
    ("profile", "words"), [("unlicensed-workers", "license"), ("giant-workers", "node configuration")]
)
def test_a_refusal_of_the_workers_ends_the_cluster(
    server: Server, folder: Path, slurm: SlurmTestbed, profile: str, words: str
) -> None:
    launched = server.call("POST", "clusters", {"profile": profile, "workspace": folder.name})
    failed = server.until(launched["id"], has_ended)
    assert failed["state"] == "failed"
    assert "Slurm refused the workers" in reason_of(failed)
    assert words in reason_of(failed)
    assert failed["workers"]["failed"] == 0
    assert failed["problems"] == []
    assert queue(slurm, launched["id"]) == []
    assert len(server.call("GET", f"clusters/{launched['id']}/jobs")["jobs"]) == 1


@contextmanager
def mounted(path: Path, *options: str) -> Iterator[None]:
    path.mkdir(exist_ok=True)
    done = subprocess.run(["mount", *options, str(path)], check=False, capture_output=True, text=True)
    if done.returncode:
        pytest.skip(f"nothing can be mounted here: {done.stderr}")
    try:
        yield
    finally:
        subprocess.run(["umount", str(path)], check=True)


def test_a_workspace_that_the_nodes_do_not_see_is_refused(server: Server, folder: Path) -> None:
    error = refused(server, 400, "workspace", profile="elsewhere", workspace=folder.name)
    assert "Open a folder below /pbs/home" in error["message"]
    error = refused(server, 400, "workspace", profile="anywhere", workspace=folder.name)
    assert "on this machine alone" in error["message"]
    with mounted(folder / "memory", "-t", "tmpfs", "tmpfs"):
        error = refused(server, 400, "workspace", profile="anywhere", workspace=f"{folder.name}/memory")
        assert "(tmpfs)" in error["message"]


def test_a_link_does_not_lead_to_what_the_nodes_do_not_see(server: Server, folder: Path) -> None:
    (folder / "link").symlink_to("/")
    assert "(it leads to /)" in refused(server, 400, "workspace", workspace=f"{folder.name}/link")["message"]
    assert "below" in refused(server, 400, "workspace", workspace=f"{folder.name}/link/../../..")["message"]


def test_a_log_folder_that_cannot_be_written_is_shown(server: Server, folder: Path) -> None:
    (folder / "log").touch()
    assert "log/" in refused(server, 400, "workspace", workspace=folder.name)["message"]
    sealed = folder / "sealed"
    with mounted(sealed, "-t", "tmpfs", "-o", "ro", "tmpfs"):
        error = refused(server, 400, "workspace", workspace=f"{folder.name}/sealed")
        assert error["message"].startswith(f"Cannot write to {folder.name}/sealed/log/: read-only file system. ")


def test_a_name_that_is_taken(server: Server, folder: Path) -> None:
    first = server.launch(workspace=folder.name, name="taken")
    error = refused(server, 409, "name", workspace=folder.name, name="taken")
    assert (error["reason"], error["message"]) == ("exists", "taken exists already.")
    server.end(first["id"])
    assert server.launch(workspace=folder.name, name="taken")["id"] != first["id"]


def test_unknown_clusters_and_logs(server: Server, folder: Path) -> None:
    for call in ("", "/jobs", "/scripts", "/connection", "/logs", "/logs/x.log", "/problems"):
        answer = server.ask("GET", f"clusters/0123456789{call}")
        assert (answer.status, answer.json["reason"]) == (404, "unknown"), call
    assert server.ask("DELETE", "clusters/0123456789").status == 404
    assert server.ask("GET", "clusters/no-such-thing").status == 404


def test_a_log_is_one_of_the_clusters_own_and_no_link(server: Server, folder: Path) -> None:
    (folder / "secret").write_text("not for you")
    id = server.launch(workspace=folder.name, name="logs")["id"]
    server.until(id, lambda seen: bool(server.call("GET", f"clusters/{id}/logs")["logs"]))
    [log] = [log for log in server.call("GET", f"clusters/{id}/logs")["logs"] if log["role"] == "scheduler"]
    for name in ("../secret", "..%2fsecret", "%2e%2e%2fsecret", "..%5csecret", "%00", "..", ".", "secret", "x.log"):
        answer = server.ask("GET", f"clusters/{id}/logs/{name}")
        assert answer.status in (403, 404), (name, answer.body)
        assert b"not for you" not in answer.body
    server.end(id)
    file = folder / "log" / log["file"]
    file.unlink()
    file.symlink_to(folder / "secret")
    answer = server.ask("GET", f"clusters/{id}/logs/{log['file']}")
    assert (answer.status, answer.json["reason"]) == (403, "forbidden")
    assert log["file"] not in {log["file"] for log in server.call("GET", f"clusters/{id}/logs")["logs"]}
    for query in ("offset=x", "length=-1", "length=99999999999"):
        assert server.ask("GET", f"clusters/{id}/logs/{log['file']}?{query}").status == 400
