"""Writes the input of sbatch. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath

from ..base import LOG_ID, JobOptions
from .options import cluster_names, slurm_options
from .text import number

# Slurm has no variable that holds the submission's id for both a single job and an array task.
JOB_VARIABLE = "JUPYTERLAB_DASK_HPC_JOB_ID"
_CLUSTERS = re.compile(r"(?:-M|--clusters?(?:=|\s))\s*(.*)")


def header(options: JobOptions) -> list[str]:
    """The ``#SBATCH`` lines, and one that sets `JOB_VARIABLE` in the script without exporting it.

    Raises ValueError for a value that does not fit into one line.
    """
    native = slurm_options(options.native)
    pairs = [
        ("job-name", options.name),
        ("output", log_pattern(options)),
        ("open-mode", "append"),
        ("nodes", str(options.nodes) if options.nodes > 1 else ""),
        ("ntasks", str(options.nodes)),
        ("ntasks-per-node", "1" if options.nodes > 1 else ""),
        ("cpus-per-task", str(options.cpus)),
        memory(options),
        ("time", slurm_time(options.time)),
        (native.gpu_option, gpus(options)),
        ("array", array(options)),
        ("partition", native.partition),
        ("account", native.account),
        ("licenses", native.licenses),
        ("qos", native.qos),
        ("constraint", native.constraint),
        ("reservation", native.reservation),
        ("clusters", native.clusters),
        ("threads-per-core", str(native.threads_per_core or "")),
        ("dependency", f"after:{number(options.after)}" if options.after else ""),
    ]
    words = [f"--{name}={value}" for name, value in pairs if value]
    # Jobs do not get the limits of the notebook server's own shell, unless a site's `extra` sets it.
    words += ["--propagate=NONE", "--requeue" if options.requeue else "--no-requeue"]
    words += ["--no-kill"] if options.nodes > 1 else []
    words += native.extra
    # A job that can never start does not stay in the queue.
    words += ["--kill-on-invalid-dep=yes"] if options.after else []
    # Two clusters may use the same number.
    cluster = (
        "$SLURM_CLUSTER_NAME:" if clusters(native.options_for_clusters()) else "${SLURM_CLUSTERS:+$SLURM_CLUSTER_NAME:}"
    )
    ids = f'{JOB_VARIABLE}="{cluster}${{SLURM_ARRAY_JOB_ID:-$SLURM_JOB_ID}}"'
    return [*(f"#SBATCH {quoted(word)}" for word in words), ids]


def memory(options: JobOptions) -> tuple[str, str]:
    """Name and value of the option that requests memory, never less than asked; an empty value for none."""
    megabytes = -(-options.memory // 2**20)
    match slurm_options(options.native).memory_request:
        case "job":
            return "mem", f"{megabytes}M"
        case "cpu":
            return "mem-per-cpu", f"{-(-megabytes // options.cpus)}M"
        case "node":
            return "mem", "0"
        case "none":
            return "mem", ""


def array(options: JobOptions) -> str:
    """The value of the option for an array: ``0-99``, ``0-99%10``; empty for a single job."""
    if options.tasks is None:
        return ""
    return f"0-{options.tasks - 1}" + (f"%{options.at_once}" if options.at_once else "")


def gpus(options: JobOptions) -> str:
    """The value of the option that requests GPUs: ``a100:4``, ``gpu:a100:4``; empty for none."""
    generic = "gpu" if slurm_options(options.native).gpu_option == "gres" else ""
    return ":".join(part for part in (generic, options.gpu_model, str(options.gpus)) if part) if options.gpus else ""


def clusters(extra: Sequence[str], environment: Mapping[str, str] | None = None) -> tuple[str, ...]:
    """Names of the Slurm clusters in these options and variables of a submission; empty for the local one.

    Raises ValueError as `cluster_names` does.
    """
    found = [match[1] for word in extra if (match := _CLUSTERS.fullmatch(word))][-1:]
    for name in ("SLURM_CLUSTERS", "SBATCH_CLUSTERS"):
        if environment and environment.get(name):
            found = [environment[name]]
    return cluster_names((found or [""])[0])


def log_pattern(options: JobOptions, workspace: str = "") -> str:
    """The path of the log, which is also for Slurm's own messages: Slurm replaces the patterns in it by ids.

    Relative to the working folder, or absolute if `workspace` is given.
    """
    path = str(PurePosixPath(workspace, options.log))
    if "\\" in path:
        raise ValueError(f"Slurm cannot write a log to a path with a backslash: {path}")
    return ("%j" if options.tasks is None else "%A_%a").join(path.replace("%", "%%").rsplit(LOG_ID, 1))


def quoted(word: str) -> str:
    """An argument, quoted for the parser of sbatch: quotes, spaces and # in it do not change the meaning."""
    if any(ord(letter) < 32 or ord(letter) == 127 for letter in word):
        raise ValueError(f"A line break or control character is not allowed in a job's option: {word!r}")
    if re.fullmatch(r"[A-Za-z0-9_./:=%@,+-]+", word):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def slurm_time(seconds: int) -> str:
    """``D-HH:MM:SS``; a bare number would be minutes."""
    minutes, second = divmod(seconds, 60)
    hours, minute = divmod(minutes, 60)
    days, hour = divmod(hours, 24)
    return f"{days}-{hour:02}:{minute:02}:{second:02}"
