"""What is expensive to make is made once on a machine, by the first test process that needs it."""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import uv


def cache() -> Path:
    """The folder of everything that is made once. It may be removed at any time when no test runs."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jupyterlab-dask-hpc-tests"


def once(name: str, make: Callable[[Path], None]) -> Path:
    """The folder `name` in the cache, filled by `make` if it is not complete; other processes wait meanwhile.

    If `make` raises, the next caller removes what it left and calls its own.
    """
    folder = cache() / name
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        complete = folder / "complete"
        if not complete.exists():
            if folder.exists():
                shutil.rmtree(folder)
            folder.mkdir()
            make(folder)
            complete.touch()
    return folder


def install(*arguments: str) -> None:
    """As ``pip install`` does, but in half the time, and with links into one cache for what several folders have."""
    # Compiled, since each of many processes would do it again.
    subprocess.run([uv.find_uv_bin(), "pip", "install", "-q", "--compile-bytecode", *arguments], check=True)


def virtual_environment(name: str, *packages: str) -> Path:
    """The Python of an environment with these packages of pip, of this Python's version and nothing of this project."""

    def make(folder: Path) -> None:
        variables = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
        subprocess.run([sys.executable, "-m", "venv", folder], check=True, env=variables)
        install("--python", str(folder / "bin" / "python"), *packages)

    content = repr((sys.version, sys.base_prefix, sorted(packages)))
    return once(f"{name}-{hashlib.sha256(content.encode()).hexdigest()[:12]}", make) / "bin" / "python"
