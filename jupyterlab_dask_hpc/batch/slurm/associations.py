"""What Slurm's accounting knows of this user: accounts and QOS of the user's associations."""

from __future__ import annotations

import os
import pwd
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ..base import BatchSilent
from ..resources import OwnValues
from .answers import error_text
from .arrays import LargestArray
from .commands import Commands

KINDS = ("accounts", "qos")
_FIELDS = ("Cluster", "DefaultAccount", "Account", "QOS", "DefaultQOS")
_HEADING = re.compile(r"Cluster\|Def[\w ]+\|Account\|QOS\|Def[\w ]+")


@dataclass(frozen=True)
class Association:
    """One association of a user: the right to use an account on a Slurm cluster.

    Attributes:
        qos: the names of the QOS that may be used with the account.
    """

    cluster: str
    default_account: str
    account: str
    qos: tuple[str, ...]
    default_qos: str


def parse_associations(text: str) -> Iterator[Association]:
    """Associations in the output of ``sacctmgr --parsable2 show user ... withassoc`` after its headings.

    Raises BatchSilent if these are missing: then sacctmgr itself has not answered.
    """
    lines = text.splitlines()
    heading = next((number for number, line in enumerate(lines) if _HEADING.fullmatch(line)), None)
    if heading is None:
        raise BatchSilent(f"sacctmgr printed: {text[:200]!r}")
    for line in lines[heading + 1 :]:
        fields = [field.strip() for field in line.split("|")]
        if len(fields) == len(_FIELDS) and fields[2]:
            cluster, default_account, account, qos, default_qos = fields
            yield Association(cluster, default_account, account, tuple(filter(None, qos.split(","))), default_qos)


def own_values(kind: str, associations: Collection[Association]) -> OwnValues:
    """The accounts, or the QOS, of some associations, each once. The default is that of the default account."""
    main = next((one for one in associations if one.account == one.default_account), None)
    if kind == "accounts":
        return OwnValues(tuple(dict.fromkeys(one.account for one in associations)), main.account if main else "")
    names = tuple(dict.fromkeys(name for one in associations for name in one.qos))
    return OwnValues(names, main.default_qos if main else "")


class Associations:
    """The answers of sacctmgr."""

    def __init__(self, commands: Commands, largest_array: LargestArray) -> None:
        self._commands = commands
        self._largest_array = largest_array

    async def find(self, kind: str, clusters: Collection[str]) -> OwnValues:
        """What this user has on one of these Slurm clusters; empty for the local one.

        Raises BatchRefused or BatchSilent.
        """
        if not clusters and not self._largest_array.local_name:
            await self._largest_array.find()  # the name of the local cluster is in its configuration too
        names = set(clusters) or set(filter(None, [self._largest_array.local_name]))
        answer = await self._commands.query(
            "sacctmgr",
            "",
            "--parsable2",
            "--readonly",
            "show",
            "user",
            user_name(),
            "withassoc",
            f"format={','.join(_FIELDS)}",
        )
        if answer.code:
            raise BatchSilent(error_text(answer))
        found = [one for one in parse_associations(answer.output) if not names or one.cluster in names]
        return own_values(kind, found)


def user_name() -> str:
    """The name of this user in the system."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container without a name for its user id
        return str(os.getuid())
