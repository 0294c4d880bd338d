"""The catalogue of messages: every code has a text, every text a use, and both name the same parameters."""

from __future__ import annotations

import ast
import re
import runpy
from collections.abc import Iterator
from pathlib import Path

import pytest

from dask_hpc.messages import CATALOGUE, WRITE, Message, Template, message_from_json, placeholders

CHECKOUT = Path(__file__).parents[2]
PYTHON = [*CHECKOUT.glob("jupyterlab_dask_hpc/**/*.py"), *CHECKOUT.glob("dask_hpc/**/*.py")]
FRONT_END = [
    path
    for path in CHECKOUT.glob("src/**/*.ts*")
    if ".test." not in path.name and "testing" not in path.parts and path.name != "catalogue.ts"
]
OTHERWISE = {"text"}
"""Codes that stand for no sentence of this project."""
ROOMS = ("api", "control", "core", "doctor", "logs")
FOR_PEOPLE = [
    *CHECKOUT.glob("dask_hpc/*.py"),
    *(path for room in ROOMS for path in CHECKOUT.glob(f"jupyterlab_dask_hpc/{room}/**/*.py")),
]
"""Modules whose texts reach people; `batch/` has the output of commands, `in_job/` lines of logs."""
SENTENCE = re.compile(r"[A-Za-z]{2,} [a-z]{2,}.*[.!?]$", re.DOTALL)
NOT_OURS = {"`n_workers` must be a positive integer. Instead got {}."}
"""As distributed says it."""
LOGGING = {"debug", "info", "warning", "error", "exception"}


def calls(source: str) -> Iterator[tuple[ast.Call, str]]:
    """Each `Message(...)` of a module, with its code; empty where that is not written out."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Message":
            first = node.args[0] if len(node.args) == 1 else None
            code = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
            yield node, code


def constants(source: str) -> Iterator[str]:
    """Each text of a module: a code may stand in a table, from which `Message.fitted` takes it."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def faults(source: str) -> list[str]:
    """What is wrong with the messages of a module."""
    found = []
    for node, code in calls(source):
        template = CATALOGUE.get(code)
        given = {keyword.arg for keyword in node.keywords}
        if template is None:
            found.append(f"line {node.lineno}: no text for the code {code!r}")
        elif given != template.kinds().keys():
            found.append(f"line {node.lineno}: {code} has the parameters {sorted(template.kinds())}")
    return found


def plain_sentences(source: str) -> Iterator[str]:
    """Sentences of a module that are neither in a message nor for a log, nor documentation."""
    tree = ast.parse(source)
    documentation = {
        node.value for node in ast.walk(tree) if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    }

    def texts(node: ast.AST) -> Iterator[str]:
        if node in documentation:
            return
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in LOGGING:
            return
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
        else:
            for child in ast.iter_child_nodes(node):
                yield from texts(child)

    return (text for text in texts(tree) if SENTENCE.search(text) and text not in NOT_OURS)


@pytest.mark.parametrize("path", FOR_PEOPLE, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_sentence_for_people_is_in_the_catalogue(path: Path) -> None:
    assert not list(plain_sentences(path.read_text()))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('print("The cluster keeps running.")', 1),
        ('raise ClusterClosed(f"{name} has ended: {why}.")', 1),
        ('def why(): return "The disk is full." if full else ""', 1),
        ('stop(record, reason="You logged out.")', 1),
        ('log.warning("%s: a node of it has failed.", name)', 0),
        ('"""The cluster is running."""\nx = "a short text"', 0),
        ('Message("text", text=error)', 0),
    ],
)
def test_a_plain_sentence_is_found(source: str, found: int) -> None:
    assert len(list(plain_sentences(source))) == found


@pytest.mark.parametrize("path", PYTHON, ids=lambda path: str(path.relative_to(CHECKOUT)))
def test_every_message_is_in_the_catalogue_with_the_same_parameters(path: Path) -> None:
    if path.name != "messages.py":
        assert not faults(path.read_text())


@pytest.mark.parametrize(
    "source",
    ['Message("no.such.code")', "Message(code)", 'Message("name.exists")', 'Message("field.unknown", name=1)'],
)
def test_a_wrong_message_is_found(source: str) -> None:
    assert faults(source)


def test_a_code_of_a_table_takes_what_its_template_has() -> None:
    """That each code of a table has a text, the tests of the tables see: they compose them all."""
    message = Message.fitted("name.exists", {"name": "demo", "more": "x"})
    assert message == Message("name.exists", name="demo")
    with pytest.raises(KeyError):
        Message.fitted("name.exists", {})
    with pytest.raises(KeyError):
        Message.fitted("no.such.code", {})


