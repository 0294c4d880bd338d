"""Sentences about a cluster: its progress, why it has ended, and how to launch it again. Pure."""

from __future__ import annotations

import shlex
from datetime import datetime
from typing import Any

from .messages import message_from_json

Json = dict[str, Any]
"""Any JSON object of docs/contract.md."""


def progress(cluster: Json) -> str:
    """One line: ``demo: 2 of 4 running``; while it is queued, with the reason."""
    workers = cluster["workers"]
    line = f"{cluster['name']}: {workers['running']:,} of {workers['requested']:,} running"
    if workers["running"] or cluster["state"] not in ("requested", "queued"):
        return line
    reason = cluster["scheduler"].get("reason") or why(cluster)
    start = cluster.get("expected_start")
    facts = [reason] if reason else []
    if start:
        facts.append(f"expected to start at {local_time(start)}")
    return f"{cluster['name']}: queued ({', '.join(facts)})" if facts else f"{cluster['name']}: queued"


def local_time(text: str) -> str:
    """``14:35``, or ``22 Nov, 14:35`` on another day, of a time in ISO 8601, in this machine's time zone."""
    time = datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone()
    today = time.date() == datetime.now().astimezone().date()
    return f"{time:%H:%M}" if today else f"{time.day} {time:%b, %H:%M}"


def why(cluster: Json) -> str:
    """The reason of a cluster's state as an English sentence; empty for none."""
    reason = cluster.get("reason")
    return str(message_from_json(reason)) if reason else ""


def why_ended(cluster: Json) -> str:
    """The state of a cluster that has ended or is ending, with the reason."""
    verb = {"closing": "is closing", "failed": "has failed"}.get(cluster["state"], "is closed")
    reason = why(cluster).rstrip(".")
    return f"{cluster['name']} {verb}: {reason}." if reason else f"{cluster['name']} {verb}."


def relaunch_line(cluster: Json) -> str:
    """The line of a notebook that launches the same cluster again."""
    request = cluster["request"]
    workers = request["workers"]
    line = (
        f"%dask_cluster --new {cluster['name']} --profile {request['profile']} --workers {workers['jobs']} "
        f"--memory {workers['memory']} --cpus {workers['cpus']} --time {workers['time']}"
    )
    if cluster["replace_workers"]:
        line += " --replace"
    if request.get("python_environment"):
        line += f" --env {shlex.quote(request['python_environment'])}"
    return f"To launch it again: {line}"
