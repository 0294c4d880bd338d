"""Who may launch clusters under a profile, according to the site's settings and the system's user database."""

from __future__ import annotations

import grp
import os
import pwd
from collections.abc import Callable
from dataclasses import dataclass

from dask_hpc.messages import Message

from ..core.errors import ApiError
from ..core.profile import Access, Profile


@dataclass(frozen=True)
class Account:
    """The user that this process runs as, and the names of all groups of this user; the primary one may be unknown."""

    user: str
    groups: frozenset[str]
    primary: str = ""


def own_account() -> Account:
    """Look up the account now, so that a group that was added or removed takes effect immediately.

    An id without a name is given as a number. The call may block for as long as the site's directory service does.
    """
    try:
        entry = pwd.getpwuid(os.getuid())
    except KeyError:  # a container without a name for its user id
        return Account(str(os.getuid()), frozenset(map(_group, {os.getgid(), *os.getgroups()})))
    groups = frozenset(map(_group, os.getgrouplist(entry.pw_name, entry.pw_gid)))
    return Account(entry.pw_name, groups, _group(entry.pw_gid))


def _group(number: int) -> str:
    try:
        return grp.getgrgid(number).gr_name
    except KeyError:
        return str(number)


def access_denied_reason(profile: Profile, account: Callable[[], Account]) -> Message | None:
    """Why this account may not launch under `profile`; None if it may.

    `account` is called only if the profile is restricted.
    """
    access = profile.access
    if access is None:
        return None
    if is_among(access, account()):
        return None
    if not access.groups:
        return Message("access.named-users", profile=profile.name)
    return Message("access.groups", profile=profile.name, groups=access.groups)


def is_among(access: Access, account: Account) -> bool:
    """Whether an account is one of those named."""
    return account.user in access.users or not account.groups.isdisjoint(access.groups)


def forbidden(profile: Profile, why: Message) -> ApiError:
    """The error for a user who may not launch under a profile, with whom to ask."""
    ask = profile.access.ask if profile.access else ""
    return ApiError(403, "forbidden", Message("access.ask", why=why, ask=ask) if ask else why, field="profile")
