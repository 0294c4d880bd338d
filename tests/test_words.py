"""Names that were replaced come back nowhere: one word, one meaning, and the terms of Slurm, Dask and Jupyter."""

from __future__ import annotations

import ast
import io
import re
import subprocess
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
SOURCES = {".py", ".ts", ".tsx", ".js", ".mjs", ".css", ".md", ".json", ".j2", ".toml", ".yml", ".sh", ""}
FOREIGN = {".git", ".venv", "node_modules", "lib", "labextension", "build", "dist", "test-results"}
"""Folders without sources, for a copy of the project without git."""

RETIRED = {
    # What the parts are.
    r"Keeper": "ClusterManager",
    r"LiveCluster": "ClusterController",
    r"Sight": "ObservedJobs",
    r"Drafts|furnish": "Launcher, prepare_folder",
    r"KernelDoor": "KernelAccess",
    r"Announcer|NewsReader": "LiveRegion",
    r"KeptSubmission": "StoredSubmission",
    r"ReportHandler|scheduler_report": "HeartbeatHandler, scheduler_heartbeat",
    r"scheduler_words|worker_words": "scheduler_args, worker_args",
    # What they do.
    r"look_up|explain_jobs": "apply_lookup, mark_looked_up",
    r"stumble|on_stumble": "on_step_error",
    r"look_after|look_after_logs": "check_log_dir",
    r"is_going": "all_jobs_ending",
    r"_given_up": "_give_up_reason",
    r"_?tell_once": "log_once",
    r"said_of": "error_text",
    r"last_words|_last_words": "last_lines",
    r"leave_cancel_commands": "write_cancel_commands",
    r"send_report|on_report|no_report": "send_heartbeat, on_heartbeat, no_heartbeat",
    r"is_further": "is_additional",
    r"how_it_ended|what_to_do": "outcome_message, outcome_advice",
    r"why_scheduler_ended|why_no_worker_is_left": "scheduler_end_reason, no_worker_left_reason",
    r"as_people_write|still_to_come": "as_text, workers_to_connect",
    r"led_here_by_own_page": "is_from_own_page",
    r"shift_clock|none_ahead": "shift_timestamps, clamp_future",
    # Fields of records and views.
    r"let_stay|to_stay|to_leave|told_nothing": "retire_down_to, retirement, active",
    r"unkept|unlogged": "record_error, log_dir_error",
    r"barred": "access_denied_reason",
    r"keep_workers|keepWorkers": "replace_workers, replaceWorkers",
    r"restarts_told": "restarts_known",
    r"misfit|unfit": "schema-mismatch, invalid-response",
    r"isLasting": "isChangeable",
    # Constants.
    r"_?(?:\w+_)?(?:LARGEST|LONGEST|MOST)": "MAX_*",
    r"_?(?:\w+_)?PATIENCE": "*_TIMEOUT_S",
    r"_?(?:\w+_)?AGAIN": "*_RETRY_S",
    r"_(?:CALM|EAGER|URGENT|PAUSE|LAPSE|BLIND|LINGER)": "*_INTERVAL_S, *_TIMEOUT_S",
    r"DEEDS|OF_NEW": "ACTIONS, NEW_OPTIONS",
    # Style classes.
    r"jp-DaskHpc-heard": "jp-DaskHpc-visuallyHidden",
}
"""Found as words in every file, with what replaces them."""

RETIRED_IDENTIFIERS = {
    "told": "shown, reported, sent",
    "tell": "show, report, log",
    "tells": "shows, reports",
    "said": "printed, output, text",
    "heard": "received, ever_answered",
    "hear": "receive",
    "kept": "stored, saved",
    "keeper": "manager",
    "unsure": "unresolved_jobs",
    "sight": "observed",
    "signs": "status",
    "wish": "desired, request",
    "ill": "failed",
    "tries": "attempts",
    "submits": "submissions",
    "dismissed": "released",
    "relieved": "replaced",
    "successor": "replacement",
    "successors": "replacements",
    "succeeded": "replaced",
    "troubles": "notices",
    "deed": "action",
    "deeds": "actions",
    "hurry": "poll_soon",
    "pace": "poll_interval",
    "patience": "timeout",
    "misfits": "mismatches",
    "reckoned": "latest",
    "Signs": "SchedulerStatus",
    "Known": "ClusterStatus",
    "Submit": "Submission",
    "Reports": "SchedulerHeartbeat",
    "Deed": "Action",
    "Wish": "StreamRequest",
    "Composition": "FormPrefill",
    "Fault": "FieldError",
    "Foot": "StatusFooter",
    "Choice": "SegmentedControl",
    "goal": "focusTarget",
    "granted": "applied",
}
"""Ordinary words, found in names of the code alone: not in comments, texts and documents."""

