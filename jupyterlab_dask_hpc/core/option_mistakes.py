"""What may be wrong with the options that a profile offers, held against its other keys. Pure."""

from __future__ import annotations

from collections.abc import Iterator

from dask_hpc.messages import Message

from ..batch.base import Capabilities, WrongValue
from .option_limits import Limit
from .option_targets import native_value, texts
from .options import GROUPS, ROLES, Option
from .placeholders import names_in
from .profile import Profile
from .profile_mistakes import WrongKey
from .ranges import check_order

RESERVED = {"user", "group", "nodes", "cpus"}
"""Placeholders that have a meaning already."""


def option_mistakes(profile: Profile, capabilities: Capabilities) -> Iterator[WrongKey]:
    """All mistakes in the options of a profile whose parts are right each by itself."""
    own, placeholders = profile.own_options(), names_in(texts(profile))
    sources = sorted({GROUPS, *capabilities.own_values})
    for name, option in profile.options.items():
        path = ("options", name)
        if name in RESERVED:
            yield WrongKey(path, Message("option.reserved", name=name), of_key=True)
        elif name not in own and name not in placeholders:
            message = Message("option.without-use", name=f"{{{name}}}", options=sorted(own))
            yield WrongKey(path, message, of_key=True)
        elif name not in own and option.roles != ROLES:
            yield WrongKey((*path, "roles"), Message("option.roles-of-placeholder"))
        yield from _fixed_too(profile, name, option)
        if option.from_ and option.from_.name and option.from_.name not in sources:
            yield WrongKey((*path, "from"), Message("option.no-source", source=option.from_.name, known=sources))
        for index, choice in enumerate(option.choices):
            if name in own and choice.value:
                try:
                    native_value(profile.own_model, name, [choice.value])
                except ValueError as error:
                    yield WrongKey((*path, "choices", index), Message("field.invalid", detail=str(error)))
            for role, field, limit in choice.limits.each():
                try:
                    _check_limit(profile, role, field, limit)
                except WrongValue as error:
                    yield WrongKey((*path, "choices", index, "limits", role, field, *error.where), error.message)


def _fixed_too(profile: Profile, name: str, option: Option) -> Iterator[WrongKey]:
    if name in profile.own_options():
        for role in option.roles:
            if name in getattr(profile, role).model_fields_set:
                yield WrongKey((role, name), Message("option.fixed-too", name=name), of_key=True)


def _check_limit(profile: Profile, role: str, field: str, limit: Limit) -> None:
    """Raise WrongValue for a limit that is wider than that of the profile, or that leaves nothing."""
    offer = getattr(getattr(profile, role), field)
    write = offer.write
    if not offer.offered:
        raise WrongValue(Message("option.limit-not-offered", field=f"{role}.{field}"))
    if limit.maximum is not None and limit.maximum > offer.maximum:
        message = Message("option.limit-wider", value=write(limit.maximum), limit=write(offer.maximum))
        raise WrongValue(message, "maximum")
    if limit.minimum is not None and limit.minimum < offer.minimum:
        message = Message("option.limit-wider", value=write(limit.minimum), limit=write(offer.minimum))
        raise WrongValue(message, "minimum")
    least = offer.minimum if limit.minimum is None else limit.minimum
    most = offer.maximum if limit.maximum is None else limit.maximum
    check_order(least, least if limit.default is None else limit.default, most, write)
