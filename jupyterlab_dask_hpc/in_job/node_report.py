"""Runs on a node for the doctor: what the node sees, and whether it and the others reach one another.

    python node_report.py ROLE ARGUMENTS...

with the arguments of distributed's command, such as ``--interface``, reads ``plan.json`` in the folder of this file:
``{"roles": [all that report], "workspace": path, "seconds": time for everything}``. It writes ``report.ROLE.json``,
then ``peers.ROLE.json``, and ends when there is a file ``done``. In between it listens as a scheduler or a worker
would, with the same certificates. Nothing connects from here to the notebook server.

A plain file that needs only distributed; without it, it says so.
"""

from __future__ import annotations

import asyncio
import importlib
import json
import os
import platform
import socket
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).resolve().parent
INTERVAL_S = 0.3
CONNECT_TIMEOUT_S = 10


def main(role: str, arguments: list[str]) -> None:
    """Report, listen and connect."""
    plan = json.loads((FOLDER / "plan.json").read_text())
    ends = time.monotonic() + plan["seconds"]
    found: dict[str, Any] = {
        "time": time.time(),
        "host": socket.gethostname(),
        "interfaces": interfaces(),
        "python": platform.python_version(),
        "executable": sys.executable,
        "distributed": module("distributed"),
        "dashboard": module("distributed.dashboard.scheduler") if role == "scheduler" else {},
        "workspace": writable(plan["workspace"]),
        "scratch": scratch(),
    }
    if "error" in found["distributed"]:
        write(f"report.{role}.json", found)
        return
    asyncio.run(Peers(role, arguments, plan, ends).run(found))


class Peers:
    """The connections of this node."""

    def __init__(self, role: str, arguments: list[str], plan: dict[str, Any], ends: float) -> None:
        from distributed.security import Security

        self.role = role
        self.others = [other for other in plan["roles"] if other != role]
        self.arguments = arguments
        self.ends = ends
        keys = {f"tls_{role}_cert": str(FOLDER / f"{role}.pem"), f"tls_{role}_key": str(FOLDER / f"{role}-key.pem")}
        self.security: Any = Security(require_encryption=True, tls_ca_file=str(FOLDER / "ca.pem"), **keys)

    async def run(self, found: dict[str, Any]) -> None:
        """Listen, write the report, connect to the others, and wait for the end."""
        from distributed.comm.core import listen

        try:
            listener: Any = listen(address(self.arguments), self._answer, **self.security.get_listen_args(self.role))
            await listener
            found["address"] = listener.contact_address
        except Exception as error:
            found["address_error"] = shown(error)
        write(f"report.{self.role}.json", found)
        reached = {other: await self._connect(other) for other in self.others}
        write(f"peers.{self.role}.json", reached)
        while time.monotonic() < self.ends and "done" not in os.listdir(FOLDER):  # noqa: ASYNC110  there is no event
            await asyncio.sleep(INTERVAL_S)

    async def _answer(self, comm: Any) -> None:
        await comm.write({"role": self.role})
        await comm.close()

    async def _connect(self, other: str) -> dict[str, Any]:
        """Whether the node of this role answers: its address, and the error if it does not."""
        from distributed.comm.core import connect

        name = f"report.{other}.json"
        while name not in os.listdir(FOLDER):  # on a network file system, listing makes a new file visible
            if time.monotonic() > self.ends or "done" in os.listdir(FOLDER):
                return {"error": "", "missing": True}
            await asyncio.sleep(INTERVAL_S)
        there = json.loads((FOLDER / name).read_text()).get("address", "")
        if not there:
            return {"error": "", "missing": True}
        try:
            comm: Any = await connect(there, CONNECT_TIMEOUT_S, **self.security.get_connection_args(self.role))
            await comm.read()
            await comm.close()
        except Exception as error:
            return {"address": there, "error": shown(error)}
        return {"address": there, "error": ""}


def address(arguments: list[str]) -> str:
    """The address that distributed's command would listen at with these arguments."""
    from distributed.utils import get_ip_interface

    given = dict.fromkeys(("--host", "--interface", "--port", "--worker-port"), "")
    words = [part for word in arguments for part in (word.split("=", 1) if word.startswith("--") else [word])]
    for option, value in zip(words, words[1:]):  # noqa: B905, RUF007  Python 3.9 has neither
        if option in given:
            given[option] = value
    host = given["--host"] or (given["--interface"] and get_ip_interface(given["--interface"]))
    port = (given["--port"] or given["--worker-port"] or "0").partition(":")[0]
    return f"tls://{host}:{port}"


def module(name: str) -> dict[str, str]:
    """Version of a module's package, or why it cannot be imported."""
    try:
        importlib.import_module(name)
        version = getattr(sys.modules[name.partition(".")[0]], "__version__", "")
        bokeh = getattr(sys.modules.get("bokeh"), "__version__", "")
    except Exception as error:
        return {"error": shown(error)}
    return {"version": str(version), "bokeh": str(bokeh)}


def writable(folder: str) -> str:
    """Why a folder cannot be written; empty if it can."""
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"\n")
    except OSError as error:
        return str(error.strerror or error).lower()
    return ""


def scratch() -> dict[str, Any]:
    """Where workers put data that does not fit into memory: path, file system, free bytes."""
    own = os.environ.get("JUPYTERLAB_DASK_HPC_SCRATCH_FOLDER", "")
    try:
        folder = own or tempfile.gettempdir()
        # That of the profile is made for each job.
        there = next(str(path) for path in (Path(folder), *Path(folder).parents) if path.exists())
        disk = os.statvfs(there)
    except OSError as error:
        return {"path": own, "error": shown(error)}
    denied = "" if os.access(there, os.W_OK | os.X_OK) else f"{there}: permission denied"
    return {"path": folder, "kind": file_system(there), "free": disk.f_bavail * disk.f_frsize, "error": denied}


def file_system(folder: str) -> str:
    """Type of the file system that holds a folder; empty if it is not known."""
    best, kind = "", ""
    real = os.path.realpath(folder)
    try:
        for line in Path("/proc/self/mounts").read_text(errors="replace").splitlines():
            _, point, found, *_ = line.split(" ")
            inside = real == point or real.startswith(point.rstrip("/") + "/")
            if inside and len(point) >= len(best):
                best, kind = point, found
    except (OSError, ValueError):
        return ""
    return kind


def interfaces() -> dict[str, str]:
    """The network interfaces of this node, each with its first address."""
    try:
        psutil: Any = importlib.import_module("psutil")
        return {
            name: one.address
            for name, addresses in psutil.net_if_addrs().items()
            for one in addresses[:1]
            if one.family == socket.AF_INET
        }
    except Exception:
        return {}


def shown(error: BaseException) -> str:
    """An error in one line, with what it was caused by."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]


def write(name: str, content: Any) -> None:
    """Write a private file, so that a reader sees all of it or nothing."""
    handle = os.open(FOLDER / f".{name}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(content, file)
    os.replace(FOLDER / f".{name}", FOLDER / name)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
