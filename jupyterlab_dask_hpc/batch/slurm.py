"""Slurm, by its commands."""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from jupyterlab_dask_hpc.batch import slurm_text
from jupyterlab_dask_hpc.batch.base import BatchRefused, BatchSilent, Job, JobOptions, Snapshot
from jupyterlab_dask_hpc.batch.command import Answer, run

# Inherited, these would change what the commands do: a server may itself run in a job.
_OWN_VARIABLES = ("SLURM_", "SBATCH_", "SQUEUE_", "SCANCEL_", "SACCT_", "SCONTROL_")
_NOT_REACHED = re.compile(
    "contact slurm controller|timed out|Connection refused|Zero Bytes|[Cc]ommunication|"
    "configuration source|fetch_config|slurm_receive_msg|endpoint|temporarily|[Mm]unge|authentication"
)
_GONE = re.compile("Invalid job id|already completing or completed|Job/step already")


class Slurm:
    """Slurm as a `BatchSystem`.

    Args:
        sbatch, squeue, scancel, scontrol, sacct: the commands; looked for in PATH.
        timeout: seconds that each command may take.
        conf: value of ``SLURM_CONF`` for the commands; by default the server's own, if it has one.
    """

    name = "slurm"
    title = "Slurm"
    job_variable = slurm_text.JOB_VARIABLE
    task_variable = "SLURM_ARRAY_TASK_ID"
    restart_variable = "SLURM_RESTART_COUNT"
    job_pattern = slurm_text.JOB_PATTERN
    task_pattern = slurm_text.TASK_PATTERN

    def __init__(
        self,
        *,
        sbatch: str = "sbatch",
        squeue: str = "squeue",
        scancel: str = "scancel",
        scontrol: str = "scontrol",
        sacct: str = "sacct",
        timeout: float = 20,
        conf: str | None = None,
    ) -> None:
        self._sbatch, self._squeue, self._scancel = sbatch, squeue, scancel
        self._scontrol, self._sacct = scontrol, sacct
        self._timeout = timeout
        conf = conf or os.environ.get("SLURM_CONF")
        self._conf = {"SLURM_CONF": conf} if conf else {}
        self._largest_array: int | None = None
        self._accounting = True

    def header(self, options: JobOptions) -> list[str]:
        """The ``#SBATCH`` lines, every value quoted. Raises ValueError for what one line cannot hold."""
        return slurm_text.header(options)

    async def submit(self, options: JobOptions, script: str, workspace: Path, environment: Mapping[str, str]) -> str:
        """Give the script to sbatch on its standard input; see `BatchSystem.submit`."""
        command = [self._sbatch, "--parsable", "--export=ALL"]
        # Else it takes the folder's path without links, which the nodes may not have.
        command.append(f"--chdir={workspace}")
        if not {"%", "\\"}.isdisjoint(str(workspace)):
            # sbatch would put ids for the % of the folder as well.
            try:
                command.append(f"--output={slurm_text.log_pattern(options, str(workspace))}")
            except ValueError as error:
                raise BatchRefused(str(error)) from error
        answer = await run(command, {**environment, **self._conf}, self._timeout, workspace, script)
        if answer.code:
            raise _failure(answer)
        if answer.errors.strip() and not answer.output.strip():
            raise BatchSilent(_words(answer))
        return slurm_text.parse_sbatch(answer.output)

    async def snapshot(self) -> Snapshot:
        """All of this user's jobs, by one squeue; see `BatchSystem.snapshot`."""
        at = time.time()
        answer = await self._ask(self._squeue, "--me", "-h", "-r", "-t", "all", "-o", slurm_text.SQUEUE_FORMAT)
        # An empty queue says nothing at all; an answer that did not come may end with 0 as well.
        if answer.code or (answer.errors.strip() and not answer.output.strip()):
            raise BatchSilent(_words(answer))
        return Snapshot(at, await asyncio.to_thread(slurm_text.parse_squeue, answer.output))

    async def find(self, ids: Sequence[str]) -> tuple[Job, ...]:
        """Look up by scontrol, then in the accounting where there is one; see `BatchSystem.find`."""
        jobs: list[Job] = []
        for id in dict.fromkeys(ids):
            answer = await self._ask(self._scontrol, "--oneliner", "show", "job", id)
            if answer.code and not _GONE.search(answer.errors):
                raise BatchSilent(_words(answer))
            jobs.extend(await asyncio.to_thread(slurm_text.parse_scontrol, answer.output))
        missing = set(ids) - {job.array for job in jobs}
        if missing and self._accounting:
            jobs.extend(await self._accounted(sorted(missing)))
        return tuple(jobs)

    async def _accounted(self, ids: Sequence[str]) -> tuple[Job, ...]:
        options = ["-X", "-n", "--parsable2", f"--delimiter={slurm_text.FIELD}"]
        fields = ",".join(slurm_text.SACCT_FIELDS)
        try:
            answer = await self._ask(self._sacct, *options, "-o", fields, "-j", ",".join(ids))
        except BatchRefused:
            self._accounting = False
            return ()
        if "accounting storage is disabled" in answer.errors:
            self._accounting = False
            return ()
        if answer.code:
            raise BatchSilent(_words(answer))
        return slurm_text.parse_sacct(answer.output)

    async def cancel(self, ids: Sequence[str]) -> None:
        """One plain scancel for all; see `BatchSystem.cancel`."""
        if not ids:
            return
        answer = await self._ask(self._scancel, *slurm_text.joined(ids))
        left = [line for line in answer.errors.splitlines() if line.strip() and not _GONE.search(line)]
        if left and (answer.code or any("error" in line for line in left)):
            raise _failure(Answer(answer.code, answer.output, "\n".join(left)))

    def cancel_commands(self, ids: Sequence[str], names: Sequence[str]) -> list[list[str]]:
        """One plain scancel for all ids, and one a name, which loads the whole queue; see `BatchSystem`."""
        by_id = [[self._scancel, *ids]] if ids else []
        return by_id + [[self._scancel, "--me", f"--name={name}"] for name in names]

    async def expected_start(self, options: JobOptions, script: str) -> float | None:
        """Slurm's own estimate; see `BatchSystem.expected_start`."""
        try:
            answer = await self._ask(self._sbatch, "--test-only", text=script)
        except (BatchRefused, BatchSilent):
            return None
        return slurm_text.parse_test_only(answer.errors + answer.output)

    async def largest_array(self) -> int:
        """MaxArraySize of slurm.conf, asked once; see `BatchSystem.largest_array`."""
        if self._largest_array is None:
            answer = await self._ask(self._scontrol, "show", "config")
            found = re.search(r"^MaxArraySize\s*=\s*(\d+)", answer.output, re.M)
            if found is None:
                raise BatchSilent(_words(answer))
            self._largest_array = int(found[1])
        return self._largest_array

    async def _ask(self, *command: str, text: str = "") -> Answer:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_OWN_VARIABLES)}
        # Seconds since the epoch: no time zone to guess.
        environment = {**kept, **self._conf, "SLURM_TIME_FORMAT": "%s"}
        return await run(command, environment, self._timeout, text=text)


def _words(answer: Answer) -> str:
    said = slurm_text.tidied(answer.errors) or slurm_text.tidied(answer.output)
    return said or f"Slurm's command ended with {answer.code} and said nothing."


def _failure(answer: Answer) -> BatchRefused | BatchSilent:
    """Refused when Slurm itself said no; silent when it was not reached or the command was killed."""
    if answer.code < 0 or not answer.errors.strip() or _NOT_REACHED.search(answer.errors):
        return BatchSilent(_words(answer))
    return BatchRefused(_words(answer))
