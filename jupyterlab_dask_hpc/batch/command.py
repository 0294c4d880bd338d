"""Runs commands of a batch system: as argument lists, with a time limit, leaving no process behind."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .base import BatchRefused, BatchSilent

_READ_BYTES = 64 * 1024
_KILL_TIMEOUT_S = 1.0
"""Seconds to wait for a killed command to end: a command that waits for a dead file system does not end."""
_LAST_LINES = 3
_MAX_OUTPUT_LENGTH = 600
"""Lines and characters of a killed command's standard error that are reported."""


@dataclass(frozen=True)
class Answer:
    """The output of a command. `code` is negative if a signal ended it."""

    code: int
    output: str
    errors: str


async def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    timeout: float,
    folder: Path | None = None,
    text: str = "",
    most: int | None = None,
) -> Answer:
    """Run `command` with exactly `environment` in `folder`, with `text` on its standard input.

    Args:
        most: bytes of its output, and of its errors, after which it is killed; None for any number.

    Raises:
        BatchRefused: the command or the folder does not exist; nothing was done.
        BatchSilent: no answer within `timeout` seconds, or more than `most` bytes of it; the message has the end of the
            standard error. The command and its children were killed.
    """
    program = shutil.which(command[0])
    if program is None:
        raise BatchRefused(f"The command {command[0]} was not found on this server.")
    starting = asyncio.create_task(
        asyncio.create_subprocess_exec(
            program,
            *command[1:],
            env=dict(environment),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    )
    try:
        await asyncio.wait({starting})
    except asyncio.CancelledError:
        # If asyncio is cancelled while it connects the pipes, it waits forever for them to close (Python 3.11).
        starting.add_done_callback(_kill_started)
        await asyncio.wait({starting}, timeout=_KILL_TIMEOUT_S)
        if starting.done() and starting.exception() is None:
            started = starting.result()
            last = [started.wait(), *(stream.read() for stream in (started.stdout, started.stderr) if stream)]
            await asyncio.wait({asyncio.ensure_future(each) for each in last}, timeout=_KILL_TIMEOUT_S)
        raise
    try:
        process = starting.result()
    except OSError as error:
        raise BatchRefused(f"{command[0]} could not be started: {error}") from error
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    output, errors = bytearray(), bytearray()
    streams = ((process.stdout, output), (process.stderr, errors))
    reading = [asyncio.create_task(_read(stream, into, process, most)) for stream, into in streams]
    working = {*reading, asyncio.create_task(_write(process.stdin, text)), asyncio.create_task(process.wait())}
    try:
        _, unfinished = await asyncio.wait(working, timeout=timeout)
        if unfinished:
            _kill(process)
            # Its output until then shows the cause.
            await asyncio.wait(working, timeout=_KILL_TIMEOUT_S)
            raise BatchSilent(_silent(command[0], timeout, errors))
    finally:
        if any(not task.done() for task in working):
            _kill(process)
            try:
                await asyncio.wait(working, timeout=_KILL_TIMEOUT_S)
            finally:
                for task in working:
                    task.cancel()
    for task in working:
        task.result()
    if most is not None and max(len(output), len(errors)) > most:
        raise BatchSilent(f"{command[0]} printed more than {most} bytes and was ended.")
    assert process.returncode is not None
    return Answer(process.returncode, output.decode(errors="replace"), errors.decode(errors="replace"))


async def _read(
    stream: asyncio.StreamReader, into: bytearray, process: asyncio.subprocess.Process, most: int | None
) -> None:
    while piece := await stream.read(_READ_BYTES):
        if most is None or len(into) <= most:
            into += piece
        else:
            _kill(process)


async def _write(stream: asyncio.StreamWriter, text: str) -> None:
    # A command that does not read its standard input may still answer.
    with suppress(BrokenPipeError, ConnectionResetError):
        stream.write(text.encode())
        await stream.drain()
    stream.close()


def _kill_started(starting: asyncio.Task[asyncio.subprocess.Process]) -> None:
    if not starting.cancelled() and starting.exception() is None:
        _kill(starting.result())


def _kill(process: asyncio.subprocess.Process) -> None:
    """Kill the whole session: a child of a wrapper may hold the pipes after the wrapper has ended."""
    with suppress(ProcessLookupError, PermissionError):  # a wrapper may have become another user's, by sudo
        os.killpg(process.pid, signal.SIGKILL)
    if process.stdin is not None:
        process.stdin.close()


def _silent(name: str, timeout: float, errors: bytearray) -> str:
    lines = errors.decode(errors="replace").split("\n")
    last = "\n".join([line.rstrip() for line in lines if line.strip()][-_LAST_LINES:])[-_MAX_OUTPUT_LENGTH:]
    silent = f"{name} gave no answer within {timeout:g} seconds."
    return f"{silent} Its last lines: {last}" if last else silent
