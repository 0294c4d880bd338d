"""Translates Slurm's reasons of pending jobs (``job_state_reason.c``) into codes: why, and whether forever. Pure."""

from __future__ import annotations

import re
from functools import lru_cache

from ..jobs import Wait

_WORD = re.compile(r"[ ,(:]")
"""The end of the first word of a reason: ``ReqNodeNotAvail, UnavailableNodes:n1``."""

_LIMIT = re.compile(
    r"(?P<of>Assoc|QOS|)(?P<kind>Grp|Max|Min)(?P<what>Cpu|CPU|Memory|Mem|Node|GRES|License|BB|Energy|Billing|Wall|"
    r"SubmitJobs?|Jobs?|Unknown)(?P<minutes>RunMinutes|Minutes|Duration|)(?P<per>PerJob|PerNode|PerUser|PerAccount|)"
    r"(?:Limit|NotSatisfied|)"
)
"""Structure of Slurm's names of limits: ``AssocGrpCPUMinutesLimit``, ``QOSMaxWallDurationPerJobLimit``."""

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
"""Jobs with these reasons start by themselves, sooner or later."""

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
"""Jobs with these reasons do not start until the request, the account or the site is changed."""


def plain_reason(reason: str) -> str:
    """A reason without its details: the same for ``ReqNodeNotAvail`` with and without names of nodes."""
    text = reason.replace("_", " ")
    for known in ("Nodes required", "launch failed"):
        if text.startswith(known):
            return known
    return _WORD.split(text)[0] or reason


@lru_cache(maxsize=1024)
def wait_of(reason: str) -> Wait | None:
    """The meaning of a reason; None for an unknown one."""
    word = plain_reason(reason)
    if code := _WHEN_IT_CAN.get(word) or _HELD.get(word):
        return Wait(code, word, for_its_array=word == "JobArrayTaskLimit")
    if code := _NEVER.get(word):
        return Wait(code, word, never=True)
    if limit := _LIMIT.fullmatch(word):
        code, never = _limit(limit)
        return Wait(code, word, never, _limit_params(limit))
    return None


def _limit(found: re.Match[str]) -> tuple[str, bool]:
    """The code for a limit of an account or QOS, and whether jobs wait forever because of it."""
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


def _limit_params(found: re.Match[str]) -> tuple[tuple[str, str], ...]:
    # A name without prefix is a limit of a QOS for each account: MaxCpuPerAccount.
    of_account = found["of"] == "Assoc" or found["per"] == "PerAccount"
    return (
        ("unit", _UNITS[found["what"]]),
        ("whose", "limit.your-account" if of_account else "limit.their-qos"),
        ("its", "limit.of-your-account" if of_account else "limit.of-their-qos"),
    )
