"""What somebody might send who means harm, or whose keyboard does."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

# Words of the shell, of sbatch, of Python, of the template, of terminals and of Unicode, to be put together.
PIECES = [
    *"'\"`$;&|<>()[]{}*?!#~\\/%=,:-+.@^ \t\n\r\0\x1b\x7f",
    *("$(touch owned)", "`touch owned`", "'; touch owned; '", '"; touch owned; "', "${HOME}", "$IFS", "&& touch owned"),
    *("\n#SBATCH --account=other\n", "#SBATCH --wrap=x", "--all", "--me", "%A_%a", "%j", "%%", "\\n", "\\\n"),
    *("{{ job.folder }}", "{% raw %}", "{user}", "{group}", "../", "/../..", "~root", "./"),
    *(
        "\u2028",
        "\u2029",
        "\u0085",
        "\u202e",
        "\u200b",
        "\ufeff",
        "\uffff",
        "\ud800",
        "\u212a",
        "\u017f",
        "é",
        "e\u0301",
    ),
    *("3", "G", "h", "-1", "1e9", "0x10", "１", "nan", "None", "demo"),
]
text = st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=5).map("".join)
line = text.map(lambda value: "".join(letter for letter in value if letter.isprintable()))

numbers = st.integers() | st.floats() | st.sampled_from([0, -1, 2**31, 2**63, 2**70, 10**300])
anything: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | text,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(text, inner, max_size=2),
    max_leaves=3,
)


def often(good: st.SearchStrategy[Any], hostile: st.SearchStrategy[Any] = anything) -> st.SearchStrategy[Any]:
    """`good` eleven times of twelve: else hardly any request of many fields would be accepted."""
    return st.integers(0, 11).flatmap(lambda dice: hostile if dice == 7 else good)


figures = st.text("0123456789.,:-+ eKMGTiBkdhms", max_size=10) | st.from_regex(
    r"\d{1,3}([.:]\d\d)?\s?[KMGTdhms\u212a\u017f](i?B)?", fullmatch=True
)
"""Nearly memory or time, in digits and letters of other scripts too."""

MEMORY = ["256M", "3G", "3 GiB", "4096MB", 2**30, "1.5g", "32G"]
TIME = ["00:01:00", "90:00", "2h", "1h30m", "45 min", 3600, "0-08:00"]


def part(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """An object of which any field may be missing, or something else altogether."""
    return often(
        st.fixed_dictionaries({}, optional={name: often(good, figures | anything) for name, good in fields.items()})
    )


requests = st.fixed_dictionaries(
    {},
    optional={
        "name": often(st.text("abcXYZ019_-", max_size=40), text),
        "workspace": often(text),
        "workers": part(
            jobs=st.integers(1, 3000),
            memory=st.sampled_from(MEMORY),
            cpus=st.integers(1, 32),
            time=st.sampled_from(TIME),
        ),
        "scheduler": part(memory=st.sampled_from(MEMORY), time=st.sampled_from(TIME)),
        "idle_timeout": often(st.sampled_from(["60s", "00:01:00", 60, "1m"]), figures | anything),
        "wait_for_running_percent": often(st.integers(0, 100)),
        "python_environment": often(st.builds(str.__add__, st.sampled_from(["/", "~/", "/opt/"]), line), text),
    },
)
"""Requests of which about half are accepted, hostile folders and environments among them."""
