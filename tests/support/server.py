"""A real Jupyter Server with the extension, started as a user starts one, and the requests of a browser."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from testbed.dask import FEW_TICKS
from testbed.processes import free_ports
from testbed.profile import testbed_profile
from testbed.slurm import SlurmTestbed

from .polling import TIMEOUT_S, until

Json = dict[str, Any]

EXTENSIONS = {"jupyterlab_dask_hpc": True} | dict.fromkeys(
    ("jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim"), False
)
"""Ours alone: JupyterLab's own take most of a server's start, and its tests are those of the browser and of the hub."""


class Answer(NamedTuple):
    """One answer of the server."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), _NoRedirects)


class Server:
    """One notebook server: its root is `root`, its state and configuration lie in `folder`."""

    def __init__(self, folder: Path, root: Path, profiles: Sequence[Path], environment: Mapping[str, str]) -> None:
        self.root = root
        self.state = folder / "state"
        self.runtime = folder / "runtime"
        self._folder = folder
        self._profiles = profiles
        self._environment = environment
        self.token = secrets.token_hex(16)
        self._process: subprocess.Popen[bytes] | None = None
        self.options: list[str] = []
        self.inside: list[str] = []
        # Loading the dashboard takes as much CPU time as a scheduler's start. A test that requests it gets it at once.
        self.job_limits = {"dashboard_load": 600.0}
        self.dask: Mapping[str, str] = FEW_TICKS

    @property
    def log(self) -> str:
        """All that it has logged."""
        return (self._folder / "server.log").read_text(errors="replace")

    def start(self) -> Server:
        """Return once it answers."""
        for path in (self._folder, self.root):
            path.mkdir(parents=True, exist_ok=True)
        [port] = free_ports(1)
        self.url = f"http://127.0.0.1:{port}/"
        arguments = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
        arguments += [f"--ServerApp.root_dir={self.root}", f"--DaskHpc.state_folder={self.state}"]
        arguments += [f"--ServerApp.jpserver_extensions={EXTENSIONS}", *self.options]
        arguments += [f"--DaskHpc.profiles={path}" for path in self._profiles]
        arguments += [f"--DaskHpc.job_limits={name}={seconds}" for name, seconds in self.job_limits.items()]
        own = {f"JUPYTER_{name.upper()}_DIR": str(self._folder / name) for name in ("config", "data", "runtime")}
        temporary = self._folder / "tmp"
        temporary.mkdir(exist_ok=True)
        with (self._folder / "server.log").open("ab") as log:
            self._process = subprocess.Popen(
                [*self.inside, sys.executable, "-m", "jupyter", "server", *arguments],
                env={
                    **os.environ,
                    "TMPDIR": str(temporary),
                    **self.dask,
                    **self._environment,
                    **own,
                    "JUPYTER_TOKEN": self.token,
                },
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self._folder,
                start_new_session=True,
            )
        until(lambda: self._answers() or self._has_exited(), lambda: f"the server's start:\n{self.log[-3000:]}")
        assert not self._has_exited(), f"the server did not start:\n{self.log[-3000:]}"
        return self

    def _answers(self) -> bool:
        with contextlib.suppress(OSError):
            return self.ask("GET", "profiles").status == 200
        return False

    def _has_exited(self) -> bool:
        return self._process is not None and self._process.poll() is not None

    def __enter__(self) -> Server:
        try:
            return self.start()
        except BaseException:
            self.stop()
            raise

    def __exit__(self, *_: object) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """Its process."""
        assert self._process is not None
        return self._process.pid

    def stop(self) -> None:
        """As `systemctl stop` does, with all its clusters."""
        if self._process is not None:
            self._process.terminate()
            self._process.send_signal(signal.SIGCONT)
            self._process.wait(TIMEOUT_S)

    def kill(self) -> None:
        """As the kernel does when memory runs out."""
        self.signal(signal.SIGKILL)
        assert self._process is not None
        self._process.wait(TIMEOUT_S)

    def signal(self, number: signal.Signals) -> None:
        """SIGSTOP: as a host that hangs."""
        assert self._process is not None
        self._process.send_signal(number)

    @property
    def credentials_file(self) -> Path:
        """The file by which its kernels find it."""
        # A server that was killed has left its own.
        return max(self.runtime.glob("dask-hpc-*/server.json"), key=lambda file: file.stat().st_mtime)

    def wait_or_kill(self, seconds: float) -> None:
        """Return once it has ended, or kill it."""
        assert self._process is not None
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def wait(self) -> None:
        """Return once it has ended by itself."""
        assert self._process is not None
        self._process.wait(TIMEOUT_S)

    def ask(
        self, method: str, path: str, body: Any = None, *, login: bool = True, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """One call; `path` is below our namespace, or from the base URL on where it starts with ``/``."""
        url = self.url + (path[1:] if path.startswith("/") else f"jupyterlab-dask-hpc/{path}")
        data = body if isinstance(body, bytes) else None if body is None else json.dumps(body).encode()
        own = {"Authorization": f"token {self.token}"} if login else {}
        request = urllib.request.Request(url, data, {**own, **(headers or {})}, method=method)
        try:
            with _opener.open(request, timeout=TIMEOUT_S) as answer:
                return Answer(answer.status, answer.headers, answer.read())
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.headers, error.read())

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """One call that has to succeed."""
        answer = self.ask(method, path, body)
        assert answer.status < 300, (method, path, answer.status, answer.body)
        return answer.json

    def cluster(self, cluster_id: str) -> Json:
        """One cluster as it is now."""
        shown: Json = self.call("GET", f"clusters/{cluster_id}")
        return shown

    def clusters(self) -> list[Json]:
        """All that it shows."""
        shown: list[Json] = self.call("GET", "clusters")["clusters"]
        return shown

    def launch(self, **request: Any) -> Json:
        """A small cluster."""
        small = {"jobs": 1, "memory": "1G", **request.pop("workers", {})}
        cluster: Json = self.call("POST", "clusters", {"profile": "cc-in2p3", **request, "workers": small})
        return cluster

    def until(self, cluster_id: str, met: Callable[[Json], bool], seconds: float = TIMEOUT_S) -> Json:
        """The cluster as soon as `met` holds."""

        def matching() -> Json | None:
            seen = self.cluster(cluster_id)
            return seen if met(seen) else None

        def now() -> str:
            return f"{json.dumps(self.cluster(cluster_id), indent=1)}\n{self.log[-3000:]}"

        found = until(matching, now, seconds)
        assert found is not None
        return found

    def end(self, cluster_id: str) -> Json:
        """Stop it, and wait until nothing of it is left."""
        self.call("DELETE", f"clusters/{cluster_id}")
        return self.until(cluster_id, has_ended)

    def connect(self, headers: Mapping[str, str] | None = None) -> Any:
        """The stream of a tab, to be awaited."""
        own = {"Authorization": f"token {self.token}"} if headers is None else headers
        url = self.url.replace("http", "ws", 1) + "jupyterlab-dask-hpc/stream"
        return websocket_connect(HTTPRequest(url, headers=dict(own)))

    def cluster_folders(self) -> list[str]:
        """Names of the clusters' folders on disk."""
        return sorted(path.name for path in (self.state / "clusters").iterdir())


