"""What a user may choose, from real commands, variables and groups: as they should be, and broken in every way."""

from __future__ import annotations

import asyncio
import json
import os
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import psutil
import pytest
from support.polling import until, until_async

from jupyterlab_dask_hpc.batch.base import BatchOptions, BatchRefused
from jupyterlab_dask_hpc.batch.resources import OwnValues
from jupyterlab_dask_hpc.control import choices
from jupyterlab_dask_hpc.control.access import Account
from jupyterlab_dask_hpc.control.choices import Choices
from jupyterlab_dask_hpc.core.option_mistakes import option_mistakes
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.core.shapes import Json

from .setup import Setup


def offering(option: dict[str, Any]) -> Profile:
    """The shipped profile for this computer, with the option `x` for a placeholder."""
    content = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "local.json").read_text())
    return Profile.model_validate(content | {"options": {"x": option}, "setup": ["echo {x}"]})


@pytest.fixture
def site(tmp_path: Path) -> Setup:
    return Setup(tmp_path)


@pytest.fixture
def script(tmp_path: Path) -> Callable[[str], Profile]:
    """A profile whose option comes from a command of the site, which is written, or written anew."""
    path = tmp_path / "values"

    def write(text: str, **option: Any) -> Profile:
        path.write_text(f"#!/bin/sh\necho run >>{tmp_path}/runs\n{text}\n")
        path.chmod(0o755)
        return offering({"from": {"command": [str(path)]}, **option})

    return write


def view(site: Setup, profile: Profile, known: Choices | None = None, refresh: bool = False) -> Json:
    """The answer about the option."""
    answer: Json = asyncio.run((known or Choices(site.site)).view(profile, refresh))["options"]["x"]
    return answer


def values(answer: Json) -> list[str]:
    return [choice["value"] for choice in answer["choices"]]


def problem(answer: Json) -> str:
    return str(answer["problem"]["text"]) if answer["problem"] else ""


def test_a_command_prints_one_value_a_line(site: Setup, script: Any) -> None:
    before = time.time()
    profile = script("printf 'b\\n\\n a \\nb\\nc\\n'", pattern="[bc]", choices=[{"value": "c", "title": "The c"}])
    answer = view(site, profile)
    assert answer["choices"] == [{"value": "b", "title": "b"}, {"value": "c", "title": "The c"}]
    assert (answer["default"], answer["problem"]) == ("b", None)
    assert before <= answer["as_of"] <= time.time()
    assert view(site, script("echo b", several=True))["default"] == []
    assert values(view(site, script("echo b", default=""))) == ["", "b"]


def test_an_answer_is_used_for_some_minutes(site: Setup, script: Any, tmp_path: Path) -> None:
    profile = script("echo a; sleep 0.2")

    async def together() -> list[Any]:
        known = Choices(site.site)
        first = await asyncio.gather(*(known.view(profile, refresh=True) for _ in range(5)))
        again = await known.view(profile)
        return [*first, again]

    answers = asyncio.run(together())
    assert all(answer == answers[0] for answer in answers)
    assert (tmp_path / "runs").read_text().split() == ["run"], "one call for all"


def test_it_is_asked_again_on_request(site: Setup, script: Any) -> None:
    async def changed() -> list[list[str]]:
        known, profile = Choices(site.site), script("echo a")
        found = [values((await known.view(profile))["options"]["x"])]
        script("echo b")
        found.append(values((await known.view(profile))["options"]["x"]))
        found.append(values((await known.view(profile, refresh=True))["options"]["x"]))
        return found

    assert asyncio.run(changed()) == [["a"], ["a"], ["b"]]


BROKEN = {
    "hangs": ("echo c; sleep 900", "gave no answer within 0.5 seconds"),
    "a child that keeps its output open": ("sleep 900 & exit 0", "gave no answer within 0.5 seconds"),
    "ignores SIGTERM": ("trap '' TERM HUP; sleep 900", "gave no answer within 0.5 seconds"),
    "fails": ("echo c; echo 'no ticket' >&2; exit 3", "ended with the exit code 3. no ticket"),
    "is killed": ("kill -9 $$", "ended with the exit code -9."),
    "says nothing and fails": ("exit 1", "ended with the exit code 1."),
    "prints bytes": ("echo c; head -c 3000 /dev/urandom", "printed something that is no text"),
    "prints an error in colours": ("printf '\\033[31mno kerberos\\033[0m\\n'", "cannot be used"),
    "prints options": ("echo --help", "cannot be used, --help: A value cannot begin with -."),
    "prints for ever": ("yes", "printed more than 1048576 bytes"),
    "is no program": ("", "could not be started"),
    "is gone": ("", "was not found"),
}


