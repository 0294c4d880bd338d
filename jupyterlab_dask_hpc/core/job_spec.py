"""The jobs of a cluster: their options for the batch system, and their scripts. Pure."""

from __future__ import annotations

from pathlib import PurePath
from typing import Literal

from ..batch.base import LOG_ID, BatchSystem, JobOptions
from .job_script import JobScript
from .log_names import file_name, log_word, output_name
from .profile import Profile
from .record import Record, Submission

Role = Literal["scheduler", "worker"]
ROLES: tuple[Role, Role] = ("scheduler", "worker")

DEATH_TIMEOUT_S = 300
"""Seconds that a starting worker waits for the scheduler before it exits."""

MIN_RETIRING_LIMIT_S = 20 * 60
"""Shortest time limit, in seconds, of workers that retire early; a shorter job cannot afford to lose a minute."""


def retires(limit: int) -> int:
    """When a worker with this time limit retires, in seconds: a twentieth, at most 5 min, before it; 0 for never."""
    return limit - min(300, limit // 20) if limit >= MIN_RETIRING_LIMIT_S else 0


def worker_memory(memory: int, nanny: bool, processes: int = 1) -> int:
    """Bytes of its job's `memory` that each of its workers may use; the other processes of the job need the rest.

    A nanny and multiprocessing's resource tracker use 75 MiB (distributed 2026.8); without a nanny, the watchdog uses
    50 MiB. They get 128 and 64 MiB, but at most a quarter of a small job. With less, the batch system would kill the
    job of a worker that comes near its limit. With this reserve, the nanny restarts the worker first.
    """
    return (memory - min(memory // 4, (128 if nanny else 64) * 2**20)) // processes


def job_spec(
    record: Record,
    submit: Submission,
    profile: Profile,
    batch: BatchSystem,
    folder: PurePath,
    python: PurePath,
) -> tuple[JobOptions, JobScript]:
    """The options and the script values for one of the record's submissions.

    Args:
        folder: the cluster's folder.
        python: path of the Python that the jobs run.
    """
    request = record.request
    worker = submit.runs_workers
    requested = request.workers if worker else request.scheduler
    cpus = request.workers.cpus if worker else profile.scheduler.cpus
    log = f"log/{file_name(request.name, submit.job_role, LOG_ID)}"
    output = output_name(request.name, submit.job_role, record.id)
    options = JobOptions(
        name=submit.name,
        log=log,
        output="" if batch.capabilities.writes_to_logs else f"log/{output}",
        memory=requested.memory,
        cpus=cpus,
        time=requested.time,
        tasks=submit.tasks,
        requeue=worker,  # a restarted scheduler has lost its state and its workers
        native=profile.workers if worker else profile.scheduler,
    )
    script = JobScript(
        header=tuple(batch.header(options)),
        folder=folder,
        python=(str(python),),
        log=log_word(f"{record.workspace}/{log}", batch.job_variable, batch.task_variable if submit.tasks else None),
        job_variable=batch.job_variable,
        task_variable=batch.task_variable,
        restart_variable=batch.restart_variable if batch.capabilities.restarts_known else "",
        setup=profile.setup,
        login_shell=profile.login_shell,
        environment=profile.environment.set,
        memory=worker_memory(requested.memory, profile.workers.nanny, submit.processes),
        processes=submit.processes,
        threads=request.workers.threads or max(1, request.workers.cpus // submit.processes),
        nanny=profile.workers.nanny,
        retires=retires(requested.time) if worker else 0,
        death_timeout=DEATH_TIMEOUT_S,
        arguments=profile.workers.worker_args if worker else profile.scheduler.scheduler_args,
        script=request.script,
    )
    return options, script
