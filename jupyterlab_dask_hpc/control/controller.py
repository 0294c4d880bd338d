"""One cluster, kept going: looks, reconciles, keeps the record, acts. Again and again, until it is over."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Set
from dataclasses import replace
from functools import partial
from pathlib import Path

from ..batch.base import BatchError, BatchRefused, JobOptions, JobRef, JobState, Snapshot
from ..core.errors import ApiError, why
from ..core.history import History
from ..core.log_names import file_name
from ..core.observed import ObservedJobs, apply_lookup, apply_snapshot, mark_looked_up, unsure
from ..core.reconcile import CANCEL_AGAIN, Action, CancelJobs, FindJobs, SubmitJobs, is_going, reconcile, stop
from ..core.record import Record, Submission, is_job_id, with_submission
from ..core.rollover import is_due, renew, retire_candidates
from ..core.scaling import is_additional, more, refuse_scale_up, release_retired, retire_target, scale, tasks
from ..core.scheduler_status import SchedulerStatus
from ..core.timestamps import shift_timestamps
from ..core.view import ClusterStatus, Json, cluster_view, counts_now, still_to_come
from ..logs.reader import last_lines
from ..waiting import Silent, SlowCall, end, is_set
from .clock import WallClock
from .cluster_folder import read_address, read_ended, read_started, write_settings
from .heartbeat import SchedulerHeartbeat
from .poller import Poller
from .scheduler_client import SchedulerClient, SchedulerSilent
from .store import RecordStore
from .workspace import look_after

log = logging.getLogger(__name__)

_EAGER = 0.15
"""Seconds between two looks into the cluster's folder while its scheduler is about to start: a stat
of three names, which is what makes a start quick without asking the batch system more often."""
_CALM = 2.0
_PATIENCE = 10.0
"""Seconds for a look into the cluster's folder; then the file system is called silent, and who stops is not kept."""
_REPORT_EAGER = 1.0
_REPORT_CALM = 5.0
"""Seconds between two reports to the scheduler: while workers come, and later."""
_LOOK_UP_AGAIN = 20.0
_LAPSE = 30.0
"""Seconds after the end of its lease by which a scheduler that still runs must have ended itself."""
_LINES = 3
"""Last lines of a log that are told with a problem."""


