"""Slurm's own options in a profile."""

from __future__ import annotations

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

    def summary(self) -> list[str]:
        """``partition dask``, ``account atlas``, ``licence sps:1``."""
        named = (("partition", self.partition), ("account", self.account), ("licence", self.licenses))
        return [f"{name} {value}" for name, value in named if value]


def slurm_options(options: BatchOptions) -> SlurmOptions:
    """The Slurm options of a submission; the defaults if it has none."""
    return options if isinstance(options, SlurmOptions) else SlurmOptions()
