"""Who may launch clusters under a profile, as the site has set it and the system knows its users."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass

from dask_hpc.messages import Message

from ..core.errors import ApiError
from ..core.profile import Profile


@dataclass(frozen=True)
class Account:
    """The user that this process runs as, and all groups of his by name."""

    user: str
    groups: frozenset[str]


def own_account() -> Account:
    """Asked of the system anew, so that a group that was granted or withdrawn counts at once.

    What the system has no name for stands there as its number. May take as long as the site's directory does.
    """
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:  # a container that knows its user by number alone
        return Account(str(os.getuid()), frozenset(map(_group, {os.getgid(), *os.getgroups()})))
    return Account(entry.pw_name, frozenset(map(_group, os.getgrouplist(entry.pw_name, entry.pw_gid))))


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def access_denied_reason(profile: Profile, account: Callable[[], Account]) -> Message | None:
    """Why this account may not launch under `profile`; None where it may.

    `account` is called only where the profile is restricted.
    """
    access = profile.access
    if access is None:
        return None
    known = account()
    if known.user in access.users or not known.groups.isdisjoint(access.groups):
        return None
    if not access.groups:
        return Message("access.named-users", profile=profile.name)
    return Message("access.groups", profile=profile.name, groups=access.groups)


def forbidden(profile: Profile, why: Message) -> ApiError:
    """The refusal, with whom to ask."""
    ask = profile.access.ask if profile.access else ""
    return ApiError(403, "forbidden", Message("access.ask", why=why, ask=ask) if ask else why, field="profile")
