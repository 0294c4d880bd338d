"""What a user chose of the options of a profile: checked, and put into the profile. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dask_hpc.messages import Message

from .errors import invalid
from .fields import Offer
from .option_targets import native_value, offer_texts
from .option_values import MAX_CHOSEN, OptionValues, value_mistake
from .options import ROLES, Option
from .placeholders import Values, fill_shell, fill_text, fill_words
from .profile import Profile

_MAX_SHOWN = 20
"""Values that a refusal names."""
AnyOffer = TypeVar("AnyOffer", bound=Offer)


@dataclass(frozen=True)
class Available:
    """What a user has, of an option whose values are not in the profile.

    Attributes:
        default: the value unless the profile or the user has another; empty for none.
        as_of: seconds since the epoch; None if there was no answer.
        problem: why the last attempt to ask failed; None if it did not.
    """

    values: tuple[str, ...] = ()
    default: str = ""
    as_of: float | None = None
    problem: Message | None = None


def read_options(asked: Mapping[str, Any], profile: Profile, available: Mapping[str, Available] | None) -> OptionValues:
    """What was chosen, complete, from the `options` of a request.

    Args:
        available: for each option that is `Option.dynamic`; None if that was not asked for: then every value is
            accepted, and left to the batch system.

    Raises ApiError 400 at ``options.NAME``.
    """
    for name in asked:
        if name not in profile.options:
            raise invalid(f"options.{name}"[:80], Message("field.unknown"))
    chosen: OptionValues = {}
    for name, option in profile.options.items():
        field, value = f"options.{name}", asked.get(name)
        if option.dynamic and available is None:
            chosen[name] = _joined(option, _texts(field, option, value) or option.default_values)
        else:
            chosen[name] = _read(field, option, value, (available or {}).get(name, Available()))
    _check_limits(profile, chosen)
    return chosen


def _read(field: str, option: Option, asked: Any, available: Available) -> str | list[str]:
    values = _texts(field, option, asked)
    if option.text is not None:
        text = "".join(option.default_values if asked is None else values)
        if not option.matches(text):
            raise invalid(field, Message("option.no-match", pattern=option.text))
        return text
    offered = available.values if option.dynamic else tuple(filter(None, option.offered))
    if not values and (asked is None or not option.may_be_empty):
        values = default_of(option, available)
        if not values and not option.may_be_empty:
            raise invalid(field, available.problem or Message("option.nothing-available"))
    for value in values:
        if value not in offered:
            if not offered and available.problem:
                raise invalid(field, available.problem)
            raise invalid(field, Message("option.not-offered", value=value, offered=offered[:_MAX_SHOWN]))
    return _joined(option, values)


def _joined(option: Option, values: Sequence[str]) -> str | list[str]:
    return list(values) if option.several else "".join(values)


def default_of(option: Option, available: Available) -> tuple[str, ...]:
    """The values of an option unless users choose others."""
    if not option.dynamic:
        return option.default_values
    own = tuple(value for value in option.default_values if value in available.values)
    if own or option.several or option.default == "":
        return own
    return tuple(filter(None, [available.default or next(iter(available.values), "")]))


def _texts(field: str, option: Option, asked: Any) -> tuple[str, ...]:
    """The values that are asked for, each one that is possible; a text stands for a list of one."""
    several = asked if isinstance(asked, list) and option.several else [asked]
    if asked is None:
        return ()
    if not all(isinstance(value, str) for value in several):
        raise invalid(field, Message("option.not-texts") if option.several else Message("field.not-text"))
    if len(several) > MAX_CHOSEN:
        raise invalid(field, Message("option.too-many", maximum=MAX_CHOSEN))
    for value in several:
        if mistake := value_mistake(value):
            raise invalid(field, mistake)
    return tuple(dict.fromkeys(filter(None, several)))


def _values(option: Option | None, chosen: str | Sequence[str] | None) -> tuple[str, ...]:
    if chosen is None:
        return option.default_values if option else ()
    return tuple(filter(None, [chosen] if isinstance(chosen, str) else chosen))


@dataclass(frozen=True)
class Narrowed:
    """The limits of one value of a request after a choice."""

    minimum: int
    maximum: int
    default: int | None


def narrowed(profile: Profile, chosen: Mapping[str, str | Sequence[str]]) -> dict[tuple[str, str], Narrowed]:
    """The limits that choices have narrowed, by role and field: of several the smallest maximum, the largest minimum,
    the first default."""
    found: dict[tuple[str, str], Narrowed] = {}
    for name, option in profile.options.items():
        for limits in option.limits_of(_values(option, chosen.get(name))):
            for role, field, limit in limits.each():
                offer = getattr(getattr(profile, role), field)
                before = found.get((role, field), Narrowed(offer.minimum, offer.maximum, None))
                found[role, field] = Narrowed(
                    before.minimum if limit.minimum is None else max(before.minimum, limit.minimum),
                    before.maximum if limit.maximum is None else min(before.maximum, limit.maximum),
                    limit.default if before.default is None else before.default,
                )
    return found


def _check_limits(profile: Profile, chosen: Mapping[str, str | Sequence[str]]) -> None:
    """Raise ApiError 400 for choices of which one leaves nothing of what another allows."""
    so_far: dict[str, str | Sequence[str]] = {}
    for name in profile.options:
        so_far[name] = chosen[name]
        none_yet = {other: "" for other in profile.options if other not in so_far}
        for (role, field), limit in narrowed(profile, {**none_yet, **so_far}).items():
            if limit.minimum > limit.maximum:
                raise invalid(f"options.{name}", Message("option.nothing-left", field=f"{role}.{field}"))


def with_options(profile: Profile, chosen: Mapping[str, str | Sequence[str]]) -> Profile:
    """The profile with what a user chose: its options of the batch system, its placeholders, its limits.

    Everything that comes after it works as with a profile in which the site has fixed these values. What was chosen
    counts even if the profile no longer offers it: its file may have changed since the launch.
    """
    names = {**dict.fromkeys(profile.options), **dict.fromkeys(chosen)}
    values = {name: _values(profile.options.get(name), chosen.get(name)) for name in names}
    if not values:
        return profile
    limits = narrowed(profile, chosen)
    update: dict[str, Any] = {
        "python": fill_words(profile.python, values),
        "launcher": fill_words(profile.launcher, values),
        "setup": profile.setup.changed(lambda line: fill_shell(line, values)),
        "scratch": profile.scratch
        and profile.scratch.model_copy(update={"folder": fill_text(profile.scratch.folder, values)}),
        "environment": profile.environment.model_copy(
            update={"set": {name: fill_text(text, values) for name, text in profile.environment.set.items()}}
        ),
    }
    for role in ROLES:
        update[role] = _offer(profile, role, getattr(profile, role), values, limits)
    return profile.model_copy(update=update)


def _offer(
    profile: Profile, role: str, offer: AnyOffer, values: Values, limits: Mapping[tuple[str, str], Narrowed]
) -> AnyOffer:
    """The offer of one role with its chosen options, filled placeholders and narrowed limits."""
    update: dict[str, Any] = {
        name: fill_text(text, values) if isinstance(text, str) else fill_words(text, values)
        for name, text in offer_texts(offer).items()
    }
    for name in profile.own_options() & values.keys():
        option = profile.options.get(name)
        # An option that is no longer offered was for the roles in which nothing is fixed.
        if role in option.roles if option else name not in offer.model_fields_set:
            update[name] = native_value(profile.own_model, name, values[name])
    for (limited, field), limit in limits.items():
        if limited == role:
            range_ = getattr(offer, field)
            least = min(limit.minimum, limit.maximum)
            default = range_.default if limit.default is None else limit.default
            within = min(max(default, least), limit.maximum)
            update[field] = range_.model_copy(update={"minimum": least, "maximum": limit.maximum, "default": within})
    return offer.model_copy(update=update)
