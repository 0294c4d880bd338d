"""The page of a profile's keys, and its JSON Schema: made from the models, and right about what is accepted."""

from __future__ import annotations

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jupyterlab_dask_hpc.batch.base import BatchOptions
from jupyterlab_dask_hpc.core.profile import profile_model
from jupyterlab_dask_hpc.core.profile_schema import profile_schema

CHECKOUT = Path(__file__).parents[1]
DOCS = CHECKOUT / "docs"
SCHEMA: dict[str, Any] = json.loads((DOCS / "profile.schema.json").read_text())
SLURM = json.loads((CHECKOUT / "jupyterlab_dask_hpc" / "profiles" / "slurm.json").read_text())
VALIDATOR = Draft202012Validator(SCHEMA)


def documented() -> list[dict[str, Any]]:
    """All profiles that are shipped or in the documentation."""
    shipped = [path.read_text() for path in (CHECKOUT / "jupyterlab_dask_hpc" / "profiles").glob("*.json")]
    pages = "\n".join(path.read_text() for path in DOCS.glob("*.md"))
    blocks = [block for block in re.findall(r"```json\n(.*?)```", pages, re.DOTALL) if '"idle_timeout": {' in block]
    return [json.loads(text) for text in (*shipped, *blocks)]


@pytest.mark.parametrize(("function", "file"), [("page", "profiles.md"), ("schema_json", "profile.schema.json")])
def test_what_is_written_is_up_to_date(function: str, file: str) -> None:
    made = runpy.run_path(str(CHECKOUT / "scripts" / "profile-docs"))[function]()
    assert (DOCS / file).read_text("utf-8") == made, "run scripts/profile-docs"


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("profile", documented(), ids=lambda profile: str(profile["name"]))
def test_valid_profiles_match_the_schema(profile: dict[str, Any]) -> None:
    assert [error.message for error in VALIDATOR.iter_errors({"$schema": "profile.schema.json", **profile})] == []


TIME = {"default": "02:00:00", "maximum": "1-00:00:00"}


@pytest.mark.parametrize(
    ("part", "wrong"),
    [
        ("workers", {"partion": "dask"}),
        ("workers", {"nanny": "yes"}),
        ("workers", {"extra": "--constraint=el9"}),
        ("workers", {"time": {**TIME, "default": 60}}),
        ("workers", {"time": {**TIME, "default": "60"}}),
        ("workers", {"time": {**TIME, "default": "01:00"}}),
        ("workers", {"memory": {"default": "8192", "maximum": "64G"}}),
        ("workers", {"jobs": {"default": "4", "maximum": 1000}}),
        ("scheduler", {"jobs": {"default": 4, "maximum": 1000}}),
        ("environment", {"keep": "A"}),
        ("idle_timeout", {"default": "1h", "maximum": "2h"}),
        ("layout", {"choices": ["both"]}),
    ],
)
def test_mistakes_do_not_match_the_schema(part: str, wrong: dict[str, Any]) -> None:
    assert VALIDATOR.is_valid(SLURM)
    assert not VALIDATOR.is_valid({**SLURM, part: {**SLURM.get(part, {}), **wrong}})


@pytest.mark.parametrize("layout", ["one-job", ["one-job", "separate"], {"choices": ["one-job"], "default": "one-job"}])
def test_a_layout_is_written_in_several_ways(layout: object) -> None:
    assert VALIDATOR.is_valid({**SLURM, "layout": layout})


OPTIONS = {
    "account": {"from": "accounts", "pattern": "^p_"},
    "licenses": {"from": {"command": ["/site/bin/storage", "-l"]}, "several": True, "default": ["sps"]},
    "qos": {"choices": ["a", {"value": "b", "title": "B", "limits": {"workers": {"time": {"maximum": "30m"}}}}]},
    "constraint": {"text": "[a-z]*", "roles": ["workers"]},
    "image": {"from": {"variable": "IMAGES"}, "default": ""},
}


def test_options_of_users_match_the_schema() -> None:
    assert [error.message for error in VALIDATOR.iter_errors({**SLURM, "options": OPTIONS})] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"qos": {"choises": ["a"]}},
        {"qos": {"choices": "a"}},
        {"qos": {"choices": [{"title": "a"}]}},
        {"qos": {"choices": [{"value": "a", "limits": {"workers": {"time": {"maximum": 60}}}}]}},
        {"qos": {"choices": [{"value": "a", "limits": {"workers": {"jobs": {"most": 1}}}}]}},
        {"qos": {"from": {"command": "x"}}},
        {"qos": {"from": {"program": ["x"]}}},
        {"qos": {"choices": ["a"], "roles": ["worker"]}},
        {"q-o-s": {"choices": ["a"]}},
    ],
)
def test_mistakes_in_options_do_not(wrong: dict[str, Any]) -> None:
    assert not VALIDATOR.is_valid({**SLURM, "options": wrong})


def test_a_batch_system_of_the_site_has_its_own_keys() -> None:
    class Own(BatchOptions):
        queue: str = ""
        """The queue."""

    schema = profile_schema({"own": Own})
    workers = schema["$defs"]["own"]["$defs"]["WorkerOffer"]["properties"]
    assert workers["queue"] == {"default": "", "description": "The queue.", "type": "string"}
    assert set(workers) == set(profile_model(Own).model_fields["workers"].annotation.model_fields)  # type: ignore[union-attr]
