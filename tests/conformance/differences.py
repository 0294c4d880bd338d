"""Where ours differs from distributed's own on purpose, each with the reason. A row that no longer differs fails."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

LOCAL, SLURM = "local", "slurm"


@dataclass(frozen=True)
class Difference:
    """One row.

    Attributes:
        behaviour: its name.
        where: path of the value in what the behaviour gives, as `flat` writes it; ``*`` stands for anything.
        reason: one sentence.
        kinds: of clusters in which it differs.
    """

    behaviour: str
    where: str
    reason: str
    kinds: tuple[str, ...] = (LOCAL, SLURM)

    def meets(self, behaviour: str, where: str) -> bool:
        """Whether that difference is this one."""
        return behaviour == self.behaviour and fnmatch.fnmatchcase(where, self.where)


DIFFERENCES: tuple[Difference, ...] = ()


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
