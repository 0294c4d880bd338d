"""JSON as people write it: each mistake is named at its place, and what follows is read all the same."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jupyterlab_dask_hpc.core.json_text import read_json

ANY = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def reported(text: str) -> list[tuple[int, int, str]]:
    return [(one.place.line, one.place.column, one.message.code) for one in read_json(text).mistakes]


@given(ANY, st.sampled_from([None, 2]))
def test_json_is_read_as_the_standard_library_reads_it(value: object, indent: int | None) -> None:
    read = read_json(json.dumps(value, indent=indent))
    assert (read.value, read.mistakes) == (value, ())


@given(st.text(alphabet="{}[]:,\"'/*#\\ \n-0a1.tT", max_size=40))
def test_what_is_no_json_has_a_mistake_and_json_has_none(text: str) -> None:
    try:
        value, right = json.loads(text, object_pairs_hook=_no_duplicates), True
    except ValueError:
        value, right = None, False
    read = read_json(text)
    assert (not read.mistakes) is right
    assert not right or read.value == value


def _no_duplicates(pairs: list[tuple[str, object]]) -> dict[str, object]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError
    return dict(pairs)


@pytest.mark.parametrize(
    ("text", "value", "mistakes"),
    [
        ('{"a": 1, // one\n "b": 2}', {"a": 1, "b": 2}, [(1, 10, "json.comment")]),
        ('{# one\n"a": /* two */ 1}', {"a": 1}, [(1, 2, "json.comment"), (2, 6, "json.comment")]),
        ('{"a": [1, 2,],\n}', {"a": [1, 2]}, [(1, 12, "json.trailing-comma"), (1, 14, "json.trailing-comma")]),
        ('{"a": 1,, "b": 2}', {"a": 1, "b": 2}, [(1, 9, "json.double-comma")]),
        ('{"a": 1\n "b": 2}', {"a": 1, "b": 2}, [(1, 8, "json.missing-comma")]),
        ("{'a': 'b'}", {"a": "b"}, [(1, 2, "json.single-quotes"), (1, 7, "json.single-quotes")]),
        ("{a: dask}", {"a": "dask"}, [(1, 2, "json.key-without-quotes"), (1, 5, "json.text-without-quotes")]),
        ('{"a" = True}', {"a": True}, [(1, 6, "json.equals-sign"), (1, 8, "json.other-word")]),
        ('{"a": 1,\n "a": 2}', {"a": 1}, [(2, 2, "json.duplicate-key")]),
        ('{"a": NaN}', {"a": "NaN"}, [(1, 7, "json.text-without-quotes")]),
        ('{"a": {"b": 1}', None, [(1, 1, "json.not-closed")]),
        ('{"a": "b\n}', None, [(1, 7, "json.text-not-closed")]),
        ('{"a": "C:\\d"}', None, [(1, 10, "json.backslash")]),
        ('{"a" 1}', None, [(1, 6, "json.no-colon")]),
        ('{"a": }', None, [(1, 7, "json.unexpected")]),
        ("{}}", {}, [(1, 3, "json.after-end")]),
        ("", None, [(1, 1, "json.ends-early")]),
        ("[" * 30, None, [(1, 22, "json.too-deep")]),
    ],
)
def test_a_mistake_is_named_at_its_place(text: str, value: object, mistakes: list[tuple[int, int, str]]) -> None:
    assert (read_json(text).value, reported(text)) == (value, mistakes)


def test_keys_and_values_have_places() -> None:
    read = read_json('{\n  "a": {\n    "b": [1,\n 2]\n  }\n}')
    assert {path: (place.line, place.column) for path, place in read.keys.items()} == {
        ("a",): (2, 3),
        ("a", "b"): (3, 5),
    }
    assert (read.values["a", "b", 1].line, read.values["a", "b", 1].column) == (4, 2)
