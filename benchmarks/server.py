"""A real Jupyter Server with the extension, and a small client of its REST calls."""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

LOOPBACK = {
    "workers": ["--host", "127.0.0.1"],
    "scheduler": ["--host", "127.0.0.1", "--dashboard-address", "127.0.0.1:0"],
}


def profile_file(folder: Path, **changes: Any) -> Path:
    """The shipped profile cc-in2p3, for a workspace below `folder`, with Dask on loopback and with `changes`."""
    shipped = Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / "cc-in2p3.json"
    profile = {**json.loads(shipped.read_text()), "shared_paths": [str(folder)], **changes}
    for role, words in LOOPBACK.items():
        profile[role] = {**profile[role], "words": words}
    path = folder / f"{profile['name']}.json"
    path.write_text(json.dumps(profile))
    return path


class Api:
    """The calls of `docs/contract.md`."""

    def __init__(self, url: str, token: str) -> None:
        self._url, self._token = url, token

    def __call__(self, method: str, path: str, body: Any = None) -> Any:
        """One call. Raises urllib.error.HTTPError."""
        request = urllib.request.Request(
            f"{self._url}jupyterlab-dask-hpc/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self._token}", "Content-Type": "application/json"},
        )
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as answer:
            return json.load(answer)

    def until(self, cluster: str, state: str, patience: float = 300) -> dict[str, Any]:
        """Wait for a cluster's state."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            seen: dict[str, Any] = self("GET", f"clusters/{cluster}")
            if seen["state"] == state:
                return seen
            time.sleep(0.2)
        raise TimeoutError(f"{cluster} did not become {state}: {seen}")


@contextlib.contextmanager
def server(folder: Path, profiles: list[Path], environment: Mapping[str, str]) -> Iterator[Api]:
    """A notebook server with its root and its state below `folder`."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    token = secrets.token_hex(16)
    (folder / "ws").mkdir(exist_ok=True)
    own = {f"JUPYTER_{name}_DIR": str(folder / name.lower()) for name in ("CONFIG", "DATA", "RUNTIME")}
    words = ["--no-browser", "--allow-root", f"--port={port}", "--ServerApp.port_retries=0"]
    words += [f"--ServerApp.root_dir={folder / 'ws'}", f"--DaskHpc.state_folder={folder / 'state'}"]
    words += ["--ServerApp.jpserver_extensions=jupyterlab_dask_hpc=True"]
    words += [f"--DaskHpc.profiles={path}" for path in profiles]
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "jupyter", "server", *words],
            env={**os.environ, **environment, **own, "JUPYTER_TOKEN": token},
            stdout=log,
            stderr=log,
        )
    api = Api(f"http://127.0.0.1:{port}/", token)
    try:
        _wait(api, process, folder)
        yield api
    finally:
        process.terminate()
        process.wait(60)


def _wait(api: Api, process: subprocess.Popen[bytes], folder: Path) -> None:
    for _ in range(300):
        if process.poll() is not None:
            break
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            api("GET", "profiles")
            return
        time.sleep(0.2)
    raise RuntimeError(f"the server did not start:\n{(folder / 'server.log').read_text()[-2000:]}")
