"""Where chosen options go: the batch system's own options, and texts with placeholders. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, get_origin

from pydantic import ValidationError

from ..batch.base import BatchOptions, Keys
from .options import ROLES
from .profile import Profile


def texts(profile: Profile) -> Iterator[str]:
    """Every text of a profile in which options fill placeholders."""
    yield from profile.python
    yield from profile.setup.lines()
    if profile.scratch:
        yield profile.scratch.folder
    yield from profile.launcher
    yield from profile.environment.set.values()
    for role in ROLES:
        for value in offer_texts(getattr(profile, role)).values():
            yield from [value] if isinstance(value, str) else value


def offer_texts(offer: Keys) -> Mapping[str, str | tuple[str, ...]]:
    """The texts, and lists of texts, among the fixed options of a role."""
    found = {name: getattr(offer, name) for name in type(offer).model_fields}
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, str) or (isinstance(value, tuple) and all(isinstance(one, str) for one in value))
    }


def native_value(model: type[BatchOptions], name: str, values: Sequence[str]) -> Any:
    """The value of one of the batch system's own options from what was chosen. Raises ValueError."""
    field = model.model_fields[name]
    if get_origin(field.annotation) is tuple:
        return tuple(values)
    text = model.separators.get(name, ",").join(values)
    if not text:
        return field.get_default()
    whole = field.annotation is int and text.isascii() and text.isdigit()
    try:
        return getattr(model.model_validate({name: int(text) if whole else text}), name)
    except ValidationError as error:
        raise ValueError(str(error.errors()[0]["msg"])) from None
