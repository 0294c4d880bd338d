"""A real Slurm on this machine: ``python -m testbed.slurm up``.

All its files are in one folder: configuration, a private munged, logs, state. Several can run side by side.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

import psutil

from testbed.accounting import Accounting
from testbed.daemons import START_TIMEOUT_S, TestbedError, program, start_munged, without_slurm
from testbed.processes import Processes, end, free_ports, marked, named
from testbed.slurm_conf import CONFIGS, gres_conf, slurm_conf

CONTROLLER = "slurmctld"
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo")
# A node's slurmstepd creates a socket <folder>/spool-n0/n0_<job>.<step>; the kernel allows 107 characters.
MAX_FOLDER_LENGTH = 70


def missing() -> str:
    """Why no testbed can run here, in one sentence; empty if it can."""
    if os.geteuid() != 0:
        return "A real Slurm on this machine needs root (slurmd starts jobs for their users)."
    absent = [name for name in NEEDED if program(name) is None]
    if absent:
        return f"Not found: {', '.join(absent)}. Install them: apt-get install slurm-wlm munge"
    return ""


def _submission(process: psutil.Process) -> str:
    """Slurm's id of the job or array that a process belongs to; empty if the process has ended."""
    with suppress(psutil.Error):
        variables = process.environ()
        return variables.get("SLURM_ARRAY_JOB_ID") or variables.get("SLURM_JOB_ID", "")
    return ""


