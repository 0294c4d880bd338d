"""Slurm, by its commands."""

from __future__ import annotations

import asyncio
import logging
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..base import BatchOptions, BatchRefused, BatchSetup, BatchSilent, Capabilities, Job, JobOptions, JobRef, Snapshot
from ..command import Answer, run
from . import text as slurm_text
from .answers import GONE, failure, not_reached, said_of, unanswered
from .options import SlurmOptions, slurm_options

# Inherited, these would change what the commands do: a server may itself run in a job.
_OWN_VARIABLES = ("SLURM_", "SBATCH_", "SQUEUE_", "SCANCEL_", "SACCT_", "SCONTROL_")
_DEFAULT_LARGEST_ARRAY = 1001
_LINGER = 600.0
"""Seconds for which a Slurm cluster is asked for jobs after anything was sent there, though it shows none."""
_BLIND = 120.0
"""Seconds after the last answer or submit of a Slurm cluster in which no answer of the others is believed without its
own: for so long a submit whose answer was lost is looked for. Later its jobs stay as they were last seen."""
_MAX_LAG = 900.0
"""Seconds; an answer that seems older is of a job that was suspended for as long, and does not tell its age."""
_ASK_AGAIN = 300.0
"""Seconds after which a Slurm cluster that did not answer is asked again for its largest array."""
_MOST_UNACCOUNTED = 3
"""Times in a row that the accounting may fail before jobs that the controller has forgotten are told as gone."""

log = logging.getLogger(__name__)


