"""Slurm's own options in a profile."""

from __future__ import annotations

from dask_hpc.messages import Message

from ..base import BatchOptions, Line


class SlurmOptions(BatchOptions):
    """Options of sbatch; empty for none.

    Attributes:
        extra: further options, each a complete argument.
    """

    partition: Line = ""
    account: Line = ""
    licenses: Line = ""
    qos: Line = ""
    extra: tuple[Line, ...] = ()

    def summary(self) -> list[Message]:
        """``partition dask``, ``account atlas``, ``QOS long``, ``licence sps:1``."""
        options = (
            (self.partition, Message("option.slurm-partition", value=self.partition)),
            (self.account, Message("option.slurm-account", value=self.account)),
            (self.qos, Message("option.slurm-qos", value=self.qos)),
            (self.licenses, Message("option.slurm-licences", value=self.licenses)),
        )
        return [message for value, message in options if value]


def slurm_options(options: BatchOptions) -> SlurmOptions:
    """The Slurm options of a submission; the defaults if it has none."""
    return options if isinstance(options, SlurmOptions) else SlurmOptions()
