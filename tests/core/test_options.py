"""Options that users may choose: what a profile may say, and what the form gets."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.option_mistakes import option_mistakes
from jupyterlab_dask_hpc.core.profile import Profile, profile_of
from jupyterlab_dask_hpc.core.profile_text import read_profile_text

QOS = {
    "choices": [
        "regular",
        {
            "value": "debug",
            "title": "Debug: 30 minutes, 4 jobs",
            "limits": {"workers": {"time": {"maximum": "30m"}, "jobs": {"maximum": 4}}},
        },
    ]
}
CAPABILITIES = Slurm.capabilities


def content(options: dict[str, Any], **more: Any) -> dict[str, Any]:
    known = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "slurm.json").read_text())
    return {**known, **more, "options": options}


def read(options: dict[str, Any], **more: Any) -> Profile:
    profile = profile_of(content(options, **more), own_options())
    assert [str(wrong) for wrong in option_mistakes(profile, CAPABILITIES)] == []
    return profile


def leaf(option: dict[str, Any], name: str = "qos") -> dict[str, Any]:
    group = read({name: option}).schema_of_request()["properties"]["options"]
    assert (group["type"], group["additionalProperties"]) == ("object", False)
    return dict(group["properties"][name])


def test_without_options_there_is_no_such_group() -> None:
    assert "options" not in read({}).schema_of_request()["properties"]


def test_one_of_a_list() -> None:
    shown = leaf(QOS)
    assert (shown["title"], shown["type"], shown["default"]) == ("QOS", "string", "regular")
    assert shown["enum"] == ["regular", "debug"]
    assert shown["choices"]["debug"]["text"] == "Debug: 30 minutes, 4 jobs"
    assert shown["limits"] == {
        "debug": {"workers.time": {"maximum": 1800, "maximum_text": "00:30:00"}, "workers.jobs": {"maximum": 4}}
    }


def test_none_may_be_a_choice() -> None:
    shown = leaf({**QOS, "default": ""})
    assert (shown["default"], shown["enum"], shown["choices"][""]["text"]) == ("", ["", "regular", "debug"], "none")
    titled = leaf({"choices": [{"value": "", "title": "as usual"}, "debug"]})
    assert (titled["default"], titled["enum"], titled["choices"][""]["text"]) == ("", ["", "debug"], "as usual")


def test_several_at_once() -> None:
    shown = leaf({"choices": ["sps", "irods"], "several": True, "title": "Storage", "advanced": True}, "licenses")
    assert (shown["type"], shown["items"], shown["default"]) == ("array", {"enum": ["sps", "irods"]}, [])
    assert (shown["title"], shown["advanced"], shown["uniqueItems"]) == ("Storage", True, True)
    assert leaf({"choices": ["sps"], "several": True, "default": ["sps"]}, "licenses")["default"] == ["sps"]


def test_a_text_is_matched_as_a_whole() -> None:
    shown = leaf({"text": "a|b", "help": "Features"}, "constraint")
    assert (shown["type"], shown["pattern"], shown["default"]) == ("string", "^(?:a|b)$", "")
    assert shown["description"] == "Features"


@pytest.mark.parametrize(
    "source", ["accounts", "groups", {"variable": "PROJECT"}, {"command": ["/site/bin/accounts", "--mine"]}]
)
def test_what_the_user_has_comes_later(source: Any) -> None:
    shown = leaf({"from": source, "pattern": "^p_"}, "account")
    assert (shown["type"], shown["dynamic"], shown["default"]) == ("string", True, "")
    assert "enum" not in shown


def test_a_placeholder_is_an_option_too() -> None:
    profile = read({"image": {"choices": ["/i/a.sif"]}}, setup=["module load {image}"])
    shown = profile.schema_of_request()["properties"]["options"]["properties"]["image"]
    assert (shown["title"], shown["description"]) == ("Image", "")


def mistakes(options: dict[str, Any], **more: Any) -> list[str]:
    text = json.dumps(content(options, **more)).encode()
    found = read_profile_text(text, own_options(), lambda each: each)
    if found.profile is None:
        return [str(one).partition(": ")[2] for one in found.mistakes]
    return [str(wrong) for wrong in option_mistakes(found.profile, CAPABILITIES)]


@pytest.mark.parametrize(
    ("options", "more", "mistake"),
    [
        ({"acount": {"choices": ["a"]}}, {}, "options.acount: This is no option of the batch system (account, "),
        ({"image": {"choices": ["a"]}}, {}, "options.image: This is no option"),
        ({"qos": {}}, {}, "options.qos: This offers nothing."),
        ({"qos": {"choises": ["a"]}}, {}, "options.qos.choises: There is no key choises here. Did you mean choices?"),
        ({"qos": {"from": "acounts"}}, {}, "options.qos.from: There is no source acounts. Write accounts, groups or "),
        ({"qos": {"from": {"comand": ["x"]}}}, {}, "options.qos.from.comand: There is no key comand here. Did you "),
        ({"qos": {"from": {}}}, {}, "options.qos.from: Write one source"),
        ({"qos": {"from": {"variable": "A-B"}}}, {}, "options.qos.from.variable: A-B cannot be the name of a variable"),
        ({"qos": {"from": {"command": "x"}}}, {}, "options.qos.from.command: Write a list"),
        ({"qos": {"choices": ["a", "a"]}}, {}, "options.qos.choices: Two choices have the same value"),
        ({"qos": {"choices": ["-a"]}}, {}, "options.qos.choices[0]: A value cannot begin with -."),
        ({"qos": {"choices": ["$(id)"]}}, {}, "options.qos.choices[0]: A value cannot contain $."),
        ({"qos": {"choices": ["a\nb"]}}, {}, "options.qos.choices[0]: No line breaks or control"),
        ({"qos": {"choices": ["a"], "default": "b"}}, {}, "options.qos.default: The default is not among the choices"),
        ({"qos": {"choices": ["a"], "default": ["a"]}}, {}, "options.qos.default: Write a text in double quotes."),
        ({"qos": {"choices": ["a"], "several": True, "default": "a"}}, {}, "options.qos.default: Several values may"),
        ({"qos": {"text": "("}}, {}, "options.qos.text: This is no regular expression: "),
        ({"qos": {"text": "a", "default": "b"}}, {}, "options.qos.default: The default does not match a."),
        ({"qos": {"text": "a", "choices": ["a"]}}, {}, "options.qos.text: A text that users write has neither"),
        ({"qos": {"choices": ["a"], "pattern": "a"}}, {}, "options.qos.pattern: A pattern chooses among"),
        ({"nodes": {"choices": ["1"]}}, {"setup": ["{nodes}"]}, "options.nodes: The placeholder nodes has another"),
        ({"x": {"choices": ["1"], "roles": ["workers"]}}, {"setup": ["{x}"]}, "options.x.roles: Only an option of"),
        ({"qos": {"choices": ["a"], "roles": []}}, {}, "options.qos.roles: This is empty."),
        (
            {"qos": {"choices": [{"value": "a", "limits": {"workers": {"jobs": {"maximum": 10**6}}}}]}},
            {},
            "options.qos.choices[0].limits.workers.jobs.maximum: 1000000 is beyond the profile's own limit, 1000",
        ),
        (
            {"qos": {"choices": [{"value": "a", "limits": {"workers": {"time": {"maximum": 60}}}}]}},
            {},
            "options.qos.choices[0].limits.workers.time.maximum: 60 has no unit",
        ),
        (
            {"qos": {"choices": [{"value": "a", "limits": {"workers": {"tme": {"maximum": "1h"}}}}]}},
            {},
            "options.qos.choices[0].limits.workers.tme: There is no key tme here. Did you mean time?",
        ),
        (
            {"qos": {"choices": [{"value": "a", "limits": {"workers": {"jobs": {"maximum": "4"}}}}]}},
            {},
            "options.qos.choices[0].limits.workers.jobs.maximum: Write a whole number, without quotes.",
        ),
        (
            {"qos": {"choices": [{"value": "a", "limits": {"workers": {"gpus": {"maximum": 1}}}}]}},
            {},
            "options.qos.choices[0].limits.workers.gpus: The profile does not offer workers.gpus.",
        ),
        (
            {"qos": {"choices": [{"value": "a", "limits": {"workers": {"cpus": {"maximum": 2, "default": 4}}}}]}},
            {},
            "options.qos.choices[0].limits.workers.cpus.default: The default 4 is above the maximum 2.",
        ),
    ],
)
def test_a_mistake_is_shown_at_its_key(options: dict[str, Any], more: dict[str, Any], mistake: str) -> None:
    found = mistakes(options, **more)
    assert len(found) == 1, found
    assert found[0].startswith(mistake)


def test_what_is_fixed_is_no_choice() -> None:
    workers = content({})["workers"] | {"qos": "long"}
    assert mistakes({"qos": QOS}, workers=workers) == [
        "workers.qos: qos is also a choice of users, in options. Remove one of them."
    ]
    assert mistakes({"qos": {**QOS, "roles": ["scheduler"]}}, workers=workers) == []


def test_a_placeholder_without_an_option_is_still_a_mistake() -> None:
    found = mistakes({"image": {"choices": ["a"]}}, python="/{image}/{imagge}")
    assert found == ["python: Nothing replaces {imagge}. Write {group}, {image} or {user}, or the value itself."]


def test_the_example_for_administrators_is_right() -> None:
    page = (Path(__file__).parents[2] / "docs" / "administrators.md").read_text()
    [block] = [block for block in re.findall(r"```json\n(.*?)```", page, re.DOTALL) if block.startswith('"options": {')]
    more = json.loads("{" + block + "}")
    profile = read(more.pop("options"), **more)
    assert len(profile.options) == 7
    assert profile.options["account"].dynamic
