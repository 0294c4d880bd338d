"""Runs a batch system's commands: argument lists, a time limit, nothing left running."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from jupyterlab_dask_hpc.batch.base import BatchRefused, BatchSilent


@dataclass(frozen=True)
class Answer:
    """What a command said. `code` is negative when a signal ended it."""

    code: int
    output: str
    errors: str


async def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    timeout: float,
    folder: Path | None = None,
    text: str = "",
) -> Answer:
    """Run `command` with exactly `environment` in `folder`, `text` on its standard input.

    Raises:
        BatchRefused: there is no such command or folder; nothing was done.
        BatchSilent: no answer within `timeout` seconds; command and children were killed.
    """
    program = shutil.which(command[0])
    if program is None:
        raise BatchRefused(f"The command {command[0]} was not found on this server.")
    try:
        process = await asyncio.create_subprocess_exec(
            program,
            *command[1:],
            env=dict(environment),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        raise BatchRefused(f"{command[0]} could not be started: {error}") from error
    try:
        output, errors = await asyncio.wait_for(process.communicate(text.encode()), timeout)
    except asyncio.TimeoutError:
        raise BatchSilent(f"{command[0]} gave no answer within {timeout:g} seconds.") from None
    finally:
        # A wrapper's child may still hold the pipes, so the whole session goes, whatever the way out.
        if process.returncode is None:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    assert process.returncode is not None
    return Answer(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))
