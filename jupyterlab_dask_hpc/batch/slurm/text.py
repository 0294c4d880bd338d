"""Parses the output of Slurm's commands. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..base import BatchSilent
from ..jobs import Job, JobRef, JobState, Wait, write_ranges
from .reasons import wait_of
from .states import ending, state_of

# Separators that occur in no field except perhaps in a job name, which therefore comes last.
RECORD, FIELD, END = "\x1e", "\x1f", "\x1d"
SQUEUE_FORMAT = RECORD + FIELD.join(("%i", "%F", "%K", "%T", "%r", "%N", "%M", "%S", "%e", "%j")) + END
SACCT_FIELDS = ("JobID", "State", "ExitCode", "NodeList", "ElapsedRaw", "Start", "End", "Reason", "JobName")

_SACCT_ID = re.compile(r"(\d+)(?:_(\d+|\[[\d,:%-]+\]))?")
_ELAPSED = re.compile(r"(?:(\d+)-)?(?:(\d+):)?(\d+):(\d+)")
_ID = re.compile(r"(\d+)(?:_(\d+))?")
SUBMITTED = re.compile(r"(\d+)(?:;([A-Za-z0-9][A-Za-z0-9_.-]{0,39}))?")
"""A line of ``sbatch --parsable``: an id, and the name of a Slurm cluster if there are several."""
_HEADING = re.compile(r"\s*CLUSTER: \S+\s*")
"""The line before the answer of each cluster that was named by ``-M``."""


def parse_sbatch(text: str) -> str:
    """The id in the output of ``sbatch --parsable``, whatever a site's wrapper prints around it.

    Only a line that consists of an id, or of ``id;cluster``, counts. Raises BatchSilent if there is none, or two.
    """
    lines = dict.fromkeys(line.strip() for line in text.splitlines())
    found = [match for line in lines if (match := SUBMITTED.fullmatch(line))]
    if len(found) != 1:
        raise BatchSilent(f"sbatch gave {'several job ids' if found else 'no job id'} but: {_short(text)}")
    number, cluster = found[0].groups()
    return f"{cluster}:{number}" if cluster else str(number)


def parse_squeue(text: str, strays: list[str], cluster: str = "") -> tuple[Job, ...]:
    """Jobs in the output of squeue with `SQUEUE_FORMAT` and its headings.

    The headings show that squeue itself has answered, even if there is no job. Lines that a wrapper prints
    around them are added to `strays`. Raises BatchSilent for anything else, and for a truncated answer.
    """
    before, *records = text.split(RECORD)
    around = [before]
    answered = False
    jobs: list[Job] = []
    for number, record in enumerate(records):
        content, end, after = record.rpartition(END)
        fields = content.split(FIELD, 9)
        if not end and number == len(records) - 1:
            raise BatchSilent(f"squeue printed: {_short(text)}")
        around.append(after)
        if len(fields) == 10 and fields[0] == "JOBID":
            answered = True
        elif len(fields) == 10 and _ID.fullmatch(fields[0]):
            jobs.append(_squeue_job(fields, cluster))
        else:
            around.append(record)
    if not answered:
        raise BatchSilent(f"squeue printed: {_short(text)}" if text.strip() else "squeue ended without an answer.")
    strays.extend(part for part in around if part.strip() and not _HEADING.fullmatch(part))
    return tuple(jobs)


def _of(cluster: str, id: str) -> str:
    return f"{cluster}:{id}" if cluster else id


def _squeue_job(fields: Sequence[str], cluster: str) -> Job:
    _, array, task, word, reason, node, elapsed, start, end, name = fields
    state = state_of(word)
    return Job(
        submission=_of(cluster, array),
        index=int(task) if task.isdigit() else None,
        name=name,
        state=state,
        native_state=word,
        reason="" if reason == "None" else reason,
        node=node,
        elapsed=parse_elapsed(elapsed),
        start=_epoch(start),
        end=_epoch(end),
        **ending(word, reason),
        wait=_wait(state, reason),
    )


def _wait(state: JobState, reason: str) -> Wait | None:
    return wait_of(reason) if state is JobState.PENDING and reason not in ("", "None") else None


def made_at(jobs: Iterable[Job]) -> float | None:
    """Latest time at which an answer with these jobs was made, in seconds since the epoch; None if no job runs.

    Slurm computes the elapsed time of a running job from its start to that time, without suspended time.
    """
    made = [job.start + job.elapsed for job in jobs if job.native_state == "RUNNING" and job.start is not None]
    return max(made) + 1 if made else None


def parse_elapsed(text: str) -> int:
    """Seconds in ``D-HH:MM:SS``, ``HH:MM:SS`` or ``MM:SS``; 0 for other text (``INVALID``)."""
    found = _ELAPSED.fullmatch(text)
    if found is None:
        return 0
    days, hours, minutes, seconds = found.groups("0")
    return ((int(days) * 24 + int(hours)) * 60 + int(minutes)) * 60 + int(seconds)


def parse_scontrol(text: str, cluster: str = "") -> tuple[Job, ...]:
    """Jobs in the output of ``scontrol --oneliner show job``; pending tasks of an array one by one."""
    return tuple(job for line in re.split(r"^(?=JobId=)", text, flags=re.M) for job in _scontrol_jobs(line, cluster))


def _scontrol_jobs(line: str, cluster: str) -> list[Job]:
    found = re.match(
        r"JobId=(\d+)(?: ArrayJobId=(\d+) ArrayTaskId=(\S+)(?: ArrayTaskThrottle=\d+)?)? JobName=(.*?) UserId=(.*)",
        line,
        re.S,
    )
    if found is None:
        return []
    own, array, tasks, name, rest = found.groups()

    def value(key: str) -> str:
        match = re.search(rf" {key}=(\S*)", rest)
        return match[1] if match and match[1] not in ("(null)", "None", "N/A") else ""

    word = value("JobState")
    return [
        Job(
            submission=_of(cluster, array or own),
            index=task,
            name=name,
            state=state_of(word),
            native_state=word,
            reason=value("Reason"),
            node=value("NodeList"),
            elapsed=parse_elapsed(value("RunTime")),
            start=_epoch(value("StartTime")),
            end=_epoch(value("EndTime")),
            **ending(word, value("Reason"), value("ExitCode")),
            wait=_wait(state_of(word), value("Reason")),
        )
        for task in (parse_tasks(tasks) if tasks else [None])
    ]


def parse_tasks(text: str) -> list[int]:
    """Indices in ``3``, ``0-2,7`` or ``0-9%2``; the part that Slurm cut off (``0-2,...``) is missing."""
    tasks: list[int] = []
    for part in text.partition("%")[0].split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+)(?::(\d+))?)?", part)
        if found:
            first, last, step = int(found[1]), int(found[2] or found[1]), int(found[3] or 1)
            tasks.extend(range(first, last + 1, step))
    return tasks


def parse_sacct(text: str, cluster: str = "") -> tuple[Job, ...]:
    """Jobs in the parsable output of sacct with `SACCT_FIELDS` and their headings, separated by `FIELD`.

    Raises BatchSilent if the headings are missing: then sacct itself has not answered.
    """
    jobs: list[Job] = []
    lines = text.splitlines()
    if FIELD.join(SACCT_FIELDS) not in lines:
        raise BatchSilent(f"sacct printed: {_short(text)}")
    for line in lines:
        fields = line.split(FIELD, len(SACCT_FIELDS) - 1)
        found = _SACCT_ID.fullmatch(fields[0])
        if found is None or len(fields) != len(SACCT_FIELDS):
            continue
        array, tasks = found.groups()
        _, state, exit_code, node, elapsed, start, end, reason, name = fields
        word = (state.split() or [""])[0]  # CANCELLED by 1000
        jobs.extend(
            Job(
                submission=_of(cluster, array),
                index=task,
                name=name,
                state=state_of(word),
                native_state=word,
                reason="" if reason == "None" else reason,
                node="" if node == "None assigned" else node,
                elapsed=int(elapsed) if elapsed.isdigit() else 0,
                start=_epoch(start),
                end=_epoch(end),
                **ending(word, reason, exit_code),
            )
            # Tasks that never started are on one line: 57_[0-9]
            for task in (parse_tasks(tasks.strip("[]")) if tasks else [None])
        )
    return tuple(jobs)


def parse_largest_array(text: str) -> int | None:
    """The maximum number of tasks of an array in the output of ``scontrol show config``; None if it is missing."""
    size = re.search(r"^MaxArraySize\s*=\s*(\d+)", text, re.M)
    if size is None:
        return None
    fewer = re.search(r"^SchedulerParameters\s*=.*\bmax_array_tasks=(\d+)", text, re.M)
    return min(int(size[1]), int(fewer[1])) if fewer else int(size[1])


def parse_test_only(text: str) -> float | None:
    """Seconds since the epoch in the output of ``sbatch --test-only``."""
    found = re.search(r"to start at (\d+)\b", text)
    return float(found[1]) if found else None


def tidied(text: str) -> str:
    """Slurm's own text without the prefixed program names, each line once."""
    lines = (re.sub(r"^(?:\w+: )?(?:(?:error|fatal): )?", "", line).strip() for line in text.splitlines())
    return "\n".join(dict.fromkeys(line for line in lines if line))


def _epoch(text: str) -> float | None:
    return float(text) if text.isdigit() else None


def _short(text: str) -> str:
    return repr(text if len(text) <= 200 else text[:200] + "…")


def place(submission: str) -> str:
    """Name of the Slurm cluster with which an id is prefixed; empty for the local one."""
    return submission.rpartition(":")[0]


def number(submission: str) -> str:
    """A submission's id without the name of its Slurm cluster."""
    return submission.rpartition(":")[2]


def written(job: JobRef) -> str:
    """A job's id as Slurm writes it: ``4815162_5``."""
    return number(job.submission) + ("" if job.index is None else f"_{job.index}")


def joined(jobs: Sequence[JobRef]) -> list[str]:
    """Ids in the form of scancel, one for each array: ``12_[0-2,5]`` for its jobs 0, 1, 2 and 5."""
    indices: dict[str, list[int]] = {}
    for job in jobs:
        indices.setdefault(number(job.submission), []).extend([] if job.index is None else [job.index])
    whole = {number(job.submission) for job in jobs if job.index is None}
    return [id if id in whole else f"{id}_[{write_ranges(some)}]" for id, some in indices.items()]
