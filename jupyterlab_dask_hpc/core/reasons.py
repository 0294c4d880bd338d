"""Why a job waits, and whether it ever starts: Slurm's reasons (its ``job_state_reason.c``) in plain words. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

from dask_hpc.messages import Message

DEFAULT = Message("wait.default")


class Asked(NamedTuple):
    """What a job asked for, as people write it, and whom its profile says to ask; `who`: worker or scheduler."""

    who: str = "worker"
    time: str = ""
    memory: str = ""
    cpus: int = 0
    ask: str = ""


class Wait(NamedTuple):
    """Why jobs wait: `never` says that they do not start until somebody changes something."""

    advice: Message
    never: bool = False


_WORD = re.compile(r"[ ,(:]")
"""What ends the first word of a reason: ``ReqNodeNotAvail, UnavailableNodes:n1``."""

_LIMIT = re.compile(
    r"(?P<of>Assoc|QOS|)(?P<kind>Grp|Max|Min)(?P<what>Cpu|CPU|Memory|Mem|Node|GRES|License|BB|Energy|Billing|Wall|"
    r"SubmitJobs?|Jobs?|Unknown)(?P<minutes>RunMinutes|Minutes|Duration|)(?P<per>PerJob|PerNode|PerUser|PerAccount|)"
    r"(?:Limit|NotSatisfied|)"
)
"""How Slurm makes the name of a limit: ``AssocGrpCPUMinutesLimit``, ``QOSMaxWallDurationPerJobLimit``."""

_UNITS = {
    "Cpu": "unit.cp-us",
    "CPU": "unit.cp-us",
    "Mem": "unit.memory",
    "Memory": "unit.memory",
    "Node": "unit.nodes",
    "GRES": "unit.devices",
    "License": "unit.licences",
    "BB": "unit.burst-buffer",
    "Energy": "unit.energy",
    "Billing": "unit.billing-units",
    "Wall": "unit.time",
    "Job": "unit.jobs",
    "Jobs": "unit.jobs",
    "SubmitJob": "unit.jobs-in-the-queue",
    "SubmitJobs": "unit.jobs-in-the-queue",
    "Unknown": "unit.resources",
}

_WHEN_IT_CAN = {
    "Priority": "wait.priority",
    "Resources": "wait.resources",
    "Licenses": "wait.licenses",
    "QOSMaxJobsPerUserLimit": "wait.qos-max-jobs-per-user-limit",
    "AssocMaxJobsLimit": "wait.assoc-max-jobs-limit",
    "AssocGrpCpuLimit": "wait.assoc-grp-cpu-limit",
    "AssociationJobLimit": "wait.assoc-max-jobs-limit",
    "QOSJobLimit": "wait.qos-job-limit",
    "PartitionDown": "wait.partition-down",
    "PartitionInactive": "wait.partition-inactive",
    "BeginTime": "wait.begin-time",
    "ReqNodeNotAvail": "wait.req-node-not-avail",
    "Nodes required": "wait.nodes-required",
    "NodeDown": "wait.node-down",
    "FrontEndDown": "wait.front-end-down",
    "Reservation": "wait.reservation",
    "JobArrayTaskLimit": "wait.job-array-task-limit",
    "Cleaning": "wait.cleaning",
    "Prolog": "wait.prolog",
    "Dependency": "wait.dependency",
    "PowerNotAvail": "wait.power-not-avail",
    "PowerReserved": "wait.power-reserved",
    "BurstBufferResources": "wait.burst-buffer-resources",
    "BurstBufferStageIn": "wait.burst-buffer-stage-in",
}
"""They start by themselves, sooner or later."""

_HELD = {
    "JobHeldUser": "wait.job-held-user",
    "JobHeldAdmin": "wait.job-held-admin",
    "JobHoldMaxRequeue": "wait.job-hold-max-requeue",
    "JobLaunchFailure": "wait.job-launch-failure",
    "launch failed": "wait.job-launch-failure",
}

_NEVER = {
    "PartitionTimeLimit": "wait.partition-time-limit",
    "QOSTimeLimit": "wait.qos-time-limit",
    "AssociationTimeLimit": "wait.association-time-limit",
    "PartitionNodeLimit": "wait.partition-node-limit",
    "PartitionConfig": "wait.partition-config",
    "QOSResourceLimit": "wait.qos-resource-limit",
    "AssociationResourceLimit": "wait.association-resource-limit",
    "MaxMemPerLimit": "wait.max-mem-per-limit",
    "BadConstraints": "wait.bad-constraints",
    "Constraints": "wait.bad-constraints",
    "InvalidAccount": "wait.invalid-account",
    "AccountNotAllowed": "wait.account-not-allowed",
    "InvalidQOS": "wait.invalid-qos",
    "QOSNotAllowed": "wait.qos-not-allowed",
    "QOSUsageThreshold": "wait.qos-usage-threshold",
    "AccountingPolicy": "wait.accounting-policy",
    "DependencyNeverSatisfied": "wait.dependency-never-satisfied",
    "ReservationDeleted": "wait.reservation-deleted",
    "ReservationInvalid": "wait.reservation-invalid",
    "BurstBufferOperation": "wait.burst-buffer-operation",
    "SchedDefer": "wait.sched-defer",
    "DeadLine": "wait.dead-line",
    "InactiveLimit": "wait.inactive-limit",
    "SystemFailure": "wait.system-failure",
}
"""They do not start until the request, the account or the site is changed."""


def plain_reason(reason: str) -> str:
    """A reason without what goes with it: one word for ``ReqNodeNotAvail`` with and without names of nodes."""
    text = reason.replace("_", " ")
    for known in ("Nodes required", "launch failed"):
        if text.startswith(known):
            return known
    return _WORD.split(text)[0] or reason


def known(word: str) -> bool:
    """Whether a word of `plain_reason` is one of Slurm's that is told in plain words."""
    return word in _WHEN_IT_CAN or word in _HELD or word in _NEVER or _LIMIT.fullmatch(word) is not None


