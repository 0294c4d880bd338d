"""A real Jupyter Server in a process of its own, and kernels in it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty
from typing import Any
from urllib.request import ProxyHandler, Request, build_opener

import jupyter_client
from support.polling import until

HERE = Path(__file__).parent
TOKEN = "only-for-this-test"
# The probe alone, whatever is installed.
OTHERS = ("jupyterlab_dask_hpc", "jupyterlab", "jupyter_lsp", "jupyter_server_terminals", "notebook_shim")
EXTENSIONS = {"dask_hpc_probe": True} | dict.fromkeys(OTHERS, False)


class Running:
    """A server with the probe extension; `folder` holds all of its files."""

    def __init__(self, folder: Path, *options: str, stdin: int = subprocess.DEVNULL) -> None:
        self.folder = folder
        self.runtime = folder / "runtime"
        self.log = folder / "server.log"
        root = folder / "root"
        root.mkdir(parents=True)
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "DASK"))
        } | {
            "HOME": str(folder),
            "PROBE_FOLDER": str(folder),
            "IPYTHONDIR": str(folder / "ipython"),
            "JUPYTER_CONFIG_DIR": str(folder / "config"),
            "JUPYTER_DATA_DIR": str(folder / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.runtime),
            "JUPYTER_PLATFORM_DIRS": "1",
            # What a kernel finds without this extension's help is what stands here: nothing of ours.
            "PYTHONPATH": "",
        }
        # The server itself needs the probe and this checkout; its kernels must get them from the extension alone.
        start = (
            f"import sys; sys.path[:0] = {[str(HERE / 'extension'), str(HERE.parents[1])]!r}; "
            "from jupyter_server.serverapp import main; main()"
        )
        command = [
            sys.executable,
            "-c",
            start,
            f"--ServerApp.jpserver_extensions={EXTENSIONS}",
            "--ServerApp.open_browser=False",
            "--ServerApp.allow_root=True",
            f"--ServerApp.root_dir={root}",
            *([] if any("token=" in option for option in options) else [f"--IdentityProvider.token={TOKEN}"]),
            *([] if any("ip=" in option or "sock=" in option for option in options) else ["--ServerApp.ip=127.0.0.1"]),
            *options,
        ]
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                command, env=self.environment, stdin=stdin, stdout=log, stderr=log, cwd=folder
            )
        self.known = until(self._known, "the start of a Jupyter server")
        self.url: str = self.known["url"]

    def _known(self) -> Any:
        assert self.process.poll() is None, self.log.read_text()
        for file in self.runtime.glob("dask-hpc-*/server.json"):
            return json.loads(file.read_text()) | {"file": file}
        return None

    def answer(self, **answers: Any) -> None:
        """What the probe answers from now on, by path; a value is the body or ``(status, body)``."""
        full = {path: value if isinstance(value, tuple) else (200, value) for path, value in answers.items()}
        fresh = self.folder / "answers.new"
        fresh.write_text(json.dumps(full))
        fresh.replace(self.folder / "answers.json")

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """One call of the server's own REST, with its token."""
        request = Request(
            f"{self.url}{path}",
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"Authorization": f"token {TOKEN}"} | (headers or {}),
        )
        with build_opener(ProxyHandler({})).open(request, timeout=60) as response:
            content = response.read()
        return json.loads(content) if content else None

    @contextmanager
    def kernel(self, name: str) -> Iterator[Kernel]:
        """A kernel that this server started."""
        started = self.call("POST", "api/kernels", {"name": name})
        client = jupyter_client.BlockingKernelClient(connection_file=str(self.runtime / f"kernel-{started['id']}.json"))
        client.load_connection_file()
        # Without heartbeats: on a busy machine a late one would count as death.
        client.start_channels(hb=False)
        try:
            client.wait_for_ready(timeout=180)
            yield Kernel(self, started["id"], client)
        finally:
            client.stop_channels()
            self.call("DELETE", f"api/kernels/{started['id']}")

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait(10)


class Kernel:
    """One kernel, spoken to as a notebook does."""

    def __init__(self, server: Running, kernel_id: str, client: Any) -> None:
        self.server = server
        self.id = kernel_id
        self.client = client

    def run(self, code: str, while_it_runs: Callable[[list[dict[str, Any]]], None] | None = None) -> Outcome:
        """Run one cell to its end."""
        sent = self.client.execute(code)
        outputs: list[dict[str, Any]] = []
        end = time.monotonic() + 120
        while time.monotonic() < end:
            try:
                message = self.client.get_iopub_msg(timeout=0.5)
            except Empty:
                continue
            if message["parent_header"].get("msg_id") != sent:
                continue
            kind, content = message["msg_type"], message["content"]
            if kind == "status" and content["execution_state"] == "idle":
                return Outcome(outputs)
            if kind in ("stream", "display_data", "update_display_data", "execute_result", "error"):
                outputs.append({"kind": kind} | content)
                if while_it_runs:
                    while_it_runs(outputs)
        raise AssertionError(f"the cell did not end: {outputs}")

    def interrupt(self) -> None:
        self.server.call("POST", f"api/kernels/{self.id}/interrupt", {})


class Outcome:
    """What one cell gave."""

    def __init__(self, outputs: list[dict[str, Any]]) -> None:
        self.outputs = outputs

    @property
    def error(self) -> list[str] | None:
        """The lines that the user sees of an error; None without one."""
        return next((output["traceback"] for output in self.outputs if output["kind"] == "error"), None)

    @property
    def printed(self) -> str:
        return "".join(output["text"] for output in self.outputs if output["kind"] == "stream")

    @property
    def shown(self) -> list[dict[str, str]]:
        """Rich displays and their updates, in order."""
        return [output["data"] for output in self.outputs if "data" in output]
