"""What Slurm's and its accounting's daemons have in common: their programs, their munged, how they fail."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from testbed.processes import Processes

START_TIMEOUT_S = 90


class TestbedError(RuntimeError):
    """The testbed cannot run; the message says why and what to do."""

    __test__ = False


def start_munged(processes: Processes, folder: Path, key: bytes) -> Path:
    """Start a munged with this key in `munge` below `folder`; returns its socket, which exists once it listens."""
    munge = folder / "munge"
    munge.mkdir(mode=0o755, exist_ok=True)
    file = munge / "key"
    file.touch(mode=0o600)
    file.write_bytes(key)
    command = program("munged")
    assert command is not None
    words = [
        command, "--foreground", "--force", f"--socket={munge}/socket", f"--key-file={file}",
        f"--pid-file={munge}/pid", f"--log-file={munge}/log", f"--seed-file={munge}/seed",
    ]  # fmt: skip
    processes.start(words, without_slurm(os.environ), folder / "munged.out")
    return munge / "socket"


def program(name: str) -> str | None:
    """The path of a program; None if it is not installed."""
    # The PATH of a user often lacks the folders of daemons.
    return shutil.which(name, path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/sbin:/usr/local/sbin")


def without_slurm(environment: Mapping[str, str]) -> dict[str, str]:
    """These variables without those that Slurm's commands read."""
    return {name: value for name, value in environment.items() if not name.startswith(("SLURM", "SBATCH", "SQUEUE"))}
