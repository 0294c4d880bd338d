"""What is free in Slurm, from answers as its commands print them."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.base import JobOptions
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.batch.slurm.free import licence_names, parse_licences, parse_limits, parse_partitions
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions

SINFO = "htc*|1200/80/0/1280|19/1/0/20\nWelcome to the farm\ndask|0/64/64/128|0/2/2/4\n"
LICENCES = (
    "LicenseName=sps Total=100 Used=3 Free=97 Reserved=0 Remote=no\n"
    "LicenseName=lab Total=4 Used=4 Free=0 Reserved=0 Remote=no LastConsumed=0\n"
)


def test_partitions_and_the_default_one() -> None:
    assert parse_partitions(SINFO) == {
        "htc": (80, 1280, 1, 20),
        "": (80, 1280, 1, 20),
        "dask": (64, 128, 2, 4),
    }
    assert parse_partitions("slurm_load_partitions: Unable to contact slurm controller") == {}


def test_licences() -> None:
    assert parse_licences(LICENCES) == {"sps": (97, 100), "lab": (0, 4)}
    assert parse_licences("No licenses configured in Slurm.") == {}


@pytest.mark.parametrize(
    ("option", "names"),
    [("sps:1", ["sps"]), ("sps", ["sps"]), ("a:1, b*2|c@flex:3", ["a", "b", "c@flex"]), ("", [])],
)
def test_names_of_licences_in_an_option(option: str, names: list[str]) -> None:
    assert licence_names(option) == names


def test_limits_of_associations() -> None:
    [first, second] = parse_limits("atlas|7|100||cpu=40,node=2\nlsst|||50|\n")
    assert (first["Account"], first["MaxJobs"], first["GrpTRES"]) == ("atlas", "7", "cpu=40,node=2")
    assert second["GrpJobs"] == "50"
    assert parse_limits("sacctmgr: error: slurmdbd does not answer") == []


def commands(folder: Path, **scripts: str) -> dict[str, str]:
    """Commands that note each call in ``calls``, then do as the script says."""
    found = {}
    for name in ("sinfo", "scontrol", "sacctmgr"):
        path = folder / name
        path.write_text(f"#!/bin/sh\necho {name} >>{folder}/calls\n{scripts.get(name, 'exit 1')}\n")
        path.chmod(0o755)
        found[name] = str(path)
    return found


def calls(folder: Path) -> list[str]:
    """The calls since the last time."""
    file = folder / "calls"
    lines = file.read_text().split() if file.exists() else []
    file.unlink(missing_ok=True)
    return lines


JOB = JobOptions("n", "log", 1, 1, 60, native=SlurmOptions(partition="dask", licenses="sps:1"))


def test_at_most_two_commands_at_a_time_and_none_while_answers_are_kept(tmp_path: Path) -> None:
    answers = {"sinfo": f"echo '{SINFO}'", "scontrol": f"echo '{LICENCES}'", "sacctmgr": "echo 'a|7|||'"}
    system = Slurm(**commands(tmp_path, **answers))

    async def ask() -> None:
        first = await system.free(JOB)
        assert calls(tmp_path) == ["sinfo", "scontrol"]
        assert first and (first.idle_cpus, first.idle_nodes, first.licences) == (64, 2, {"sps": (97, 100)})
        assert first.jobs_limit is None
        second = await system.free(JOB)
        assert calls(tmp_path) == ["sacctmgr"]
        assert second and second.jobs_limit == 7
        assert await system.free(JOB) == second
        assert calls(tmp_path) == []

    asyncio.run(ask())


def test_what_does_not_answer_is_unknown_and_not_asked_again_at_once(tmp_path: Path) -> None:
    system = Slurm(**commands(tmp_path, scontrol=f"echo '{LICENCES}'", sacctmgr="sleep 60"), timeout=0.5)

    async def ask() -> None:
        first = await system.free(JOB)
        assert first and (first.cpus, first.licences) == (None, {"sps": (97, 100)})
        assert await system.free(JOB) == first
        assert calls(tmp_path) == ["sinfo", "scontrol", "sacctmgr"]
        assert await system.free(JOB) == first
        assert calls(tmp_path) == []

    asyncio.run(ask())


def test_several_tabs_ask_once(tmp_path: Path) -> None:
    system = Slurm(**commands(tmp_path, sinfo=f"sleep 0.3; echo '{SINFO}'"))
    plain = JobOptions("n", "log", 1, 1, 60)

    async def ask() -> None:
        found = await asyncio.gather(*(system.free(plain) for _ in range(5)))
        assert {one and one.idle_cpus for one in found} == {80}
        assert sorted(calls(tmp_path)) == ["sacctmgr", "sinfo"]

    asyncio.run(ask())


def test_nothing_is_known_where_nothing_answers(tmp_path: Path) -> None:
    assert asyncio.run(Slurm(**commands(tmp_path)).free(JOB)) is None


def test_the_local_cluster_is_not_asked_about_another_one(tmp_path: Path) -> None:
    system = Slurm(**commands(tmp_path, sinfo=f"echo '{SINFO}'"))
    for native in (SlurmOptions(clusters="q"), SlurmOptions(extra=("--clusters=q",))):
        assert asyncio.run(system.free(JobOptions("n", "log", 1, 1, 60, native=native))) is None
    assert calls(tmp_path) == []


def test_a_user_without_a_name_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(_: int) -> None:
        raise KeyError("uid not found")

    monkeypatch.setattr("pwd.getpwuid", unknown)
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    found = asyncio.run(Slurm(**commands(tmp_path, sinfo=f"echo '{SINFO}'")).free(JobOptions("n", "log", 1, 1, 60)))
    assert found and found.cpus == 1280