class SlurmTestbed:
    """One real Slurm, used as a context manager or with `up` and `down`.

    Args:
        job_submit: the text of ``job_submit.lua``, with which slurmctld accepts, changes or refuses each submission.

    Attributes:
        folder: contains all its files; by default a temporary folder.
        environment: variables that Slurm's commands need to reach it (``SLURM_CONF``).
        gpus: for each model of invented GPUs, how many each node has.
        cluster: its name, ``SLURM_CLUSTER_NAME`` in the environment of each of its jobs.
    """

    def __init__(
        self,
        folder: Path | None = None,
        config: str = "scale",
        nodes: int = 4,
        settings: Mapping[str, str] | None = None,
        accounting: Accounting | None = None,
        gpus: Mapping[str, int] | None = None,
        job_submit: str = "",
    ) -> None:
        if config not in CONFIGS:
            raise TestbedError(f"No configuration {config!r}; there are {', '.join(CONFIGS)}.")
        if nodes < 1:
            raise TestbedError("A testbed needs at least one node.")
        self.folder = (folder or Path(tempfile.mkdtemp(prefix="slurm-"))).resolve()
        self.config = config
        self.nodes = nodes
        self.gpus = gpus or {}
        self._job_submit = job_submit
        submit = {"JobSubmitPlugins": "lua"} if job_submit else {}
        self.settings = {**(accounting.settings if accounting else {}), **submit, **(settings or {})}
        self._key = accounting.key if accounting else None
        self.cluster = "testbed" + hashlib.sha256(str(self.folder).encode()).hexdigest()[:8]
        self.environment = {"SLURM_CONF": str(self.folder / "slurm.conf")}
        self._processes = Processes(self.folder / "processes.json")

    def __enter__(self) -> SlurmTestbed:
        self.up()
        return self

    def __exit__(self, *_: object) -> None:
        self.down()

    @property
    def running(self) -> bool:
        """True while its munged, slurmctld and at least one slurmd run."""
        return len(self._processes.living()) > 2

    def up(self) -> None:
        """Start it and return when all nodes are idle. Raises TestbedError, leaving nothing behind."""
        if reason := missing():
            raise TestbedError(reason)
        if len(str(self.folder)) > MAX_FOLDER_LENGTH or not str(self.folder).isprintable() or " " in str(self.folder):
            raise TestbedError(
                f"{self.folder} cannot hold a testbed: choose a path of at most {MAX_FOLDER_LENGTH} characters, "
                "without spaces (Unix sockets lie in it)."
            )
        if self._processes.living():
            raise TestbedError(
                f"A testbed already runs in {self.folder}; end it first (down) or choose another folder."
            )
        if self.folder.exists() and any(self.folder.iterdir()) and not self._is_ours():
            raise TestbedError(f"{self.folder} holds other files; choose an empty or a new folder.")
        try:
            self._start()
        except BaseException as error:
            last = self._last_lines()
            self.down()
            if isinstance(error, TestbedError):
                raise TestbedError(f"{error}\n{last}") from error
            raise

    def down(self) -> None:
        """End its own jobs and daemons only, and remove its folder."""
        if not self.folder.exists():
            return
        if any(self.folder.iterdir()) and not self._is_ours():
            raise TestbedError(f"{self.folder} is not the folder of a testbed.")
        # Daemons first, then the processes that run the jobs: a process that starts others has to end first.
        end(self._processes.living())
        end(named("slurmstepd", inside=self.folder), grace=1)
        while left := self.processes():
            end(left, grace=1)
        shutil.rmtree(self.folder)

    def processes(self, job: str | None = None) -> list[psutil.Process]:
        """Processes of its jobs, or of one job or array; another farm on this machine may use the same job ids."""
        found = marked(SLURM_CLUSTER_NAME=self.cluster)
        return found if job is None else [process for process in found if _submission(process) == job]

    def keep_state(self) -> None:
        """Copy the current state of slurmctld, for `lose_state`."""
        self.stop_controller()
        shutil.copytree(self.folder / "state", self.folder / "state.kept", dirs_exist_ok=True)
        self.start_controller()

    def lose_state(self) -> None:
        """Restart slurmctld with the state of `keep_state`, as if it had been killed before it saved later jobs."""
        self.stop_controller(signal.SIGKILL)
        shutil.rmtree(self.folder / "state")
        shutil.move(self.folder / "state.kept", self.folder / "state")
        self.start_controller()

    def stop_controller(self, number: signal.Signals = signal.SIGTERM) -> None:
        """End slurmctld and wait for its end. Jobs and nodes continue. SIGKILL loses its last seconds of state."""
        for process in self._processes.living():
            if process.name() == CONTROLLER:
                process.send_signal(number)
                process.wait(START_TIMEOUT_S)

    def start_controller(self) -> None:
        """Start slurmctld again with its saved state; return when it answers. Raises TestbedError."""
        self._daemon(CONTROLLER, "-D", "-f", str(self.folder / "slurm.conf"))
        self._wait(CONTROLLER, lambda: "is UP" in self.run("scontrol", "ping"))

    def run(self, *command: str, timeout: float = 60) -> str:
        """The output of one of Slurm's commands. Raises TestbedError with its error text."""
        result = subprocess.run(
            command,
            check=False,
            env={**without_slurm(os.environ), **self.environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )
        if result.returncode:
            raise TestbedError(f"{shlex.join(command)}: {result.stderr.strip() or result.stdout.strip()}")
        return result.stdout

    def _start(self) -> None:
        # Readable for all: commands of other users use its munged and slurm.conf.
        self.folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        self.folder.chmod(0o755)
        controller_port, *node_ports = free_ports(self.nodes + 1)
        conf = self.folder / "slurm.conf"
        own = {"AccountingStoragePass": f"{self.folder}/munge/socket"} if self._key else {}
        conf.write_text(
            slurm_conf(
                self.folder,
                self.cluster,
                controller_port,
                node_ports,
                {**CONFIGS[self.config], **own, **self.settings},
                self.gpus,
            )
        )
        if self._job_submit:
            (self.folder / "job_submit.lua").write_text(self._job_submit)
        if self.gpus:
            (self.folder / "gres.conf").write_text(gres_conf(self.folder, self.gpus))
        for number in range(sum(self.gpus.values())):
            # Slurm takes no plain file, but does not open the device.
            (self.folder / f"gpu{number}").symlink_to(os.devnull)
        for name in ("log", "state", *(f"spool-n{index}" for index in range(self.nodes))):
            (self.folder / name).mkdir(mode=0o755, exist_ok=True)
        temporary = self.folder / "tmp"
        temporary.mkdir(exist_ok=True)
        temporary.chmod(0o1777)
        prolog = self.folder / "task-prolog"
        prolog.write_text(f"#!/bin/sh\necho export TMPDIR={shlex.quote(str(temporary))}\n")
        prolog.chmod(0o755)
        socket = start_munged(self._processes, self.folder, self._key or os.urandom(1024))
        self._wait("munged", socket.exists)
        if self._key:
            self.run("sacctmgr", "-i", "add", "cluster", self.cluster)
        self.start_controller()
        for index in range(self.nodes):
            self._daemon("slurmd", "-D", "-f", str(conf), "-N", f"n{index}")
        self._wait(
            "nodes",
            lambda: self.run("sinfo", "-h", "-N", "-p", "htc", "-o", "%t").split() == ["idle"] * self.nodes,
        )

    def _daemon(self, name: str, *arguments: str) -> None:
        command = program(name)
        assert command is not None
        environment = {**without_slurm(os.environ), **self.environment}
        self._processes.start([command, *arguments], environment, self.folder / "log" / f"{name}.out")

    def _wait(self, what: str, ready: Callable[[], bool]) -> None:
        until = time.monotonic() + START_TIMEOUT_S
        started = len(self._processes.living())
        reason = ""
        while time.monotonic() < until:
            try:
                if ready():
                    return
            except (TestbedError, subprocess.TimeoutExpired) as error:
                reason = str(error)
            if len(self._processes.living()) < started:
                raise TestbedError(f"{what}: a daemon ended while starting. {reason}")
            time.sleep(0.1)
        raise TestbedError(f"{what}: not ready within {START_TIMEOUT_S} s. {reason}")

    def _is_ours(self) -> bool:
        conf = self.folder / "slurm.conf"
        return conf.exists() and f"ClusterName={self.cluster}\n" in conf.read_text()

    def _last_lines(self) -> str:
        logs = [*sorted((self.folder / "log").glob("*")), self.folder / "munge" / "log"]
        ends = [(log.name, log.read_text(errors="replace").splitlines()[-5:]) for log in logs if log.is_file()]
        return "\n".join(f"{name}: {line}" for name, lines in ends for line in lines)


def main(arguments: list[str] | None = None) -> int:
    """The command line: ``up``, ``down`` or ``status``."""
    parser = argparse.ArgumentParser(prog="python -m testbed.slurm", description=__doc__)
    parser.add_argument("what", choices=("up", "down", "status"))
    parser.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir(), f"slurm-testbed-{os.getuid()}"))
    parser.add_argument("--config", choices=sorted(CONFIGS), default="scale")
    parser.add_argument("--nodes", type=int, default=4)
    parser.add_argument("--set", metavar="KEY=VALUE", action="append", default=[], help="set a key of slurm.conf")
    parser.add_argument("--gpus", metavar="MODEL=N", action="append", default=[], help="invented GPUs of each node")
    given = parser.parse_args(arguments)
    try:
        settings = dict(pair.split("=", 1) for pair in given.set)
    except ValueError:
        parser.error("--set needs KEY=VALUE")
    try:
        gpus = {model: int(count) for model, count in (pair.split("=", 1) for pair in given.gpus)}
    except ValueError:
        parser.error("--gpus needs MODEL=N")
    try:
        testbed = SlurmTestbed(given.folder, given.config, given.nodes, settings, gpus=gpus)
        if given.what == "up":
            testbed.up()
        elif given.what == "down":
            testbed.down()
            return 0
        elif not testbed.running:
            print(f"No testbed runs in {testbed.folder}.", file=sys.stderr)
            return 1
        else:
            print(testbed.run("sinfo", "-N", "-o", "# %N %P %t %C"), end="")
    except TestbedError as error:
        print(error, file=sys.stderr)
        return 1
    for name, value in testbed.environment.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
