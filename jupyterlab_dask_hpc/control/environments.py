"""Which Python the jobs run, and whether it can run a worker: checked before the jobs are submitted."""

from __future__ import annotations

import contextlib
import os
import sys
import time
from pathlib import Path

from dask_hpc.messages import Message

from ..batch.base import BatchRefused, BatchSilent
from ..batch.command import run
from ..core.errors import invalid

FIELD = "python_environment"
_PROBE = "import distributed, distributed.cli.dask_worker; print(distributed.__version__)"
_PROBE_TIMEOUT_S = 60.0
"""Seconds: importing distributed from a cold network file system has been seen to take half a minute."""
_CACHE_LIFETIME_S = 300.0


class Environments:
    """Checks Python environments, and caches successful checks for five minutes."""

    def __init__(self) -> None:
        self._last_success: dict[Path, float] = {}

    def python(self, environment: str, default: str) -> Path:
        """The Python of an environment; if none is named, `default` or the notebook server's own."""
        if environment:
            programs = Path(os.path.expanduser(environment)) / "bin"
            # The system's own Python may be named ``python3`` only, and kernels may run it.
            with contextlib.suppress(OSError):
                if not (programs / "python").exists() and (programs / "python3").exists():
                    return programs / "python3"
            return programs / "python"
        return Path(default) if default else Path(sys.executable)

    async def check(self, environment: str) -> None:
        """Raise ApiError 400 if `environment` certainly cannot run a worker.

        A path that the notebook server cannot see is not an error: the nodes may see it.
        """
        if not environment:
            return
        python = self.python(environment, "")
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
        if time.monotonic() - self._last_success.get(python, -_CACHE_LIFETIME_S) < _CACHE_LIFETIME_S:
            return
        await self._probe(python, environment)
        self._last_success[python] = time.monotonic()

    async def _probe(self, python: Path, environment: str) -> None:
        variables = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
        try:
            answer = await run([str(python), "-c", _PROBE], variables, _PROBE_TIMEOUT_S, Path("/"))
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
