"""Texts of a profile in which a job's shell replaces variables: what is refused, what the shell makes of others."""

from __future__ import annotations

import subprocess
from typing import Any

import pytest
from pydantic import TypeAdapter

from jupyterlab_dask_hpc.core.expanded import Expanded, ExpandedPath, shell_pattern, shell_word, variables

ODD = {"USER": "ada b", "SLURM_JOB_ID": "71", "TMP_DIR": "$(touch pwned) `x` 'y' \"z\" *"}


@pytest.mark.parametrize(
    "text",
    [
        "$(id)",
        "`id`",
        "/scratch/$USER; rm -rf /",
        "${USER:-x}",
        "${!USER}",
        "$((1+1))",
        "$1",
        "$",
        "a b",
        "/scratch/*",
        "~/x",
        "a'b",
        'a"b',
        "a\\b",
        "${USER",
        "$USER\n",
        "",
    ],
)
def test_commands_and_what_the_shell_reads_otherwise_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match="validation error"):
        TypeAdapter(Expanded).validate_python(text)


@pytest.mark.parametrize(
    ("text", "expected", "pattern"),
    [
        ("/scratch/$USER/$SLURM_JOB_ID", "/scratch/ada b/71", "/scratch/ada b/*"),
        ("/scratch/${USER}.$SLURM_JOB_ID/x", "/scratch/ada b.71/x", "/scratch/ada b.*/x"),
        ("$TMP_DIR", ODD["TMP_DIR"], ""),
        ("$TMP_DIR/x-$SLURM_JOB_ID", ODD["TMP_DIR"] + "/x-71", ""),
        ("--host=${SLURM_JOB_ID}.ib.site", "--host=71.ib.site", "--host=*.ib.site"),
        ("/scratch", "/scratch", "/scratch"),
    ],
)
def test_variables_are_replaced_within_one_word(text: str, expected: str, pattern: str) -> None:
    assert TypeAdapter(Expanded).validate_python(text) == text
    for word, result in ((shell_word(text), expected), (shell_pattern(text) or "''", pattern)):
        done = subprocess.run(
            ["bash", "-c", f"printf '%s|' {word}"], env=ODD, capture_output=True, text=True, check=True, cwd="/"
        )
        assert done.stdout == f"{result}|"


def test_each_variable_is_named_once() -> None:
    assert variables("/a/$USER/${JOB}-$USER$X1") == ["USER", "JOB", "X1"]


@pytest.mark.parametrize(
    ("path", "good"),
    [
        ("/scratch", True),
        ("$TMPDIR", True),
        ("/scratch/a..b", True),
        ("scratch/$USER", False),
        ("/scratch/../etc", False),
        ("$HOME/../x", False),
        ("/", False),
    ],
)
def test_a_path_is_whole(path: str, good: bool) -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ExpandedPath)
    if good:
        assert adapter.validate_python(path) == path
    else:
        with pytest.raises(ValueError, match=r"Write (a whole|the) path"):
            adapter.validate_python(path)
