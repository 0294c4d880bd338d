"""A server that is killed half-way through a submit or a cancel, and restarted: everything is finished or undone,
nothing done twice; what ran meanwhile never noticed.
"""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.polling import until
from support.server import WITHOUT_NANNY, Json, Server, count_submissions, has_ended, queue, reason_of, write_profiles

from testbed.slurm import SlurmTestbed

COMMAND = """#!/bin/sh
# The real command; a file may name a job, and when the server that submits it is killed.
read when what 2>/dev/null <{mode}
given="$(cat)"
case "$given $*" in
*${{what:-no such job}}*)
    rm {mode}
    [ "$when" = before ] || printf '%s\\n' "$given" | {real} "$@"
    kill -9 $PPID
    exit ;;
esac
printf '%s\\n' "$given" | {real} "$@"
"""

CLIENT = """
import sys, time
from pathlib import Path
from distributed import Client
from distributed.security import Security
address, ca, cert, key, out = sys.argv[1:]
client = Client(address, security=Security(
    tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True))
kept = client.submit(lambda: "kept")
done = 0
while kept.result() == "kept" and client.submit(lambda number: number + 1, done, pure=False).result() == done + 1:
    done += 1
    fresh = Path(f"{out}.fresh")
    fresh.write_text(str(done))
    fresh.replace(out)
    time.sleep(0.1)
"""


class Deaths:
    """A server whose commands of Slurm kill it at a chosen moment; they are the real ones otherwise."""

    def __init__(self, slurm: SlurmTestbed, shared: Path) -> None:
        folder = shared / "crash"
        self._bin = folder / "bin"
        self._bin.mkdir(parents=True)
        for name in ("sbatch", "scancel"):
            path = self._bin / name
            path.write_text(COMMAND.format(mode=self._bin / f"{name}.mode", real=shutil.which(name)))
            path.chmod(0o755)
        environment = {**slurm.environment, "PATH": f"{self._bin}:{os.environ['PATH']}"}
        self.server = Server(folder, folder / "home", write_profiles(shared, folder, **WITHOUT_NANNY), environment)
        self.server.options = ["--DaskHpc.poll_interval_factor=0.25"]

    @contextlib.contextmanager
    def at(self, command: str, when: str, what: str) -> Iterator[None]:
        """The server dies `before` or `after` the command that names `what`; then it is started again."""
        (self._bin / f"{command}.mode").write_text(f"{when} {what}\n")
        # Who asked for it may get no answer.
        with contextlib.suppress(OSError, http.client.HTTPException):
            yield
        self.server.wait()
        self.server.start()

    def named(self, name: str) -> Json:
        """The one cluster of that name."""
        [found] = [cluster for cluster in self.server.clusters() if cluster["name"] == name]
        return found


@pytest.fixture(scope="module")
def deaths(slurm: SlurmTestbed, shared: Path) -> Iterator[Deaths]:
    made = Deaths(slurm, shared)
    try:
        made.server.start()
        yield made
    finally:
        made.server.stop()


@pytest.fixture(scope="module")
def steady(deaths: Deaths) -> Json:
    """A cluster that runs through all of it."""
    id = deaths.server.launch(name="steady", workers={"jobs": 2})["id"]
    return deaths.server.until(id, lambda seen: seen["state"] == "running" and seen["workers"]["connected"] == 2)


class Kernel:
    """A process of its own that computes on a cluster without a pause."""

    def __init__(self, server: Server, cluster: Json, folder: Path) -> None:
        to = server.call("GET", f"clusters/{cluster['id']}/connection")
        self._out = folder / "done"
        words = [to[key] for key in ("address", "ca", "cert", "key")]
        self.process = subprocess.Popen([sys.executable, "-c", CLIENT, *words, str(self._out)])

    def computes(self) -> None:
        """Returns once it has computed something more."""
        before = self._done()
        until(lambda: self._done() != before or self.process.poll() is not None, "a result")
        assert self.process.poll() is None

    def _done(self) -> str:
        return self._out.read_text() if self._out.exists() else ""


@pytest.fixture(scope="module")
def kernel(deaths: Deaths, steady: Json, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kernel]:
    made = Kernel(deaths.server, steady, tmp_path_factory.mktemp("kernel"))
    made.computes()
    yield made
    made.process.kill()
    made.process.wait()


def test_what_was_half_submitted_is_finished_and_not_done_twice(
    deaths: Deaths, steady: Json, kernel: Kernel, slurm: SlurmTestbed
) -> None:
    server = deaths.server
    asked = count_submissions(slurm)
    broken = server.state / "clusters" / "ffffffffff"
    broken.mkdir(mode=0o700)
    (broken / "record.json").write_text('{"version": 1, "id": "ffff')
    with deaths.at("sbatch", "before", "dask-one.*.s"):
        server.launch(name="one")
    [notice] = server.call("GET", "clusters")["notices"]
    problem = notice["text"]
    assert "The record of the cluster ffffffffff cannot be used: it is damaged" in problem
    assert "end by themselves within 30 min" in problem
    shutil.rmtree(broken)
    with deaths.at("sbatch", "after", "dask-two.*.s"):
        server.launch(name="two")
    with deaths.at("sbatch", "before", "dask-three.*.w0"):
        server.launch(name="three")
    with deaths.at("sbatch", "after", "dask-four.*.w0"):
        server.launch(name="four")
    assert server.call("GET", "clusters")["notices"] == []
    ids = [deaths.named(name)["id"] for name in ("one", "two", "three", "four")]
    for id in ids:
        server.until(id, lambda seen: seen["workers"]["connected"] == 1)
        assert len(queue(slurm, id)) == 2
    assert count_submissions(slurm) == asked + 2 * len(ids)

    # What ran all the while is shown as before, and computes.
    after = server.until(steady["id"], lambda seen: seen["workers"]["connected"] == 2)
    same = ("id", "name", "state", "reason", "workers", "scheduler", "problems", "created", "dashboard", "request")
    assert {key: after[key] for key in same} == {key: steady[key] for key in same}
    assert len(server.call("GET", f"clusters/{steady['id']}/logs")["logs"]) == 3
    kernel.computes()


def test_what_was_half_cancelled_is_cancelled(
    deaths: Deaths, steady: Json, kernel: Kernel, slurm: SlurmTestbed
) -> None:
    server = deaths.server
    for name, when in (("before-cancel", "before"), ("after-cancel", "after")):
        id = server.launch(name=name)["id"]
        known = server.until(id, lambda seen: seen["workers"]["connected"] == 1)
        jobs = {job["id"].split("_")[0] for job in server.call("GET", f"clusters/{id}/jobs")["jobs"]}
        with deaths.at("scancel", when, known["scheduler"]["job"]):
            server.call("DELETE", f"clusters/{id}")
        closed = server.until(id, has_ended)
        assert (closed["state"], reason_of(closed)) == ("closed", "Stopped.")
        assert queue(slurm, id) == []
        until(lambda jobs=jobs: not any(slurm.processes(job) for job in jobs), "the end of its processes")
        assert not list((server.state / "clusters" / id).glob("*-key.pem"))
    kernel.computes()
    assert server.cluster(steady["id"])["state"] == "running"
