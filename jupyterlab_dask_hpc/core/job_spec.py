"""The jobs of a cluster: what is asked of the batch system, and the scripts. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

from ..batch.base import BatchSystem, JobOptions
from .job_script import JobScript
from .log_names import file_name
from .profile import Profile
from .record import Record, Submission

Role = Literal["scheduler", "worker"]
ROLES: tuple[Role, Role] = ("scheduler", "worker")

DEATH_TIMEOUT = 300
"""Seconds that a worker waits for the scheduler at its start, before it gives up."""

SHORTEST = 20 * 60
"""Seconds of worker time from which a worker retires before its limit: of less, a minute is too much to lose."""


def retires(limit: int) -> int:
    """When a worker with that time limit (seconds) hands over its data: a twentieth before it, five minutes at most."""
    return limit - min(300, limit // 20) if limit >= SHORTEST else 0


def worker_memory(memory: int, nanny: bool) -> int:
    """Bytes that a worker may use of its job's `memory`: what runs beside it in the job needs the rest.

    A nanny and multiprocessing's resource tracker take 75 MiB (distributed 2026.8), the watch without a nanny 50 MiB;
    they get 128 and 64 MiB, of a small job a quarter at most. With less a worker near its limit is killed by the batch
    system, and its job is over, where its nanny would have restarted it.
    """
    return memory - min(memory // 4, (128 if nanny else 64) * 2**20)


def job_spec(
    record: Record,
    submit: Submission,
    profile: Profile,
    batch: BatchSystem,
    folder: PurePath,
    python: PurePath,
) -> tuple[JobOptions, JobScript]:
    """What to submit for one of the record's submissions: options, and what its script is made of.

    Args:
        folder: the cluster's folder.
        python: the Python that its jobs run.
    """
    request = record.request
    worker = submit.runs_workers
    asked = request.workers if worker else request.scheduler
    cpus = request.workers.cpus if worker else profile.scheduler.cpus
    pattern = batch.task_pattern if worker else batch.job_pattern
    options = JobOptions(
        name=submit.name,
        log=f"log/{file_name(request.name, submit.job_role, pattern)}",
        memory=asked.memory,
        cpus=cpus,
        time=asked.time,
        tasks=submit.tasks,
        requeue=worker,  # a scheduler that starts again has forgotten everything, its workers have gone
        native=profile.workers if worker else profile.scheduler,
    )
    script = JobScript(
        header=tuple(batch.header(options)),
        folder=folder,
        python=(str(python),),
        job_variable=batch.job_variable,
        task_variable=batch.task_variable,
        restart_variable=batch.restart_variable if batch.capabilities.restarts_told else "",
        setup=profile.setup,
        login_shell=profile.login_shell,
        environment=profile.environment.set,
        memory=worker_memory(asked.memory, profile.workers.nanny),
        cpus=cpus,
        nanny=profile.workers.nanny,
        retires=retires(asked.time) if worker else 0,
        death_timeout=DEATH_TIMEOUT,
        arguments=profile.workers.worker_args if worker else profile.scheduler.scheduler_args,
    )
    return options, script
