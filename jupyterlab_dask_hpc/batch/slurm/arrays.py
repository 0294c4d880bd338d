"""The largest job array that Slurm accepts."""

from __future__ import annotations

import re
import time
from collections.abc import Sequence

from ..base import BatchRefused, BatchSilent
from .answers import error_text, unanswered
from .commands import Commands
from .text import parse_largest_array

_DEFAULT = 1001
_QUERY_RETRY_S = 300.0
"""Seconds after which another Slurm cluster that did not answer is queried again."""


class LargestArray:
    """MaxArraySize of slurm.conf, or max_array_tasks if smaller, read once from each Slurm cluster.

    Attributes:
        local_name: name of the local Slurm cluster; empty until its configuration was read.
    """

    def __init__(self, commands: Commands, clusters: Sequence[str]) -> None:
        """`clusters` are all that profiles name, and the empty name for the local one."""
        self.local_name = ""
        self._commands = commands
        self._clusters = clusters
        self._sizes: dict[str, int] = {}
        self._not_before: dict[str, float] = {}

    async def find(self) -> int:
        """The minimum of all clusters. Raises BatchSilent if the local one does not answer.

        If users may not read it, Slurm's default; Slurm then refuses larger arrays.
        """
        for cluster in self._clusters:
            if cluster not in self._sizes and time.monotonic() >= self._not_before.get(cluster, 0):
                await self._query(cluster)
        return min(self._sizes.values(), default=_DEFAULT)

    async def _query(self, cluster: str) -> None:
        try:
            answer = await self._commands.query("scontrol", cluster, "show", "config")
            size = parse_largest_array(answer.output)
            if not cluster and (name := re.search(r"^ClusterName\s*=\s*([\w.-]+)", answer.output, re.M)):
                self.local_name = name[1]
            if size is None and unanswered(answer):
                raise BatchSilent(error_text(answer))
        except BatchRefused as error:
            size, printed = None, str(error)
        except BatchSilent:
            if not cluster:
                raise
            self._not_before[cluster] = time.monotonic() + _QUERY_RETRY_S
            return
        else:
            printed = error_text(answer) if size is None else ""
        if size is None:
            what = f"Slurm's default MaxArraySize is used, since scontrol printed: {printed}"
            self._commands.log_once("scontrol", what)
        if size or not cluster:
            self._sizes[cluster] = size or _DEFAULT
        else:
            self._not_before[cluster] = time.monotonic() + _QUERY_RETRY_S
