"""Why a job waits, and whether it ever starts: Slurm's reasons (its ``job_state_reason.c``) in plain words. Pure."""

from __future__ import annotations

import re
from typing import NamedTuple

DEFAULT = "The batch system starts them when it can."


class Asked(NamedTuple):
    """What a job asked for, as people write it, and whom its profile says to ask; `who`: worker or scheduler."""

    who: str = "worker"
    time: str = ""
    memory: str = ""
    cpus: int = 0
    ask: str = ""


class Wait(NamedTuple):
    """Why jobs wait: `never` says that they do not start until somebody changes something."""

    advice: str
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
    "Cpu": "CPUs",
    "CPU": "CPUs",
    "Mem": "memory",
    "Memory": "memory",
    "Node": "nodes",
    "GRES": "devices (GRES)",
    "License": "licences",
    "BB": "burst buffer",
    "Energy": "energy",
    "Billing": "billing units",
    "Wall": "time",
    "Job": "jobs",
    "Jobs": "jobs",
    "SubmitJob": "jobs in the queue",
    "SubmitJobs": "jobs in the queue",
    "Unknown": "resources",
}

_WHEN_IT_CAN = {
    "Priority": "Other jobs go first.",
    "Resources": "No node is free for them yet.",
    "Licenses": "All licences that they need are in use. If that lasts, there may not be as many as the profile asks "
    "for: ask {ask}.",
    "QOSMaxJobsPerUserLimit": "You run as many jobs as you may.",
    "AssocMaxJobsLimit": "Your group runs as many jobs as it may.",
    "AssocGrpCpuLimit": "Your group uses as many CPUs as it may.",
    "AssociationJobLimit": "Your group runs as many jobs as it may.",
    "QOSJobLimit": "Their quality of service (QOS) runs as many jobs as it may.",
    "PartitionDown": "The partition is down; its administrators know more.",
    "PartitionInactive": "The partition takes no jobs now; its administrators know more.",
    "BeginTime": "They were put back into the queue, and start again by themselves.",
    "ReqNodeNotAvail": "The nodes that could run them are reserved or down.",
    "Nodes required": "The nodes that could run them are down, drained or kept for others.",
    "NodeDown": "The node that could run them is down.",
    "FrontEndDown": "The node that starts jobs is down.",
    "Reservation": "They wait for their reservation to begin.",
    "JobArrayTaskLimit": "As many of them run at once as their array allows.",
    "Cleaning": "They were put back into the queue, and what is left of them is being cleaned up.",
    "Prolog": "The node is being prepared for them.",
    "Dependency": "They wait for another job to end.",
    "PowerNotAvail": "There is not enough power for more nodes now.",
    "PowerReserved": "The power that they need is reserved for others.",
    "BurstBufferResources": "The burst buffer has no room for them yet.",
    "BurstBufferStageIn": "Their data are being copied to the burst buffer.",
}
"""They start by themselves, sooner or later."""

_HELD = {
    "JobHeldUser": "They are held. Who holds them can release them.",
    "JobHeldAdmin": "An administrator holds them; ask {ask}.",
    "JobHoldMaxRequeue": "They were started too often without success, and are held; ask {ask}.",
    "JobLaunchFailure": "They could not be started, and are held; ask {ask}.",
    "launch failed": "They could not be started, and are held; ask {ask}.",
}

