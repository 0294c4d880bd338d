"""The files of profiles: what they offer, and which are broken and why."""

from __future__ import annotations

import grp
import logging
import os
import pwd
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import BatchSystem, WrongValue
from ..core.errors import os_error_text
from ..core.gpus import check_gpus
from ..core.job_spec import check_arrays, check_layout
from ..core.option_mistakes import option_mistakes
from ..core.placeholders import PLACEHOLDER
from ..core.profile import Profile
from ..core.profile_mistakes import WrongKey, dotted
from ..core.profile_text import Mistake, ProfileText, place_of, read_profile_text
from .setup_syntax import setup_mistakes

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class BrokenProfile:
    """A profile that cannot be used.

    Attributes:
        name: its name, or that of its file.
        file: path of its file; empty if there is none.
    """

    name: str
    title: str
    file: str
    mistakes: tuple[Mistake, ...]

    def as_json(self) -> dict[str, Any]:
        """As in `docs/contract.md`."""
        mistakes = [mistake.as_json() for mistake in self.mistakes]
        return {"name": self.name, "title": self.title or self.name, "file": self.file, "mistakes": mistakes}


def checked_file(
    path: Path, systems: Mapping[str, type[BatchSystem]], fill: Callable[[str], str]
) -> Profile | BrokenProfile:
    """The profile in a file if it can be used, with what only its batch system and this machine know."""
    options = {name: system.options for name, system in systems.items()}
    try:
        content = path.read_bytes()
    except OSError as error:
        why = Message("profile.file-unreadable", detail=os_error_text(error))
        return BrokenProfile(path.stem, "", str(path), (Mistake(0, 0, "", why),))
    read = read_profile_text(content, options, fill)
    if read.profile is None:
        return _broken(path, read)
    wrong = list(_wrong_here(read.profile, systems[read.profile.batch]))
    return _broken(path, read, *wrong) if wrong else read.profile


def _broken(path: Path, read: ProfileText, *more: WrongKey) -> BrokenProfile:
    """The profile in a file with all its mistakes, those that are found after reading among them."""
    found = [(place_of(read.text, wrong), wrong) for wrong in more]
    others = (Mistake(place.line, place.column, dotted(wrong.path), wrong.message) for place, wrong in found)
    return BrokenProfile(read.name or path.stem, read.title, str(path), (*read.mistakes, *others))


def _wrong_here(profile: Profile, system: type[BatchSystem]) -> Iterable[WrongKey]:
    for check in (check_layout, check_arrays, check_gpus):
        try:
            check(profile, system.capabilities)
        except WrongValue as error:
            yield WrongKey(error.where, error.message)
    yield from option_mistakes(profile, system.capabilities)
    yield from setup_mistakes(profile.setup)
    if len(profile.python) != 1 or PLACEHOLDER.search(profile.python[0]):
        return
    python = profile.python[0]
    # A path that this machine cannot see is no mistake: the nodes may see it.
    if Path(python).is_dir():
        yield WrongKey(("python",), Message("profile.python-folder", folder=python))
    elif len(python.split()) > 1 and not Path(python).is_file():
        yield WrongKey(("python",), Message("profile.python-command", python=python))


def not_found(name: str) -> BrokenProfile:
    """A profile that the site names and does not have."""
    return BrokenProfile(name, "", "", (Mistake(0, 0, "", Message("profile.not-found", profile=name)),))


def refused(profile: Profile, why: str) -> BrokenProfile:
    """A profile that its batch system cannot use."""
    log.error("%s", why)
    mistake = Mistake(0, 0, "", Message("field.invalid", detail=why))
    return BrokenProfile(profile.name, profile.title, "", (mistake,))


def offered(files: Iterable[Profile | BrokenProfile]) -> tuple[dict[str, Profile], list[BrokenProfile]]:
    """The profiles that can be used by name, of two with the same name the later one, and the broken ones."""
    usable: dict[str, Profile] = {}
    broken: list[BrokenProfile] = []
    for file in files:
        if isinstance(file, BrokenProfile):
            broken.append(file)
            for mistake in file.mistakes:
                log.error("%s: %s", file.file or file.name, mistake)
        else:
            usable[file.name] = file
    return usable, broken


def fill_names(text: str) -> str:
    """Replace ``{user}`` and ``{group}``, the user's primary group, in a string of a profile."""
    if "{" not in text:
        return text
    user = pwd.getpwuid(os.getuid()).pw_name
    group = grp.getgrgid(os.getgid()).gr_name
    return text.replace("{user}", user).replace("{group}", group)
