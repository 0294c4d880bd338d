"""A request, a record and jobs as they are at the computing centre."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import Any

from support.job_refs import ref, refs

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.jobs import Cause, Job, JobState, Outcome, Snapshot
from jupyterlab_dask_hpc.batch.slurm.reasons import wait_of
from jupyterlab_dask_hpc.core.actions import CancelJobs
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import read_request
from testbed.profile import usable_profile

ID = "3f9c0a51d2"
OUTCOMES = {
    "COMPLETED": Outcome.COMPLETED,
    "CANCELLED": Outcome.CANCELLED,
    "TIMEOUT": Outcome.TIME_LIMIT,
    "OUT_OF_MEMORY": Outcome.OUT_OF_MEMORY,
    "NODE_FAIL": Outcome.NODE_FAILED,
    "PREEMPTED": Outcome.PREEMPTED,
    "GONE": Outcome.UNKNOWN,
}
UNWRITABLE = {"outcome": Outcome.LAUNCH_FAILED, "cause": Cause.LOG_UNWRITABLE}
"""A job whose log the node could not open."""
BEGAN = 1_800_000_000.0
STOPPED = Message("reason.stopped")


def text_message(text: str) -> Message:
    """A message that shows a text as it is."""
    return Message("text", text=text)


def profile(name: str = "cc-in2p3") -> Profile:
    """A shipped profile, for a user of the group atlas."""
    path = Path(str(files("jupyterlab_dask_hpc"))) / "profiles" / f"{name}.json"
    return usable_profile(path, lambda text: text.replace("{group}", "atlas"))


def record(workers: int = 2, largest: int = 1001, **changes: Any) -> Record:
    """A cluster that was just asked for."""
    request = read_request({"name": "demo", "profile": "cc-in2p3", "workers": {"jobs": workers}}, profile(), [])
    first = Record(
        id=ID,
        owner="root:/home/ada",
        batch="slurm",
        request=request,
        workspace="/home/ada",
        dashboard_key="key",
        created=BEGAN,
        submissions=plan(ID, request, ArrayLimits(largest)),
    )
    return first.model_copy(update=changes)


def renamed(known: Record, cluster_id: str) -> Record:
    """The same cluster under another id."""
    submissions = tuple(
        submission.model_copy(update={"name": submission.name.replace(known.id, cluster_id)})
        for submission in known.submissions
    )
    return known.model_copy(update={"id": cluster_id, "submissions": submissions})


def cancel(*job_ids: str) -> CancelJobs:
    """The action that cancels these."""
    return CancelJobs(tuple(refs(*job_ids)))


def job(name: str, job_id: str, word: str = "RUNNING", **more: Any) -> Job:
    """A job as the batch system shows it; `exit` is the code, or the signal with a minus in front."""
    exit: int | None = more.pop("exit", None)
    if exit is not None:
        more = {"exit_code": None if exit < 0 else exit, "signal": -exit if exit < 0 else None, **more}
    states = {
        "PENDING": JobState.PENDING,
        "RUNNING": JobState.RUNNING,
        "COMPLETING": JobState.ENDING,
        "COMPLETED": JobState.ENDED,
        "CANCELLED": JobState.ENDED,
    }
    found = ref(job_id)
    state = states.get(word, JobState.FAILED)
    if state is JobState.PENDING and (reason := more.get("reason")):
        more.setdefault("wait", wait_of(reason))
    more.setdefault("outcome", None if state.live else OUTCOMES.get(word, Outcome.FAILED))
    return Job(found.submission, found.index, name, state, word, **more)


def snapshot(at: float, *jobs: Job) -> Snapshot:
    """An answer of the batch system, `at` seconds after the beginning."""
    return Snapshot(BEGAN + at, jobs)
