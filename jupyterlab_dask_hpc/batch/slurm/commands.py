"""Slurm's commands: where they are, with which variables and for how long they run."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from ..command import Answer, run

# These variables would change the commands if they were inherited: a server may itself run in a job.
_OWN_VARIABLES = ("SLURM_", "SBATCH_", "SQUEUE_", "SCANCEL_", "SACCT_", "SCONTROL_", "SINFO_")
Name = Literal["sbatch", "squeue", "scancel", "scontrol", "sacct", "sinfo", "sacctmgr"]

log = logging.getLogger(__name__)


class Commands:
    """Slurm's commands.

    Args:
        paths: names or paths of the commands.
        timeout: time limit in seconds of each call.
        conf: value of ``SLURM_CONF`` for the commands; by default that of the server, if it has one.
    """

    def __init__(self, paths: Mapping[Name, str], timeout: float, conf: str | None) -> None:
        self._paths = paths
        self._timeout = timeout
        conf = conf or os.environ.get("SLURM_CONF")
        self._conf = {"SLURM_CONF": conf} if conf else {}
        self._logged: set[str] = set()

    def line(self, name: Name, cluster: str, *arguments: str) -> list[str]:
        """The command line of a call, for a Slurm cluster; empty for the local one."""
        return [self._paths[name], *(["-M", cluster] if cluster else []), *arguments]

    async def query(self, name: Name, cluster: str, *arguments: str, text: str = "") -> Answer:
        """The answer of a command that does not submit; arguments as in `line`. Raises BatchRefused or BatchSilent."""
        inherited = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        # Times in seconds since the epoch, without time zone; lists of array tasks are not truncated.
        environment = {**inherited, **self._conf, "SLURM_TIME_FORMAT": "%s", "SLURM_BITSTR_LEN": "0"}
        return await run(self.line(name, cluster, *arguments), environment, self._timeout, text=text)

    async def submit(self, environment: Mapping[str, str], folder: Path, script: str, *arguments: str) -> Answer:
        """The answer of sbatch, which gets no other variables. Raises BatchRefused or BatchSilent."""
        command = self.line("sbatch", "", *arguments)
        return await run(command, {**environment, **self._conf}, self._timeout, folder, script)

    def log_once(self, name: Name, what: str) -> None:
        """Log a lasting problem with a command once, not at every call."""
        if (key := f"{name} {what.partition(':')[0]}") not in self._logged:
            self._logged.add(key)
            log.warning("%s: %s", self._paths[name], what)
