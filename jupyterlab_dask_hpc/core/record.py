"""What is kept on disk about one cluster: enough to take it over after a restart.

What is read is checked like a request at the door: its names and ids reach command lines and scripts.

A record is written before the deed that it tells of, so that whatever was begun is
found again. Its folder is the cluster's own, 0700, on a file system that the nodes share.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from typing_extensions import Self

from ..batch.ranges import read_ranges, write_ranges
from ..control.certificates import write_private
from .observed import Sight
from .profile import LETTERS
from .request import Request

State = Literal["requested", "queued", "starting", "running", "closing", "closed", "failed"]
Role = Literal["scheduler", "worker"]

VERSION = 1
_ID = re.compile(r"[0-9a-f]{10}")
_JOB_ID = "([A-Za-z0-9][A-Za-z0-9_.-]{0,39}:)?[0-9]{1,20}"
"""Digits, with the name of the batch system's cluster in front where that is another one."""
Moment = Annotated[float, Field(ge=0, lt=1e11)]
"""Seconds since the epoch, within the years that a calendar knows."""
_SIGHT = TypeAdapter(Sight)
_LARGEST = 2**20
"""Bytes of a record; one of 3000 workers has two thousand."""
_MOST_TASKS = 1_000_000


def _indices(value: Any) -> Any:
    # What an older version wrote is a list of them.
    return read_ranges(value) if isinstance(value, str) else value


Index = Annotated[int, Field(ge=0, lt=_MOST_TASKS)]
Indices = Annotated[tuple[Index, ...], BeforeValidator(_indices), PlainSerializer(write_ranges)]
"""Few characters, however many there are: a cluster that lasts has many."""
_HELD = (errno.EACCES, errno.EAGAIN)
"""A lock that another process holds; other errors mean that there are no locks."""
_MOST_NAMESAKES = 100


class Submit(BaseModel):
    """One submit to the batch system: the scheduler's job, or one array of workers.

    Attributes:
        role: whose job it is.
        name: job name, unique to this submit.
        tasks: size of the array; None for the scheduler.
        first: index of its first worker among all workers of the cluster.
        asked: when the batch system was last asked, seconds since the epoch; None before.
        id: the batch system's id (`Job.array`); empty while its answer is not known.
        tries: how often it was asked.
        over: nothing of it waits or runs any more.
        dismissed: indices of tasks that were told to go, because fewer workers are wanted.
        relieved: indices of tasks that others succeed, because their time is up.
    """

    model_config = ConfigDict(frozen=True)

    role: Role
    name: Annotated[str, Field(pattern=r"^dask-[A-Za-z0-9_-]{1,40}\.[0-9a-f]{10}\.(s|w[0-9]+)$")]
    tasks: Annotated[int, Field(ge=1, le=_MOST_TASKS)] | None = None
    first: Annotated[int, Field(ge=0)] = 0
    asked: Moment | None = None
    id: Annotated[str, Field(pattern=f"^({_JOB_ID})?$")] = ""
    tries: int = 0
    over: bool = False
    dismissed: Indices = ()
    relieved: Indices = ()

    @property
    def settled(self) -> bool:
        """Whether it is over, and the end of each of its tasks was meant."""
        return self.over and len({*self.dismissed, *self.relieved}) == self.tasks


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
        wanted: how many workers it is to have; None for as many as were asked for at first.
        worker_memory: bytes of its job's memory that a worker may use; None where an earlier version launched it.
        keep_workers: those whose time is up get successors, until the user stops the cluster.
        denied: why further workers were not to be had; empty where they were.
        denied_at: when they were not.
        created, closed, cancelled: seconds since the epoch; the last time its jobs were cancelled.
    """

    model_config = ConfigDict(frozen=True)

    version: int = VERSION
    id: Annotated[str, Field(pattern=f"^{_ID.pattern}$")]
    owner: str
    batch: str
    request: Request
    workspace: Annotated[str, Field(pattern=f"^/{LETTERS}$")]
    dashboard_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]
    created: Moment
    submits: Annotated[tuple[Submit, ...], Field(min_length=1)]
    wish: Literal["run", "stop"] = "run"
    state: State = "requested"
    reason: str = ""
    ill: bool = False
    ready: bool = False
    wanted: Annotated[int, Field(ge=0, le=_MOST_TASKS)] | None = None
    worker_memory: Annotated[int, Field(gt=0)] | None = None
    keep_workers: bool = False
    denied: str = ""
    denied_at: Moment | None = None
    closed: Moment | None = None
    cancelled: Moment | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        if [submit.role for submit in self.submits] != ["scheduler"] + ["worker"] * len(self.arrays):
            raise ValueError("its submits have to be one scheduler and then workers")
        if any(submit.name.split(".")[1] != self.id for submit in self.submits):
            raise ValueError("a submit carries the id of another cluster")
        if self.wanted is None and sum(submit.tasks or 0 for submit in self.arrays) != self.request.workers.jobs:
            raise ValueError("its submits are not all of its workers")
        return self

    @property
    def live(self) -> bool:
        """True until nothing of it is left in the batch system."""
        return self.state not in ("closed", "failed")

    @property
    def unsubmitted(self) -> bool:
        """True for what was to run, and of which the batch system was never asked anything."""
        return self.live and self.wish == "run" and not any(submit.tries for submit in self.submits)

    @property
    def wanted_workers(self) -> int:
        """How many workers it is to have now."""
        return self.request.workers.jobs if self.wanted is None else self.wanted

    @property
    def scheduler(self) -> Submit:
        """The scheduler's submit."""
        return self.submits[0]

    @property
    def arrays(self) -> tuple[Submit, ...]:
        """The workers' submits."""
        return self.submits[1:]