_LESS_TIME = "They ask for more time{time} than {limit}. Launch again with less {who} time."
_NEVER = {
    "PartitionTimeLimit": _LESS_TIME.replace("{limit}", "their partition allows"),
    "QOSTimeLimit": _LESS_TIME.replace("{limit}", "their quality of service (QOS) allows"),
    "AssociationTimeLimit": _LESS_TIME.replace("{limit}", "your account allows"),
    "PartitionNodeLimit": "Their partition does not allow so many or so few nodes, no node of it has what they ask "
    "for{size}, or those that have it are down. Launch again with less memory or fewer CPUs per {who}, or ask {ask}.",
    "PartitionConfig": "Their partition does not take such jobs: they ask for too much time{time}, too much "
    "else{size}, or with an account that may not use it. Launch again with less, or ask {ask}.",
    "QOSResourceLimit": "They ask for more{size} than their quality of service (QOS) allows. Launch again with less, "
    "or ask {ask}.",
    "AssociationResourceLimit": "They ask for more{size} than your account allows. Launch again with less, or ask "
    "{ask}.",
    "MaxMemPerLimit": "They ask for more memory{memory} than a job may have. Launch again with less {who} memory.",
    "BadConstraints": "No node has what they ask for{size}. Launch again with less, or ask {ask}.",
    "Constraints": "No node has what they ask for{size}. Launch again with less, or ask {ask}.",
    "InvalidAccount": "The account that the profile names is not valid, or not yours. Ask {ask}.",
    "AccountNotAllowed": "Your account may not use that partition. Choose another profile, or ask {ask}.",
    "InvalidQOS": "The quality of service (QOS) that the profile names is not valid, or not yours. Ask {ask}.",
    "QOSNotAllowed": "Their quality of service (QOS) may not use that partition. Choose another profile, or ask {ask}.",
    "QOSUsageThreshold": "You have used more than your share for this quality of service (QOS). Choose another "
    "profile, or ask {ask}.",
    "AccountingPolicy": "The rules of your account do not allow them. Ask {ask}.",
    "DependencyNeverSatisfied": "The job that they wait for did not end as they need it. Launch again.",
    "ReservationDeleted": "Their reservation was removed. Choose another profile, or ask {ask}.",
    "ReservationInvalid": "Their reservation does not exist. Choose another profile, or ask {ask}.",
    "BurstBufferOperation": "The burst buffer failed for them. Ask {ask}.",
    "SchedDefer": "The batch system starts no job of that kind at once. Ask {ask}.",
    "DeadLine": "They can no longer end before their deadline. Launch again.",
    "InactiveLimit": "They were not active for too long. Launch again.",
    "SystemFailure": "The batch system failed on them. Ask {ask}.",
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
    asked = asked or Asked()
    word = plain_reason(reason)
    if text := _WHEN_IT_CAN.get(word) or _HELD.get(word):
        return Wait(_filled(text, asked))
    if text := _NEVER.get(word):
        return Wait(_filled(text, asked), never=True)
    if limit := _LIMIT.fullmatch(word):
        text, never = _limit(limit)
        return Wait(_filled(text, asked), never)
    return Wait(DEFAULT)


def _limit(found: re.Match[str]) -> tuple[str, bool]:
    """What a limit of an account or of a quality of service says, and whether jobs wait for ever at it."""
    kind, what, minutes, per = found["kind"], found["what"], found["minutes"], found["per"]
    unit = _UNITS[what]
    # Without a name in front it is one of a quality of service for each account: MaxCpuPerAccount.
    whose = "Your account" if found["of"] == "Assoc" or per == "PerAccount" else "Their quality of service (QOS)"
    its = _lower(whose)
    never = True
    if kind == "Min":
        text = f"{whose} asks for more {unit} a job than they have{{size}}. Launch again with more, or ask {{ask}}."
    elif minutes == "RunMinutes":
        text, never = f"What runs already has all the {unit} times time that {its} may have at once.", False
    elif kind == "Grp" and (minutes or what == "Wall"):
        used = "computing time" if what in ("Cpu", "CPU", "Wall", "Billing") else f"{unit} times time"
        text = f"{whose} has used up its {used}. Nothing starts until it gets more: ask {{ask}}."
    elif what == "Wall":
        text = _LESS_TIME.replace("{limit}", f"{its} allows")
    elif minutes:
        text = (
            f"They ask for more {unit} times time{{time}} than {its} allows a job. "
            "Launch again with less {who} time, or with less of that per {who}."
        )
    elif per in ("PerJob", "PerNode"):
        of = "a job" if per == "PerJob" else "a job on one node"
        text = f"They ask for more {unit}{{size}} than {its} allows {of}. Launch again with less of that per {{who}}."
    else:
        you = "You use" if per == "PerUser" else f"{whose} uses"
        text, never = f"{you} as {'much' if unit == 'memory' else 'many'} {unit} as allowed at once.", False
    return text, never


def _lower(text: str) -> str:
    return text[0].lower() + text[1:]


def _filled(text: str, asked: Asked) -> str:
    size = [f"{asked.memory} memory" if asked.memory else ""]
    size.append(f"{asked.cpus} CPU{'s' if asked.cpus > 1 else ''}" if asked.cpus else "")
    told = {
        "who": asked.who,
        "time": asked.time,
        "memory": asked.memory,
        "size": ", ".join(part for part in size if part),
    }
    for name in ("time", "memory", "size"):
        text = text.replace(f"{{{name}}}", f" ({told[name]})" if told[name] else "")
    text = text.replace("{who}", asked.who).replace("{ask}", asked.ask or "the administrators of the batch system")
    return text