RETIRED_PARTS = {
    "told",
    "said",
    "heard",
    "hear",
    "tell",
    "tells",
    "wish",
    "deed",
    "patience",
    "successor",
    "successors",
}
"""Words that are no part of a name in Python, tests included: ``test_an_error_is_told``."""

EXCEPTIONS = {
    "jupyterlab_dask_hpc/core/record_version_1.py": "translates records of version 1, which have these keys",
    "tests/core/test_record.py": "reads records of version 1",
    "CHANGELOG.md": "names what was renamed",
    "tests/test_words.py": "the list itself",
}
"""Files that have to contain retired names, and why. What earlier versions wrote is in tests/recorded/."""


def sources() -> Iterator[tuple[str, str]]:
    """The project's text files: path, content."""
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout.decode()
        paths = [ROOT / name for name in listed.split("\0") if name]
    except (OSError, subprocess.CalledProcessError):
        paths = [path for path in sorted(ROOT.rglob("*")) if FOREIGN.isdisjoint(path.relative_to(ROOT).parts)]
    for path in paths:
        name = path.relative_to(ROOT).as_posix()
        if path.suffix in SOURCES and path.is_file() and name not in EXCEPTIONS and "recorded" not in path.parts:
            try:
                yield name, path.read_text()
            except UnicodeDecodeError:
                continue


def identifiers(name: str, text: str) -> Iterator[tuple[int, str]]:
    """Line and word of each name in the code of a file; nothing for files that are no code."""
    if name.endswith(".py") or text.startswith("#!/usr/bin/env python"):
        yield from python_identifiers(text)
    elif name.endswith((".ts", ".tsx")):
        code = re.sub(NO_CODE, lambda found: re.sub(r"[^\n]", " ", found[0]), text)
        for number, line in enumerate(code.split("\n"), 1):
            yield from ((number, word) for word in re.findall(r"[A-Za-z_$][\w$]*", line))


NO_CODE = re.compile(
    r"""/\*.*?\*/|(?<![:\\])//[^\n]*|'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\.)*`""", re.DOTALL
)
"""Comments and texts of TypeScript."""


def python_identifiers(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.NAME:
            yield token.start[0], token.string
    # Before Python 3.12 an f-string is one token.
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.JoinedStr):
            yield from ((one.lineno, one.id) for one in ast.walk(node) if isinstance(one, ast.Name))


def retired(name: str, text: str) -> Iterator[str]:
    """A line for each retired name in a file."""
    for number, line in enumerate(text.split("\n"), 1):
        for pattern, instead in PATTERNS.items():
            if found := pattern.search(line):
                yield f"{name}:{number}: {found[0]} (now: {instead})"
    for number, word in identifiers(name, text):
        parts = [word.strip("_")]
        if name.endswith(".py"):
            parts += [part for part in word.split("_") if part in RETIRED_PARTS]
        for part in parts:
            if instead := RETIRED_IDENTIFIERS.get(part):
                yield f"{name}:{number}: {word} (now: {instead})"
                break


PATTERNS: Mapping[re.Pattern[str], str] = {
    re.compile(rf"(?<![\w-])(?:{name})(?![\w-])"): instead for name, instead in RETIRED.items()
}


def test_no_retired_name_is_used() -> None:
    found = sorted({line for name, text in sources() for line in retired(name, text)})
    assert not found, "\n".join(["", *found])


def test_every_exception_is_needed() -> None:
    for name in EXCEPTIONS:
        text = (ROOT / name).read_text()
        assert any(True for _ in retired(name, text)), f"{name} needs no exception any more"


@pytest.mark.parametrize(
    ("name", "text", "count"),
    [
        ("a.py", "told = 1\n", 1),
        ("a.py", "# told\n'told'\n'''The user is told.'''\n", 0),
        ("a.py", 'print(f"{told}: told")\n', 1),
        ("a.py", "self._kept(wish=1)\n", 2),
        ("a.py", "def test_it_is_told(last_state_is_kept):\n    pass\n", 1),
        ("a.ts", "const told = 'told'; // told\n/* told\n told */ tell();\n", 2),
        ("a.md", "Keeper, told\n", 1),
        ("a.css", ".jp-DaskHpc-heard {}\n", 1),
        ("a.py", "TOO_LARGEST = ALMOST\n", 1),
    ],
)
def test_the_search_finds_names_and_no_words(name: str, text: str, count: int) -> None:
    assert len(set(retired(name, text))) == count
