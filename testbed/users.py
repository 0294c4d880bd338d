"""Real system users for tests, and a Python that they can run."""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import psutil

from testbed.processes import end

CHECKOUT = Path(__file__).resolve().parents[1]


class SystemUser:
    """A system user of this machine, with a home that others may enter, as is usual; `remove` deletes both."""

    def __init__(self, name: str, home: Path) -> None:
        command = ["useradd", "--create-home", "--home-dir", str(home), "--shell", "/bin/bash", name]
        subprocess.run(command, check=True, stdin=subprocess.DEVNULL, capture_output=True)
        home.chmod(0o755)
        self.name = name
        self.home = home
        self.uid = pwd.getpwnam(name).pw_uid
        self.gid = pwd.getpwnam(name).pw_gid

    def processes(self) -> list[psutil.Process]:
        """All processes of this user."""
        return [process for process in psutil.process_iter(["uids"]) if _uid(process) == self.uid]

    def run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        """Run a command as this user, without the environment of the tests."""
        return subprocess.run(
            command,
            check=False,
            user=self.uid,
            group=self.gid,
            extra_groups=[],
            cwd=self.home,
            env={"PATH": os.environ["PATH"], "HOME": str(self.home), "USER": self.name, **variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
        )

    def remove(self) -> None:
        """End the user's processes, and delete the user and the home."""
        while left := self.processes():
            end(left, grace=2)
        subprocess.run(["userdel", self.name], check=True, stdin=subprocess.DEVNULL, capture_output=True)
        shutil.rmtree(self.home, ignore_errors=True)


def python_for_all(folder: Path) -> Path:
    """Create in `folder` a virtual environment with the packages of this one, for every user; returns its Python.

    Files in folders that others cannot enter, such as a checkout below /root, are linked one by one, or copied. Raises
    LookupError if other users cannot reach the interpreter itself.
    """
    base = _interpreter()
    folder.mkdir(mode=0o755)
    subprocess.run([base, "-m", "venv", "--without-pip", "--symlinks", str(folder)], check=True)
    here = Path(sys.prefix)
    packages = Path("lib") / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    sources = {
        "checkout/dask_hpc": CHECKOUT / "dask_hpc",
        "checkout/jupyterlab_dask_hpc": CHECKOUT / "jupyterlab_dask_hpc",
        "packages": here / packages,
        "share": here / "share",
        "etc": here / "etc",
    }
    (folder / "checkout").mkdir()
    for target, source in sources.items():
        if _reachable(source):
            (folder / target).symlink_to(source.resolve())
        else:
            _mirror(source, folder / target)
    # The packages of this checkout first, whatever checkout the environment was made for.
    lines = [str(folder / "checkout"), f"import site; site.addsitedir({str(folder / 'packages')!r})"]
    (folder / packages / "testbed.pth").write_text("\n".join(lines))
    return folder / "bin" / "python"


def _interpreter() -> str:
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [os.path.realpath(sys.executable), f"/usr/local/bin/{version}", f"/usr/bin/{version}"]
    for candidate in candidates:
        if os.path.exists(candidate) and _reachable(Path(candidate)):
            return candidate
    raise LookupError(
        f"Other users cannot run {candidates[0]}, and there is no {version} that they can. "
        "Make .venv anew with a Python outside /root: PYTHON=/usr/bin/python3 scripts/bootstrap"
    )


def _reachable(path: Path) -> bool:
    real = path.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (real, *real.parents))


def _mirror(source: Path, target: Path) -> None:
    # With their bytecode: users could not write it later, and each start would compile everything again.
    ignored = shutil.ignore_patterns("*.pth")
    shutil.copytree(source, target, copy_function=_link, ignore=ignored)
    for folder, _, _ in os.walk(target):
        os.chmod(folder, 0o755)


def _link(source: str, target: str) -> None:
    real = os.path.realpath(source)
    if os.stat(real).st_mode & stat.S_IROTH:
        try:
            os.link(real, target)
            return
        except OSError:
            pass  # another file system
    shutil.copy2(real, target)
    os.chmod(target, os.stat(target).st_mode | stat.S_IRGRP | stat.S_IROTH)


def _uid(process: psutil.Process) -> int | None:
    uids = process.info["uids"]
    return uids.real if uids else None