def why_it_waits(reason: str, asked: Asked | None = None) -> Wait:
    """What that reason means, and what to do; one that is not known says that the batch system starts them."""
    params = _params(asked or Asked())
    word = plain_reason(reason)
    if code := _WHEN_IT_CAN.get(word) or _HELD.get(word):
        return Wait(Message.fitted(code, params))
    if code := _NEVER.get(word):
        return Wait(Message.fitted(code, params), never=True)
    if limit := _LIMIT.fullmatch(word):
        code, never = _limit(limit)
        return Wait(Message.fitted(code, {**params, **_limit_params(limit)}), never)
    return Wait(DEFAULT)


def _limit(found: re.Match[str]) -> tuple[str, bool]:
    """The code of what a limit of an account or of a quality of service says, and whether jobs wait for ever at it."""
    kind, what, minutes, per = found["kind"], found["what"], found["minutes"], found["per"]
    code, never, memory = "wait.used-at-once", False, _UNITS[what] == "unit.memory"
    if kind == "Min":
        code, never = "wait.limit-minimum", True
    elif minutes == "RunMinutes":
        code = "wait.limit-running-time"
    elif kind == "Grp" and (minutes or what == "Wall"):
        computing = what in ("Cpu", "CPU", "Wall", "Billing")
        code, never = "wait.used-up-computing-time" if computing else "wait.used-up-unit-time", True
    elif what == "Wall":
        code, never = "wait.limit-time", True
    elif minutes:
        code, never = "wait.limit-unit-time", True
    elif per in ("PerJob", "PerNode"):
        code, never = "wait.limit-of-a-job" if per == "PerJob" else "wait.limit-of-a-node", True
    elif per == "PerUser":
        code = "wait.you-use-memory" if memory else "wait.you-use"
    elif memory:
        code = "wait.memory-at-once"
    return code, never


def _limit_params(found: re.Match[str]) -> dict[str, Message]:
    # Without a name in front it is one of a quality of service for each account: MaxCpuPerAccount.
    of_account = found["of"] == "Assoc" or found["per"] == "PerAccount"
    return {
        "unit": Message.fitted(_UNITS[found["what"]], {}),
        "whose": Message("limit.your-account") if of_account else Message("limit.their-qos"),
        "its": Message("limit.of-your-account") if of_account else Message("limit.of-their-qos"),
    }


def _params(asked: Asked) -> dict[str, Message]:
    """What the texts say of a request: each with a blank and brackets, or empty where it is not known."""
    nothing = Message("text", text="")
    memory, cpus = asked.memory, asked.cpus
    size = nothing
    if memory and cpus:
        size = Message("asked.memory-and-cpus", memory=memory, cpus=cpus)
    elif memory:
        size = Message("asked.memory", memory=memory)
    elif cpus:
        size = Message("asked.cpus", cpus=cpus)
    return {
        "who": Message("role.scheduler") if asked.who == "scheduler" else Message("role.worker"),
        "time": Message("asked.value", value=asked.time) if asked.time else nothing,
        "memory": Message("asked.value", value=memory) if memory else nothing,
        "size": size,
        "ask": Message("text", text=asked.ask) if asked.ask else Message("ask.administrators"),
    }
