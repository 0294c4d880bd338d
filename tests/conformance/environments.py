"""Python environments with the distributed that is to be compared, made once on a machine and kept."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

import distributed

VERSIONS = {
    "newest": (f"dask=={distributed.__version__}", f"distributed=={distributed.__version__}", "numpy"),
    "oldest": ("dask==2023.5.0", "distributed==2023.5.0", "numpy<2"),
}
"""What each environment holds: the oldest distributed is the one that pyproject.toml promises."""
ALWAYS = ("threadpoolctl", "psutil")


def environment(version: str) -> Path:
    """The folder of a venv; made now if it is not there."""
    wanted = sorted((*VERSIONS[version], *ALWAYS))
    name = hashlib.sha256(repr((sys.version, sys.base_prefix, wanted)).encode()).hexdigest()[:12]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "jupyterlab-dask-hpc-tests"
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"{version}-{name}"
    with (cache / f"{version}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / "complete").exists():
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(folder)
            subprocess.run([sys.executable, "-m", "venv", folder], check=True)
            pip = [folder / "bin" / "python", "-m", "pip", "install", "-q", "--disable-pip-version-check"]
            subprocess.run([*pip, *wanted], check=True)
            (folder / "complete").touch()
    return folder
