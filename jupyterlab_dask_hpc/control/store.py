"""The folder of all records, the only code that reads and writes them, and their ownership.

A record is written before the action that it describes, so that every action begun can be found again. Each cluster
has its own folder, 0700, on a file system that the nodes share. Records are validated like requests when read.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from pydantic import ValidationError

from dask_hpc.messages import Message

from ..core.observed import ObservedJobs
from ..core.record import ID, VERSION, Record
from ..files import write_private
from . import recorded_jobs

MAX_BYTES = 16 * 2**20
"""Maximum size of a record in bytes, written or read. One with an array of 3000 workers has about 2000 bytes, one with
3000 submissions of a worker each up to 2 MiB."""
_HELD = (errno.EACCES, errno.EAGAIN)
"""Errors for a lock that another process holds; other errors mean that locks are not supported."""
_MAX_NAMESAKES = 100


@dataclass(frozen=True)
class Damaged:
    """A cluster whose record cannot be used.

    Attributes:
        folder: its folder, or the folder of all records.
        why: the reason, as a part of a sentence: ``it is empty``.
    """

    folder: Path
    why: Message


class _Unusable(ValueError):
    """A record that cannot be used."""

    def __init__(self, why: Message) -> None:
        super().__init__(why)
        self.why = why


class RecordStore:
    """The folder of all records; the only code that reads and writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "clusters"
        self._owners = folder / "owners"
        for path in (folder, self._folder, self._owners):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held: IO[str] | None = None

    def claim(self, identity: str) -> tuple[str, Message | None]:
        """Become the owner `identity`, or the first numbered variant of it that no running server has claimed.

        The claim ends with the process, however it ends. Returns the owner, and a notice for the user
        if the file system has no locks: then two servers cannot be distinguished.
        """
        for number in range(1, _MAX_NAMESAKES + 1):
            owner = identity if number == 1 else f"{identity} ({number})"
            path = self._owners / f"{hashlib.sha256(owner.encode()).hexdigest()[:20]}.lock"
            try:
                handle = path.open("a")
                try:
                    fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BaseException:
                    handle.close()
                    raise
            except OSError as error:
                if error.errno in _HELD:
                    continue
                folder, detail = str(self._owners), str(error.strerror)
                return owner, Message("notice.no-locks", folder=folder, detail=detail)
            self._held = handle
            return owner, None
        notice = Message("notice.too-many-servers", count=_MAX_NAMESAKES, folder=str(self._owners))
        return f"{identity} ({os.urandom(4).hex()})", notice

    def release(self) -> None:
        """Release the claim."""
        if self._held is not None:
            self._held.close()

    def folder(self, cluster_id: str) -> Path:
        """The cluster's own folder. Raises ValueError for an invalid id."""
        if not ID.fullmatch(cluster_id):
            raise ValueError(f"not a cluster's id: {cluster_id[:40]!r}")
        return self._folder / cluster_id

    def write(self, record: Record) -> None:
        """Write `record` atomically. Raises OSError, also if it is larger than what is read."""
        content = record.model_dump_json(indent=1).encode()
        if len(content) > MAX_BYTES:
            raise OSError(errno.EFBIG, os.strerror(errno.EFBIG))
        folder = self.folder(record.id)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(folder / "record.json", content)

    def read_all(self, owner: str) -> tuple[list[Record], list[Damaged]]:
        """All records of `owner`, oldest first, and all unusable ones of any owner."""
        records: list[Record] = []
        damaged: list[Damaged] = []
        try:
            folders = sorted(self._folder.iterdir())
        except OSError as error:
            return [], [Damaged(self._folder, _text_of(error))]
        for folder in folders:
            if not ID.fullmatch(folder.name):
                continue
            try:
                record = _read(folder)
            except FileNotFoundError:
                continue  # not yet written, or already removed
            except OSError as error:
                damaged.append(Damaged(folder, _text_of(error)))
            except _Unusable as error:
                damaged.append(Damaged(folder, error.why))
            else:
                if record.owner == owner:
                    records.append(record)
        return sorted(records, key=lambda record: record.created), damaged

    def drop_keys(self, cluster_id: str) -> None:
        """Remove the private keys of an ended cluster; its scripts and its record stay. Raises OSError."""
        # Partly written ones as well.
        for path in self.folder(cluster_id).glob("*-key.pem*"):
            path.unlink(missing_ok=True)

    def write_jobs(self, cluster_id: str, jobs: ObservedJobs) -> None:
        """Write how the jobs of an ended cluster ended; the batch system soon forgets it. Raises OSError."""
        write_private(self.folder(cluster_id) / "jobs.json", recorded_jobs.write_jobs(jobs))

    def read_jobs(self, cluster_id: str) -> ObservedJobs:
        """How the jobs of an ended cluster ended; empty if that was not written."""
        try:
            return recorded_jobs.read_jobs((self.folder(cluster_id) / "jobs.json").read_bytes())
        except (OSError, ValueError):
            return ObservedJobs()

    def remove(self, cluster_id: str) -> None:
        """Remove a cluster's folder with its record."""
        shutil.rmtree(self.folder(cluster_id), ignore_errors=True)


def _text_of(error: OSError) -> Message:
    return Message("text", text=error.strerror or str(error))


def _read(folder: Path) -> Record:
    """The record in a cluster's folder; only this user (or root) can have written it.

    Raises FileNotFoundError if there is none, _Unusable, OSError.
    """
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _check_owner(os.fstat(place))
        # Non-blocking: opening a named pipe in place of the record would block.
        handle = os.open("record.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    finally:
        os.close(place)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise _Unusable(Message("record.no-file"))
        _check_owner(found)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(MAX_BYTES + 1)
    finally:
        os.close(handle)
    if len(content) > MAX_BYTES:
        raise _Unusable(Message("record.too-large"))
    return _parse(content, folder.name)


def _check_owner(found: os.stat_result) -> None:
    folder = stat.S_ISDIR(found.st_mode)
    if found.st_uid not in (0, os.geteuid()):
        raise _Unusable(Message("record.folder-of-another-user") if folder else Message("record.of-another-user"))
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise _Unusable(Message("record.folder-writable") if folder else Message("record.writable"))


def _parse(content: bytes, cluster_id: str) -> Record:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        why = Message("record.damaged", detail=str(error)) if content else Message("record.empty")
        raise _Unusable(why) from None
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise _Unusable(Message("record.newer", version=version, known=VERSION))
    try:
        record = Record.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        detail = f"{where}: {first['msg']}" if where else str(first["msg"])
        raise _Unusable(Message("record.damaged", detail=detail)) from None
    if record.id != cluster_id:
        raise _Unusable(Message("record.of-another-folder"))
    return record
