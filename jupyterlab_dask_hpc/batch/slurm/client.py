"""Slurm, used through its commands."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from ..base import BatchOptions, BatchRefused, BatchSetup, BatchSilent, Capabilities, JobOptions
from ..command import Answer
from ..examined import Examined
from ..jobs import Job, JobRef, Snapshot
from ..resources import Free, OwnValues
from . import header as slurm_header
from . import text as slurm_text
from .accounting import Accounting
from .answers import GONE, error_text, failure, not_reached, unanswered
from .arrays import LargestArray
from .associations import KINDS, Associations
from .commands import Commands, Name
from .examination import examine, refused_keys
from .free import FreeResources
from .options import LAUNCHER, SlurmOptions, slurm_options

_QUERIED_AFTER_SUBMIT_S = 600.0
"""Seconds for which a Slurm cluster without jobs is still queried after something was sent there."""
_REQUIRED_ANSWER_S = 120.0
"""Seconds after a Slurm cluster's last answer or submission during which the answers of the others are not used
without its own: a submission whose answer was lost is looked for during this time. Afterwards its jobs keep their last
known state."""
_MAX_LAG_S = 900.0
"""Seconds. An answer that seems older contains a job that was suspended, so its age is not known."""


class Slurm:
    """Slurm as a `BatchSystem`.

    Args:
        sbatch, squeue, scancel, scontrol, sacct, sinfo, sacctmgr: the commands; looked up in PATH.
        timeout: time limit in seconds of each command.
        conf: value of ``SLURM_CONF`` for the commands; by default that of the server, if it has one.
        clusters: names of other Slurm clusters where there may be jobs from an earlier server. Clusters to which
            jobs are submitted are added automatically.
    """

    name = "slurm"
    title = "Slurm"
    capabilities = Capabilities(
        writes_to_logs=True,
        launcher=LAUNCHER,
        starts_after=True,
        gpus=True,
        array_throttle=True,
        own_values=KINDS,
        free=True,
    )
    options: type[BatchOptions] = SlurmOptions
    job_variable = slurm_header.JOB_VARIABLE
    task_variable = "SLURM_ARRAY_TASK_ID"
    restart_variable = "SLURM_RESTART_COUNT"

    def __init__(
        self,
        *,
        sbatch: str = "sbatch",
        squeue: str = "squeue",
        scancel: str = "scancel",
        scontrol: str = "scontrol",
        sacct: str = "sacct",
        sinfo: str = "sinfo",
        sacctmgr: str = "sacctmgr",
        timeout: float = 20,
        conf: str | None = None,
        clusters: Collection[str] = (),
    ) -> None:
        paths: dict[Name, str] = {
            "sbatch": sbatch,
            "squeue": squeue,
            "scancel": scancel,
            "scontrol": scontrol,
            "sacct": sacct,
            "sinfo": sinfo,
            "sacctmgr": sacctmgr,
        }
        self._commands = Commands(paths, timeout, conf)
        self._accounting = Accounting(self._commands)
        self._free = FreeResources(self._commands)
        self._clusters = ("", *dict.fromkeys(clusters))
        self._largest_array = LargestArray(self._commands, self._clusters)
        self._associations = Associations(self._commands, self._largest_array)
        # For each cluster (empty: the local one), the time when something was last sent there, or seen.
        self._used = dict.fromkeys(self._clusters, time.monotonic())
        # The clusters that have jobs, or may have some.
        self._certain: set[str] = set()
        self._doubtful: set[JobRef] = set()
        self._lags: dict[str, float] = {}

    @classmethod
    def create(cls, setup: BatchSetup) -> Slurm:
        """See `BatchSystem.create`."""
        clusters: list[str] = []
        for use in setup.uses:
            try:
                clusters += slurm_header.clusters(slurm_options(use.options).options_for_clusters(), use.variables)
            except ValueError as error:
                raise ValueError(f"{use.where}.extra or environment.keep: {error}") from error
        return cls(timeout=setup.command_timeout, clusters=clusters)

    @classmethod
    def installed(cls) -> bool:
        """Whether the command sbatch exists."""
        return shutil.which("sbatch") is not None

    def header(self, options: JobOptions) -> list[str]:
        """The ``#SBATCH`` lines, every value quoted. Raises ValueError for a value that does not fit into one line."""
        return slurm_header.header(options)

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Pass the script to sbatch on its standard input; see `BatchSystem.submit`."""
        # Both jobs have to be on the same Slurm cluster: a dependency holds only there.
        where = slurm_text.place(options.after)
        # By default sbatch resolves links in the folder's path; the nodes may not have the resolved path.
        arguments = ["--parsable", "--export=ALL", f"--chdir={workspace}"]
        arguments += [f"--clusters={where}"] if where else []
        if not {"%", "\\"}.isdisjoint(str(workspace)):
            # sbatch would also replace % in the folder by ids.
            try:
                arguments.append(f"--output={slurm_header.log_pattern(options, str(workspace))}")
            except ValueError as error:
                raise BatchRefused(str(error)) from error
        try:
            clusters = slurm_header.clusters(slurm_options(options.native).options_for_clusters(), environment) or ("",)
        except ValueError as error:
            raise BatchRefused(str(error)) from error
        # If its answer is lost, its jobs are looked for there.
        self._used.update(dict.fromkeys(clusters, time.monotonic()))
        # The job itself reads this variable.
        known = {"SLURM_CLUSTERS": environment["SBATCH_CLUSTERS"]} if environment.get("SBATCH_CLUSTERS") else {}
        try:
            answer = await self._commands.submit({**environment, **known}, workspace, script, *arguments)
            if answer.code:
                raise failure(answer)
            if answer.errors.strip() and not answer.output.strip():
                raise BatchSilent(error_text(answer))
            id = slurm_text.parse_sbatch(answer.output)
        except BatchSilent:
            self._use(clusters)
            raise
        self._use([slurm_text.place(id)])
        return id

    def job_id(self, job: JobRef) -> str:
        """``4815162_5``, prefixed with the name of another Slurm cluster; see `BatchSystem.job_id`."""
        return job.submission if job.index is None else f"{job.submission}_{job.index}"

    def own_id(self, submission: str) -> str:
        """``4815162``; see `BatchSystem.own_id`."""
        return slurm_text.number(submission)

    async def snapshot(self, known: Mapping[str, str]) -> Snapshot:
        """All of this user's jobs, with one squeue for each Slurm cluster that may have some; see `BatchSystem`."""
        at = asked = time.time()
        jobs: dict[tuple[str, str], Job] = {}
        # A cluster may have a name in one answer and none in another: equal number and job name mean the same job.
        ids = {(name, slurm_text.number(id)): id for name, id in known.items()}
        now = time.monotonic()
        # The local cluster comes first: a job that is also shown under the cluster's name is the same job.
        for cluster in sorted(self._used) or [""]:
            try:
                shown = await self._queue(cluster, "--me")
            except BatchSilent as error:
                silent = now - self._used.get(cluster, now)
                if not cluster or (cluster in self._certain and silent <= _REQUIRED_ANSWER_S):
                    raise
                self._commands.log_once("squeue", f"Slurm cluster {cluster} is left out: {error}")
                # A cluster without known jobs is not queried again: a profile names it, but it may not exist.
                if cluster not in self._certain or silent > _QUERIED_AFTER_SUBMIT_S:
                    self._forget(cluster)
                continue
            at = min(at, self._data_time(cluster, shown, asked))
            for job in shown:
                id = ids.get((job.name, slurm_text.number(job.submission)), job.submission)
                jobs[slurm_text.written(job.ref), job.name] = replace(job, submission=id)
            if shown:
                self._use([cluster])
            elif now - self._used.get(cluster, now) > _QUERIED_AFTER_SUBMIT_S and len(self._used) > 1:
                self._forget(cluster)
        return Snapshot(at, tuple(jobs.values()))

    def _data_time(self, cluster: str, shown: Sequence[Job], asked: float) -> float:
        """Time of the data of an answer: squeue of some sites answers from a file that is minutes old.

        If the answer has no running job, which would show its age, it may be as old as the last one that had.
        """
        made = slurm_text.made_at(shown)
        if made is not None:
            lag = asked - made
            self._lags[cluster] = lag if 0 < lag <= _MAX_LAG_S else 0.0
        return asked - self._lags.get(cluster, 0.0)

    async def _queue(self, cluster: str, *which: str) -> tuple[Job, ...]:
        answer = await self._commands.query(
            "squeue", cluster, *which, "-a", "-r", "-t", "all", "-o", slurm_text.SQUEUE_FORMAT
        )
        if answer.code and GONE.search(answer.errors):
            return ()
        if answer.code or (answer.errors.strip() and not answer.output.strip()):
            raise BatchSilent(error_text(answer))
        strays: list[str] = []
        jobs = await asyncio.to_thread(slurm_text.parse_squeue, answer.output, strays, cluster)
        if strays:
            self._commands.log_once("squeue", f"lines without a job are ignored: {strays[0].strip()[:200]!r}")
        return jobs

    async def find(self, jobs: Sequence[JobRef]) -> tuple[Job, ...]:
        """Look up with scontrol, then in the accounting if there is one; see `BatchSystem.find`."""
        wanted: dict[str, set[JobRef]] = defaultdict(set)
        for ref in jobs:
            wanted[ref.submission].add(ref)
        known_jobs: dict[JobRef, Job] = {}
        forgotten: list[str] = []
        for submission, those in wanted.items():
            found = {job.ref: job for job in await self._known(submission)}
            if any(job.state.live for job in found.values()):
                self._use([slurm_text.place(submission)])
            known_jobs.update(found)
            if not found or {ref for ref in those if ref.index is not None} - found.keys():
                forgotten.append(submission)
        for job in await self._accounting.find(_by_place(forgotten)):
            # A job without an end in the accounting may have ended: only the controller knows which jobs are alive.
            if not job.state.live:
                known_jobs.setdefault(job.ref, job)
        return tuple(known_jobs.values())

    async def _known(self, submission: str) -> tuple[Job, ...]:
        """The jobs of one submission that the controller knows. Raises BatchSilent."""
        cluster, number = slurm_text.place(submission), slurm_text.number(submission)
        try:
            answer = await self._commands.query("scontrol", cluster, "--all", "--oneliner", "show", "job", number)
        except BatchRefused as error:
            closed = str(error)
        else:
            if jobs := await asyncio.to_thread(slurm_text.parse_scontrol, answer.output, cluster):
                return jobs
            if answer.code and GONE.search(f"{answer.errors}\n{answer.output}"):
                return ()
            if not answer.code or unanswered(answer):
                raise BatchSilent(error_text(answer))
            closed = error_text(answer)
        self._commands.log_once("scontrol", f"jobs are looked up with squeue, which shows no exit code: {closed}")
        return await self._queue(cluster, "-j", number)

    async def cancel(self, jobs: Sequence[JobRef]) -> None:
        """One plain scancel for all jobs on a Slurm cluster; see `BatchSystem.cancel`."""
        problem: BatchRefused | BatchSilent | None = None
        by_cluster = _by_cluster(jobs)
        for cluster, some in by_cluster.items():
            try:
                answer = await self._commands.query("scancel", cluster, *slurm_text.joined(some))
            except (BatchRefused, BatchSilent) as error:
                problem = error  # a cluster that hangs does not delay the others
                continue
            printed = [line for line in answer.errors.splitlines() if line.strip()]
            left = [line for line in printed if not GONE.search(line)]
            # Output beside exit code 0 may be only a warning: the queue shows whether the jobs are cancelled.
            again = not self._doubtful.isdisjoint(some)
            self._doubtful.difference_update(some)
            unreached = not_reached("\n".join(left))
            if (answer.code and (left or not printed)) or (left and (again or unreached)):
                problem = failure(Answer(answer.code, answer.output, "\n".join(left)))
            elif left:
                self._doubtful.update(some)
        if problem is not None:
            raise problem

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """One plain scancel for all ids, and one for each name, which loads the whole queue; see `BatchSystem`."""
        by_cluster = _by_cluster([JobRef(id) for id in ids])
        clusters = dict.fromkeys([*self._clusters, *self._used, *by_cluster])
        # A job may run on another cluster than this server; there, the local cluster is a different one.
        own = self._largest_array.local_name if len(clusters) > 1 else ""
        by_id = [
            self._commands.line("scancel", cluster or own, *map(slurm_text.written, some))
            for cluster, some in by_cluster.items()
        ]
        return by_id + [
            self._commands.line("scancel", cluster or own, "--me", f"--name={name}")
            for name in names
            for cluster in clusters
        ]

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """Slurm's own estimate; see `BatchSystem.expected_start`."""
        answer = await self._commands.query("sbatch", "", "--test-only", text=script)
        if answer.code:
            raise failure(answer)
        return slurm_text.parse_test_only(answer.errors + answer.output)

    async def free(self, options: JobOptions) -> Free | None:
        """See `FreeResources.find`."""
        return await self._free.find(options)

    async def largest_array(self) -> int:
        """See `LargestArray`."""
        return await self._largest_array.find()

    async def own_values(self, kind: str, options: BatchOptions) -> OwnValues:
        """Accounts or QOS of this user; see `BatchSystem.own_values`."""
        clusters = slurm_header.clusters(slurm_options(options).options_for_clusters())
        return await self._associations.find(kind, clusters)

    refused_keys = staticmethod(refused_keys)

    async def examine(self) -> Sequence[Examined]:
        """Commands, controller, accounting; see `BatchSystem.examine`."""
        return await examine(self._commands)

    def _use(self, clusters: Iterable[str]) -> None:
        for cluster in clusters:
            self._used[cluster] = time.monotonic()
            self._certain.add(cluster)

    def _forget(self, cluster: str) -> None:
        """Stop querying this cluster for jobs, until something is sent there or found there."""
        self._used.pop(cluster, None)
        self._certain.discard(cluster)


def _by_place(submissions: Iterable[str]) -> dict[str, list[str]]:
    """Submissions by the name of their Slurm cluster."""
    found: dict[str, list[str]] = defaultdict(list)
    for submission in submissions:
        found[slurm_text.place(submission)].append(submission)
    return found


def _by_cluster(jobs: Iterable[JobRef]) -> dict[str, list[JobRef]]:
    found: dict[str, list[JobRef]] = defaultdict(list)
    for job in jobs:
        found[slurm_text.place(job.submission)].append(job)
    return found
