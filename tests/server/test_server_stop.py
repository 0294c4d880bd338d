"""A server that is asked to end, ends: with jobs in a long epilog, a file system that hangs, and much to do."""

from __future__ import annotations

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.polling import until
from support.server import Json, Server, reason_of, shown_by_slurm, write_profiles

from dask_hpc import DaskCluster
from testbed.slurm import SlurmTestbed, missing

BOUND = 20.0 + 5.0
"""Seconds: how long a server waits for its jobs, and for the rest of it."""
BUSY = 10.0
"""Seconds more, for a machine that does ten other things."""


class Farm:
    """A farm of its own whose epilog lasts as long as a file is there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.held = folder / "held"
        epilog = folder / "epilog"
        epilog.write_text(f"#!/bin/sh\nwhile [ -e {self.held} ]; do sleep 0.2; done\n")
        epilog.chmod(0o755)
        self.slurm = SlurmTestbed(config="faults", settings={"Epilog": str(epilog)})
        self._servers: list[Server] = []

    def server(self, name: str) -> Server:
        """One that is not started yet; its state stays when it is made again."""
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        server = Server(folder, folder / "home", write_profiles(self.folder, folder), self.slurm.environment)
        self._servers.append(server)
        return server

    def close(self) -> None:
        self.held.unlink(missing_ok=True)
        for server in self._servers:
            with contextlib.suppress(Exception):
                server.kill()
        self.slurm.down()


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Farm]:
    if reason := missing():
        pytest.skip(reason)
    made = Farm(tmp_path_factory.mktemp("farm"))
    try:
        made.slurm.up()
        yield made
    finally:
        made.close()


def running(server: Server, name: str, jobs: int = 2) -> Json:
    id = server.launch(name=name, workers={"jobs": jobs})["id"]
    return server.until(id, lambda seen: seen["state"] == "running")


def ended(server: Server) -> float:
    """Seconds that it takes to end."""
    began = time.monotonic()
    server.stop()
    return time.monotonic() - began


def words(farm: Farm, cluster: Json) -> set[str]:
    """States of its jobs as Slurm calls them."""
    return {word for _, word in shown_by_slurm(farm.slurm, cluster["id"])}


def test_a_normal_launch_writes_no_error_into_the_log(farm: Farm) -> None:
    server = farm.server("calm").start()
    id = server.launch(name="calm")["id"]
    asked = set()

    def seen(cluster: Json) -> bool:
        # As the magic and the panel ask, from the first moment on.
        asked.add(server.ask("GET", f"clusters/{id}/connection").status)
        server.ask("GET", "/" + cluster["dashboard"], login=False)
        return bool(cluster["state"] == "running")

    server.until(id, seen)
    assert asked == {503, 200}
    # Errors are logged as before.
    assert server.ask("POST", "clusters", {"profile": "nowhere"}).status == 400
    until(lambda: "400 POST" in server.log)
    log = server.log
    assert ended(server) < BOUND + BUSY
    assert not re.findall(r"^\[[EC] .*", log, re.MULTILINE)
    assert '"User-Agent"' not in log
    assert " 503 " not in log


def test_what_completes_holds_up_neither_a_server_nor_a_name(farm: Farm, monkeypatch: pytest.MonkeyPatch) -> None:
    server = farm.server("completes").start()
    farm.held.touch()
    try:
        first, other = running(server, "demo"), running(server, "other")
        server.call("DELETE", f"clusters/{first['id']}")
        # The name is free at once, and the one that runs is the one that is meant.
        second = running(server, "demo")
        assert server.cluster(first["id"])["state"] == "closing"
        until(lambda: words(farm, first) == {"COMPLETING"})
        assert [cluster["id"] for cluster in server.clusters() if cluster["name"] == "demo"] == [
            second["id"],
            first["id"],
        ]
        monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(server.credentials_file))
        with DaskCluster.from_name("demo", quiet=True) as found:
            assert found.id == second["id"]
        assert ended(server) < 15
        assert "Some jobs were still ending" not in server.log
        for cluster in (first, second, other):
            assert words(farm, cluster) == {"COMPLETING"}
    finally:
        farm.held.unlink()
    # The next server sees them to their end.
    server = farm.server("completes").start()
    for cluster in (first, second, other):
        server.until(cluster["id"], lambda seen: seen["state"] == "closed")
    assert ended(server) < BOUND + BUSY


@pytest.mark.parametrize("where", ["state", "log"])
def test_a_file_system_that_hangs_does_not_delay_the_servers_end(farm: Farm, where: str) -> None:
    server = farm.server(f"hangs-{where}").start()
    cluster = running(server, "demo")
    folder = server.state / "clusters" / cluster["id"]
    if where == "state":
        # To open a named pipe lasts until somebody writes to it, as a file of a dead file server.
        (folder / "scheduler.started").unlink()
        os.mkfifo(folder / "scheduler.started")
        server.until(cluster["id"], lambda seen: "has not answered for" in reason_of(seen))
    else:
        # A program of a user's environment from there does not answer either.
        programs = server.root / "environment" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").write_text("#!/bin/sh\nsleep 900\n")
        (programs / "python").chmod(0o755)
        body = {"profile": "cc-in2p3", "python_environment": str(programs.parent)}
        asking = threading.Thread(target=swallow, args=(server, body), daemon=True)
        asking.start()
        until(lambda: "sleep 900" in children(server))
    assert ended(server) < BOUND + BUSY
    until(lambda: not words(farm, cluster) - {"COMPLETING"})


def swallow(server: Server, body: Json) -> None:
    with contextlib.suppress(Exception):
        server.ask("POST", "clusters", body)


def children(server: Server) -> str:
    import psutil

    found = []
    for child in psutil.Process(server.pid).children(recursive=True):
        with contextlib.suppress(psutil.Error):
            found.append(" ".join(child.cmdline()))
    return "\n".join(found)


@pytest.mark.parametrize("turn", range(3))
def test_a_server_with_much_to_do_ends(farm: Farm, turn: int) -> None:
    """Launches, more and fewer workers, questions, and sixty jobs that complete."""
    server = farm.server(f"busy-{turn}").start()
    first, second = running(server, "a", jobs=3), server.launch(name="b", workers={"jobs": 60})
    stopped = threading.Event()

    def ask(*calls: tuple[str, str, Any]) -> None:
        while not stopped.is_set():
            for call in calls:
                with contextlib.suppress(Exception):
                    server.ask(*call)

    asking = [
        threading.Thread(target=ask, args=calls, daemon=True)
        for calls in [
            [("PATCH", f"clusters/{first['id']}", {"workers": {"count": jobs}}) for jobs in (1, 4, 2)],
            [("POST", f"clusters/{first['id']}/reset-idle", None), ("GET", "clusters", None)],
            [("POST", "clusters", {"profile": "cc-in2p3", "workers": {"jobs": 1, "memory": "1G"}})],
            [("GET", f"clusters/{second['id']}/{what}", None) for what in ("jobs", "logs", "problems")],
        ]
    ]
    farm.held.touch()
    try:
        for thread in asking:
            thread.start()
        until(lambda: len(server.clusters()) > 3)
        assert ended(server) < BOUND + BUSY
    finally:
        stopped.set()
        farm.held.unlink()
    assert "does not end" not in server.log
