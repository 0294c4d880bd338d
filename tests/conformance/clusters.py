"""The clusters that are compared, and how the suite plays on them."""

from __future__ import annotations

import contextlib
import json
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import psutil
from support.polling import until
from support.server import Json, Server, write_profiles

from testbed.processes import end
from testbed.slurm import SlurmTestbed

HERE = Path(__file__).parent
WORKERS = 2
MEMORY = 2**30  # bytes that each worker's job asks for
PLAY_TIMEOUT_S = 2400  # seconds that the play of one state may take
YAML = """
distributed:
  admin:
    tick:
      interval: 500ms
  worker:
    daemon: false
    profile:
      interval: 500ms
    resources:
      apples: 2
  nanny:
    pre-spawn-environ:
      MINE_BEFORE: "1"
    environ:
      MINE_AFTER: "1"
mine:
  answer: 42
"""
"""What the user has in ~/.config/dask: the same for all clusters."""
BESIDE = "ANSWER = 42\n"
"""A module in the folder in which the workers run."""
USERS = {"TZ": "Europe/Paris", "LANG": "C.UTF-8", "SHELL": "/bin/sh", "USER": "root", "LOGNAME": "root"}
"""Variables of the user's."""


_playing: set[subprocess.Popen[bytes]] = set()
_interrupted = threading.Event()


class Cluster(Protocol):
    """One cluster under comparison."""

    python: Path
    folder: Path

    def start(self) -> None:
        """Return once `WORKERS` workers are connected."""

    def scale(self) -> str:
        """One worker more; its name."""

    def connection(self) -> tuple[str, dict[str, str]]:
        """Its address, and the paths of the keys for it."""

    def logs(self) -> tuple[Path, str]:
        """Of its workers: their folder, and the pattern of their names."""

    def stop(self) -> None:
        """Nothing of it is left."""


@contextlib.contextmanager
def user() -> Iterator[Path]:
    """A home with the user's YAML, and a folder for temporary files, in a folder that all nodes share."""
    shared = Path(tempfile.mkdtemp(prefix="conformance-"))
    (shared / "home" / ".config" / "dask").mkdir(parents=True)
    (shared / "home" / ".config" / "dask" / "mine.yaml").write_text(YAML)
    (shared / "tmp").mkdir()
    try:
        yield shared
    finally:
        shutil.rmtree(shared, ignore_errors=True)


def variables(shared: Path) -> dict[str, str]:
    """What a program of that user's sees."""
    path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    return {**USERS, "PATH": path, "HOME": str(shared / "home"), "TMPDIR": str(shared / "tmp")}


