"""Sentences about a cluster: its progress, why it has ended, and how to launch it again. Pure."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Any

from .messages import Message, message_from_json

Json = dict[str, Any]
"""Any JSON object of docs/contract.md."""


def progress(cluster: Json) -> str:
    """One line: ``demo: 2 of 4 running``; while it is queued, with the reason."""
    name = str(cluster["name"])
    if cluster["workers"]["running"] or cluster["state"] not in ("requested", "queued"):
        return str(Message("kernel.progress", name=name, counts=running(cluster)))
    reason = cluster["scheduler"].get("reason") or state_reason(cluster)
    start = cluster.get("expected_start")
    facts = [reason] if reason else []
    if start:
        facts.append(str(Message("kernel.expected-start", time=local_time(start))))
    return str(
        Message("kernel.queued-because", name=name, facts=facts) if facts else Message("kernel.queued", name=name)
    )


def running(cluster: Json) -> Message:
    """``2 of 4 running``."""
    workers = cluster["workers"]
    return Message("workers.running", running=workers["running"], requested=workers["requested"])


STATES = {
    "requested": Message("cluster-state.queued"),
    "queued": Message("cluster-state.queued"),
    "starting": Message("cluster-state.starting"),
    "running": Message("cluster-state.running"),
    "closing": Message("cluster-state.closing"),
    "closed": Message("cluster-state.closed"),
    "failed": Message("cluster-state.failed"),
}
"""The title of each state of a cluster."""


def local_time(text: str) -> str:
    """``14:35``, or ``22 Nov, 14:35`` on another day, of a time in ISO 8601, in this machine's time zone."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    today = time.date() == datetime.now().astimezone().date()
    return f"{time:%H:%M}" if today else f"{time.day} {time:%b, %H:%M}"


def state_reason(cluster: Json) -> str:
    """The reason of a cluster's state as an English sentence; empty for none."""
    reason = cluster.get("reason")
    return str(message_from_json(reason)) if reason else ""


_ENDED = {
    "closing": ("kernel.is-closing", "kernel.is-closing-because"),
    "failed": ("kernel.has-failed", "kernel.has-failed-because"),
}
"""Without and with a reason."""


def end_reason(cluster: Json) -> Message:
    """The state of a cluster that has ended or is ending, with the reason."""
    plain, because = _ENDED.get(cluster["state"], ("kernel.is-closed", "kernel.is-closed-because"))
    reason = state_reason(cluster).rstrip(".")
    return Message.fitted(because if reason else plain, {"name": str(cluster["name"]), "reason": reason})


def closed(cluster: Json) -> Message:
    """Why a cluster has ended or is ending, and the line that launches it again."""
    return Message("text.followed", first=end_reason(cluster), next=relaunch_line(cluster))


def relaunch_line(cluster: Json) -> Message:
    """The line of a notebook that launches the same cluster again."""
    request = cluster["request"]
    workers = request["workers"]
    # The profile may have other defaults. A server of an earlier version has neither.
    processes, threads = workers.get("processes"), workers.get("threads")
    one_job = request.get("layout") == "one-job"
    count = (
        f"--layout one-job --nodes {workers['nodes']}" if one_job else f"--workers {workers['jobs'] * (processes or 1)}"
    )
    line = (
        f"%dask_cluster --new {cluster['name']} --profile {request['profile']} {count} "
        f"--memory {workers['memory']} --cpus {workers['cpus']} --time {workers['time']}"
    )
    if processes is not None:
        line += f" --processes {processes}"
    if threads is not None:
        line += f" --threads {threads}"
    if workers.get("gpus"):
        line += f" --gpus {workers['gpus']}"
        if workers["gpu_model"]:
            line += f" --gpu-model {workers['gpu_model']}"
    for name, value in request.get("options", {}).items():
        for one in [value] if isinstance(value, str) else value or [""]:
            line += f" --option {shlex.quote(f'{name}={one}')}"
    if cluster["replace_workers"]:
        line += " --replace"
    if request.get("python_environment"):
        line += f" --env {shlex.quote(request['python_environment'])}"
    return Message("kernel.relaunch", line=line)