def test_every_text_is_used() -> None:
    python = {text for path in PYTHON for text in constants(path.read_text())}
    front = "\n".join(path.read_text() for path in FRONT_END)
    assert not [code for code in CATALOGUE if code not in python | OTHERWISE and f"'{code}'" not in front]


@pytest.mark.parametrize("code", CATALOGUE)
def test_a_template_is_well_formed(code: str) -> None:
    template = CATALOGUE[code]
    assert re.fullmatch(r"[a-z0-9]+([.-][a-z0-9]+)*", code)
    texts = [text for text in (template.one, template.other) if text is not None]
    assert set(template.kinds().values()) <= WRITE.keys()
    assert (template.one is None) == (template.by is None)
    for text in texts:
        # gettext has its own meaning for these, and a brace that is left over is a mistake.
        assert not re.search(r"%\d|%%", text)
        assert "{" not in re.sub(r"\{\w+(:\w+)?\}", "", text)
        assert all(template.kinds()[name] == kind for name, kind in placeholders(text))


def test_no_english_text_stands_twice() -> None:
    texts = [text for template in CATALOGUE.values() for text in (template.one, template.other) if text]
    assert not {text for text in texts if texts.count(text) > 1 and " " in text}


@pytest.mark.parametrize(
    "text, params, english",
    [
        ("At most {maximum:bytes}.", {"maximum": 3 * 2**30}, "At most 3G."),
        ("At most {maximum:time}.", {"maximum": 86400}, "At most 1-00:00:00."),
        ("{count:number} in {time:duration}", {"count": 3000, "time": 6480}, "3,000 in 1 h 48 min"),
        ("{names:list}; {names:or}; {names:and}", {"names": ["a", "b", "c"]}, "a, b, c; a, b or c; a, b and c"),
        ("at {at:moment}", {"at": "2026-11-21T14:30:00Z"}, "at 2026-11-21 14:30 UTC"),
        (
            "{why:message} Ask: {ask}",
            {"why": Message("field.unknown"), "ask": "{x}"},
            "There is no such field. Ask: {x}",
        ),
    ],
)
def test_english(text: str, params: dict[str, object], english: str) -> None:
    assert Template(text).text(params) == english  # type: ignore[arg-type]


def test_a_count_chooses_the_form() -> None:
    template = Template(one="{jobs:number} job", other="{jobs:number} jobs", by="jobs")
    assert [template.text({"jobs": count}) for count in (0, 1, 2)] == ["0 jobs", "1 job", "2 jobs"]
    assert Template(one="the group", other="the groups", by="groups").text({"groups": ["one"]}) == "the group"


def test_a_message_is_read_back() -> None:
    message = Message("access.ask", why=Message("access.groups", profile="gpu", groups=["a", "b"]), ask="the desk")
    assert message_from_json(message.as_json()) == message
    assert message.as_json()["text"] == "Profile gpu is for the groups a or b. Ask: the desk"


@pytest.mark.parametrize(
    "written",
    [
        "As it was.",
        {"code": "of.a-newer-version", "params": {}, "text": "As it was."},
        {"code": "name.exists", "params": {"other": "a"}, "text": "As it was."},
        {"code": "name.exists", "params": {"name": 3}, "text": "As it was."},
        {"code": ["name.exists"], "params": None, "text": "As it was."},
    ],
)
def test_a_message_of_another_version_keeps_its_text(written: object) -> None:
    assert str(message_from_json(written)) == "As it was."


@pytest.mark.parametrize("written", [None, 3, [], {}, {"code": "name.exists", "params": {"name": "a"}}])
def test_what_is_no_message_is_refused(written: object) -> None:
    with pytest.raises(ValueError):
        message_from_json(written)


def test_the_server_sends_no_message_that_the_front_end_lacks() -> None:
    elsewhere = runpy.run_path(str(CHECKOUT / "scripts" / "messages"))["ELSEWHERE"]
    server = [
        path for path in PYTHON if path.parent.name != "dask_hpc" and path.name not in ("dashboard.py", "extension.py")
    ]
    used = {text for path in server for text in constants(path.read_text())} & CATALOGUE.keys()
    assert not [code for code in used if code.startswith(elsewhere)]


def test_the_front_end_has_the_same_catalogue() -> None:
    written = CHECKOUT / "src" / "messages" / "catalogue.ts"
    made = runpy.run_path(str(CHECKOUT / "scripts" / "messages"))["catalogue_ts"]()
    assert written.read_text("utf-8") == made, "run scripts/messages"
