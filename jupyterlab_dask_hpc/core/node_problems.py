"""Problems of the nodes of one job that runs scheduler and workers. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from dask_hpc.messages import Message

from ..batch.jobs import Job, JobState, Outcome
from .cluster_status import ClusterStatus
from .counts import counted
from .outcomes import outcome_advice, outcome_message
from .scheduler_status import NodeStatus
from .shapes import Json
from .slots import Slot


def node_problems(known: ClusterStatus, job: Job, now: float) -> Iterator[Json]:
    """Nodes whose workers have failed, or have not connected although the job runs. Failures come first.

    Args:
        job: the running job.
    """
    nodes: dict[int, list[Slot]] = {}
    for slot in counted(known.workers):
        if slot.fixed:
            nodes.setdefault(slot.node, []).append(slot)
    late = now - known.observed.started.get(job.ref, now) > known.stuck_after
    failed = [(node, workers) for node, workers in nodes.items() if workers and workers[0].state == "failed"]
    for node, workers in failed:
        yield _failed(known, job, known.nodes[node], len(workers))
    for node, workers in nodes.items():
        missing = sum(slot.state == "connecting" for slot in workers)
        if late and missing:
            yield _connecting(known, job, node, missing)


def _failed(known: ClusterStatus, job: Job, node: NodeStatus, count: int) -> Json:
    ended = replace(job, state=JobState.FAILED, outcome=Outcome.FAILED, exit_code=node.exit_code, signal=None)
    how, advice = outcome_message(ended, node.last_lines), outcome_advice(ended, node.last_lines)
    message = Message("problem.failed-on-node", count=count, node=node.name, how=how)
    return _problem(known, job, "failed", message, advice, count, node)


def _connecting(known: ClusterStatus, job: Job, number: int, count: int) -> Json:
    node = known.nodes.get(number)
    if node is None:
        message = Message("problem.node-absent", count=count, number=number + 1, time=known.stuck_after)
        return _problem(known, job, "stuck", message, Message("advice.node-absent"), count, NodeStatus())
    message = Message("problem.connecting", count=count, node=node.name, time=known.stuck_after)
    return _problem(known, job, "stuck", message, Message("advice.connecting"), count, node)


def _problem(
    known: ClusterStatus, job: Job, kind: str, message: Message, advice: Message, count: int, node: NodeStatus
) -> Json:
    return {
        "kind": kind,
        "reason": "",
        "message": message.as_json(),
        "advice": advice.as_json(),
        "count": count,
        "node": node.name,
        "jobs": [known.batch.job_id(job.ref)],
        "log": list(node.last_lines),
    }
