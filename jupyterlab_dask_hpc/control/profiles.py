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

from ..batch.base import BatchOptions, BatchSystem, WrongValue
from ..core.errors import os_error_text
from ..core.gpus import check_gpus
from ..core.job_spec import check_layout
from ..core.profile import Profile
from ..core.profile_mistakes import WrongKey, dotted
from ..core.profile_text import Mistake, ProfileText, place_of, read_profile_text

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


@dataclass(frozen=True)
class ProfileFile:
    """A file, and what was read in it."""

    path: Path
    text: ProfileText

    @property
    def profile(self) -> Profile | None:
        """None if there are mistakes."""
        return self.text.profile

    def broken(self, *more: WrongKey) -> BrokenProfile:
        """The same with further mistakes, as one that cannot be used."""
        found = tuple(
            Mistake(place.line, place.column, dotted(wrong.path), wrong.message)
            for wrong in more
            for place in [place_of(self.text.text, wrong)]
        )
        return BrokenProfile(
            self.text.name or self.path.stem, self.text.title, str(self.path), (*self.text.mistakes, *found)
        )


def read_profile(
    path: Path, options: Mapping[str, type[BatchOptions]], fill: Callable[[str], str] = lambda text: text
) -> Profile:
    """The profile in a JSON file, with `fill` applied to every string in it.

    Args:
        options: for each batch system, the model of its options.
    Raises ValueError with the file's name, and each mistake with its line, its key and a remedy.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ValueError(f"{path}: {error}") from error
    read = read_profile_text(content, options, fill)
    if read.profile is None:
        raise ValueError("\n".join(f"{path}: {mistake}" for mistake in read.mistakes))
    return read.profile


def checked_file(
    path: Path, systems: Mapping[str, type[BatchSystem]], fill: Callable[[str], str] = lambda text: text
) -> ProfileFile | BrokenProfile:
    """The profile in a file if it can be used, with what only its batch system and this machine know."""
    options = {name: system.options for name, system in systems.items()}
    try:
        content = path.read_bytes()
    except OSError as error:
        why = Message("profile.file-unreadable", detail=os_error_text(error))
        return BrokenProfile(path.stem, "", str(path), (Mistake(0, 0, "", why),))
    file = ProfileFile(path, read_profile_text(content, options, fill))
    if file.profile is None:
        return file.broken()
    wrong = list(_wrong_here(file.profile, systems[file.profile.batch]))
    return file.broken(*wrong) if wrong else file


def _wrong_here(profile: Profile, system: type[BatchSystem]) -> Iterable[WrongKey]:
    for check in (check_layout, check_gpus):
        try:
            check(profile, system.capabilities)
        except WrongValue as error:
            yield WrongKey(error.where, error.message)
    python = Path(profile.python)
    # A path that this machine cannot see is no mistake: the nodes may see it.
    if profile.python and python.is_dir():
        yield WrongKey(("python",), Message("profile.python-folder", folder=profile.python))
    elif len(profile.python.split()) > 1 and not python.is_file():
        yield WrongKey(("python",), Message("profile.python-command", python=profile.python))


def not_found(name: str) -> BrokenProfile:
    """A profile that the site names and does not have."""
    return BrokenProfile(name, "", "", (Mistake(0, 0, "", Message("profile.not-found", profile=name)),))


def refused(profile: Profile, why: str) -> BrokenProfile:
    """A profile that its batch system cannot use."""
    log.error("%s", why)
    mistake = Mistake(0, 0, "", Message("field.invalid", detail=why))
    return BrokenProfile(profile.name, profile.title, "", (mistake,))


def offered(files: Iterable[ProfileFile | BrokenProfile]) -> tuple[dict[str, Profile], list[BrokenProfile]]:
    """The profiles that can be used by name, of two with the same name the later one, and the broken ones."""
    usable: dict[str, Profile] = {}
    broken: list[BrokenProfile] = []
    for file in files:
        if isinstance(file, BrokenProfile):
            broken.append(file)
            for mistake in file.mistakes:
                log.error("%s: %s", file.file or file.name, mistake)
        elif file.profile is not None:
            usable[file.profile.name] = file.profile
    return usable, broken


def fill_names(text: str) -> str:
    """Replace ``{user}`` and ``{group}``, the user's primary group, in a string of a profile."""
    if "{" not in text:
        return text
    user = pwd.getpwuid(os.getuid()).pw_name
    group = grp.getgrgid(os.getgid()).gr_name
    return text.replace("{user}", user).replace("{group}", group)
