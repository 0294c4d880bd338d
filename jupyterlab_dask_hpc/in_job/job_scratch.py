"""A folder on the node's own disk that exists as long as this process. A plain file: only the standard library.

A process that is killed leaves its folder. The next one of this user on the same node removes it: each folder has a
file that its process keeps locked, as distributed's own folders have.
"""

from __future__ import annotations

import atexit
import fcntl
import glob
import os
import shutil
import signal
import socket
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NoReturn

PREFIXES = ("dask-worker-", "dask-scheduler-")
LOCK = "dask-hpc.lock"
"""The file that is locked; it contains the name of the node."""
MADE = "dask-hpc.made"
"""A file in the folder around it, if that was made, too: it is removed when nothing else is in it."""
YOUNG_S = 60.0
"""What is younger may not be complete yet."""
UNUSABLE = "The scratch folder cannot be used: "  # as core/log_names.py has it

_folder = ""
_owner = 0


@dataclass(frozen=True)
class Scratch:
    """What the profile says about the folder, from the environment of the job.

    Attributes:
        folder: where to make folders; empty for TMPDIR.
        pattern: where other jobs of this user make theirs, for `glob`; empty for the same folder.
        at_least: number of bytes that have to be free there.
    """

    folder: str = ""
    pattern: str = ""
    at_least: int = 0


def from_environment() -> Scratch:
    """Take it out of the environment, which the user's code sees."""
    names = [f"JUPYTERLAB_DASK_HPC_SCRATCH_{name}" for name in ("FOLDER", "PATTERN", "AT_LEAST")]
    folder, pattern, at_least = (os.environ.pop(name, "") for name in names)
    return Scratch(folder, pattern, int(at_least or 0))


def make(prefix: str) -> str:
    """A new folder, where the profile says or in TMPDIR if that is usable. It is removed when this process exits.

    Exits the process if that of the profile is missing, cannot be written or has too little space.
    """
    global _folder, _owner  # noqa: PLW0603  this process's own
    scratch = from_environment()
    _owner = os.getpid()
    atexit.register(remove)
    # Until distributed's command installs its own handler.
    signal.signal(signal.SIGTERM, _terminate)
    if scratch.folder:
        try:
            _folder = _new_below(scratch.folder, prefix)
            _lock(_folder)
            remove_left(scratch.pattern or glob.escape(scratch.folder))
            free = shutil.disk_usage(_folder).free
        except OSError as error:
            _refuse(f"{scratch.folder}: {error.strerror}")
        if free < scratch.at_least:
            _refuse(f"{scratch.folder} has {_gib(free)} free, and needs {_gib(scratch.at_least)}")
    else:
        remove_left(glob.escape(tempfile.gettempdir()))
        _folder = tempfile.mkdtemp(prefix=prefix)
        with suppress(OSError):  # a full disk is found out when something is spilled
            _lock(_folder)
    return _folder


def remove() -> None:
    """Remove the folder, if there is one and this process has made it."""
    if _folder and os.getpid() == _owner:
        remove_folder(_folder)


def remove_folder(folder: str) -> None:
    """Remove a folder that `make` has made, and those around it that were made for it."""
    shutil.rmtree(folder, ignore_errors=True)
    _remove_around(os.path.dirname(folder))


def remove_left(pattern: str) -> None:
    """Remove what killed processes of this user have left on this node, in the folders of this pattern."""
    for folder in glob.glob(pattern):
        for left in _left(folder):
            shutil.rmtree(left, ignore_errors=True)
        _remove_around(folder, YOUNG_S)


def exit_now(code: int) -> NoReturn:
    """Remove the folder and exit, without anything else that runs at the end of a process."""
    remove()
    os._exit(code)


def _left(folder: str) -> Iterator[str]:
    """Folders of killed processes, each locked while it is used."""
    try:
        entries = [entry for entry in os.scandir(folder) if entry.name.startswith(PREFIXES)]
    except OSError:
        return
    for entry in entries:
        with suppress(OSError):
            status = entry.stat(follow_symlinks=False)
            if not entry.is_dir(follow_symlinks=False) or status.st_uid != os.getuid():
                continue
            lock = os.open(os.path.join(entry.path, LOCK), os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                # Where nodes share the folder, another node's lock may not be seen.
                here = os.read(lock, 4096).decode(errors="replace") == socket.gethostname()
                if here and time.time() - os.fstat(lock).st_mtime > YOUNG_S:
                    yield entry.path
            finally:
                os.close(lock)


def _lock(folder: str) -> None:
    """Lock a new folder as long as this process exists. Raises OSError if nothing can be written to it."""
    path = os.path.join(folder, LOCK)
    lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    os.write(lock, socket.gethostname().encode())
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:  # a file system without locks
        os.unlink(path)


def _new_below(folder: str, prefix: str, attempts: int = 3) -> str:
    """A new folder in `folder`, which is made if it is missing. Raises OSError."""
    try:
        _make_around(folder)
        return tempfile.mkdtemp(prefix=prefix, dir=folder)
    except FileNotFoundError:  # a worker that has just ended has removed it
        if attempts == 1:
            raise
        return _new_below(folder, prefix, attempts - 1)


def _make_around(folder: str) -> None:
    """Make the folder and those above it, for this user alone, unless it is there. Raises OSError."""
    if os.path.isdir(folder):
        return
    above = os.path.dirname(folder)
    if above != folder:
        _make_around(above)
    try:
        os.mkdir(folder, 0o700)
    except FileExistsError:
        if os.path.isdir(folder):
            return  # another worker of the job was first
        raise
    with open(os.path.join(folder, MADE), "x"):
        pass


def _remove_around(folder: str, age: float = 0) -> None:
    """Remove a folder that was made and is empty, and those above it, if they are older than `age` seconds."""
    with suppress(OSError):
        mark = os.path.join(folder, MADE)
        while time.time() - os.stat(mark).st_mtime >= age and os.listdir(folder) == [MADE]:
            os.unlink(mark)
            os.rmdir(folder)
            folder = os.path.dirname(folder)
            mark = os.path.join(folder, MADE)


def _refuse(why: str) -> NoReturn:
    print(f"{UNUSABLE}{why}, on {socket.gethostname()}.", file=sys.stderr, flush=True)
    sys.exit(1)


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f}G"


def _terminate(number: int, frame: Any) -> None:
    remove()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
