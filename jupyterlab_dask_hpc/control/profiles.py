"""The files of profiles."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path

from ..batch.base import BatchOptions
from ..core.profile import Profile, profile_of


def read_profile(
    path: Path, options: Mapping[str, type[BatchOptions]], fill: Callable[[str], str] = lambda text: text
) -> Profile:
    """The profile in a JSON file, with `fill` applied to every string in it.

    Args:
        options: for each batch system, the model of its options.
    Raises ValueError with the file's name, the field and what is wrong with it.
    """
    try:
        return profile_of(json.loads(path.read_text("utf-8")), options, fill)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from error
