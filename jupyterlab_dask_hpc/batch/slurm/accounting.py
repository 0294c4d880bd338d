"""Slurm's accounting: how jobs ended that the controller has forgotten."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..base import BatchRefused, BatchSilent
from ..jobs import Job
from .answers import error_text
from .commands import Commands
from .text import FIELD, SACCT_FIELDS, number, parse_sacct

_MAX_FAILURES = 3
"""Consecutive failures of the accounting after which forgotten jobs count as ended."""


class Accounting:
    """The answers of sacct. A site without accounting is queried once."""

    def __init__(self, commands: Commands) -> None:
        self._commands = commands
        self._exists = True
        self._failures = 0

    async def find(self, submissions: Mapping[str, Sequence[str]]) -> list[Job]:
        """The jobs of these submissions, named by Slurm cluster. Raises BatchSilent."""
        jobs: list[Job] = []
        for cluster, some in submissions.items():
            if not self._exists:
                break
            try:
                jobs.extend(await self._jobs(cluster, some))
                self._failures = 0
            except BatchSilent as error:
                self._failures += 1
                if self._failures < _MAX_FAILURES:
                    raise
                self._commands.log_once("sacct", f"how jobs ended that the controller has removed is unknown: {error}")
        return jobs

    async def _jobs(self, cluster: str, submissions: Sequence[str]) -> tuple[Job, ...]:
        options = ["-X", "--parsable2", f"--delimiter={FIELD}", "-o", ",".join(SACCT_FIELDS)]
        try:
            answer = await self._commands.query("sacct", cluster, *options, "-j", ",".join(map(number, submissions)))
        except BatchRefused:
            self._exists = False
            return ()
        if "accounting storage is disabled" in answer.errors:
            self._exists = False
            return ()
        if answer.code:
            raise BatchSilent(error_text(answer))
        return parse_sacct(answer.output, cluster)
