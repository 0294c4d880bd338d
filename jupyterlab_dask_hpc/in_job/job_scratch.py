"""A folder on the node's own disk that exists as long as this process. A plain file: only the standard library."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import tempfile
from typing import Any, NoReturn

_folder = ""
_owner = 0


def make(prefix: str) -> str:
    """A new folder, in TMPDIR if that is usable. It is removed when this process exits."""
    global _folder, _owner
    _folder, _owner = tempfile.mkdtemp(prefix=prefix), os.getpid()
    atexit.register(remove)
    # Until distributed's command installs its own handler.
    signal.signal(signal.SIGTERM, _terminate)
    return _folder


def remove() -> None:
    """Remove the folder, if there is one and this process has made it."""
    if _folder and os.getpid() == _owner:
        shutil.rmtree(_folder, ignore_errors=True)


def exit_now(code: int) -> NoReturn:
    """Remove the folder and exit, without anything else that runs at the end of a process."""
    remove()
    os._exit(code)


def _terminate(number: int, frame: Any) -> None:
    remove()
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