class Slurm:
    """Slurm as a `BatchSystem`.

    Args:
        sbatch, squeue, scancel, scontrol, sacct: the commands; looked for in PATH.
        timeout: seconds that each command may take.
        conf: value of ``SLURM_CONF`` for the commands; by default the server's own, if it has one.
        clusters: names of other Slurm clusters where there may be jobs from before. Those to which jobs are
            submitted are found out.
    """

    name = "slurm"
    title = "Slurm"
    capabilities = Capabilities()
    options: type[BatchOptions] = SlurmOptions
    job_variable = slurm_text.JOB_VARIABLE
    task_variable = "SLURM_ARRAY_TASK_ID"
    restart_variable = "SLURM_RESTART_COUNT"
    job_pattern = slurm_text.JOB_PATTERN
    task_pattern = slurm_text.TASK_PATTERN

    def __init__(
        self,
        *,
        sbatch: str = "sbatch",
        squeue: str = "squeue",
        scancel: str = "scancel",
        scontrol: str = "scontrol",
        sacct: str = "sacct",
        timeout: float = 20,
        conf: str | None = None,
        clusters: Collection[str] = (),
    ) -> None:
        self._sbatch, self._squeue, self._scancel = sbatch, squeue, scancel
        self._scontrol, self._sacct = scontrol, sacct
        self._timeout = timeout
        conf = conf or os.environ.get("SLURM_CONF")
        self._conf = {"SLURM_CONF": conf} if conf else {}
        self._clusters = ("", *dict.fromkeys(clusters))
        self._largest_arrays: dict[str, int] = {}
        self._unasked: dict[str, float] = {}
        self._local = ""
        self._accounting = True
        self._unaccounted = 0
        # By cluster, empty for the local one: when something was last sent there, or seen.
        self._used = dict.fromkeys(self._clusters, time.monotonic())
        # Those of them where there are jobs, or may be.
        self._certain: set[str] = set()
        self._doubtful: set[JobRef] = set()
        self._told: set[str] = set()
        self._lags: dict[str, float] = {}

    @classmethod
    def create(cls, setup: BatchSetup) -> Slurm:
        """See `BatchSystem.create`."""
        clusters: list[str] = []
        for use in setup.uses:
            try:
                clusters += slurm_text.clusters(slurm_options(use.options).extra, use.variables)
            except ValueError as error:
                raise ValueError(f"{use.where}.extra or environment.keep: {error}") from error
        return cls(timeout=setup.command_timeout, clusters=clusters)

    @classmethod
    def installed(cls) -> bool:
        """Whether there is an sbatch."""
        return shutil.which("sbatch") is not None

    def header(self, options: JobOptions) -> list[str]:
        """The ``#SBATCH`` lines, every value quoted. Raises ValueError for what one line cannot hold."""
        return slurm_text.header(options)

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Give the script to sbatch on its standard input; see `BatchSystem.submit`."""
        command = [self._sbatch, "--parsable", "--export=ALL"]
        # Else it takes the folder's path without links, which the nodes may not have.
        command.append(f"--chdir={workspace}")
        if not {"%", "\\"}.isdisjoint(str(workspace)):
            # sbatch would put ids for the % of the folder as well.
            try:
                command.append(f"--output={slurm_text.log_pattern(options, str(workspace))}")
            except ValueError as error:
                raise BatchRefused(str(error)) from error
        try:
            clusters = slurm_text.clusters(slurm_options(options.native).extra, environment) or ("",)
        except ValueError as error:
            raise BatchRefused(str(error)) from error
        # Should its answer be lost, its jobs are looked for there.
        self._used.update(dict.fromkeys(clusters, time.monotonic()))
        # The job itself goes by this one.
        known = {"SLURM_CLUSTERS": environment["SBATCH_CLUSTERS"]} if environment.get("SBATCH_CLUSTERS") else {}
        try:
            answer = await run(command, {**environment, **known, **self._conf}, self._timeout, workspace, script)
            if answer.code:
                raise failure(answer)
            if answer.errors.strip() and not answer.output.strip():
                raise BatchSilent(said_of(answer))
            id = slurm_text.parse_sbatch(answer.output)
        except BatchSilent:
            self._use(clusters)
            raise
        self._use([slurm_text.place(id)])
        return id

    def job_id(self, job: JobRef) -> str:
        """``4815162_5``, with the name of another Slurm cluster in front; see `BatchSystem.job_id`."""
        place = slurm_text.place(job.submission)
        return f"{place}:{slurm_text.written(job)}" if place else slurm_text.written(job)

    def own_id(self, job: JobRef) -> str:
        """``4815162_5``; see `BatchSystem.own_id`."""
        return slurm_text.written(job)

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        """All of this user's jobs, by one squeue for each Slurm cluster that may have some; see `BatchSystem`."""
        at = asked = time.time()
        jobs: dict[tuple[str, str], Job] = {}
        # A cluster goes by its name in one answer and by none in another: the same number and name are the same job.
        ids = {(name, slurm_text.number(id)): id for name, id in known.items()}
        now = time.monotonic()
        # The local one comes first: what is also called by its own name is the same job.
        for cluster in sorted(self._used) or [""]:
            try:
                shown = await self._queue(cluster, "--me")
            except BatchSilent as error:
                silent = now - self._used.get(cluster, now)
                if not cluster or (cluster in self._certain and silent <= _BLIND):
                    raise
                self._tell_once(self._squeue, f"Slurm cluster {cluster} is left out: {error}")
                # Where no job is known to be it is asked no more: a profile names it, and it may not exist at all.
                if cluster not in self._certain or silent > _LINGER:
                    self._forget(cluster)
                continue
            at = min(at, self._data_time(cluster, shown, asked))
            for job in shown:
                id = ids.get((job.name, slurm_text.number(job.submission)), job.submission)
                jobs[slurm_text.written(job.ref), job.name] = replace(job, submission=id)
            if shown:
                self._use([cluster])
            elif now - self._used.get(cluster, now) > _LINGER and len(self._used) > 1:
                self._forget(cluster)
        return Snapshot(at, tuple(jobs.values()))

    def _data_time(self, cluster: str, shown: Sequence[Job], asked: float) -> float:
        """When the data of an answer was made: some sites' squeue answers from a file that is minutes old.

        Where no running job tells it, the answer may be as old as the last one that did.
        """
        made = slurm_text.made_at(shown)
        if made is not None:
            lag = asked - made
            self._lags[cluster] = lag if 0 < lag <= _MAX_LAG else 0.0
        return asked - self._lags.get(cluster, 0.0)

    async def _queue(self, cluster: str, *which: str) -> tuple[Job, ...]:
        answer = await self._ask(
            self._squeue, *_at(cluster), *which, "-a", "-r", "-t", "all", "-o", slurm_text.SQUEUE_FORMAT
        )
        if answer.code and GONE.search(answer.errors):
            return ()
        if answer.code or (answer.errors.strip() and not answer.output.strip()):
            raise BatchSilent(said_of(answer))
        strays: list[str] = []
        jobs = await asyncio.to_thread(slurm_text.parse_squeue, answer.output, strays, cluster)
        if strays:
            self._tell_once(self._squeue, f"what is no job's line is left out: {strays[0].strip()[:200]!r}")
        return jobs

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        """Look up by scontrol, then in the accounting where there is one; see `BatchSystem.find`."""
        wanted: dict[str, set[JobRef]] = defaultdict(set)
        for ref in jobs:
            wanted[ref.submission].add(ref)
        told: dict[JobRef, Job] = {}
        forgotten: list[str] = []
        for submission, those in wanted.items():
            found = {job.ref: job for job in await self._known(submission)}
            if any(job.state.live for job in found.values()):
                self._use([slurm_text.place(submission)])
            told.update(found)
            if not found or {ref for ref in those if ref.index is not None} - found.keys():
                forgotten.append(submission)
        for job in await self._accounted(forgotten):
            # That the accounting has not heard of an end proves no life: the controller alone knows that.
            if not job.state.live:
                told.setdefault(job.ref, job)
        return tuple(told.values())

    async def _known(self, submission: str) -> tuple[Job, ...]:
        """What the controller knows of one submission. Raises BatchSilent."""
        cluster, number = slurm_text.place(submission), slurm_text.number(submission)
        try:
            answer = await self._ask(self._scontrol, *_at(cluster), "--all", "--oneliner", "show", "job", number)
        except BatchRefused as error:
            closed = str(error)
        else:
            if jobs := await asyncio.to_thread(slurm_text.parse_scontrol, answer.output, cluster):
                return jobs
            if answer.code and GONE.search(f"{answer.errors}\n{answer.output}"):
                return ()
            if not answer.code or unanswered(answer):
                raise BatchSilent(said_of(answer))
            closed = said_of(answer)
        self._tell_once(self._scontrol, f"jobs are looked up by squeue, which tells no exit: {closed}")
        return await self._queue(cluster, "-j", number)

    async def _accounted(self, submissions: Sequence[str]) -> list[Job]:
        jobs: list[Job] = []
        for cluster, some in _by_cluster([JobRef(each) for each in submissions]).items():
            if not self._accounting:
                break
            try:
                jobs.extend(await self._of_accounting(cluster, some))
                self._unaccounted = 0
            except BatchSilent as error:
                self._unaccounted += 1
                if self._unaccounted < _MOST_UNACCOUNTED:
                    raise
                self._tell_once(self._sacct, f"how forgotten jobs ended is not known: {error}")
        return jobs

    async def _of_accounting(self, cluster: str, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        options = [*_at(cluster), "-X", "--parsable2", f"--delimiter={slurm_text.FIELD}"]
        fields = ",".join(slurm_text.SACCT_FIELDS)
        try:
            answer = await self._ask(self._sacct, *options, "-o", fields, "-j", ",".join(map(slurm_text.written, jobs)))
        except BatchRefused:
            self._accounting = False
            return ()
        if "accounting storage is disabled" in answer.errors:
            self._accounting = False
            return ()
        if answer.code:
            raise BatchSilent(said_of(answer))
        return slurm_text.parse_sacct(answer.output, cluster)

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        """One plain scancel for all of a Slurm cluster; see `BatchSystem.cancel`."""
        problem: BatchRefused | BatchSilent | None = None
        by_cluster = _by_cluster(jobs)
        for cluster, some in by_cluster.items():
            try:
                answer = await self._ask(self._scancel, *_at(cluster), *slurm_text.joined(some))
            except (BatchRefused, BatchSilent) as error:
                problem = error  # one that hangs does not hold up the others
                continue
            said = [line for line in answer.errors.splitlines() if line.strip()]
            left = [line for line in said if not GONE.search(line)]
            # What it says beside an exit of 0 may be a warning or not: the queue shows whether the jobs go.
            again = not self._doubtful.isdisjoint(some)
            self._doubtful.difference_update(some)
            unreached = not_reached("\n".join(left))
            if (answer.code and (left or not said)) or (left and (again or unreached)):
                problem = failure(Answer(answer.code, answer.output, "\n".join(left)))
            elif left:
                self._doubtful.update(some)
        if problem is not None:
            raise problem

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """One plain scancel for all ids, and one a name, which loads the whole queue; see `BatchSystem`."""
        by_cluster = _by_cluster([JobRef(id) for id in ids])
        clusters = dict.fromkeys([*self._clusters, *self._used, *by_cluster])
        # A job may run on another one than this server's, where the local one is another.
        own = self._local if len(clusters) > 1 else ""
        by_id = [
            [self._scancel, *_at(cluster or own), *map(slurm_text.written, some)]
            for cluster, some in by_cluster.items()
        ]
        return by_id + [
            [self._scancel, *_at(cluster or own), "--me", f"--name={name}"] for name in names for cluster in clusters
        ]

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """Slurm's own estimate; see `BatchSystem.expected_start`."""
        try:
            answer = await self._ask(self._sbatch, "--test-only", text=script)
        except (BatchRefused, BatchSilent):
            return None
        return slurm_text.parse_test_only(answer.errors + answer.output)

    async def largest_array(self) -> int:
        """MaxArraySize of slurm.conf, or fewer by max_array_tasks, asked once; see `BatchSystem.largest_array`.

        The smallest of all Slurm clusters that profiles name. Where users may not ask, Slurm's default: what is
        too large then, it refuses.
        """
        for cluster in self._clusters:
            if cluster not in self._largest_arrays and time.monotonic() >= self._unasked.get(cluster, 0):
                await self._find_largest_array(cluster)
        return min(self._largest_arrays.values(), default=_DEFAULT_LARGEST_ARRAY)

    async def _find_largest_array(self, cluster: str) -> None:
        try:
            answer = await self._ask(self._scontrol, *_at(cluster), "show", "config")
            largest = slurm_text.parse_largest_array(answer.output)
            if not cluster and (name := re.search(r"^ClusterName\s*=\s*([\w.-]+)", answer.output, re.M)):
                self._local = name[1]
            if largest is None and unanswered(answer):
                raise BatchSilent(said_of(answer))
        except BatchRefused as error:
            largest, said = None, str(error)
        except BatchSilent:
            if not cluster:
                raise
            self._unasked[cluster] = time.monotonic() + _ASK_AGAIN
            return
        else:
            said = said_of(answer) if largest is None else ""
        if largest is None:
            self._tell_once(self._scontrol, f"arrays are made for Slurm's default MaxArraySize, since it says: {said}")
        if largest or not cluster:
            self._largest_arrays[cluster] = largest or _DEFAULT_LARGEST_ARRAY
        else:
            self._unasked[cluster] = time.monotonic() + _ASK_AGAIN

    def _use(self, clusters: Iterable[str]) -> None:
        for cluster in clusters:
            self._used[cluster] = time.monotonic()
            self._certain.add(cluster)

    def _forget(self, cluster: str) -> None:
        """Ask it for jobs no more, until something is sent there or found there."""
        self._used.pop(cluster, None)
        self._certain.discard(cluster)

    def _tell_once(self, command: str, what: str) -> None:
        """One line in the log for a lasting trouble with a command, not one a poll."""
        if (key := f"{command} {what.partition(':')[0]}") not in self._told:
            self._told.add(key)
            log.warning("%s: %s", command, what)

    async def _ask(self, *command: str, text: str = "") -> Answer:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        # Seconds since the epoch: no time zone to guess. And no list of tasks is cut short.
        environment = {**kept, **self._conf, "SLURM_TIME_FORMAT": "%s", "SLURM_BITSTR_LEN": "0"}
        return await run(command, environment, self._timeout, text=text)


def _by_cluster(jobs: Iterable[JobRef]) -> dict[str, list[JobRef]]:
    found: dict[str, list[JobRef]] = defaultdict(list)
    for job in jobs:
        found[slurm_text.place(job.submission)].append(job)
    return found


def _at(cluster: str) -> list[str]:
    return ["-M", cluster] if cluster else []
