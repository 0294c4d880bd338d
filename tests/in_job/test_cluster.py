"""A scheduler and two workers, as their scripts start them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import ssl
import stat
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from support.polling import until

from jupyterlab_dask_hpc.control.cluster_folder import read_started
from jupyterlab_dask_hpc.control.scheduler_client import SchedulerClient, SchedulerSilent, tls_context
from jupyterlab_dask_hpc.core.scheduler_status import Report

from .running import Cluster, make


def context(folder: Path, role: str | None) -> ssl.SSLContext:
    made = ssl.create_default_context(cafile=str(folder / "ca.pem"))
    made.check_hostname = False
    if role:
        made.load_cert_chain(folder / f"{role}.pem", folder / f"{role}-key.pem")
    return made


def ask(url: str, tls: ssl.SSLContext, body: Any = None) -> int:
    data = None if body is None else json.dumps(body).encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(url, data=data), context=tls, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def report(folder: Path, **values: Any) -> Report:
    async def once() -> Report:
        channel = SchedulerClient()
        try:
            return await channel.send_heartbeat(
                folder, values.get("lease"), values.get("queued", 0), values.get("known", -1)
            )
        finally:
            channel.close()

    return asyncio.run(once())


def test_computes_with_the_clients_certificate(cluster: Cluster) -> None:
    with cluster.client() as client:
        assert client.submit(sum, range(10)).result(timeout=30) == 45
        assert client.scheduler.address.startswith("tls://")


def test_names_its_workers_after_their_jobs(cluster: Cluster) -> None:
    found = report(cluster.folder)
    assert found.workers == 2
    assert found.names is not None and set(found.names) == {"w71_0", "w71_1"}
    until(lambda: min((report(cluster.folder).names or {"": 0}).values()) > 10_000_000, "peaks of memory")


def test_a_requeued_worker_has_another_name(new_cluster: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    again = new_cluster()
    again.start("scheduler")
    again.start("worker", environment={}, setup=("export TEST_RESTART=2", 'name="$name-r$TEST_RESTART"'))
    until(lambda: again.address() and "w71_0-r2" in (report(again.folder).names or {}), again.logs)


@pytest.mark.parametrize("depth", [0, 100])
def test_a_worker_leaves_nothing_on_its_nodes_disk(new_cluster: Any, depth: int) -> None:
    """With a TMPDIR as short as usual, and with one that is too long for the path of a socket."""
    disk = Path(tempfile.mkdtemp(prefix="disk-"))
    place = disk / ("x" * depth)
    place.mkdir(exist_ok=True)
    brief = new_cluster()
    brief.start("scheduler")
    brief.start("worker", setup=(f"export TMPDIR={place}",))
    until(lambda: (report(brief.folder).names or {}) if brief.address() else None, "a worker")
    assert list(place.iterdir())
    os.kill(brief.processes["worker.0"].pid, signal.SIGTERM)
    brief.processes["worker.0"].wait(60)
    assert list(place.iterdir()) == []
    shutil.rmtree(disk)


def test_reports_names_only_when_they_changed(cluster: Cluster) -> None:
    first = report(cluster.folder)
    second = report(cluster.folder, known=first.version)
    assert second.names is None or second.version > first.version


def test_writes_the_id_of_the_schedulers_job(cluster: Cluster) -> None:
    assert read_started(cluster.folder) == "71"


def test_its_files_are_readable_by_the_user_alone(cluster: Cluster) -> None:
    for path in cluster.folder.iterdir():
        if path.is_file():
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
    assert stat.S_IMODE(cluster.folder.stat().st_mode) == 0o700


def test_stores_no_key_that_could_sign_certificates(cluster: Cluster) -> None:
    authority = x509.load_pem_x509_certificate((cluster.folder / "ca.pem").read_bytes()).public_key()
    keys = [
        path.read_bytes()
        for path in cluster.folder.rglob("*")
        if path.is_file() and b"PRIVATE KEY" in path.read_bytes()
    ]
    assert len(keys) == 4
    assert all(serialization.load_pem_private_key(key, None).public_key() != authority for key in keys)


@pytest.mark.parametrize(
    "path", ["/status", "/health", "/dask-hpc/report", "/metrics", "/nowhere", "/statics/css/base.css"]
)
@pytest.mark.parametrize("role", ["client", "worker"])
def test_opens_no_route_to_other_certificates(cluster: Cluster, role: str, path: str) -> None:
    url = cluster.address().control + path
    assert ask(url, context(cluster.folder, role)) == 403


def test_opens_no_route_without_a_certificate(cluster: Cluster) -> None:
    with pytest.raises((ssl.SSLError, urllib.error.URLError, OSError)):
        assert ask(cluster.address().control + "/health", context(cluster.folder, None))


def test_opens_no_route_to_another_clusters_server(cluster: Cluster, tmp_path: Path) -> None:
    other = make(tmp_path / "other")
    foreign = tls_context(other.folder)
    foreign.load_verify_locations(cluster.folder / "ca.pem")
    with pytest.raises((ssl.SSLError, urllib.error.URLError, OSError)):
        ask(cluster.address().control + "/health", foreign)


def test_opens_its_dashboard_to_the_server(cluster: Cluster) -> None:
    answers = [ask(cluster.address().control + "/status", tls_context(cluster.folder))]
    for _ in range(600):
        if answers[-1] != 503:  # it is loaded by being asked for
            break
        time.sleep(0.1)
        answers.append(ask(cluster.address().control + "/status", tls_context(cluster.folder)))
    assert answers[-1] == 200


def test_gives_no_dask_connection_to_another_clusters_client(cluster: Cluster, tmp_path: Path) -> None:
    other = make(tmp_path / "other")
    (other.folder / "scheduler.json").write_bytes((cluster.folder / "scheduler.json").read_bytes())
    with pytest.raises((OSError, asyncio.TimeoutError)):
        other.client()


@pytest.mark.parametrize(
    "body", [{}, [], {"lease": "x", "queued": 0, "known": 0}, {"lease": None, "queued": "x", "known": 0}]
)
def test_refuses_a_malformed_heartbeat(cluster: Cluster, body: Any) -> None:
    assert ask(cluster.address().control + "/dask-hpc/report", tls_context(cluster.folder), body) == 400


def test_is_silent_before_it_has_an_address(tmp_path: Path) -> None:
    with pytest.raises(SchedulerSilent, match="address"):
        report(make(tmp_path / "cluster").folder)


def test_workers_serve_no_http(cluster: Cluster) -> None:
    with cluster.client() as client:
        ports = client.run_on_scheduler(
            lambda dask_scheduler: [worker.services.get("dashboard") for worker in dask_scheduler.workers.values()]
        )
    assert len(ports) == 2
    assert all(port is None or _refuses(port) for port in ports)


def _refuses(port: int) -> bool:
    try:
        urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=10)
    except urllib.error.HTTPError as error:
        return error.code == 404
    except OSError:
        return True
    return False


def test_a_tasks_log_lines_are_in_the_jobs_log(cluster: Cluster) -> None:
    def log(text: str) -> int:
        import logging

        logging.getLogger("anything").info("logged %s", text)
        return os.getpid()

    with cluster.client() as client:
        client.submit(log, "hello from a task", key="log-1", pure=False).result(timeout=30)

    def line() -> str:
        text = cluster.log("worker", 0).read_text() + cluster.log("worker", 1).read_text()
        return next((line for line in text.splitlines() if "hello from a task" in line), "")

    found = until(line, "the line in a log")
    for part in ("INFO", "anything", "log-1", "w71_"):
        assert part in found


def test_a_task_imports_modules_of_the_workspace(cluster: Cluster) -> None:
    (cluster.workspace / "analysis_of_mine.py").write_text("answer = 42\n")

    def use() -> int:
        import analysis_of_mine

        return int(analysis_of_mine.answer)

    with cluster.client() as client:
        assert client.submit(use, pure=False).result(timeout=30) == 42


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"target": 9, "prefer": ["w71_0"], "only_preferred": True}, 200),
        ({"stay": 9, "first": ["w71_0"], "only": True}, 200),
        ({"prefer": []}, 400),
    ],
    ids=["this version's names", "an earlier version's", "none"],
)
def test_retires_by_the_names_of_this_version_and_of_an_earlier_one(cluster: Cluster, body: Any, status: int) -> None:
    assert ask(cluster.address().control + "/dask-hpc/retire", tls_context(cluster.folder), body) == status
