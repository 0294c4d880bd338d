"""The jobs of a cluster: their options for the batch system, and their scripts. Pure."""

from __future__ import annotations

from dataclasses import replace
from pathlib import PurePath
from typing import Literal

from dask_hpc.messages import Message

from ..batch.base import LOG_ID, BatchSystem, Capabilities, JobOptions, WrongValue
from .arrays import NO_RULES
from .job_script import JobScript
from .log_names import file_name, log_word, output_name
from .node_workers import first_node_workers, node_workers
from .profile import Profile
from .record import Record, Submission

Role = Literal["scheduler", "worker"]
ROLES: tuple[Role, Role] = ("scheduler", "worker")

DEATH_TIMEOUT_S = 300
"""Seconds that a starting worker waits for the scheduler before it exits."""

MIN_RETIRING_LIMIT_S = 20 * 60
"""Shortest time limit, in seconds, of workers that retire early; a shorter job cannot afford to lose a minute."""

NODE_VARIABLE = "node"
"""Variable of the workers' script that holds the number of its node in the job of scheduler and workers."""
_MPI_RANKS = ("OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK", "PALS_RANKID")
_RANKS = (*_MPI_RANKS, "SLURM_PROCID", "PBS_NODENUM")
"""Variables in which launchers number the processes that they start: Open MPI, PMIx, MPICH, Cray's PALS, srun, pbsdsh.
Those of mpiexec come first, since it may use srun to start its own processes."""


def retires(limit: int) -> int:
    """When a worker with this time limit retires, in seconds: a twentieth, at most 5 min, before it; 0 for never."""
    return limit - min(300, limit // 20) if limit >= MIN_RETIRING_LIMIT_S else 0


def launcher(profile: Profile, capabilities: Capabilities) -> tuple[str, ...]:
    """The command that runs another command once on each node of a job; empty if there is none."""
    own = capabilities.launcher
    return profile.launcher or (own and (*own, *profile.workers.launcher_options()))


def check_layout(profile: Profile, capabilities: Capabilities) -> None:
    """Raise WrongValue for a profile whose batch system starts nothing on the further nodes of a job, or that sets
    options of a launcher which is not used."""
    several = profile.workers.nodes.maximum > 1 and not profile.launcher
    for role, offer, used in (("workers", profile.workers, several), ("scheduler", profile.scheduler, False)):
        if (words := offer.launcher_options()) and not used:
            raise WrongValue(Message("profile.launcher-not-used", options=" ".join(words), batch=profile.batch), role)
    if profile.workers.nodes.maximum > 1 and not launcher(profile, capabilities):
        raise WrongValue(Message("profile.no-launcher", batch=profile.batch), "workers", "nodes")


def check_arrays(profile: Profile, capabilities: Capabilities) -> None:
    """Raise WrongValue for a profile that says of job arrays what its batch system cannot do."""
    rules = profile.workers.arrays
    if not capabilities.arrays and rules != NO_RULES:
        raise WrongValue(Message("profile.no-arrays", batch=profile.batch), "workers", "arrays")
    if rules.at_once is not None and not capabilities.array_throttle:
        raise WrongValue(Message("profile.no-array-throttle", batch=profile.batch), "workers", "arrays", "at_once")


def job_spec(
    record: Record,
    submit: Submission,
    profile: Profile,
    batch: BatchSystem,
    folder: PurePath,
    python: tuple[str, ...],
) -> tuple[JobOptions, JobScript]:
    """The options and the script values for one of the record's submissions.

    Args:
        folder: the cluster's folder.
        python: the command that runs Python in the jobs, one word per item.
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
        at_once=profile.workers.arrays.at_once if submit.tasks else None,
        nodes=submit.nodes,
        gpus=request.workers.gpus if worker else 0,
        gpu_model=request.workers.gpu_model if worker else "",
        requeue=not submit.runs_scheduler,  # a restarted scheduler has lost its state and its workers
        native=profile.workers if worker else profile.scheduler,
        after=record.scheduler.id if submit.waits_for_scheduler else "",
    )
    words = launcher(profile, batch.capabilities) if submit.nodes > 1 else ()
    numbers = {"{nodes}": str(submit.nodes), "{cpus}": str(cpus)}
    script = JobScript(
        header=tuple(batch.header(options)),
        folder=folder,
        python=python,
        log=log_word(f"{record.workspace}/{log}", batch.job_variable, batch.task_variable if submit.tasks else None),
        job_variable=batch.job_variable,
        task_variable=batch.task_variable,
        restart_variable=batch.restart_variable if batch.capabilities.restarts_known else "",
        setup=(*profile.setup.all, *(profile.setup.scheduler if submit.runs_scheduler else profile.setup.workers)),
        after=() if submit.runs_scheduler else profile.setup.after,
        scratch=profile.scratch.folder if profile.scratch else "",
        at_least=profile.scratch.at_least if profile.scratch else 0,
        login_shell=profile.login_shell,
        environment=profile.environment.set,
        groups=(node_workers(request.workers, profile.workers.nanny),),
        nodes=submit.nodes if submit.role == "all" else 0,
        launcher=tuple(_filled(word, numbers) for word in words),
        nanny=profile.workers.nanny,
        gpus=request.workers.gpus if worker else 0,
        command=profile.workers.command,
        retires=0 if submit.runs_scheduler else retires(requested.time),
        death_timeout=DEATH_TIMEOUT_S,
        script=request.script,
        notebook_interface=profile.scheduler.notebook_interface if submit.runs_scheduler else "",
        arguments=profile.scheduler.scheduler_args if submit.runs_scheduler else profile.workers.worker_args,
    )
    return options, script


def node_script(record: Record, script: JobScript, profile: Profile) -> JobScript:
    """The script values of the workers on each node of the job of scheduler and workers.

    Args:
        script: the values of the job's own script.
    """
    request = record.request
    number = "0"
    for name in reversed(_RANKS):
        number = f"${{{name}:-{number}}}"
    ranks = "".join(f"${{{name}:-}}" for name in _MPI_RANKS)
    job = script.job_variable
    log = f"{record.workspace}/log/{file_name(request.name, 'worker', LOG_ID)}"
    first = first_node_workers(request.workers, request.scheduler, profile.scheduler.cpus, profile.workers.nanny)
    return replace(
        script,
        header=(f'{job}="$1"', f'{NODE_VARIABLE}="{number}"', f'mpi_rank="{ranks}"'),
        log=log_word(log, job, NODE_VARIABLE),
        task_variable=NODE_VARIABLE,
        restart_variable="",
        first_node=tuple(first),
        setup=(*profile.setup.all, *profile.setup.workers),
        setup_beside_scheduler=profile.setup.workers,
        after=profile.setup.after,
        arguments=profile.workers.worker_args,
    )


def _filled(word: str, numbers: dict[str, str]) -> str:
    for name, number in numbers.items():
        word = word.replace(name, number)
    return word
