"""Which texts can be values of options that users choose. Pure."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator, Field

from dask_hpc.messages import Message

from ..batch.base import WrongValue

MAX_LENGTH = 256
"""Characters of a value."""
MAX_CHOSEN = 64
"""Values that one option may have at once."""
_SHELL = re.compile(r"""["'`$\\]""")


def value_mistake(text: str) -> Message | None:
    """Why a text cannot be a value; None if it can.

    Values are quoted wherever a shell reads them. Without these characters nothing is executed either where a profile
    has a placeholder within quotes of its own.
    """
    if len(text) > MAX_LENGTH:
        return Message("field.too-long", maximum=MAX_LENGTH)
    if not text.isprintable():
        return Message("field.control-character")
    if text.startswith("-"):
        return Message("option.begins-with-minus")
    if text != text.strip():
        return Message("option.outer-spaces")
    if found := _SHELL.search(text):
        return Message("option.shell-character", character=found[0])
    return None


def _value(text: str) -> str:
    if mistake := value_mistake(text):
        raise WrongValue(mistake)
    return text


NAME_PATTERN = r"^[A-Za-z][A-Za-z0-9_]{0,39}$"
OptionName = Annotated[str, Field(pattern=NAME_PATTERN)]
OptionValue = Annotated[str, AfterValidator(_value)]
OptionValues = dict[OptionName, OptionValue | Annotated[list[OptionValue], Field(max_length=MAX_CHOSEN)]]
"""What a user chose, by the name of the option: a text, or a list where several may be chosen."""
