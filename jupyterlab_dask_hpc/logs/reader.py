"""The log files of one cluster: list, read, follow.

Clusters share the folder `log/`, some of them of the same name, so a file
belongs to a cluster only if its name is that of one of the cluster's jobs:
`<cluster>.<role>.<job>.log`. Files are opened anew for every look, below a
freshly opened folder: on network file systems that is what brings new bytes to
light. Links are never followed.
"""

from __future__ import annotations

import asyncio
import codecs
import os
import stat
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, NamedTuple

from ..batch.base import plain
from ..core.errors import ApiError, unknown, why
from ..waiting import in_thread
from .levels import HEAD, level_of

LONGEST_READ = 4 * 1024**2
PIECE = 64 * 1024
_END = 8192  # bytes in which a log's last lines are looked for
_BEFORE = 256  # bytes before a followed log's offset by which a rewritten file is told from a grown one
SETUP_FAILED = "This line of setup failed: "
NOT_STARTED = "Dask was not started: "
NOTES = (SETUP_FAILED, NOT_STARTED)  # as jobs/environment.sh.j2 writes them
POLL = 0.5  # seconds between two looks at a followed log


class LogJob(NamedTuple):
    """One job whose log may exist: `Job.id`, `worker` or `scheduler`, the contract's job state, the node."""

    id: str
    role: str
    state: str
    node: str


@dataclass(frozen=True)
class ClusterLogs:
    """Where the logs of one cluster are.

    Attributes:
        folder: the workspace's `log/`.
        name: the cluster's name.
        jobs: all its jobs, live and over.
    """

    folder: Path
    name: str
    jobs: tuple[LogJob, ...]

    def files(self) -> dict[str, LogJob]:
        """Every file name that is this cluster's own, and its job."""
        return {file_name(self.name, job.role, job.id): job for job in self.jobs}

    def job_of(self, file: str) -> LogJob:
        """The job that writes `file`. Raises ApiError 403 or 404."""
        if "/" in file or "\\" in file or "\0" in file or file in ("", ".", ".."):
            raise ApiError(403, "forbidden", "The name of a log cannot point outside its folder.")
        job = self.files().get(file)
        if job is None:
            raise unknown(f"{self.name} has no log of the name {file}.")
        return job


def file_name(cluster: str, role: str, job: str) -> str:
    """Name of the log of one job; `job` may be the batch system's pattern for the id."""
    return f"{cluster}.{role}.{plain(job)}.log"


def list_logs(logs: ClusterLogs) -> list[dict[str, Any]]:
    """The contract's `Log` of every file that exists, in order of the jobs. Raises ApiError 403 or 503."""
    found: dict[str, os.stat_result] = {}
    own = logs.files()
    try:
        with suppress(FileNotFoundError), os.scandir(logs.folder) as entries:
            for entry in entries:
                if entry.name in own:
                    with suppress(FileNotFoundError):
                        found[entry.name] = entry.stat(follow_symlinks=False)
    except OSError as error:
        raise _unreadable(str(logs.folder), error) from error
    return [
        {
            "file": file,
            "role": job.role,
            "job": job.id,
            "size": found[file].st_size,
            "modified": moment(found[file].st_mtime),
            "state": job.state,
            "node": job.node,
        }
        for file, job in own.items()
        if file in found and stat.S_ISREG(found[file].st_mode)
    ]


def read(logs: ClusterLogs, file: str, offset: int, length: int) -> tuple[bytes, int]:
    """Bytes of one log, and its whole size.

    Args:
        offset: where to start; negative counts from the end.
        length: bytes at most; no more than `LONGEST_READ` are given.
    Raises ApiError 403 or 404.
    """
    logs.job_of(file)
    with opened(logs.folder, file) as (descriptor, status):
        start = max(0, status.st_size + offset) if offset < 0 else offset
        return os.pread(descriptor, min(length, LONGEST_READ), start), status.st_size


def last_lines(folder: Path, file: str, most: int) -> tuple[str, ...]:
    """What a log ends with: its last lines of weight, failing that its last lines; empty when there is none to read.

    A line of the job script that says what failed before Dask was started (`NOTES`) stays among them, at the front.
    At most `most` of 300 characters each, all of them printable.
    """
    try:
        with opened(folder, file) as (descriptor, status):
            end = os.pread(descriptor, _END, max(0, status.st_size - _END))
    except ApiError:
        return ()
    lines = ["".join(filter(str.isprintable, line)).strip() for line in end.decode(errors="replace").splitlines()]
    lines = [line for line in lines if line]
    weighty = [line for line in lines if level_of(line) == "error" or not HEAD.match(line)]
    chosen = (weighty or lines)[-most:]
    if noted := [line for line in lines if line.startswith(NOTES) and line not in chosen]:
        chosen = [noted[-1], *chosen[1:]]
    return tuple(line[:300] for line in chosen)


