"""Which Python the jobs run, and whether it can run a worker: checked before the jobs are submitted."""

from __future__ import annotations

import contextlib
import logging
import os
import shlex
import shutil
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.base import BatchRefused, BatchSilent
from ..batch.command import run
from ..core.errors import invalid
from ..core.expanded import Expand

log = logging.getLogger(__name__)

FIELD = "python_environment"
_PROBE = "import distributed, distributed.cli.dask_worker; print(distributed.__version__)"
_PROBE_TIMEOUT_S = 60.0
"""Seconds: importing distributed from a cold network file system has been seen to take half a minute."""
_CACHE_LIFETIME_S = 300.0


def can_run(command: Sequence[str]) -> bool:
    """Whether this server can run a command of a job: it has the program, and no word waits for the node."""
    return shutil.which(command[0]) is not None and not any(isinstance(word, Expand) for word in command)


def probe_variables() -> dict[str, str]:
    """The environment in which a job's Python is tried here."""
    return {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


def _python_in(environment: str) -> Path:
    """The Python of an environment."""
    programs = Path(os.path.expanduser(environment)) / "bin"
    # The system's own Python may be named ``python3`` only, and kernels may run it.
    with contextlib.suppress(OSError):
        if not (programs / "python").exists() and (programs / "python3").exists():
            return programs / "python3"
    return programs / "python"


class Environments:
    """Checks Python environments, and caches successful checks for five minutes."""

    def __init__(self) -> None:
        self._last_success: dict[tuple[str, ...], float] = {}

    def python(self, environment: str, default: tuple[str, ...]) -> tuple[str, ...]:
        """The command that runs Python, one word per item: that of an environment; if none is named, `default` or the
        notebook server's own."""
        return (str(_python_in(environment)),) if environment else default or (sys.executable,)

    async def check(self, environment: str, default: tuple[str, ...]) -> None:
        """Raise ApiError 400 if `environment`, or a `default` of several words, certainly cannot run a worker.

        A path or a program that the notebook server cannot see is not an error: the nodes may see it.
        """
        if environment:
            await self._check_environment(environment)
        elif len(default) > 1 and default not in self._recent() and can_run(default):
            await self.check_command(default)
            self._last_success[default] = time.monotonic()

    def _recent(self) -> set[tuple[str, ...]]:
        """The commands that were checked in the last minutes."""
        now = time.monotonic()
        return {command for command, at in self._last_success.items() if now - at < _CACHE_LIFETIME_S}

    async def _check_environment(self, environment: str) -> None:
        python = _python_in(environment)
        folder = python.parent.parent
        try:
            if not folder.exists():
                return
            if not python.exists():
                raise invalid(FIELD, Message("environment.no-python", environment=environment))
        except PermissionError:
            return
        except OSError as error:
            raise invalid(
                FIELD, Message("environment.unusable", environment=environment[:200], detail=str(error.strerror))
            ) from None
        if (str(python),) not in self._recent():
            await self._probe(python, environment)
            self._last_success[str(python),] = time.monotonic()

    async def check_command(self, command: tuple[str, ...]) -> None:
        """Raise ApiError if a command that runs Python fails. One that takes long may be loading an image, once."""
        shown = shlex.join(command)
        try:
            answer = await run([*command, "-c", _PROBE], probe_variables(), _PROBE_TIMEOUT_S, Path("/"))
        except BatchRefused as error:
            detail = str(error.__cause__ or error)
            raise invalid("profile", Message("environment.command-not-started", command=shown, detail=detail)) from None
        except BatchSilent as error:
            log.info("%s was not tried to the end: %s", shown, error)
            return
        if answer.code:
            last = (answer.errors.strip().splitlines() or [f"exit code {answer.code}"])[-1][:200].rstrip(".")
            raise invalid("profile", Message("environment.command-fails", command=shown, detail=last))

    async def _probe(self, python: Path, environment: str) -> None:
        try:
            answer = await run([str(python), "-c", _PROBE], probe_variables(), _PROBE_TIMEOUT_S, Path("/"))
        except BatchRefused as error:
            cause = error.__cause__
            if not isinstance(cause, OSError):
                raise invalid(FIELD, Message("environment.python-not-executable", environment=environment)) from None
            detail = str(cause.strerror)
            raise invalid(
                FIELD, Message("environment.python-not-started", environment=environment, detail=detail)
            ) from None
        except BatchSilent:
            raise invalid(
                FIELD, Message("environment.python-silent", environment=environment, timeout=_PROBE_TIMEOUT_S)
            ) from None
        if answer.code == 0:
            return
        last = (answer.errors.strip().splitlines() or ["no message"])[-1]
        if "No module named 'distributed'" in last:
            raise invalid(FIELD, Message("environment.no-distributed", environment=environment))
        raise invalid(FIELD, Message("environment.distributed-fails", environment=environment, detail=last[:200]))
