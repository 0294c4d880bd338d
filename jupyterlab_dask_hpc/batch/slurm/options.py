"""What a profile may fix of Slurm's own."""

from __future__ import annotations

from ..base import BatchOptions, Line


class SlurmOptions(BatchOptions):
    """Options of sbatch; empty for none.

    Attributes:
        extra: further ones, each a whole word.
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
    """A submission's own options; the defaults where it has none."""
    return options if isinstance(options, SlurmOptions) else SlurmOptions()