def is_job_id(text: str) -> bool:
    """Whether this can be the batch system's id of a submit; what a job wrote is checked like what is read."""
    return bool(re.fullmatch(_JOB_ID, text, re.A))


def with_submit(record: Record, number: int, **changes: object) -> Record:
    """The record with one of its submits changed."""
    submits = list(record.submits)
    submits[number] = submits[number].model_copy(update=changes)
    return record.model_copy(update={"submits": tuple(submits)})


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


@dataclass(frozen=True)
class Damaged:
    """A cluster whose record cannot be used.

    Attributes:
        folder: its folder, or that of all records.
        why: in plain words: ``it is empty``.
    """

    folder: Path
    why: str


class RecordStore:
    """The folder of all records; the only place that reads and writes them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "clusters"
        self._owners = folder / "owners"
        for path in (folder, self._folder, self._owners):
            path.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._held: IO[str] | None = None

    def claim(self, identity: str) -> tuple[str, str]:
        """Become the owner `identity`, or its first namesake that no living server is.

        The claim ends with the process, whatever ends it. Returns the owner, and a sentence for the user
        where the file system has no locks: then two servers cannot be kept apart.
        """
        for number in range(1, _MOST_NAMESAKES + 1):
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
                return owner, (
                    f"Files in {self._owners} cannot be locked ({error.strerror}). Run one notebook server at a time "
                    "with this home: a second one would act on the same clusters."
                )
            self._held = handle
            return owner, ""
        return f"{identity} ({os.urandom(4).hex()})", (
            f"{_MOST_NAMESAKES} notebook servers with this home seem to run. Clusters of an earlier one are not shown "
            f"here; they end by themselves. Stop those servers, or remove {self._owners}."
        )

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

    def read_all(self, owner: str) -> tuple[list[Record], list[Damaged]]:
        """All records of `owner`, oldest first, and those that cannot be used, whoever owns them."""
        records: list[Record] = []
        damaged: list[Damaged] = []
        try:
            folders = sorted(self._folder.iterdir())
        except OSError as error:
            return [], [Damaged(self._folder, error.strerror or str(error))]
        for folder in folders:
            if not _ID.fullmatch(folder.name):
                continue
            try:
                record = _read(folder)
            except FileNotFoundError:
                continue  # no record yet, or none any more
            except OSError as error:
                damaged.append(Damaged(folder, error.strerror or str(error)))
            except ValueError as error:
                damaged.append(Damaged(folder, str(error)))
            else:
                if record.owner == owner:
                    records.append(record)
        return sorted(records, key=lambda record: record.created), damaged

    def drop_keys(self, cluster_id: str) -> None:
        """Remove the private keys of a cluster that is over; its scripts and its record stay. Raises OSError."""
        # Those half written as well.
        for path in self.folder(cluster_id).glob("*-key.pem*"):
            path.unlink(missing_ok=True)

    def write_jobs(self, cluster_id: str, jobs: Sight) -> None:
        """Keep how the jobs of a cluster that is over have ended; the batch system soon forgets it. Raises OSError."""
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


def _read(folder: Path) -> Record:
    """The record in a cluster's folder, which nobody but this user (or root) can have written.

    Raises FileNotFoundError where there is none, ValueError in plain words, OSError.
    """
    place = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        _check_owner("its folder", os.fstat(place))
        # Not blocking: a pipe in the record's place would be waited for.
        handle = os.open("record.json", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=place)
    finally:
        os.close(place)
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode):
            raise ValueError("it is no file")
        _check_owner("it", found)
        with os.fdopen(handle, "rb", closefd=False) as file:
            content = file.read(_LARGEST + 1)
    finally:
        os.close(handle)
    if len(content) > _LARGEST:
        raise ValueError("it is far too large")
    return _parse(content, folder.name)


def _check_owner(what: str, found: os.stat_result) -> None:
    if found.st_uid not in (0, os.geteuid()):
        raise ValueError(f"{what} belongs to another user")
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ValueError(f"others may write {'into ' if stat.S_ISDIR(found.st_mode) else ''}{what}")


def _parse(content: bytes, cluster_id: str) -> Record:
    try:
        value: Any = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise ValueError("it is empty" if not content else f"it is damaged ({error})") from None
    version = value.get("version") if isinstance(value, dict) else None
    if isinstance(version, int) and version > VERSION:
        raise ValueError(f"a newer version of this extension wrote it (format {version}, known are up to {VERSION})")
    try:
        record = Record.model_validate_json(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise ValueError(f"it is damaged ({where}{': ' if where else ''}{first['msg']})") from None
    if record.id != cluster_id:
        raise ValueError("it belongs to another folder")
    return record
