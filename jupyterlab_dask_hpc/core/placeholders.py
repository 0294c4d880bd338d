"""Placeholders in the texts of a profile, ``{image}``, filled with what a user chose. Pure.

The values of an option are a tuple: one value, several where users may choose several, none where nothing was chosen.
Three functions fill a text, by who reads it:

- `fill_words`: arguments of a command, one a item. They are quoted where they become a line of the shell.
- `fill_text`: one text that stays one word, such as the value of a variable.
- `fill_shell`: a line that the shell reads. Each value is escaped here.

`chosen_options.with_options` fills all texts of a profile, so that what comes after it sees an ordinary profile: a new
key with placeholders is filled there, named in `option_targets.texts`, and allowed in `profile_text`.
A name without an entry in `values` stays as it is: ``{nodes}`` of a launcher, ``${HOME}`` of the shell. A filled text
is not filled again.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

Values = Mapping[str, Sequence[str]]
"""What was chosen, by the name of the option."""

_SPECIAL = re.compile(r"[^\w@%+=:,./-]", re.ASCII)
PLACEHOLDER = re.compile(r"(?<!\$)\{([A-Za-z_]\w*)\}", re.ASCII)


def names_in(texts: Iterable[str]) -> set[str]:
    """The names of all placeholders in some texts."""
    return {name for text in texts for name in PLACEHOLDER.findall(text)}


def fill_words(words: Iterable[str], values: Values) -> tuple[str, ...]:
    """Arguments with their placeholders filled.

    An item that is a placeholder alone becomes one item for each value, none if nothing was chosen. A placeholder
    within an item is replaced as in `fill_text`; the item stays of its class.
    """
    return tuple(filled for word in words for filled in _filled(word, values))


def _filled(word: str, values: Values) -> Iterator[str]:
    alone = PLACEHOLDER.fullmatch(word)
    if alone and alone[1] in values:
        yield from values[alone[1]]
    else:
        yield type(word)(fill_text(word, values))


def fill_text(text: str, values: Values) -> str:
    """One text with its placeholders filled; several values are separated by commas."""
    return PLACEHOLDER.sub(lambda found: ",".join(values[found[1]]) if found[1] in values else found[0], text)


def fill_shell(line: str, values: Values) -> str:
    """A line of the shell with its placeholders filled: each value is one word, several are separated by spaces."""
    return PLACEHOLDER.sub(
        lambda found: " ".join(map(_escaped, values[found[1]])) if found[1] in values else found[0], line
    )


def _escaped(value: str) -> str:
    """A value as one word of the shell.

    Backslashes, unlike quotes, end no quotes that the line itself has around the placeholder: the text has too many
    backslashes then, but nothing of it is executed. `value_mistake` refuses quotes, ``$``, backquotes and backslashes.
    """
    return _SPECIAL.sub(r"\\\g<0>", value)
