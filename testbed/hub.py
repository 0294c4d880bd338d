"""A real JupyterHub on this machine. Its users are real system users with their own servers and Slurm jobs.

``SLURM_CONF=FILE python -m testbed.hub`` runs a hub until it is stopped, and prints its details as one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from testbed.dask import FEW_TICKS
from testbed.processes import Processes, end, free_ports
from testbed.profile import testbed_profile
from testbed.users import CHECKOUT, SystemUser, python_for_all

PROXY = CHECKOUT / "node_modules" / "configurable-http-proxy" / "bin" / "configurable-http-proxy"
START_TIMEOUT_S = 300
_opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def missing() -> str:
    """Why no hub can run here, in one sentence; empty if it can."""
    if os.geteuid() != 0:
        return "A JupyterHub with real system users needs root (it makes them, and starts their servers)."
    if find_spec("jupyterhub") is None or not PROXY.exists():
        return "Not found: jupyterhub or configurable-http-proxy. Install them: scripts/bootstrap test"
    return ""


class HubTestbed:
    """One hub with its own users, as a context manager.

    Args:
        environment: environment variables for its users' servers, by which they reach Slurm.
        settings: as in `set`.

    Attributes:
        folder: a temporary folder with all its files, including the users' homes.
        url: URL of its proxy, with a slash at the end.
        password: the login password of each of its users.
        python: a Python that every user can run, with all packages of this environment.
        token: API token of an administrator of the hub.
        users: by the requested name; their system names contain the id of this process.
    """

    def __init__(self, environment: Mapping[str, str], users: Sequence[str] = ("ada", "ben"), **settings: Any) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="hub-")).resolve()
        self.environment = dict(environment)
        self.password = secrets.token_urlsafe(12)
        self.token = secrets.token_hex(16)
        self.users: dict[str, SystemUser] = {}
        self._names = users
        self._processes = Processes(self.folder / "processes.json")
        self._settings = settings

    def __enter__(self) -> HubTestbed:
        try:
            self._start()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def log(self) -> str:
        """The log of the hub and its users' servers."""
        file = self.folder / "hub.log"
        return file.read_text(errors="replace") if file.exists() else ""

    def set(self, **settings: Any) -> None:
        """Replace the settings of the class JupyterHub, such as ``shutdown_on_logout=True``.

        If they differ from the current ones, the hub is restarted; its users' servers continue.
        """
        if settings != self._settings:
            end(self._processes.living())
            self._settings = settings
            self._run_hub()

    def api(self, method: str, path: str, body: Any = None) -> Any:
        """One call of the hub's API as its administrator; `path` is ``users/NAME/server``."""
        request = urllib.request.Request(
            f"{self.url}hub/api/{path}",
            None if body is None else json.dumps(body).encode(),
            {"Authorization": f"token {self.token}"},
            method=method,
        )
        with _opener.open(request, timeout=START_TIMEOUT_S) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def servers(self, user: SystemUser) -> list[str]:
        """Names of a user's running servers; the default server's is empty."""
        known = self.api("GET", f"users/{user.name}")["servers"]
        return [name for name, server in known.items() if server["ready"]]

    def stopping(self, user: SystemUser) -> bool:
        """Whether one of a user's servers is still being stopped."""
        return any(server["pending"] == "stop" for server in self.api("GET", f"users/{user.name}")["servers"].values())

    def down(self) -> None:
        """Stop the hub and all its servers, and remove the users."""
        end(self._processes.living())
        for user in self.users.values():
            user.remove()
        shutil.rmtree(self.folder)

    def _start(self) -> None:
        self.folder.chmod(0o755)
        self.python = python = python_for_all(self.folder / "python")
        homes = self.folder / "home"
        homes.mkdir(mode=0o755)
        for name in self._names:
            self.users[name] = SystemUser(f"{name}{os.getpid()}", homes / name)
        (self.folder / "cc-in2p3.json").write_text(json.dumps(testbed_profile(homes)))
        (self.folder / "private").mkdir(mode=0o700)
        port, hub_port, api_port = free_ports(3)
        self.url = f"http://127.0.0.1:{port}/"
        self._values = {
            "JupyterHub": {
                "bind_url": self.url,
                "hub_bind_url": f"http://127.0.0.1:{hub_port}",
                "db_url": f"sqlite:///{self.folder}/private/hub.sqlite",
                "cookie_secret_file": f"{self.folder}/private/cookie-secret",
                "authenticator_class": "dummy",
                "allow_named_servers": True,
                # Servers continue when the hub is restarted.
                "cleanup_servers": False,
                "services": [{"name": "administrator", "api_token": self.token}],
                "load_roles": [
                    {
                        "name": "administrator",
                        "services": ["administrator"],
                        "scopes": ["admin:users", "admin:servers", "read:hub", "list:users"],
                    }
                ],
            },
            "DummyAuthenticator": {
                "password": self.password,
                "allowed_users": [user.name for user in self.users.values()],
            },
            "Authenticator": {"any_allow_config": True},
            "ConfigurableHTTPProxy": {
                "command": ["node", str(PROXY)],
                "api_url": f"http://127.0.0.1:{api_port}",
                "pid_file": f"{self.folder}/private/proxy.pid",
            },
            "Spawner": {
                "cmd": [str(python), "-m", "jupyterhub.singleuser"],
                "args": [
                    "--ServerApp.allow_root=False",
                    "--LabApp.expose_app_in_browser=True",
                    f"--DaskHpc.profiles={self.folder}/cc-in2p3.json",
                ],
                "default_url": "/lab",
                "start_timeout": START_TIMEOUT_S,
                "http_timeout": START_TIMEOUT_S,
                "env_keep": ["LANG", "DASK_HPC_TEST_RUN"],
                "environment": {
                    **FEW_TICKS,
                    **self.environment,
                    "PATH": f"{python.parent}:{os.environ['PATH']}",
                    # Seconds between two reports of activity to the hub.
                    "JUPYTERHUB_ACTIVITY_INTERVAL": "2",
                },
            },
        }
        self._run_hub()

    def _run_hub(self) -> None:
        environment = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("JUPYTER", "DASK_", "SLURM", "PYTHONPATH")) or name == "DASK_HPC_TEST_RUN"
        }
        config = self.folder / "private" / "config.json"
        config.write_text(json.dumps({**self._values, "JupyterHub": {**self._values["JupyterHub"], **self._settings}}))
        command = [sys.executable, "-m", "jupyterhub", f"--config={config}"]
        hub = self._processes.start(command, environment, self.folder / "hub.log")
        until = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < until and hub.is_running():
            try:
                self.api("GET", "info")
                return
            except OSError:
                time.sleep(0.1)
        raise RuntimeError(f"the hub did not start:\n{self.log[-3000:]}")


def main(arguments: list[str] | None = None) -> int:
    """The command line: run a hub for the Slurm of ``SLURM_CONF`` until SIGTERM or SIGINT."""
    parser = argparse.ArgumentParser(prog="python -m testbed.hub", description=__doc__)
    parser.add_argument("--shutdown-on-logout", action="store_true", help="stop a user's servers at log-out")
    given = parser.parse_args(arguments)
    if reason := missing():
        print(reason, file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    slurm = {name: os.environ[name] for name in ("SLURM_CONF",) if name in os.environ}
    settings = {"shutdown_on_logout": True} if given.shutdown_on_logout else {}
    with suppress(KeyboardInterrupt), HubTestbed(slurm, **settings) as hub:
        users = {name: {"name": user.name, "home": str(user.home)} for name, user in hub.users.items()}
        known = {"url": hub.url, "token": hub.token, "password": hub.password, "users": users}
        print(json.dumps(known), flush=True)
        signal.pause()
    return 0


if __name__ == "__main__":
    sys.exit(main())
