"""Ten thousand hostile requests: refused at a field, or a script that means what a harmless request's script means."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from jupyterlab_dask_hpc.control.environments import Environments
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.request import read_request
from jupyterlab_dask_hpc.core.units import parse_memory, parse_time

from .hostile import figures, requests
from .meaning import PROFILE, harmless, logs, meaning, scripts, words_to_bash

AT_ONCE, EXAMPLES = 40, 250
seen: Counter[str] = Counter()


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)
@given(st.lists(requests, min_size=AT_ONCE, max_size=AT_ONCE))
@example([{"workers": {"jobs": 0}}])
def check_meanings(bodies: list[dict[str, Any]]) -> None:
    commands: list[str] = []
    pythons: list[str] = []
    opened: list[str] = []
    for body in bodies:
        seen["generated"] += 1
        try:
            request = read_request({"profile": PROFILE.name, **body}, PROFILE, ["taken"])
        except ApiError as error:
            assert error.status in (400, 409), body
            assert error.field and error.message
            json.dumps(error.as_json(), allow_nan=False)
            continue
        seen["accepted"] += 1
        python = Environments().python(request.python_environment, ())[0]
        for script, plain in zip(scripts(request), scripts(harmless(request)), strict=True):
            hostile, usual = meaning(script), meaning(plain)
            assert hostile.lines == usual.lines
            assert hostile.options == tuple(word.replace("NAME", request.name) for word in usual.options)
            commands += [hostile.command, usual.command]
            pythons += [python, "/ENVIRONMENT/bin/python"]
        opened += [log for pair in zip(logs(request), logs(harmless(request)), strict=True) for log in pair]
    shown = words_to_bash(commands)
    assert [words[0] for words in shown] == pythons
    assert [words[-1] for words in shown] == [str(Path(python).parent.parent) for python in pythons]
    assert [words[1:-2] for words in shown[::2]] == [words[1:-2] for words in shown[1::2]]
    assert [words[-2] for words in shown] == opened


def test_no_request_changes_the_meaning_of_a_script() -> None:
    check_meanings()
    assert seen["generated"] >= 10_000
    assert seen["accepted"] >= seen["generated"] // 3


@pytest.mark.parametrize("parse", [parse_memory, parse_time])
@settings(max_examples=300, deadline=None, database=None)
@given(written=figures)
def test_what_looks_like_a_figure_is_one_or_is_refused(parse: Callable[[str], int], written: str) -> None:
    try:
        assert parse(written) >= 0
    except ValueError as error:
        assert str(error).startswith("Write ")


@pytest.mark.parametrize("role", [0, 1])
def test_the_oracle_sees_what_is_not_quoted(role: int) -> None:
    request = read_request({"profile": PROFILE.name, "python_environment": "/a`echo b`c"}, PROFILE, [])
    script = scripts(request)[role]
    assert words_to_bash([meaning(script).command])[0][0] == "/a`echo b`c/bin/python"
    unquoted = script.replace("'/a`echo b`c/bin/python'", "/a`echo b`c/bin/python")
    assert unquoted != script
    assert words_to_bash([meaning(unquoted).command])[0][0] == "/abc/bin/python"
    unquoted = script.replace("prefix='/a`echo b`c'", "prefix=/a`echo b`c")
    assert words_to_bash([meaning(unquoted).command])[0][-1] == "/abc"