class ClusterController:
    """A cluster of this server, live or over.

    Args:
        describe: options and script of one of the record's submissions.
        environment: the named list of variables that its jobs get.
        lease: seconds.
        stuck_after: seconds after which a worker that runs but has not connected is told as a problem.
        changed: called after every change of what is shown.
        base: its workspace as the file browser writes it.
        ask: whom its profile says to ask.
    """

    def __init__(
        self,
        record: Record,
        store: RecordStore,
        poller: Poller,
        channel: SchedulerClient,
        describe: Callable[[Record, Submission], tuple[JobOptions, str]],
        environment: Mapping[str, str],
        lease: float,
        stuck_after: float,
        changed: Callable[[], None],
        base: str,
        ask: str = "",
    ) -> None:
        self._poller = poller
        self.record = self._with_own_ids(record)
        self.history = History()
        self._clock = WallClock()
        self.submitted: asyncio.Future[BatchError | None] = asyncio.get_running_loop().create_future()
        self.over = asyncio.Event()
        self._store = store
        self._describe = describe
        self._environment = environment
        self._lease = lease
        self._stuck_after = stuck_after
        self._changed = changed
        self._base = base
        self._ask = ask
        self._folder = store.folder(record.id)
        self._observed = ObservedJobs() if record.live else store.read_jobs(record.id)
        self._status = SchedulerStatus()
        self._reports = SchedulerHeartbeat(channel, self._folder, lease, record.request.idle_timeout)
        self._refusal = ""
        self._looked_up: dict[str, float] = {}
        self._record_error = ""
        self._log_dir_error = ""
        self._looked_after = -_CALM
        self._reading = SlowCall(self._read_status)
        self._looking_after = SlowCall(partial(look_after, Path(record.workspace)))
        self._wake = asyncio.Event()
        self._scaled = asyncio.Event()
        self._shown = True
        self._last_error = ""
        self._cancelled = 0.0
        self.view: Json = cluster_view(self.known, time.time())
        self.show()

    @property
    def busy(self) -> bool:
        """Whether it waits for its workers or computes: what a user who is away counts on."""
        return self.record.desired == "running" and not self._reports.idle

    @property
    def going(self) -> bool:
        """Whether nothing of it waits or runs any more: what has taken its cancel may still be on its way out."""
        return not self.record.live or is_going(self.record, self._observed)

    @property
    def known(self) -> ClusterStatus:
        """Everything that is known of it now."""
        reports = self._reports
        return ClusterStatus(
            self.record,
            self._observed,
            self._poller.system,
            self._poller.stale,
            reports.connected,
            self._base,
            reports.idle_ends,
            reports.silence,
            self._stuck_after,
            self._refusal,
            self._status.last_lines,
            record_error=self._record_error,
            log_dir_error=self._log_dir_error,
            ask=self._ask,
            unrunnable=reports.unrunnable,
        )

    def show(self) -> None:
        """Tell everybody, if there is something new to tell; what cannot be told keeps nobody from acting."""
        now = time.time()
        known = self.known
        try:
            if self.record.live:
                self.history.add(now, counts_now(known))
            view = cluster_view(known, now)
        except Exception:
            if self._shown:
                log.exception("%s: what is known of it cannot be shown", self.record.request.name)
            self._shown = False
        else:
            self._shown = True
            if view != self.view:
                self.view = view
        self._changed()

    def see(self, snapshot: Snapshot) -> bool:
        """Take in one more answer of the batch system; False when it is not to be believed."""
        self._follow_clock()
        self._observed = apply_snapshot(self._observed, snapshot, self.record)
        if self._reports.answers and self._scheduler_is_over():
            # Whether that is so, it says itself.
            self._scaled.set()
        self._wake.set()
        self.show()
        return self._observed.at == snapshot.at

    def _scheduler_is_over(self) -> bool:
        jobs = self._observed.of(self.record.scheduler)
        return bool(jobs) and not any(job.state.live for job in jobs)

    def stop(self, reason: str) -> None:
        """End it; returns at once."""
        self._keep(stop(self.record, reason))
        self._poller.hurry()
        self._wake.set()

    async def reset_idle(self) -> None:
        """Reset its idle timer. Raises SchedulerSilent."""
        await self._report(reset_idle=True)

    def scale(self, count: int, largest_array: int | None) -> None:
        """Have `count` workers from now on; returns at once. See `scaling.scale`."""
        self._keep(scale(self.record, self._observed, count, largest_array))
        self._poller.hurry()
        self._wake.set()
        self._scaled.set()

    def replace_workers(self, replace: bool) -> None:
        """Whether workers are replaced before their time limit; returns at once. See `rollover`."""
        self._keep(self.record.model_copy(update={"replace_workers": replace}))
        self._wake.set()

    async def run(self) -> None:
        """Keep it going until nothing of it is left."""
        reports = asyncio.create_task(self._report_forever())
        try:
            with self._poller.needed():
                while self.record.live:
                    try:
                        await self._step()
                    except Exception as error:
                        await self._on_step_error(error)
                    else:
                        self._last_error = ""
        finally:
            await end([reports], _CALM)
        self._reports.connected = {}
        self.show()
        self.over.set()
        while self._record_error:
            await asyncio.sleep(_CALM)
            self._keep(self.record)

    async def _on_step_error(self, error: Exception) -> None:
        """A step that failed is told and tried again; a cluster that is to end is cancelled all the same."""
        known = isinstance(error, OSError)
        said = f"Its folder cannot be used: {error}." if known else f"An error of this extension's own: {error!r}."
        if said != self._last_error:
            log.error("%s: %s", self.record.request.name, said, exc_info=None if known else error)
            self._last_error = said
        if self.record.desired == "running":
            advice = "It is tried again." if known else "It is tried again; the notebook server's log has the details."
            self.record = self.record.model_copy(update={"reason": f"{said} {advice}"})
            self.show()
        elif time.monotonic() - self._cancelled >= CANCEL_AGAIN:
            await self._cancel(
                tuple(JobRef(each.id) for each in self.record.submissions if each.id and not each.finished)
            )
        await asyncio.sleep(_CALM)

    def _follow_clock(self) -> None:
        if jump := self._clock.jump():
            log.warning("%s: the clock has jumped by %.0f s", self.record.request.name, jump)
            self.record, self._observed = shift_timestamps(self.record, self._observed, jump)
            self.history.move(jump)

    async def _step(self) -> None:
        self._wake.clear()
        self._follow_clock()
        before, self._status = self._status, await self._reading.result(_PATIENCE)
        if self._status.last_lines != before.last_lines:
            self.show()
        await self._look_after_logs()
        if self._status.ended is not None and before.ended is None:
            self._poller.hurry()
        await self._succeed()
        record, actions = reconcile(self.record, self._observed, self._status, time.time())
        if not self._keep(record, before=actions):
            actions = ()
        acted = False
        for action in actions:
            acted |= await self._act(action)
        if acted or not self.record.live:
            return
        about_to_start = self.record.desired == "running" and not self._status.address and not self._record_error
        await is_set(self._wake, _EAGER if about_to_start else _CALM)

    async def _act(self, action: Action) -> bool:
        """Do it; False when there was nothing to do yet."""
        if isinstance(action, SubmitJobs):
            await self._submit(action.number)
        elif isinstance(action, CancelJobs):
            await self._cancel(action.jobs)
        else:
            return await self._find(action)
        return True

    async def _submit(self, number: int) -> None:
        submission = self.record.submissions[number]
        if self.record.desired == "stopped" and submission.attempts == 1:
            # Stopped while another of its submits was under way.
            self._keep(with_submission(self.record, number, submitted_at=None))
            return
        who = "the scheduler" if submission.runs_scheduler else "the workers"
        problem: BatchError | None = None
        try:
            options, script = self._describe(self.record, submission)
        except (BatchRefused, ApiError, ValueError) as error:
            # After a restart, the profile or the environment may be another or gone.
            self._reject_submission(number, f"Cannot submit {who}: {error}")
            return
        try:
            job = await self._poller.system.submit(options, script, Path(self.record.workspace), self._environment)
            refused = {} if number == 1 else {"scale_up_refused": "", "scale_up_refused_at": None}
            self._keep(with_submission(self.record, number, id=job).model_copy(update=refused))
            log.info("%s: submitted %s as job %s", self.record.request.name, who, job)
        except BatchRefused as error:
            problem = error
            title = self._poller.system.title
            self._reject_submission(number, f'{title} refused {who}: "{error}"')
        except BatchError as error:
            problem = error
            log.warning("%s: no answer to the submit of %s: %s", self.record.request.name, who, error)
            words = f'{self._poller.system.title} has not answered to the submit of {who}: "{error}"'
            self._keep(self.record.model_copy(update={"reason": words}))
        if not self.submitted.done():
            self.submitted.set_result(problem)
        self._poller.hurry()

    def _reject_submission(self, number: int, why: str) -> None:
        """That submit will not be: the cluster ends, or goes on without."""
        log.warning("%s: %s", self.record.request.name, why)
        without = with_submission(self.record, number, submitted_at=None)
        if self.record.desired == "running" and is_additional(self.record, number):
            self._keep(refuse_scale_up(without, self._observed, number, why, time.time()))
        else:
            self._keep(stop(without, why, failed=True))

    async def _cancel(self, jobs: tuple[JobRef, ...]) -> None:
        self._cancelled = time.monotonic()
        try:
            await self._poller.system.cancel(jobs)
            self._refusal = ""
        except BatchError as error:
            self._refusal = str(error)
            log.warning("%s: its jobs were not cancelled, will try again: %s", self.record.request.name, error)
        self.show()
        self._poller.hurry()

    async def _find(self, action: FindJobs) -> bool:
        now = time.monotonic()
        ids = [job for job in action.ids if now - self._looked_up.get(job, -_LOOK_UP_AGAIN) >= _LOOK_UP_AGAIN]
        if not ids:
            return False
        self._looked_up.update(dict.fromkeys(ids, now))
        try:
            found = await self._poller.system.find([*map(JobRef, ids), *unsure(self._observed, ids, self.record)])
        except BatchError as error:
            log.warning("%s: jobs could not be looked up: %s", self.record.request.name, error)
            self._observed = mark_looked_up(self._observed, ids)
            return False
        self._observed = apply_lookup(self._observed, ids, found, time.time(), self.record)
        self.show()
        return True

    async def _report_forever(self) -> None:
        """Renew the lease and hear of the workers, for as long as the scheduler listens."""
        while True:
            known = self.view["workers"]
            complete = self._status.address and known["connected"] >= known["running"]
            eager = self.record.state != "running" or not complete
            if self._status.address:
                try:
                    await self._report()
                    eager |= await self._retire()
                except SchedulerSilent as error:
                    log.debug("%s: %s", self.record.request.name, error)
                except Exception:
                    # Without a report the lease would run out.
                    log.exception("%s: what its scheduler said could not be used", self.record.request.name)
            await is_set(self._scaled, _REPORT_EAGER if eager else _REPORT_CALM)
            self._scaled.clear()

    async def _report(self, reset_idle: bool = False) -> None:
        """Send one report, and show what it has told. Raises SchedulerSilent."""
        before = self._reports.connected.keys()
        coming = None if self._observed.at is None else still_to_come(self.known, time.time())
        runs = any(job.state is JobState.RUNNING for job in self._observed.of(self.record.scheduler))
        try:
            await self._reports.send(coming, runs, reset_idle)
        finally:
            self._on_report(before)

    async def _succeed(self) -> None:
        """Ask for successors of workers whose time is up."""
        if not is_due(self.record, self._observed, time.time()):
            return
        try:
            largest = await self._poller.system.largest_array()
        except BatchError as error:
            log.warning("%s: no successors are asked for yet: %s", self.record.request.name, error)
            return
        self._keep(renew(self.record, self._observed, max(1, largest), time.time()))

    async def _retire(self) -> bool:
        """Let connected workers go where there are too many; False when there are not."""
        record = self.record
        if record.wanted is None or record.desired == "stopped":
            return False
        # Before all is seen, who has ended long ago counts as there.
        if not self._observed.whole:
            return False
        target = retire_target(record, self._observed)
        prefer = retire_candidates(record, self._observed, self._reports.connected)
        if target is None and not prefer:
            return False
        try:
            gone = await self._reports.retire(record.wanted_workers, prefer, only_preferred=target is None)
        except SchedulerSilent as error:
            log.debug("%s: no workers were retired: %s", record.request.name, error)
            return True
        before = len(tasks(self.record, self._observed))
        self._keep(release_retired(self.record, self._observed, gone))
        left = len(tasks(self.record, self._observed))
        if left < min(before, self.record.wanted_workers):
            # More were wanted again while these were going.
            missing = min(before, self.record.wanted_workers) - left
            self._keep(more(self.record, missing, missing))
        self._wake.set()
        return True

    def _on_report(self, before: Set[str]) -> None:
        connected = self._reports.connected
        if connected.keys() != before:
            self._poller.hurry()
            self._wake.set()
        self._status = replace(self._status, connected=frozenset(connected))
        self.show()

    def _read_status(self) -> SchedulerStatus:
        address = read_address(self._folder) is not None
        job = read_started(self._folder)
        return SchedulerStatus(
            started=job is not None,
            address=address,
            connected=frozenset(self._reports.connected) if address and self._reports.heard else None,
            answers=self._reports.answers,
            lapsed=self._reports.silence > self._lease + _LAPSE,
            ended=read_ended(self._folder),
            last_lines={job: lines for job in self._to_tell() if (lines := self._last_lines(job))},
            job=job if job and is_job_id(job) else "",
        )

    def _to_tell(self) -> Iterator[JobRef]:
        """The jobs whose logs say why: of a scheduler that is over, and of one job of each problem."""
        yield from (job.ref for job in self._observed.of(self.record.scheduler) if not job.state.live)
        told = {job for problem in self.view["problems"] if problem["kind"] != "waiting" for job in problem["jobs"][:1]}
        if told:
            yield from (ref for ref in self._observed.jobs if self._poller.system.job_id(ref) in told)

    def _last_lines(self, ref: JobRef) -> tuple[str, ...]:
        job, known = self._observed.jobs[ref], self._status.last_lines.get(ref, ())
        if known and not job.state.live:
            return known
        role = "scheduler" if job.name == self.record.scheduler.name else "worker"
        file = file_name(self.record.request.name, role, self._poller.system.own_id(ref))
        return last_lines(Path(self.record.workspace) / "log", file, _LINES)

    async def _look_after_logs(self) -> None:
        now = time.monotonic()
        if now - self._looked_after < _CALM:
            return
        self._looked_after = now
        try:
            found = await self._looking_after.result(_CALM)
        except Silent as error:
            found = str(error) if error.seconds >= _PATIENCE else self._log_dir_error
        if found != self._log_dir_error:
            self._log_dir_error = found
            if found:
                log.warning("%s: its log/ cannot be written: %s", self.record.request.name, found)
            self.show()

    def _keep(self, record: Record, before: Iterable[Action] = ()) -> bool:
        """Take `record`, on disk first; False when it was not taken.

        A full disk keeps a cluster from submitting, which only what is on disk may be followed by. It neither ends
        a cluster nor keeps it from being stopped: the next step tries to write again.
        """
        record = self._with_own_ids(record)
        if record == self.record and not self._record_error:
            return True
        record_error = ""
        try:
            if not record.live:
                # Before the record says that it is over: whoever dies in between does it again.
                self._store.drop_keys(record.id)
                self._store.write_jobs(record.id, self._observed)
            self._store.write(record)
        except OSError as error:
            record_error = why(error)
        if record_error and record_error != self._record_error:
            log.error("%s: its record cannot be kept: %s", record.request.name, record_error)
        recovered, self._record_error = bool(self._record_error and not record_error), record_error
        if record_error and any(isinstance(action, SubmitJobs) for action in before):
            self.show()
            return False
        known, self.record = self.record, record
        if record.desired == "running" and (recovered or record.arrays != known.arrays):
            self._tell_how_to_cancel()
        self.show()
        return True

    def _with_own_ids(self, record: Record) -> Record:
        """With each submission's id as its jobs know it; a record of an earlier version lacks it."""
        for number, submission in enumerate(record.submissions):
            if submission.id and not submission.own_id:
                own = self._poller.system.own_id(JobRef(submission.id))
                record = with_submission(record, number, own_id=own)
        return record

    def _tell_how_to_cancel(self) -> None:
        """Leave with the scheduler what cancels its workers' jobs, for when this server is gone."""
        asked = [array for array in self.record.arrays if array.submitted_at is not None and not array.finished]
        commands = self._poller.system.cancel_commands(
            [array.id for array in asked if array.id], [array.name for array in asked if not array.id]
        )
        try:
            write_settings(self._folder, self.record.request.idle_timeout, self._lease, commands)
        except OSError as error:
            # Without it queued workers end when they start.
            log.warning("%s: its settings cannot be written: %s", self.record.request.name, error)
