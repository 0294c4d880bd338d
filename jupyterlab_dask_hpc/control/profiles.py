"""The files of profiles."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from ..core.profile import Profile, profile_of


def read_profile(path: Path, fill: Callable[[str], str] = lambda text: text) -> Profile:
    """The profile of a JSON file, with `fill` applied to every text in it.

    Raises ValueError with the file's name and what is wrong where.
    """
    try:
        return profile_of(json.loads(path.read_text("utf-8")), fill)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