@pytest.mark.parametrize("fault", BROKEN)
def test_after_a_call_that_fails_the_last_answer_counts(
    site: Setup, script: Any, fault: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text, why = BROKEN[fault]

    async def broken() -> tuple[Json, Json, Json]:
        known, profile = Choices(site.site), script("echo a")
        before = (await known.view(profile))["options"]["x"]
        monkeypatch.setattr(choices, "COMMAND_TIMEOUT_S", 20 if "gave no answer" not in why else 0.5)
        script(text)
        if fault == "is no program":
            (tmp_path / "values").write_bytes(b"\x7fELF nothing")
        if fault == "is gone":
            (tmp_path / "values").unlink()
        after = (await known.view(profile, refresh=True))["options"]["x"]
        fresh = (await Choices(site.site).view(profile))["options"]["x"]
        return before, after, fresh

    before, after, fresh = asyncio.run(broken())
    assert why in problem(after)
    assert problem(after).startswith("What you may choose here could not be read: ")
    assert {**after, "problem": None} == before, "the last answer, of the time when it was given"
    assert why in problem(fresh)
    assert (fresh["choices"], fresh["default"], fresh["as_of"]) == ([], "", None)
    until(lambda: not _left(tmp_path), "the end of the command")


def _left(folder: Path) -> list[psutil.Process]:
    """What runs of the command."""
    return [one for one in psutil.process_iter(["cmdline"]) if str(folder) in " ".join(one.info["cmdline"] or [])]


@pytest.mark.parametrize(
    ("text", "count", "remark"),
    [
        ("printf 'Welcome \\033[1mto the farm\\na\\n'", 1, "A value of {} cannot be used, Welcome [1mto the farm: "),
        ("printf 'a\\r\\nb\\r\\n'", 2, ""),
        (
            "printf \"a\\n\\$(id)\\n'b'\\n\"",
            1,
            "2 values of {} cannot be used, such as $(id): A value cannot contain $.",
        ),
        ("seq 1 5000", 1000, "{} has more than 1,000 values. The others are left out."),
        ("printf a", 1, ""),
        ("true", 0, ""),
        ("head -c 300 /dev/zero | tr '\\0' x; echo; echo a", 1, "A value of {} cannot be used, xxx"),
        ("echo a; echo warning >&2", 1, ""),
    ],
)
def test_a_part_of_an_answer_can_be_used(
    site: Setup, script: Any, tmp_path: Path, text: str, count: int, remark: str
) -> None:
    answer = view(site, script(text))
    assert len(answer["choices"]) == count
    assert problem(answer).startswith(remark.replace("{}", str(tmp_path / "values")))
    assert bool(problem(answer)) == bool(remark)


def test_a_failure_is_not_repeated_at_once(site: Setup, script: Any, tmp_path: Path) -> None:
    profile = script("exit 1")

    async def twice() -> None:
        known = Choices(site.site)
        await known.view(profile)
        await known.view(profile)

    asyncio.run(twice())
    assert (tmp_path / "runs").read_text().split() == ["run"]


def test_what_the_site_names_itself_needs_no_answer(site: Setup, script: Any) -> None:
    answer = view(site, script("exit 1", default="atlas"))
    assert (values(answer), answer["default"]) == (["atlas"], "atlas")
    assert problem(answer)


def test_a_caller_that_no_longer_waits_does_not_end_the_call(site: Setup, script: Any, tmp_path: Path) -> None:
    profile = script(f"until test -e {tmp_path}/go; do sleep 0.05; done; echo a")

    async def leave() -> list[str]:
        known = Choices(site.site)
        first = asyncio.ensure_future(known.view(profile))
        await asyncio.sleep(0.1)
        first.cancel()
        await asyncio.wait({first})
        (tmp_path / "go").touch()
        return values((await known.view(profile))["options"]["x"])

    assert asyncio.run(leave()) == ["a"]
    assert (tmp_path / "runs").read_text().split() == ["run"]


def test_a_server_that_ends_leaves_no_command(site: Setup, script: Any, tmp_path: Path) -> None:
    profile = script("sleep 900")

    async def close() -> None:
        known = Choices(site.site)
        waiting = asyncio.ensure_future(known.view(profile))
        await until_async((tmp_path / "runs").exists)
        await known.close()
        await asyncio.wait({waiting}, timeout=10)
        assert waiting.done()

    asyncio.run(close())
    until(lambda: not _left(tmp_path), "the end of the command")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("atlas", ["atlas"]),
        ("atlas:cms:atlas", ["atlas", "cms"]),
        (" atlas, cms;lhcb\t", ["atlas", "cms", "lhcb"]),
        ("", []),
        ("a\x1bb c", ["c"]),
    ],
)
def test_a_variable_has_several_values(
    site: Setup, monkeypatch: pytest.MonkeyPatch, text: str, expected: list[str]
) -> None:
    monkeypatch.setenv("MY_PROJECTS", text)
    answer = view(site, offering({"from": {"variable": "MY_PROJECTS"}}))
    assert values(answer) == expected
    assert bool(answer["problem"]) == ("\x1b" in text)


