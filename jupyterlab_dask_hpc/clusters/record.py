"""What is kept on disk about one cluster: enough to take it over after a restart.

A record is written before the deed that it tells of, so that whatever was begun is
found again. Its folder is the cluster's own, 0700, on a file system that the nodes share.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from .certificates import write_private
from .request import Request
from .sight import Sight

State = Literal["requested", "queued", "starting", "running", "closing", "closed", "failed"]
Role = Literal["scheduler", "worker"]

VERSION = 1
_ID = re.compile(r"[0-9a-f]{10}")
_SIGHT = TypeAdapter(Sight)
_KEYS = ("scheduler-key.pem", "worker-key.pem", "client-key.pem", "server-key.pem")


class Submit(BaseModel):
    """One submit to the batch system: the scheduler's job, or one array of workers.

    Attributes:
        role: whose job it is.
        name: job name, unique to this submit.
        tasks: size of the array; None for the scheduler.
        first: index of its first worker among all workers of the cluster.
        asked: when the batch system was last asked, seconds since the epoch; None before.
        id: the batch system's id; empty while its answer is not known.
        tries: how often it was asked.
        over: nothing of it waits or runs any more.
    """

    model_config = ConfigDict(frozen=True)

    role: Role
    name: str
    tasks: int | None = None
    first: int = 0
    asked: float | None = None
    id: str = ""
    tries: int = 0
    over: bool = False


class Record(BaseModel):
    """One cluster, as it is kept.

    Attributes:
        owner: identity of the notebook server that acts on it.
        workspace: the folder that its jobs run in, absolute.
        wish: whether it should run; once ``stop``, always ``stop``.
        state: the last that was known.
        reason: why it ends, or what it lacks; empty for none.
        ill: it ended, or ends, otherwise than meant.
        ready: all workers that could come have come, once.
        created, closed, cancelled: seconds since the epoch; the last time its jobs were cancelled.
    """

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    id: str
    owner: str
    batch: str
    request: Request
    workspace: str
    dashboard_key: str
    created: float
    submits: tuple[Submit, ...]
    wish: Literal["run", "stop"] = "run"
    state: State = "requested"
    reason: str = ""
    ill: bool = False
    ready: bool = False
    closed: float | None = None
    cancelled: float | None = None

    @property
    def live(self) -> bool:
        """True until nothing of it is left in the batch system."""
        return self.state not in ("closed", "failed")

    @property
    def scheduler(self) -> Submit:
        """The scheduler's submit."""
        return self.submits[0]

    @property
    def arrays(self) -> tuple[Submit, ...]:
        """The workers' submits."""
        return self.submits[1:]


def plan(cluster_id: str, request: Request, largest_array: int) -> tuple[Submit, ...]:
    """The submits of a new cluster: its scheduler, and as few arrays as the batch system allows."""
    submits = [Submit(role="scheduler", name=f"dask-{request.name}.{cluster_id}.s")]
    first = 0
    while first < request.workers.jobs:
        tasks = min(largest_array, request.workers.jobs - first)
        name = f"dask-{request.name}.{cluster_id}.w{len(submits) - 1}"
        submits.append(Submit(role="worker", name=name, tasks=tasks, first=first))
        first += tasks
    return tuple(submits)


class RecordStore:
    """The folder of all records; the only place that reads and writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "clusters"
        self._owners = folder / "owners"
        for path in (folder, self._folder, self._owners):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held: IO[str] | None = None

    def claim(self, identity: str) -> str:
        """Become the owner `identity`, or its first namesake that no living server is.

        The claim ends with the process, whatever ends it. Raises OSError.
        """
        number = 1
        while True:
            owner = identity if number == 1 else f"{identity} ({number})"
            path = self._owners / f"{hashlib.sha256(owner.encode()).hexdigest()[:20]}.lock"
            handle = path.open("a")
            try:
                fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                handle.close()
                number += 1
                if number > 100:
                    raise
                continue
            self._held = handle
            return owner

    def release(self) -> None:
        """Give the claim up."""
        if self._held is not None:
            self._held.close()

    def folder(self, cluster_id: str) -> Path:
        """The cluster's own folder. Raises ValueError for what is no id."""
        if not _ID.fullmatch(cluster_id):
            raise ValueError(f"not a cluster's id: {cluster_id[:40]!r}")
        return self._folder / cluster_id

    def write(self, record: Record) -> None:
        """Keep `record`, atomically. Raises OSError."""
        folder = self.folder(record.id)
        folder.mkdir(mode=0o700, exist_ok=True)
        write_private(folder / "record.json", record.model_dump_json(indent=1).encode())

    def read_all(self, owner: str) -> tuple[list[Record], list[str]]:
        """All records of `owner`, oldest first, and a sentence for each that cannot be read."""
        records: list[Record] = []
        troubles: list[str] = []
        for path in self._each():
            try:
                record = Record.model_validate_json(path.read_bytes())
                if record.version > VERSION:
                    raise ValueError(f"written by a newer version ({record.version})")
                if record.id != path.parent.name:
                    raise ValueError("it belongs to another folder")
            except (OSError, ValidationError, ValueError) as error:
                troubles.append(f"The record {path} cannot be read and was left alone: {error}")
                continue
            if record.owner == owner:
                records.append(record)
        return sorted(records, key=lambda record: record.created), troubles

    def drop_keys(self, cluster_id: str) -> None:
        """Remove the private keys of a cluster that is over; its scripts and its record stay."""
        for name in _KEYS:
            with contextlib.suppress(FileNotFoundError):
                (self.folder(cluster_id) / name).unlink()

    def write_jobs(self, cluster_id: str, jobs: Sight) -> None:
        """Keep how the jobs of a cluster that is over have ended; the batch system soon forgets it."""
        with contextlib.suppress(OSError):
            write_private(self.folder(cluster_id) / "jobs.json", _SIGHT.dump_json(jobs))

    def read_jobs(self, cluster_id: str) -> Sight:
        """How the jobs of a cluster that is over have ended; nothing of them where that was not kept."""
        try:
            return _SIGHT.validate_json((self.folder(cluster_id) / "jobs.json").read_bytes())
        except (OSError, ValidationError):
            return Sight()

    def remove(self, cluster_id: str) -> None:
        """Forget a cluster altogether."""
        shutil.rmtree(self.folder(cluster_id), ignore_errors=True)

    def _each(self) -> Iterator[Path]:
        for folder in self._folder.iterdir():
            path = folder / "record.json"
            if _ID.fullmatch(folder.name) and not folder.is_symlink() and path.is_file():
                yield path