async def messages(tab: WebSocketClientConnection) -> AsyncIterator[Json]:
    """Everything a tab is sent, until the server hangs up."""
    while (text := await tab.read_message()) is not None:
        yield json.loads(text)


def has_ended(cluster: Json) -> bool:
    """Whether nothing of it is left on the farm."""
    return cluster["state"] in ("closed", "failed")


def write_profiles(shared: Path, folder: Path, **variants: Mapping[str, Any]) -> list[Path]:
    """The profile cc-in2p3, and variants of it by name: ``{"nowhere": {"workers__partition": "x"}}``."""
    paths = []
    for name, changes in {"cc-in2p3": {}, **variants}.items():
        path = folder / f"{name}.json"
        path.write_text(json.dumps(testbed_profile(shared, **{"name": name, **changes})))
        paths.append(path)
    return paths


WITHOUT_NANNY = {"cc-in2p3": {"workers__nanny": False}}
"""For `write_profiles`: one process less for each worker, in tests of jobs and servers that no worker matters to."""


def count_submissions(slurm: SlurmTestbed) -> int:
    """How many jobs and arrays Slurm has been asked for so far."""
    for line in slurm.run("sdiag").splitlines():
        if "REQUEST_SUBMIT_BATCH_JOB " in line:
            return int(line.split("count:")[1].split()[0])
    return 0


def shown_by_slurm(slurm: SlurmTestbed, cluster_id: str) -> list[tuple[str, str]]:
    """Id and state of all jobs of a cluster that Slurm shows."""
    lines = slurm.run("squeue", "-h", "-r", "-o", "%i %T %j").splitlines()
    return [(line.split()[0], line.split()[1]) for line in lines if cluster_id in line]


def queue(slurm: SlurmTestbed, cluster_id: str) -> list[tuple[str, str]]:
    """Id and state of all that is left of a cluster in Slurm.

    A job that is COMPLETING has ended, and its node is being cleaned: a server that ends does not wait for that.
    """
    return [(id, state) for id, state in shown_by_slurm(slurm, cluster_id) if state != "COMPLETING"]


def reason_of(cluster: Any) -> str:
    """The text of a cluster's reason; empty for none."""
    return str(cluster["reason"]["text"]) if cluster["reason"] else ""
