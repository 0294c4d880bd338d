"""Problems of single workers whose jobs go on: those that have ended for good, and those that were restarted. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from signal import Signals

from dask_hpc.messages import Message

from ..batch.jobs import JobRef
from .cluster_status import ClusterStatus
from .counts import counted
from .outcomes import signal_name
from .scheduler_status import Restarts
from .shapes import Json
from .slots import Slot, by_job, current_name, job_state

_MAX_NAMES = 5
_ENDED, _ENDED_IN_ONE_JOB = Message("advice.workers-ended"), Message("advice.workers-ended-in-one-job")


def ended_workers(known: ClusterStatus) -> Iterator[Json]:
    """Workers that have left a job, or a node, that goes on with others; one problem for each node."""
    nodes: dict[str, list[Slot]] = defaultdict(list)
    for workers in by_job(counted(known.workers)):
        if job_state(workers) in ("running", "connecting"):
            for slot in workers:
                if slot.state == "ended":
                    nodes[node_of(known, slot)].append(slot)
    for node, ended in sorted(nodes.items(), key=lambda item: -len(item[1])):
        message = Message("problem.workers-ended", count=len(ended), node=node, names=_names(ended))
        advice = _ENDED_IN_ONE_JOB if ended[0].fixed else _ENDED
        yield _problem(known, "ended", message, advice, ended)


def restarted_workers(known: ClusterStatus) -> Iterator[Json]:
    """Workers whose processes have ended, and which their nannies have started again; one problem for each job and
    cause."""
    groups: dict[tuple[str, int, int], list[tuple[Slot, Restarts]]] = defaultdict(list)
    for slot in known.workers if known.restarts else ():
        found = next((known.restarts[name] for name in slot.names if name in known.restarts), None)
        if found is not None:
            groups[slot.submission.name, slot.place, found.exit_code].append((slot, found))
    for (_, _, code), some in sorted(groups.items(), key=lambda item: -len(item[1])):
        slots = [slot for slot, _ in some]
        how, advice = _end(code)
        message = Message(
            "problem.workers-restarted",
            count=len(slots),
            names=_names(slots),
            job=_job_id(known, slots[0]),
            node=node_of(known, slots[0]),
            how=how,
        )
        times = Message("advice.restarted", times=sum(one.times for _, one in some))
        yield _problem(known, "restarted", message, Message("text.followed", first=times, next=advice), slots)


def node_of(known: ClusterStatus, slot: Slot) -> str:
    """The name of the node that a worker runs on."""
    if slot.fixed and slot.node in known.nodes:
        return known.nodes[slot.node].name
    return slot.job.node if slot.job else ""


def _end(code: int) -> tuple[Message, Message]:
    """How a worker ended, and what to do. Its nanny ends it by SIGTERM when it comes near its memory limit."""
    if code == -Signals.SIGTERM:
        return Message("end.out-of-memory"), Message("advice.worker-memory")
    if code == -Signals.SIGKILL:
        return Message("end.signal", signal=signal_name(-code)), Message("advice.worker-killed")
    if code < 0:
        return Message("end.signal", signal=signal_name(-code)), Message("advice.worker-ended")
    return Message("end.exit", number=code), Message("advice.worker-ended")


def _names(slots: Sequence[Slot]) -> list[str]:
    names = [current_name(slot) for slot in slots]
    return names if len(names) <= _MAX_NAMES else [*names[:_MAX_NAMES], "…"]


def _job_id(known: ClusterStatus, slot: Slot) -> str:
    return known.batch.job_id(slot.ref or JobRef(slot.submission.id))


def _problem(known: ClusterStatus, reason: str, message: Message, advice: Message, slots: Sequence[Slot]) -> Json:
    return {
        "kind": "stuck",
        "reason": reason,
        "message": message.as_json(),
        "advice": advice.as_json(),
        "count": len(slots),
        "node": node_of(known, slots[0]),
        "jobs": list(dict.fromkeys(_job_id(known, slot) for slot in slots))[:5],
        "log": [line for slot in slots[:1] if slot.ref for line in known.last_lines.get(slot.ref, ())],
    }
