"""Credentials for the kernels of this server: how they find it, and how they authenticate.

With a password there is no token that kernels could use. So the server writes a file with a secret for its kernels,
readable only by this user, and appends a folder to their Python path that contains only `dask_hpc`.
"""

from __future__ import annotations

import hmac
import json
import logging
import os
import re
import secrets
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Any
from urllib.parse import quote

import dask_hpc
from dask_hpc.server_client import loopback

from .files import write_private

VARIABLE = "JUPYTERLAB_DASK_HPC_SERVER"
SCHEME = "dask-hpc"
_CERTIFICATE = re.compile(r"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----\n?", re.DOTALL)
_EVERYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "*": "127.0.0.1", "::": "::1"}  # noqa: S104


class KernelAccess:
    """Lets kernels that are started between `open` and `close` find this server.

    Args:
        serverapp: the `jupyter_server.serverapp.ServerApp`, after it has bound its port.
    """

    def __init__(self, serverapp: Any) -> None:
        self._serverapp = serverapp
        self._log: logging.Logger = serverapp.log
        self._secret = secrets.token_urlsafe(32)
        self._folder: Path | None = None

    def open(self) -> None:
        """Write the file and name it in the environment that kernels inherit. Raises OSError."""
        app = self._serverapp
        if self._folder is not None:
            return
        runtime = Path(app.runtime_dir)
        runtime.mkdir(mode=0o700, parents=True, exist_ok=True)
        # A separate folder, created with mode 0700.
        self._folder = Path(tempfile.mkdtemp(prefix=f"dask-hpc-{os.getpid()}-", dir=runtime))
        python = self._folder / "python"
        python.mkdir(mode=0o700)
        (python / "dask_hpc").symlink_to(Path(dask_hpc.__file__).resolve().parent, target_is_directory=True)
        known = {
            "version": 1,
            "url": server_url(app),
            "secret": self._secret,
            "certificate": self._certificate(),
            "host": socket.gethostname(),
            "loopback": loopback() if _own(app) else "",
            "root": str(Path(app.root_dir).resolve()),
        }
        file = self._folder / "server.json"
        write_private(file, json.dumps(known).encode())
        os.environ[VARIABLE] = str(file)
        os.environ["PYTHONPATH"] = _with(os.environ.get("PYTHONPATH", ""), str(python))
        if obstacle := unreachable(app):
            self._log.warning("dask_hpc: %s", obstacle)

    def close(self) -> None:
        """Remove the file and the environment variables; never raises, and may be called repeatedly."""
        folder, self._folder = self._folder, None
        if folder is None:
            return
        if os.environ.get(VARIABLE) == str(folder / "server.json"):
            del os.environ[VARIABLE]
        rest = _without(os.environ.get("PYTHONPATH", ""), str(folder / "python"))
        if rest:
            os.environ["PYTHONPATH"] = rest
        else:
            os.environ.pop("PYTHONPATH", None)
        shutil.rmtree(folder, onerror=lambda _, path, why: self._log.warning("Cannot remove %s: %s", path, why[1]))

    def check(self, authorization: str) -> bool:
        """Whether an ``Authorization`` header contains the secret of this server's kernels."""
        scheme, _, secret = authorization.partition(" ")
        if self._folder is None or scheme.lower() != SCHEME:
            return False
        return hmac.compare_digest(secret.strip().encode(), self._secret.encode())

    def _certificate(self) -> str | None:
        """A copy of the server's certificate: the original file may be renewed while the server uses the old one."""
        options = self._serverapp.ssl_options
        certfile = options.get("certfile") if options else None
        if not certfile:
            return None
        match = _CERTIFICATE.search(Path(certfile).read_text(encoding="ascii", errors="replace"))
        if match is None or self._folder is None:
            return None
        copy = self._folder / "certificate.pem"
        write_private(copy, match[0].encode())
        return str(copy)


def server_url(app: Any) -> str:
    """The base URL at which a process on this machine reaches the server; ends with a slash."""
    if app.sock:
        return f"http+unix://{quote(os.path.abspath(app.sock), safe='')}{app.base_url}"
    host: str = _EVERYWHERE.get(app.ip, app.ip)
    if ":" in host:
        host = f"[{host}]"
    scheme = "https" if app.ssl_options else "http"
    return f"{scheme}://{host}:{app.port}{app.base_url}"


def _own(app: Any) -> bool:
    """Whether kernels reach the server through the loopback interface of this machine."""
    return not app.sock and _EVERYWHERE.get(app.ip, app.ip) in ("127.0.0.1", "::1", "localhost")


def unreachable(app: Any) -> str | None:
    """Why kernels cannot find this server, as a sentence; None if they can."""
    if getattr(getattr(app, "gateway_config", None), "gateway_enabled", False):
        return (
            "Kernels run on other machines, behind a gateway: %dask_cluster cannot find this server there. "
            "The panel is not affected."
        )
    if app.client_ca:
        return (
            "This server requires client certificates, which kernels do not have: %dask_cluster cannot reach it. "
            "The panel is not affected."
        )
    return None


def _with(path: str, folder: str) -> str:
    """The path with `folder` appended, so that the kernel's own environment takes precedence."""
    return os.pathsep.join([*filter(None, path.split(os.pathsep)), folder])


def _without(path: str, folder: str) -> str:
    return os.pathsep.join(part for part in path.split(os.pathsep) if part and part != folder)
