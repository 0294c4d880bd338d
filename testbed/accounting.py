"""Slurm's accounting for testbeds: a private MariaDB and slurmdbd, which several Slurm clusters may share."""

from __future__ import annotations

import os
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from testbed.daemons import START_TIMEOUT_S, TestbedError, program, start_munged
from testbed.processes import Processes, end, free_ports

NEEDED = ("slurmdbd", "mariadbd", "mariadb", "mariadb-install-db", "sacctmgr", "sacct")
PACKAGES = ("slurmdbd", "mariadb-server")


def missing() -> str:
    """Why no accounting can run where Slurm can, in one sentence; empty if it can."""
    absent = [name for name in NEEDED if program(name) is None]
    return f"Not found: {', '.join(absent)}. Install them: apt-get install {' '.join(PACKAGES)}" if absent else ""


class Accounting:
    """One database, as a context manager.

    Attributes:
        key: the munge key, which all clusters that use the database share.
        settings: settings for slurm.conf of a cluster that uses the database.
    """

    def __init__(self) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="slurmdbd-")).resolve()
        self.key = os.urandom(1024)
        self._processes = Processes(self.folder / "processes.json")
        self._port, self._database = free_ports(2)
        self.settings = {
            "AccountingStorageType": "accounting_storage/slurmdbd",
            "AccountingStorageHost": "localhost",
            "AccountingStoragePort": str(self._port),
        }

    def __enter__(self) -> Accounting:
        if reason := missing():
            raise TestbedError(reason)
        try:
            self._start()
        except BaseException:
            self.down()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    def down(self) -> None:
        """Stop the database, and remove its folder."""
        end(self._processes.living())
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        munge = start_munged(self._processes, self.folder, self.key)
        self._wait("munged", munge.exists)
        data, door, password = self.folder / "data", self.folder / "mariadb.socket", secrets.token_hex(16)
        common = ["--no-defaults", "--user=root", f"--datadir={data}"]
        self._run("mariadb-install-db", *common, "--auth-root-authentication-method=normal", "--skip-test-db")
        small = ["--innodb-buffer-pool-size=64M", "--innodb-flush-log-at-trx-commit=0", "--skip-log-bin"]
        self._daemon(
            "mariadbd", *common, *small, f"--socket={door}", "--bind-address=127.0.0.1",
            f"--port={self._database}", f"--pid-file={self.folder}/mariadb.pid",
        )  # fmt: skip
        client = ["mariadb", "--no-defaults", f"--socket={door}", "--user=root", "--execute"]
        self._wait("mariadbd", lambda: bool(self._run(*client, "SELECT 1")))
        user = f"'slurm'@'127.0.0.1' IDENTIFIED BY '{password}'"
        self._run(*client, f"CREATE USER {user}; GRANT ALL ON slurm.* TO 'slurm'@'127.0.0.1'")
        values = {
            "AuthType": "auth/munge",
            "AuthInfo": f"socket={munge}",
            "DbdHost": "localhost",
            "DbdAddr": "127.0.0.1",
            "DbdPort": str(self._port),
            "SlurmUser": "root",
            "LogFile": f"{self.folder}/slurmdbd.log",
            "PidFile": f"{self.folder}/slurmdbd.pid",
            "StorageType": "accounting_storage/mysql",
            "StorageHost": "127.0.0.1",
            "StoragePort": str(self._database),
            "StorageUser": "slurm",
            "StoragePass": password,
            "StorageLoc": "slurm",
        }
        conf = self.folder / "slurmdbd.conf"
        conf.touch(mode=0o600)
        conf.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
        self._daemon("slurmdbd", "-D", SLURM_CONF=str(self.folder / "slurm.conf"))
        self._wait("slurmdbd", lambda: _listens(self._port))

    def _daemon(self, name: str, *arguments: str, **variables: str) -> None:
        path = program(name)
        assert path is not None
        environment = {**os.environ, **variables}
        self._processes.start([path, *arguments], environment, self.folder / f"{name}.out")

    def _run(self, *command: str) -> str:
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=START_TIMEOUT_S)
        if done.returncode:
            raise TestbedError(f"{command[0]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def _wait(self, what: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_TIMEOUT_S
        reason = ""
        while time.monotonic() < until:
            try:
                if ready():
                    return
            except TestbedError as error:
                reason = str(error)
            time.sleep(0.1)
        raise TestbedError(f"{what}: not ready within {START_TIMEOUT_S} s. {reason}\n{self._last_lines()}")

    def _last_lines(self) -> str:
        logs: Sequence[Path] = sorted([*self.folder.glob("*.out"), *self.folder.glob("*.log")])
        ends = [(log.name, log.read_text(errors="replace").splitlines()[-5:]) for log in logs]
        return "\n".join(f"{name}: {line}" for name, lines in ends for line in lines)


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