@contextmanager
def opened(folder: Path, file: str) -> Iterator[tuple[int, os.stat_result]]:
    """A regular file right in `folder`, open for reading. Raises ApiError 403, 404 or 503."""
    try:
        # Not blocking: a named pipe would keep the thread until somebody writes to it.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if stat.S_ISLNK(os.stat(file, dir_fd=below, follow_symlinks=False).st_mode):
                raise ApiError(403, "forbidden", f"{file} is a link, and links to logs are not followed.")
            descriptor = os.open(file, flags, dir_fd=below)
        finally:
            os.close(below)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ApiError(403, "forbidden", f"{file} is no regular file.")
            yield descriptor, status
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise unknown(f"There is no {file} in {folder} yet.") from None
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(what: str, error: OSError) -> ApiError:
    denied = isinstance(error, PermissionError)
    status, reason = (403, "forbidden") if denied else (503, "silent")
    return ApiError(status, reason, f"{what} cannot be read: {why(error)}.", words=error.strerror)


@dataclass(frozen=True)
class Piece:
    """New text of a followed log: `offset` is where it starts, `size` the whole file's, both in bytes.

    The text takes as many bytes in UTF-8 as it took in the file, so that `offset` plus
    those is where the next piece starts.
    """

    offset: int
    size: int
    text: str
    restarted: bool

    def as_json(self) -> dict[str, Any]:
        """As the contract has it."""
        return asdict(self)


class Follower:
    """Follows one log from a byte offset, through what may happen to a file meanwhile: it appears, is truncated,
    rewritten, replaced, removed, unreadable for a while.
    """

    def __init__(self, logs: ClusterLogs, file: str, offset: int) -> None:
        """`offset` counts from the end if negative. Raises ApiError 403 or 404."""
        logs.job_of(file)
        self._folder = logs.folder
        self._file = file
        self._offset = offset
        self._identity: tuple[int, int] | None = None
        self._before = b""
        self._trouble = ""

    def poll(self) -> Piece | None:
        """What is new, at most `PIECE` bytes; None when nothing is.

        Raises ApiError 403, 404 or 503, once for each trouble; a piece, be it empty, tells that it is over.
        """
        try:
            with opened(self._folder, self._file) as (descriptor, status):
                piece = self._next(descriptor, status)
        except ApiError as error:
            if error.status == 404:
                if self._identity is None:  # not written yet
                    return None
                error = unknown(f"{self._file} was removed. What was read before is shown.")
            if error.message == self._trouble:
                return None
            self._trouble = error.message
            raise error from None
        recovered, self._trouble = bool(self._trouble), ""
        return piece if piece.text or piece.restarted or recovered else None

    def _next(self, descriptor: int, status: os.stat_result) -> Piece:
        if self._offset < 0:
            self._offset = max(0, status.st_size + self._offset)
        restarted = self._is_another(descriptor, status)
        if restarted:
            self._offset = 0
        data = os.pread(descriptor, PIECE, self._offset)
        text, used = codecs.utf_8_decode(data, "dask_hpc_byte", False)
        piece = Piece(self._offset, status.st_size, text, restarted)
        self._offset += used
        start = max(0, self._offset - _BEFORE)
        self._before = os.pread(descriptor, self._offset - start, start)
        return piece

    def _is_another(self, descriptor: int, status: os.stat_result) -> bool:
        """Whether this is no longer the file, or the text, that was read up to the offset."""
        known, self._identity = self._identity, (status.st_dev, status.st_ino)
        if status.st_size < self._offset or known not in (None, self._identity):
            return True
        return os.pread(descriptor, len(self._before), self._offset - len(self._before)) != self._before

    async def news(self) -> AsyncIterator[Piece | ApiError]:
        """Every piece, and every trouble, as it comes, for ever; the file is looked at only when the last was taken."""
        while True:
            found: Piece | ApiError | None
            try:
                found = await in_thread(self.poll)
            except ApiError as error:
                found = error
            if found is not None:
                yield found
            if not isinstance(found, Piece):
                await asyncio.sleep(POLL)


def moment(seconds: float) -> str:
    """ISO 8601 in UTC of seconds since the epoch."""
    return datetime.fromtimestamp(seconds, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _substitute(error: UnicodeError) -> tuple[str, int]:
    """One SUBSTITUTE, itself one byte, for each byte that is no UTF-8: offsets can be told from the text."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "\x1a" * (error.end - error.start), error.end


codecs.register_error("dask_hpc_byte", _substitute)
