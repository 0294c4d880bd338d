"""Whether bash can read the shell lines of a profile: told with the profile's other mistakes, not by the first job."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator, Sequence

from dask_hpc.messages import Message

from ..core.profile_mistakes import WrongKey
from ..core.profile_setup import SetupLines

_TIMEOUT_S = 10.0


def setup_mistakes(setup: SetupLines) -> Iterator[WrongKey]:
    """The lists of lines that bash cannot read, each as a whole. Nothing is run; without bash nothing is said."""
    for name in SetupLines.model_fields:
        lines = getattr(setup, name)
        path = ("setup",) if name == "all" else ("setup", name)
        if lines and lines[-1].endswith("\\"):
            yield WrongKey(path, Message("profile.setup-unfinished"))
        elif detail := _unreadable(lines):
            yield WrongKey(path, Message("profile.setup-syntax", detail=detail))


def _unreadable(lines: Sequence[str]) -> str:
    bash = shutil.which("bash") if lines else None
    if bash is None:
        return ""
    command = [bash, "-O", "extglob", "-n", "-c", "\n".join((*lines, ""))]
    try:
        done = subprocess.run(
            command, env={"LC_ALL": "C"}, capture_output=True, text=True, timeout=_TIMEOUT_S, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    # bash: -c: line 3: syntax error: unexpected end of file
    return next(iter(done.stderr.splitlines()), "").rpartition("-c: ")[2].rpartition("warning: ")[2]
