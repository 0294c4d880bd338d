"""The log files of one cluster: list, read, follow.

Clusters share the folder `log/`, and several may have the same name. So a file
belongs to a cluster only if its name is that of one of the cluster's jobs:
`<cluster>.<role>.<job>.log`. For every read, the folder and the file are opened
again: on network file systems, new bytes may not be visible otherwise. Links are
never followed.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from dask_hpc.messages import Message

from ..core.errors import ApiError, os_error_text, unknown
from ..core.log_names import NOTES
from ..core.shapes import iso_utc
from .levels import HEAD, level_of

MAX_READ_BYTES = 4 * 1024**2
_TAIL_BYTES = 8192  # bytes at the end of a log that are searched for its last lines


class LogJob(NamedTuple):
    """One job whose log may exist: id, role (`worker`, `scheduler`, `script`), state and node as in the API, and file.

    `output` is true for what the batch system itself has written for a submission, which is listed if there is any.
    """

    id: str
    role: str
    state: str
    node: str
    file: str
    output: bool = False


@dataclass(frozen=True)
class ClusterLogs:
    """Where the logs of one cluster are.

    Attributes:
        folder: the workspace's `log/`.
        name: the cluster's name.
        jobs: all its jobs, live and ended.
    """

    folder: Path
    name: str
    jobs: tuple[LogJob, ...]

    def files(self) -> dict[str, LogJob]:
        """Every file name that belongs to this cluster, with its job."""
        return {job.file: job for job in self.jobs}

    def job_of(self, file: str) -> LogJob:
        """The job that writes `file`. Raises ApiError 403 or 404."""
        if "/" in file or "\\" in file or "\0" in file or file in ("", ".", ".."):
            raise ApiError(403, "forbidden", Message("log.outside-folder"))
        job = self.files().get(file)
        if job is None:
            raise unknown(Message("log.unknown", cluster=self.name, file=file))
        return job


def list_logs(logs: ClusterLogs) -> list[dict[str, Any]]:
    """The `Log` of `docs/contract.md` for every existing file, in order of the jobs. Raises ApiError 403 or 503."""
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
            "modified": iso_utc(found[file].st_mtime),
            "state": job.state,
            "node": job.node,
        }
        for file, job in own.items()
        if file in found and stat.S_ISREG(found[file].st_mode) and (found[file].st_size or not job.output)
    ]


def read(logs: ClusterLogs, file: str, offset: int, length: int) -> tuple[bytes, int]:
    """Bytes of one log, and the size of the whole file.

    Args:
        offset: where to start; negative counts from the end.
        length: maximum number of bytes; limited to `MAX_READ_BYTES`.
    Raises ApiError 403 or 404.
    """
    logs.job_of(file)
    with opened(logs.folder, file) as (descriptor, status):
        start = max(0, status.st_size + offset) if offset < 0 else offset
        return os.pread(descriptor, min(length, MAX_READ_BYTES), start), status.st_size


def last_lines(folder: Path, file: str, most: int) -> tuple[str, ...]:
    """The last significant lines of a log, or else its last lines; empty if it cannot be read.

    A line of the job script about a failure before Dask was started (`NOTES`) is always included, as the first one.
    At most `most` lines of at most 300 printable characters each.
    """
    try:
        with opened(folder, file) as (descriptor, status):
            end = os.pread(descriptor, _TAIL_BYTES, max(0, status.st_size - _TAIL_BYTES))
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
    """A regular file directly in `folder`, open for reading. Raises ApiError 403, 404 or 503."""
    try:
        # Non-blocking: opening a named pipe would block the thread until something writes to it.
        flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            if stat.S_ISLNK(os.stat(file, dir_fd=below, follow_symlinks=False).st_mode):
                raise ApiError(403, "forbidden", Message("log.link", file=file))
            descriptor = os.open(file, flags, dir_fd=below)
        finally:
            os.close(below)
        try:
            status = os.fstat(descriptor)
            if not stat.S_ISREG(status.st_mode):
                raise ApiError(403, "forbidden", Message("log.not-regular", file=file))
            yield descriptor, status
        finally:
            os.close(descriptor)
    except FileNotFoundError:
        raise unknown(Message("log.not-there", file=file, folder=str(folder))) from None
    except OSError as error:
        raise _unreadable(file, error) from error


def _unreadable(what: str, error: OSError) -> ApiError:
    denied = isinstance(error, PermissionError)
    status, reason = (403, "forbidden") if denied else (503, "silent")
    return ApiError(
        status, reason, Message("log.not-readable", path=what, detail=os_error_text(error)), detail=error.strerror
    )
