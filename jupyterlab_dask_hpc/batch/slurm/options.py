"""Slurm's own options in a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from dask_hpc.messages import Message

from ..base import Argument, BatchOptions, Line


class SlurmOptions(BatchOptions):
    """Options of sbatch; empty for none."""

    texts: ClassVar[Mapping[str, tuple[Message, Message]]] = {
        "partition": (Message("option.slurm-partition.title"), Message("option.slurm-partition.help")),
        "account": (Message("option.slurm-account.title"), Message("option.slurm-account.help")),
        "licenses": (Message("option.slurm-licences.title"), Message("option.slurm-licences.help")),
        "qos": (Message("option.slurm-qos.title"), Message("option.slurm-qos.help")),
        "constraint": (Message("option.slurm-constraint.title"), Message("option.slurm-constraint.help")),
        "reservation": (Message("option.slurm-reservation.title"), Message("option.slurm-reservation.help")),
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
    threads_per_core: Annotated[int, Field(ge=0, le=64)] = 0
    """`--threads-per-core`: `1` to leave the second hardware thread of each core alone; 0 for none.
    `--hint=nomultithread` in `extra` excludes it."""
    cpu_bind: Line = ""
    """`--cpu-bind` of `srun`, `cores`: only for workers in the layout `one-job` with several nodes and without a
    `launcher` of its own. Elsewhere Slurm starts the script of the job itself, and binds nothing."""
    gpu_option: Literal["gpus-per-node", "gres"] = "gpus-per-node"
    """How GPUs are requested: `--gpus-per-node=a100:4` or `--gres=gpu:a100:4`."""
    extra: tuple[Argument, ...] = ()
    """Further options of `sbatch`, each one item: `--constraint=el9`."""

    def summary(self) -> list[Message]:
        """``partition dask``, ``account atlas``, ``QOS long``, ``licence sps:1``, ``1 thread per core``."""
        options = (
            (self.partition, Message("option.slurm-partition", value=self.partition)),
            (self.account, Message("option.slurm-account", value=self.account)),
            (self.qos, Message("option.slurm-qos", value=self.qos)),
            (self.licenses, Message("option.slurm-licences", value=self.licenses)),
            (self.constraint, Message("option.slurm-constraint", value=self.constraint)),
            (self.reservation, Message("option.slurm-reservation", value=self.reservation)),
            (self.threads_per_core, Message("option.slurm-threads-per-core", count=self.threads_per_core)),
            (self.cpu_bind, Message("option.slurm-cpu-bind", value=self.cpu_bind)),
        )
        return [message for value, message in options if value]

    def launcher_options(self) -> tuple[str, ...]:
        """``--cpu-bind=cores``; srun reads the other options from the job's environment."""
        return (f"--cpu-bind={self.cpu_bind}",) if self.cpu_bind else ()


def slurm_options(options: BatchOptions) -> SlurmOptions:
    """The Slurm options of a submission; the defaults if it has none."""
    return options if isinstance(options, SlurmOptions) else SlurmOptions()
