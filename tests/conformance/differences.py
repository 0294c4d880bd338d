"""Where ours differs from distributed's own on purpose, each with the reason. A row that no longer differs fails."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

OWN, LOCAL, SLURM = "own", "local", "slurm"
NEWEST, OLDEST = "newest", "oldest"


@dataclass(frozen=True)
class Difference:
    """One row.

    Attributes:
        behaviour: its name.
        where: path of the value in what the behaviour gives, as `flat` writes it; ``*`` stands for anything.
        reason: one sentence.
        kinds: of clusters in which it differs.
        versions: of distributed with which it differs.
    """

    behaviour: str
    where: str
    reason: str
    kinds: tuple[str, ...] = (LOCAL, SLURM)
    versions: tuple[str, ...] = (NEWEST, OLDEST)

    def meets(self, version: str, kind: str, behaviour: str, where: str) -> bool:
        """Whether that difference is this one."""
        holds = behaviour == self.behaviour and kind in self.kinds and version in self.versions
        return holds and fnmatch.fnmatchcase(where, self.where)


ACTIVATED = "A job activates its Python environment, so that the programs that tasks start find it."
INFO = "What a task logs by info() is shown in the job's log, with the task's key."
SEED = "Without a seed, workers of that distributed disagree on hash(), and a bag's groupby splits its groups."
NODES = "The notebook server's TMPDIR is a folder of its own machine; a job has its node's."
SLURMS = "Slurm sets it in every job."

DIFFERENCES: tuple[Difference, ...] = (
    Difference("variables", "PATH", ACTIVATED),
    Difference("variables", "VIRTUAL_ENV", ACTIVATED),
    Difference("places_of_python", "python", ACTIVATED),
    Difference("variables", "JUPYTERLAB_DASK_HPC_*_ID", "The local batch system knows processes by them.", (LOCAL,)),
    Difference("variables", "JUPYTERLAB_DASK_HPC_RESTARTS", "As Slurm's SLURM_RESTART_COUNT.", (LOCAL,)),
    Difference("variables", "SLURM*", SLURMS, (SLURM,)),
    Difference("variables", "ENVIRONMENT", SLURMS, (SLURM,)),
    Difference("variables", "HOSTNAME", SLURMS, (SLURM,)),
    Difference("variables", "TMPDIR", NODES, (SLURM,)),
    Difference("temporary_files", "folder", NODES, (SLURM,)),
    Difference("temporary_files", "variable", NODES, (SLURM,)),
    Difference(
        "limits_of_the_process", "RLIMIT_*", "A job has the node's limits, not the notebook server's.", (SLURM,)
    ),
    Difference("hash_of_text", "*", SEED, (LOCAL,), (OLDEST,)),
    Difference("order_of_a_set", "*", SEED, (LOCAL,), (OLDEST,)),
    Difference("groupby_of_a_bag", "*", SEED, (LOCAL,), (OLDEST,)),
    Difference("variables_of_the_nanny", "PYTHONHASHSEED/*", SEED, (LOCAL,), (OLDEST,)),
    Difference("variables", "PYTHONHASHSEED", SEED, (LOCAL,), (OLDEST,)),
    Difference("the_worker_itself", "metrics", "Each worker reports its memory peak, which the table of jobs shows."),
    Difference("loaded_modules", "worker_preload", "The module by which a worker does so."),
    Difference("loggers", "last resort", INFO),
    Difference("loggers", "root/level", INFO),
    Difference("lines_of_a_log", "info", INFO),
)


def flat(value: Any, path: str = "") -> dict[str, Any]:
    """Every value of a JSON value by its path: ``{"a": {"b": [1]}}`` is ``{"a/b": [1]}``."""
    if isinstance(value, Mapping) and value:
        return {place: leaf for key, inner in value.items() for place, leaf in flat(inner, f"{path}/{key}").items()}
    return {path.lstrip("/") or ".": value}


ABSENT = "(absent)"


def differing(own: Any, ours: Any) -> dict[str, tuple[Any, Any]]:
    """Own's value and ours by path, where they are not equal."""
    one, other = flat(own), flat(ours)
    places = sorted({*one, *other})
    pairs = {place: (one.get(place, ABSENT), other.get(place, ABSENT)) for place in places}
    return {place: pair for place, pair in pairs.items() if pair[0] != pair[1]}
