"""Compares the workers' Python environment with this kernel's: both have to pickle in the same way.

Another Python runs this file to print the versions there, so it uses only the standard library.
"""

from __future__ import annotations

import json
import os
import platform
import shutil
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, version

REQUIRED = ("dask", "distributed", "cloudpickle", "msgpack", "tornado", "toolz")
"""The packages that `distributed.versions` requires."""
IF_PRESENT = ("numpy", "pandas", "pyarrow", "lz4")
"""Compared if both environments have them: their data is sent between kernel and workers."""
START_TIMEOUT_S = 60
"""Allows for a first start from a busy shared file system."""


def own_environment() -> str:
    """The folder of this kernel's own venv or conda environment."""
    return sys.prefix


def environment_warning(environment: str) -> str:
    """A sentence with a remedy if that environment does not fit this kernel's; empty if it does, or cannot be read.

    A folder that this computer cannot read may be readable on the nodes.
    """
    if not environment or os.path.realpath(environment) == os.path.realpath(own_environment()):
        return ""
    theirs = versions_of(environment)
    return "" if theirs is None else compare(environment, own_versions(), theirs)


def compare(environment: str, ours: dict[str, str], theirs: dict[str, str]) -> str:
    """The sentence on two sets of versions; see `environment_warning`."""
    # Here, since another Python runs this file alone.
    from .messages import Message

    missing = [name for name in REQUIRED if name in ours and name not in theirs]
    differ = [name for name in ours if name in theirs and ours[name] != theirs[name]]
    if not missing and not differ:
        return ""
    others = [Message("kernel.other-version", name=name, there=theirs[name], here=ours[name]) for name in differ]
    found = [str(one) for one in (*others, *(Message("kernel.no-package", name=name) for name in missing))]
    packages = " ".join(f"{name}=={ours[name]}" for name in [*differ, *missing] if name != "Python")
    if not packages:
        return str(Message("kernel.other-python", environment=environment, found=found))
    command = f"{environment}/bin/python -m pip install {packages}"
    return str(Message("kernel.other-environment", environment=environment, found=found, command=command))


def own_versions() -> dict[str, str]:
    """Versions in this kernel, by package; ``Python`` as major and minor version."""
    found = {"Python": ".".join(platform.python_version_tuple()[:2])}
    for name in (*REQUIRED, *IF_PRESENT):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def versions_of(environment: str) -> dict[str, str] | None:
    """The versions in another environment; None if it cannot be read or run from here."""
    programs = os.path.join(os.path.expanduser(environment), "bin")
    # The Python of a system may have only this name.
    python = shutil.which("python", path=programs) or os.path.join(programs, "python3")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    try:
        answer = subprocess.run(
            [python, "-I", __file__],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=START_TIMEOUT_S,
            check=True,
            env=clean,
        )
        found: dict[str, str] = json.loads(answer.stdout)
    except (OSError, ValueError, subprocess.SubprocessError):
        return None
    return found


if __name__ == "__main__":
    print(json.dumps(own_versions()))
