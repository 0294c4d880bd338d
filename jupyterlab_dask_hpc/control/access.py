"""Who may launch clusters under a profile, as the site has set it and the system knows its users."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass

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


def barred(profile: Profile, account: Callable[[], Account]) -> str:
    """Why this account may not launch under `profile`, in one sentence; empty where it may.

    `account` is called only where the profile is restricted.
    """
    access = profile.access
    if access is None:
        return ""
    known = account()
    if known.user in access.users or not known.groups.isdisjoint(access.groups):
        return ""
    if not access.groups:
        return f"Profile {profile.name} is for users whom the site has named."
    groups = " or ".join(access.groups)
    return f"Profile {profile.name} is for the {'group' if len(access.groups) == 1 else 'groups'} {groups}."


def forbidden(profile: Profile, why: str) -> ApiError:
    """The refusal, with whom to ask."""
    ask = profile.access.ask if profile.access else ""
    return ApiError(403, "forbidden", f"{why} Ask: {ask}" if ask else why, field="profile")
