"""Placeholders of a profile, filled with what was chosen: words, texts and lines of the shell."""

from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_dask_hpc.core.option_values import value_mistake
from jupyterlab_dask_hpc.core.placeholders import fill_shell, fill_text, fill_words, names_in

VALUES = {"image": ("/i/a b.sif",), "modules": ("gcc/12", "my python"), "none": ()}


def test_words_stay_words() -> None:
    words = ["run", "--bind=/s:{image}", "{image}", "{modules}", "m={modules}", "{none}", "n={none}", "{nodes}"]
    assert fill_words(words, VALUES) == (
        *("run", "--bind=/s:/i/a b.sif", "/i/a b.sif", "gcc/12", "my python", "m=gcc/12,my python", "n=", "{nodes}"),
    )


def test_a_text_is_one_word() -> None:
    assert fill_text("{image}:{modules}:{none}:${image}:{other}", VALUES) == (
        "/i/a b.sif:gcc/12,my python::${image}:{other}"
    )


def test_values_in_a_line_of_the_shell_are_escaped() -> None:
    line = fill_shell("module load {modules} {none}; export A=${image} B={image}", VALUES)
    assert line == "module load gcc/12 my\\ python ; export A=${image} B=/i/a\\ b.sif"


def test_what_is_filled_in_is_not_filled_again() -> None:
    assert fill_text("{a}", {"a": ("{b}",), "b": ("x",)}) == "{b}"
    assert names_in(["{a} ${b} {c}", "{3}"]) == {"a", "c"}


VALUE = st.text(max_size=40).filter(lambda text: text and value_mistake(text) is None)


@settings(max_examples=25, deadline=None)
@given(st.lists(VALUE, min_size=1, max_size=3))
def test_the_shell_gets_exactly_the_values(values: list[str]) -> None:
    script = fill_shell("printf '%s\\0' {x}", {"x": values})
    answer = subprocess.run(["bash", "-c", script], capture_output=True, check=True, timeout=20)
    assert answer.stdout.decode().split("\0")[:-1] == values
    assert shlex.split(script)[2:] == values


@settings(max_examples=15, deadline=None)
@given(st.text("a b;|&()<>{}*?~#!^%,=[]é", min_size=1, max_size=20).filter(lambda text: value_mistake(text) is None))
def test_nothing_is_executed_within_quotes_of_the_profile(value: str) -> None:
    """Where an administrator has put quotes around a placeholder, it has too many backslashes, and is one text."""
    lines = [""" "{x}" """, """ '{x}' """, """ "$(printf %s {x})" """, """ "`printf %s '{x}'`" """]
    lines = [f"printf '%s\\0' {line}" for line in lines] + ["cat <<END", "{x}", "END"]
    script = "\n".join(fill_shell(line, {"x": [value]}) for line in lines)
    answer = subprocess.run(["bash", "-c", script], capture_output=True, check=True, timeout=20)
    assert answer.stdout.decode().removesuffix("\n").replace("\\", "").split("\0") == [value] * 5


@pytest.mark.parametrize("value", ["$(touched)", "`touched`", '"; touched; "', "'; touched; '", "\\", "a\nb", "-x"])
def test_what_could_be_executed_is_no_value(value: str) -> None:
    assert value_mistake(value) is not None


@pytest.mark.parametrize("value", ["a\x85b", "a\u2028b", "\ud800", "a\u202eb", " a", "a ", "x" * 257, "\x7f"])
def test_neither_is_what_cannot_be_seen(value: str) -> None:
    assert value_mistake(value) is not None


@pytest.mark.parametrize("value", ["", "sps:1", "a&b|c", "[rack1*2&rack2]", "/i/Übung 3.sif", "name@server:2", "a,b"])
def test_these_are_values(value: str) -> None:
    assert value_mistake(value) is None
