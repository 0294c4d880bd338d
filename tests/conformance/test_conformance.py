"""Workers of ours behave as those of `dask worker` do: each behaviour is played on both, and the answers are compared.

`behaviours/` holds what is compared, `differences.py` what differs on purpose and why. Each kind of cluster is started
once for a version of distributed and goes through the states of `registry.STATES`; only what was selected is played:

    pytest tests/conformance -k "newest and local and hash_of_text"
"""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from testbed.slurm import missing

from .behaviours import BEHAVIOURS, STATES
from .behaviours.registry import FRESH
from .clusters import Cluster, Ours, Own, give_up, play, user
from .differences import DIFFERENCES, LOCAL, NEWEST, OLDEST, OWN, SLURM, Difference, differing
from .environments import environment

COMPARED = [(NEWEST, LOCAL), (NEWEST, SLURM), (OLDEST, LOCAL)]
"""Versions of distributed and kinds of clusters: those where a fault may be of one of them alone."""

HANDED_DOWN = (signal.SIGQUIT, signal.SIGHUP)

TOO_LONG = ("memory_given_back", "spilling", "pausing", "too_much_memory")
"""Not played with the oldest distributed, on which distributed's own has not ended them within a minute either."""

Answers = dict[str, dict[str, Any]]
Get = Callable[[str, str], Answers]

CASES = [
    pytest.param(version, kind, state, one.name, id=f"{version}-{kind}-{state}-{one.name}")
    for version, kind in COMPARED
    for state in STATES
    for one in BEHAVIOURS.values()
    if state in one.states
    and (version == NEWEST or ((not one.upsetting or state == FRESH) and one.name not in TOO_LONG))
]


@pytest.fixture(scope="module")
def shared() -> Iterator[Path]:
    """A folder that all nodes share, with the user's home in it."""
    with user() as folder:
        yield folder


@pytest.fixture(scope="module")
def answers(shared: Path, request: pytest.FixtureRequest) -> Iterator[Get]:
    """Answers by state and behaviour of one kind of cluster, distributed's own among them.

    All kinds that the selected tests want of a version are played side by side when the first of them is asked for.
    """
    known: dict[str, dict[str, Answers]] = {}
    parameters = [item.callspec.params for item in request.session.items if hasattr(item, "callspec")]
    asked = set(_asked(parameters))
    # Once: each test asks for it, and asking whether there is a Slurm searches the path.
    wanted_here = _wanted(asked)

    def get(version: str, kind: str) -> Answers:
        slurm = request.getfixturevalue("slurm") if kind == SLURM or (version, SLURM) in wanted_here else None
        if version not in known:
            python = environment(version)
            clusters: dict[str, Cluster] = {OWN: Own(python, shared, f"{version}-{OWN}")}
            for of, wanted in sorted(wanted_here | {(version, kind)}):
                if of == version and wanted != OWN:
                    clusters[wanted] = Ours(python, shared, f"{of}-{wanted}", slurm if wanted == SLURM else None)
            chosen = {state: [name for of, _, at, name in asked if (of, at) == (version, state)] for state in STATES}
            with ThreadPoolExecutor() as threads:
                try:
                    plays = threads.map(lambda cluster: play(cluster, chosen, shared), clusters.values())
                    known[version] = dict(zip(clusters, plays, strict=True))
                except BaseException:
                    give_up()
                    raise
        return known[version][kind]

    # As in a login shell: what starts this run in the background lets it ignore them.
    umask, handlers = os.umask(0o022), {number: signal.signal(number, signal.SIG_DFL) for number in HANDED_DOWN}
    yield get
    os.umask(umask)
    for number, handler in handlers.items():
        signal.signal(number, handler)


def _wanted(asked: Collection[tuple[str, str, str, str]]) -> set[tuple[str, str]]:
    """Versions and kinds of which something is asked for, and which can be had here."""
    found = {(version, kind) for version, kind, _, _ in asked}
    return {each for each in found if each[1] != SLURM or not missing()}


def _asked(parameters: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, str, str]]:
    """Version, kind, state and behaviour of all that tests with these parameters compare."""
    for one in parameters:
        if isinstance(one.get("row"), Difference):
            row = one["row"]
            for version, kind in COMPARED:
                if kind in row.kinds and version in row.versions:
                    yield from ((version, kind, state, row.behaviour) for state in BEHAVIOURS[row.behaviour].states)
        elif {"version", "kind", "state", "name"} <= set(one):
            yield one["version"], one["kind"], one["state"], one["name"]


@pytest.mark.parametrize(("version", "kind", "state", "name"), CASES)
def test_behaves_as_distributeds_own(version: str, kind: str, state: str, name: str, answers: Get) -> None:
    ours, own = answers(version, kind)[state][name], answers(version, OWN)[state][name]
    assert "value" in own, f"distributed's own gave no answer: {own['error']}\n{own.get('where', '')}"
    title = f"{name} ({state}, {kind}, {version} distributed): {BEHAVIOURS[name].sentence}\n"
    assert "value" in ours, (
        f"{title}  own:  {json.dumps(own['value'])[:2000]}\n  ours: {ours['error']}\n{ours.get('where', '')}"
    )
    lines = [
        f"  {where}\n    own:  {json.dumps(one)}\n    ours: {json.dumps(other)}"
        for where, (one, other) in differing(own["value"], ours["value"]).items()
        if not any(row.meets(version, kind, name, where) for row in DIFFERENCES)
    ]
    assert not lines, "\n".join([title, *lines])


@pytest.mark.parametrize("row", DIFFERENCES, ids=lambda row: f"{row.behaviour}-{row.where}")
def test_each_difference_still_differs(row: Difference, answers: Get) -> None:
    """A reason that is no longer one is not kept."""
    assert row.reason.endswith(".")
    for kind in row.kinds:
        found = [
            where
            for version, of in COMPARED
            if of == kind and version in row.versions
            for state in STATES
            for where in _differences(answers(version, kind), answers(version, OWN), state, row.behaviour)
            if row.meets(version, kind, row.behaviour, where)
        ]
        assert found, f"{row.behaviour} does not differ any more at {row.where} on {kind}: remove that row"


def test_local_directories_go_with_the_workers(shared: Path, answers: Get) -> None:
    for version, kind in COMPARED:
        answers(version, kind)
    assert [path.name for path in (shared / "tmp").glob("dask-worker-*")] == []


def _differences(ours: Answers, own: Answers, state: str, name: str) -> list[str]:
    pair = own.get(state, {}).get(name, {}), ours.get(state, {}).get(name, {})
    return list(differing(pair[0]["value"], pair[1]["value"])) if all("value" in one for one in pair) else []
