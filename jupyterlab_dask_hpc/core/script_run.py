"""The script that runs in a cluster and ends it: what is shown of it, and how it ended. Pure."""

from __future__ import annotations

from pathlib import PurePath
from signal import Signals
from typing import Any

from dask_hpc.messages import Message

from .cluster_status import ClusterStatus
from .log_names import script_log, script_notebook
from .outcomes import signal_name
from .record import Record
from .scheduler_status import ScriptEnd
from .shapes import Json


def script_plan(record: Record, path: PurePath) -> dict[str, Any]:
    """The content of ``script.json``; see `docs/contract.md`.

    Args:
        path: of the script, as the nodes see it.
    """
    request, logs = record.request, PurePath(record.workspace, "log")
    return {
        "path": str(path),
        "log": str(logs / script_log(request.name, record.id)),
        "notebook": str(logs / script_notebook(request.name, record.id)) if path.suffix == ".ipynb" else "",
        "wait_for": -(-record.wanted_workers * request.wait_for_running_percent // 100),
    }


def script_end_reason(end: ScriptEnd) -> Message:
    """Why a cluster ends whose script has ended."""
    if end.error:
        return Message("reason.script-not-started", detail=end.error)
    if end.signal is not None:
        killed = Message("reason.script-killed", signal=signal_name(end.signal))
        advice = Message("advice.script-killed")
        return Message("text.followed", first=killed, next=advice) if end.signal == Signals.SIGKILL else killed
    return Message("reason.script-failed", number=end.exit_code) if end.exit_code else Message("reason.script-ended")


def job_state(script: Json) -> str:
    """The state of a script as that of a job, for the list of logs; `script` is from `script_view`."""
    if script["state"] == "ended":
        return "ended" if script["exit_code"] == 0 else "failed"
    return "pending" if script["state"] == "waiting" else "running"


def script_view(known: ClusterStatus) -> Json | None:
    """``script`` of the Cluster of `docs/contract.md`; None if the cluster runs none."""
    record, end = known.record, known.script
    path = record.request.script
    if not path:
        return None
    name = record.request.name
    waits = ("requested", "queued", "starting") if record.request.wait_for_running_percent else ("requested", "queued")
    state = "ended" if end or not record.live else "waiting" if record.state in waits else "running"
    return {
        "path": path,
        "state": state,
        "log": script_log(name, record.id),
        "notebook": script_notebook(name, record.id) if path.endswith(".ipynb") else None,
        "exit_code": end and end.exit_code,
        "signal": signal_name(end.signal) if end and end.signal is not None else None,
        "seconds": round(end.seconds) if end else None,
        "lines": list(end.lines) if end else [],
    }
