"""Workers of ours behave as those of `dask worker` do: each behaviour is played on both, and the answers are compared.

`behaviours/` holds what is compared, `differences.py` what differs on purpose and why. Each kind of cluster is started
once for a version of distributed and goes through the states of `registry.STATES`; only what was selected is played:

    pytest tests/conformance -k "newest and local and hash_of_text"
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from .behaviours import BEHAVIOURS, STATES
from .clusters import LEFT, Cluster, Ours, Own, play, user
from .differences import DIFFERENCES, LOCAL, SLURM, Difference, differing
from .environments import environment

COMPARED = [("newest", LOCAL), ("newest", SLURM), ("oldest", LOCAL)]
"""Versions of distributed and kinds of clusters: those where a fault may be of one of them alone."""

Answers = dict[str, dict[str, Any]]
Get = Callable[[str, str], Answers]

CASES = [
    pytest.param(version, kind, state, one.name, id=f"{version}-{kind}-{state}-{one.name}")
    for version, kind in COMPARED
    for state in STATES
    for one in BEHAVIOURS.values()
    if state in one.states
]


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """A folder that all nodes share, with the user's home in it."""
    with user() as folder:
        yield folder


@pytest.fixture(scope="module")
def answers(shared: Path, request: pytest.FixtureRequest) -> Get:
    """Answers by state and behaviour of one kind of cluster, played when they are first asked for."""
    known: dict[tuple[str, str], Answers] = {}
    asked = set(_asked([item.callspec.params for item in request.session.items if hasattr(item, "callspec")]))

    def get(version: str, kind: str) -> Answers:
        if (version, kind) not in known:
            slurm = request.getfixturevalue("slurm") if kind == SLURM else None
            python, name = environment(version), f"{version}-{kind}"
            cluster: Cluster = Own(python, shared, name) if kind == "own" else Ours(python, shared, name, slurm)
            chosen = {state: [name for of, at, name in asked if (of, at) == (version, state)] for state in STATES}
            known[version, kind] = play(cluster, chosen, shared)
        return known[version, kind]

    return get


def _asked(parameters: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str]]:
    """Version, state and behaviour of all that tests with these parameters compare."""
    for one in parameters:
        if isinstance(one.get("row"), Difference):
            row = one["row"]
            for version, kind in COMPARED:
                if kind in row.kinds:
                    yield from ((version, state, row.behaviour) for state in BEHAVIOURS[row.behaviour].states)
        elif {"version", "state", "name"} <= set(one):
            yield one["version"], one["state"], one["name"]


@pytest.mark.parametrize(("version", "kind", "state", "name"), CASES)
def test_behaves_as_distributeds_own(version: str, kind: str, state: str, name: str, answers: Get) -> None:
    ours, own = answers(version, kind)[state][name], answers(version, "own")[state][name]
    assert "value" in own, f"distributed's own gave no answer: {own['error']}\n{own.get('where', '')}"
    told = f"{name} ({state}, {kind}, {version} distributed): {BEHAVIOURS[name].sentence}\n"
    assert "value" in ours, (
        f"{told}  own:  {json.dumps(own['value'])[:2000]}\n  ours: {ours['error']}\n{ours.get('where', '')}"
    )
    lines = [
        f"  {where}\n    own:  {json.dumps(one)}\n    ours: {json.dumps(other)}"
        for where, (one, other) in differing(own["value"], ours["value"]).items()
        if not any(row.meets(name, where) and kind in row.kinds for row in DIFFERENCES)
    ]
    assert not lines, "\n".join([told, *lines])


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: f"{row.behaviour}-{row.where}")
def test_each_difference_still_differs(row: Difference, answers: Get) -> None:
    """A reason that is no longer one is not kept."""
    assert row.reason.endswith(".")
    for kind in row.kinds:
        found = [
            where
            for version, of in COMPARED
            if of == kind
            for state in STATES
            for where in _differences(answers(version, kind), answers(version, "own"), state, row.behaviour)
            if row.meets(row.behaviour, where)
        ]
        assert found, f"{row.behaviour} does not differ any more at {row.where} on {kind}: remove that row"


@pytest.mark.parametrize(("version", "kind"), COMPARED)
def test_local_directories_go_with_the_workers(version: str, kind: str, answers: Get) -> None:
    left = answers(version, kind)[LEFT]["names"]
    assert [name for name in left if name.startswith("dask-")] == []


def _differences(ours: Answers, own: Answers, state: str, name: str) -> list[str]:
    pair = own.get(state, {}).get(name, {}), ours.get(state, {}).get(name, {})
    return list(differing(pair[0]["value"], pair[1]["value"])) if all("value" in one for one in pair) else []