class Own:
    """distributed's own: `dask scheduler` and `dask worker`, started by hand in one folder."""

    def __init__(self, environment: Path, shared: Path, name: str) -> None:
        self.python = environment / "bin" / "python"
        self.folder = shared / name
        self._environment = variables(shared)
        self._processes: list[psutil.Process] = []

    def start(self) -> None:
        """See `Cluster`."""
        self.folder.mkdir()
        (self.folder / "beside.py").write_text(BESIDE)
        host = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0")
        self._run("dask_scheduler", "scheduler", *host, "--port", "0", "--scheduler-file", "scheduler.json")
        for number in range(WORKERS):
            self._worker(f"w{number}_0")

    def _run(self, module: str, name: str, *words: str) -> None:
        with (self.folder / f"{name}.log").open("ab") as log:
            started = subprocess.Popen(
                ["/bin/bash", "-c", 'exec "$@"', "bash", str(self.python), "-m", f"distributed.cli.{module}", *words],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self._processes.append(psutil.Process(started.pid))

    def _worker(self, name: str) -> None:
        words = ("--host", "127.0.0.1", "--no-dashboard", "--dashboard-address", "127.0.0.1:0", "--name", name)
        more = ("--nworkers", "1", "--nthreads", "1", "--memory-limit", str(MEMORY), "--nanny")
        # UploadDirectory fails now and then where nannies share it.
        more += ("--local-directory", f"{self._environment['TMPDIR']}/{name}")
        self._run("dask_worker", name, "--scheduler-file", "scheduler.json", *words, *more)

    def scale(self) -> str:
        """See `Cluster`."""
        self._worker("w9_0")
        return "w9_0"

    def connection(self) -> tuple[str, dict[str, str]]:
        """See `Cluster`."""

        def address() -> str:
            with contextlib.suppress(OSError, ValueError):
                return str(json.loads((self.folder / "scheduler.json").read_text())["address"])
            return ""

        return until(address, "the scheduler's address"), {}

    def logs(self) -> tuple[Path, str]:
        """See `Cluster`."""
        return self.folder, "w*.log"

    def stop(self) -> None:
        """See `Cluster`."""
        # A daemon's workers first: what a killed nanny leaves would not be found any more.
        below = [process for one in self._processes if one.is_running() for process in one.children(recursive=True)]
        end([*self._processes, *below])


class Ours:
    """One of ours, launched through a notebook server as a browser does it."""

    def __init__(self, environment: Path, shared: Path, name: str, slurm: SlurmTestbed | None) -> None:
        self.python = environment / "bin" / "python"
        self._environment = environment
        self.folder = shared / name / "root" / "work"
        home = shared / name
        home.mkdir()
        self._profile = "cc-in2p3" if slurm else "local"
        profiles = write_profiles(shared, home) if slurm else []
        self.server = Server(
            home, home / "root", profiles, {**variables(shared), **(slurm.environment if slurm else {})}
        )
        # The user's own settings say this already, as for the other clusters.
        self.server.dask = {}
        if not slurm:
            self.server.options = ["--DaskHpc.profiles=local"]
        self._id = ""

    def start(self) -> None:
        """See `Cluster`."""
        self.folder.mkdir(parents=True)
        (self.folder / "beside.py").write_text(BESIDE)
        self.server.start()
        asked = {"jobs": WORKERS, "memory": str(MEMORY // 2**20) + "M", "cpus": 1}
        launched = self.server.launch(
            profile=self._profile, workspace=self.folder.name, workers=asked, python_environment=str(self._environment)
        )
        self._id = launched["id"]
        self._until(WORKERS)

    def _until(self, workers: int) -> None:
        def met(cluster: Json) -> bool:
            return bool(cluster["workers"]["connected"] == workers)

        self.server.until(self._id, met)

    def _names(self) -> set[str]:
        return {f"w{job['id']}" for job in self.server.call("GET", f"clusters/{self._id}/jobs")["jobs"]
                if job["role"] == "worker"}  # fmt: skip

    def scale(self) -> str:
        """See `Cluster`."""
        before = self._names()
        self.server.call("PATCH", f"clusters/{self._id}", {"workers": {"count": WORKERS + 1}})
        self.server.until(self._id, lambda _: len(self._names()) > len(before))
        [new] = self._names() - before
        return new

    def connection(self) -> tuple[str, dict[str, str]]:
        """See `Cluster`."""
        found = self.server.call("GET", f"clusters/{self._id}/connection")
        keys = {"tls_ca_file": found["ca"], "tls_client_cert": found["cert"], "tls_client_key": found["key"]}
        return found["address"], keys

    def logs(self) -> tuple[Path, str]:
        """See `Cluster`."""
        return self.folder / "log", "*worker*"

    def stop(self) -> None:
        """See `Cluster`."""
        self.server.stop()


def play(cluster: Cluster, chosen: Mapping[str, Sequence[str]], shared: Path) -> dict[str, Any]:
    """Start it, bring it through the states in turn, play the chosen behaviours in each, and stop it.

    Answers by state and behaviour.
    """
    answers: dict[str, Any] = {}
    play_folder = Path(tempfile.mkdtemp(prefix="play-", dir=shared))
    play_folder.chmod(0o777)
    workers, tested = WORKERS, ""
    try:
        cluster.start()
        for state, names in chosen.items():
            if _interrupted.is_set():
                raise InterruptedError("the tests were interrupted")
            if state == "scaled":
                workers, tested = WORKERS + 1, cluster.scale()
            answers[state] = _play(cluster, state, names, play_folder, workers, tested, shared)
    except Exception as error:
        for state, names in chosen.items():
            answers.setdefault(
                state, {name: {"error": f"the cluster did not come this far: {error}"} for name in names}
            )
    finally:
        cluster.stop()
    return answers


def give_up() -> None:
    """End all plays, as soon as may be; their clusters are stopped."""
    _interrupted.set()
    for process in list(_playing):
        process.kill()


def _play(
    cluster: Cluster, state: str, names: Sequence[str], play_folder: Path, workers: int, tested: str, shared: Path
) -> dict[str, Any]:
    address, security = cluster.connection()
    order = {
        "address": address,
        "security": security,
        "folder": str(play_folder),
        "logs": [str(part) for part in cluster.logs()],
        "state": state,
        "workers": workers,
        "tested": tested,
        "names": names,
    }
    given, answers_file = play_folder / f"{state}.order", play_folder / f"{state}.answers"
    given.write_text(json.dumps(order))
    with (play_folder / f"{state}.log").open("wb") as log:
        process = subprocess.Popen(
            [cluster.python, HERE / "play.py", given, answers_file],
            cwd=play_folder,
            env=variables(shared),
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        _playing.add(process)
        try:
            process.wait(PLAY_TIMEOUT_S)
        finally:
            process.kill()
            process.wait()
            _playing.discard(process)
    if not answers_file.exists():
        output = (play_folder / f"{state}.log").read_text(errors="replace")[-2000:]
        return {name: {"error": f"the play ended without answers: {output}"} for name in names}
    answers: dict[str, Any] = json.loads(answers_file.read_text())
    return answers
