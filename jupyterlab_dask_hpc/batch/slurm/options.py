"""Slurm's own options in a profile."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field

from dask_hpc.messages import Message

from ..base import Argument, BatchOptions, Line, WrongValue

_OF_EVERY_JOB = {
    "--mem": "memory",
    "--mem=0": '"memory_request": "node"',
    "--mem-per-cpu": '"memory_request": "cpu"',
    "--mem-per-gpu": "memory",
    "--cpus-per-task": "cpus",
    "--time": "time",
    "--ntasks": "processes",
    "--ntasks-per-node": "processes",
    "--array": "arrays",
    "--export": "environment",
    **dict.fromkeys(("--job-name", "--output", "--error", "--chdir", "--dependency"), ""),
}
"""Options that are written for every job or decide what it gets, and the key to use instead; empty if there is none."""
_SHORT = {
    "-c": "--cpus-per-task",
    "-t": "--time",
    "-n": "--ntasks",
    "-a": "--array",
    "-J": "--job-name",
    "-o": "--output",
    "-e": "--error",
    "-D": "--chdir",
    "-d": "--dependency",
}


def _not_of_every_job(word: str) -> str:
    """Refuse an option that another one would contradict, or on which logs and look-ups depend."""
    option = word.partition("=")[0] if word.startswith("--") else _SHORT.get(word[:2], "")
    if option in _OF_EVERY_JOB:
        key = _OF_EVERY_JOB[word if word in _OF_EVERY_JOB else option]
        code = "profile.option-has-key" if key else "profile.option-of-every-job"
        raise WrongValue(Message.fitted(code, {"option": option, "key": key}))
    return word


def cluster_names(text: str) -> tuple[str, ...]:
    """The names of Slurm clusters in ``q,r``.

    Raises WrongValue for ``all``: then it would not be known on which cluster a job is.
    """
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    for name in names:
        if not re.fullmatch(r"[A-Za-z0-9_.-]+", name):
            raise WrongValue(Message("profile.slurm-cluster", name=name))
        if name.lower() == "all":
            raise WrongValue(Message("profile.slurm-all-clusters"))
    return names


_MEMORY_REQUESTS: Mapping[str, Message] = {
    "cpu": Message("option.slurm-memory-cpu"),
    "node": Message("option.slurm-memory-node"),
    "none": Message("option.slurm-memory-none"),
}
_Extra = Annotated[Argument, AfterValidator(_not_of_every_job)]
_Clusters = Annotated[Line, AfterValidator(lambda text: ",".join(cluster_names(text)))]


LAUNCHER = (
    "srun",
    "--nodes={nodes}",
    "--ntasks={nodes}",
    "--ntasks-per-node=1",
    "--cpus-per-task={cpus}",
    "--export=ALL",
    "--mpi=none",
    # The workers of the other nodes continue when a node, or all workers of one, have ended.
    "--no-kill",
    "--kill-on-bad-exit=0",
    "--wait=0",
)
"""Starts a command once on each node. The job's own options are repeated, since srun does not take over all of them."""


class SlurmOptions(BatchOptions):
    """Options of sbatch; empty for none."""

    texts: ClassVar[Mapping[str, tuple[Message, Message]]] = {
        "partition": (Message("option.slurm-partition.title"), Message("option.slurm-partition.help")),
        "account": (Message("option.slurm-account.title"), Message("option.slurm-account.help")),
        "licenses": (Message("option.slurm-licences.title"), Message("option.slurm-licences.help")),
        "qos": (Message("option.slurm-qos.title"), Message("option.slurm-qos.help")),
        "constraint": (Message("option.slurm-constraint.title"), Message("option.slurm-constraint.help")),
        "reservation": (Message("option.slurm-reservation.title"), Message("option.slurm-reservation.help")),
        "clusters": (Message("option.slurm-clusters.title"), Message("option.slurm-clusters.help")),
    }
    separators: ClassVar[Mapping[str, str]] = {"constraint": "&"}

    partition: Line = ""
    """`--partition`; empty for none."""
    account: Line = ""
    """`--account`; empty for none."""
    licenses: Line = ""
    """`--licenses`; empty for none."""
    qos: Line = ""
    """`--qos`; empty for none."""
    constraint: Line = ""
    """`--constraint`, features of nodes such as `el9`; empty for none."""
    reservation: Line = ""
    """`--reservation`; empty for none."""
    clusters: _Clusters = ""
    """`--clusters`: the other Slurm cluster to which jobs go, or several, `q,r`, of which the one that starts them
    first gets them. They are asked for and cancelled with `-M`. Empty for the notebook server's own."""
    threads_per_core: Annotated[int, Field(ge=0, le=64)] = 0
    """`--threads-per-core`: `1` to leave the second hardware thread of each core alone; 0 for none.
    `--hint=nomultithread` in `extra` excludes it."""
    cpu_bind: Line = ""
    """`--cpu-bind` of `srun`, `cores`: only for workers in the layout `one-job` with several nodes and without a
    `launcher` of its own. Elsewhere Slurm starts the script of the job itself, and binds nothing."""
    memory_request: Literal["job", "cpu", "node", "none"] = "job"
    """How memory is requested: `job`: by `--mem`. `cpu`: by `--mem-per-cpu`, the memory divided by the CPUs and rounded
    up. `node`: all memory of the node, by `--mem=0`. `none`: not at all, so that it follows from the CPUs or the node.
    In each case the workers use the `memory` that users choose. With `none`, the `maximum_per_cpu` of `memory` is to be
    what the site gives."""
    gpu_option: Literal["gpus-per-node", "gres"] = "gpus-per-node"
    """How GPUs are requested: `--gpus-per-node=a100:4` or `--gres=gpu:a100:4`."""
    extra: tuple[_Extra, ...] = ()
    """Further options of `sbatch`, each one item: `--constraint=el9`. Those that every job has are refused
    (`--mem`: use `memory` and `memory_request`)."""

    def summary(self) -> list[Message]:
        """``partition dask``, ``account atlas``, ``QOS long``, ``licence sps:1``, ``1 thread per core``."""
        options = (
            (self.partition, Message("option.slurm-partition", value=self.partition)),
            (self.account, Message("option.slurm-account", value=self.account)),
            (self.qos, Message("option.slurm-qos", value=self.qos)),
            (self.licenses, Message("option.slurm-licences", value=self.licenses)),
            (self.constraint, Message("option.slurm-constraint", value=self.constraint)),
            (self.reservation, Message("option.slurm-reservation", value=self.reservation)),
            (self.clusters, Message("option.slurm-clusters", value=self.clusters)),
            (self.threads_per_core, Message("option.slurm-threads-per-core", count=self.threads_per_core)),
            (self.cpu_bind, Message("option.slurm-cpu-bind", value=self.cpu_bind)),
        )
        requested = _MEMORY_REQUESTS.get(self.memory_request)
        return [*(message for value, message in options if value), *([requested] if requested else [])]

    def options_for_clusters(self) -> tuple[str, ...]:
        """The options of sbatch that may name Slurm clusters; the last one that does holds."""
        return (f"--clusters={self.clusters}", *self.extra) if self.clusters else self.extra

    def launcher_options(self) -> tuple[str, ...]:
        """``--cpu-bind=cores``; srun reads the other options from the job's environment."""
        return (f"--cpu-bind={self.cpu_bind}",) if self.cpu_bind else ()


def slurm_options(options: BatchOptions) -> SlurmOptions:
    """The Slurm options of a submission; the defaults if it has none."""
    return options if isinstance(options, SlurmOptions) else SlurmOptions()