def test_a_variable_that_is_not_set_is_named(site: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MY_PROJECTS", raising=False)
    answer = view(site, offering({"from": {"variable": "MY_PROJECTS"}}))
    assert problem(answer) == "The notebook server has no environment variable MY_PROJECTS."


def test_the_groups_of_the_user_begin_with_the_primary_one(site: Setup) -> None:
    account = Account("ada", frozenset({"users", "p_b", "p_a"}), "p_b")
    site.site = replace(site.site, account=lambda: account)
    assert view(site, offering({"from": "groups", "pattern": "^p_"})) | {"as_of": 0} == {
        "choices": [{"value": "p_a", "title": "p_a"}, {"value": "p_b", "title": "p_b"}],
        "default": "p_b",
        "as_of": 0,
        "problem": None,
    }
    assert view(site, offering({"from": "groups", "pattern": "^users"}))["default"] == "users"
    real = view(Setup(site.root), offering({"from": "groups"}))
    assert values(real)
    assert real["default"]


def test_a_directory_of_users_that_hangs_is_shown(site: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(choices, "GROUPS_TIMEOUT_S", 0.2)
    answers = threading.Event()

    def account() -> Account:
        answers.wait(60)
        return Account("ada", frozenset({"a"}))

    site.site = replace(site.site, account=account)
    try:
        answer = view(site, offering({"from": "groups"}))
    finally:
        answers.set()
    assert "the directory of users has not answered" in problem(answer)


def test_what_a_batch_system_knows(site: Setup) -> None:
    class Own:
        title = "The farm"
        outcome: OwnValues | Exception = OwnValues(("a", "$b"), "a")

        async def own_values(self, kind: str, options: BatchOptions) -> OwnValues:
            assert kind == "accounts"
            if isinstance(self.outcome, Exception):
                raise self.outcome
            return self.outcome

    own = Own()
    site.site = replace(site.site, batches={"local": own})  # type: ignore[dict-item]
    profile = offering({"from": "accounts"})
    answer = view(site, profile)
    assert (values(answer), answer["default"]) == (["a"], "a")
    assert problem(answer).startswith("A value of The farm cannot be used, $b: ")
    for error in (BatchRefused("sacctmgr was not found."), ValueError("sacctmgr was not found.")):
        own.outcome = error
        assert "sacctmgr was not found." in problem(view(site, profile))


def test_a_batch_system_without_such_values_makes_a_mistake_of_it(tmp_path: Path) -> None:
    [mistake] = option_mistakes(offering({"from": "accounts"}), Setup(tmp_path).batch.capabilities)
    assert str(mistake) == (
        "options.x.from: There is no source accounts. Write groups, or an object with variable or command."
    )


def test_commands_get_the_variables_of_jobs_alone(site: Setup, script: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "secret")
    assert "JUPYTERHUB_API_TOKEN" in os.environ
    found = values(view(site, script("env | cut -d= -f1")))
    assert "PATH" in found
    assert "JUPYTERHUB_API_TOKEN" not in found
