"""Options that users choose, on a real Slurm with accounting: offered, checked, submitted, and kept while it scales."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.polling import until
from support.server import Json, Server, write_profiles

from dask_hpc import DaskCluster
from dask_hpc.sentences import relaunch_line
from dask_hpc.server_client import RequestRefused
from testbed.accounting import Accounting, missing
from testbed.profile import testbed_profile as shipped_profile
from testbed.slurm import SlurmTestbed

FAULTY = """#!/bin/sh
test -e {folder}/hangs && sleep 900
test -e {folder}/fails && {{ echo "sacctmgr: error: there is a problem" >&2; exit 1; }}
test -e {folder}/greets && echo "Welcome | to | the | new | farm"
exec {command} "$@"
"""
OPTIONS: Json = {
    "account": {"from": "accounts", "pattern": "^(?!root$)", "choices": [{"value": "atlas", "title": "ATLAS"}]},
    "qos": {
        "from": "qos",
        "pattern": "^(normal|debug)$",
        "choices": [{"value": "debug", "limits": {"workers": {"jobs": {"maximum": 2}, "time": {"maximum": "30m"}}}}],
    },
    "storage": {"several": True},
    "image": {"choices": ["/images/one two", "/images/three"]},
}
PROFILE: Json = {
    "options": OPTIONS,
    "setup": ["export STORAGE_OF_SETUP={storage}; export IMAGE_OF_SETUP={image}"],
    "environment": {"set": {"STORAGE": "{storage}", "IMAGE": "{image}"}},
}


@pytest.fixture(scope="module")
def accounting() -> Iterator[Accounting]:
    if reason := missing():
        warnings.warn(f"NOT TESTED with accounts of a real Slurm: {reason}", stacklevel=1)
        pytest.skip(reason)
    with Accounting() as database:
        yield database


@pytest.fixture(scope="module")
def slurm(accounting: Accounting) -> Iterator[SlurmTestbed]:
    """This user has two accounts and a QOS on it, and a third account on another cluster of the same database."""
    with SlurmTestbed(nodes=2, accounting=accounting) as testbed:
        for words in (
            "add cluster elsewhere",
            "add qos debug",
            "add qos secret",
            f"add account atlas,cms cluster={testbed.cluster}",
            "add account far cluster=elsewhere",
            f"add user root account=atlas,cms cluster={testbed.cluster}",
            "add user root account=far cluster=elsewhere",
            f"modify user root where cluster={testbed.cluster} set defaultaccount=cms",
            "modify user root set qos=normal,debug",
        ):
            testbed.run("sacctmgr", "-i", *words.split())
        yield testbed


@pytest.fixture(scope="module")
def farm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the nodes share, with commands of the site that can be broken."""
    folder = tmp_path_factory.mktemp("farm")
    command = shutil.which("sacctmgr")
    (folder / "bin").mkdir()
    for path, text in (
        (folder / "bin" / "sacctmgr", FAULTY.format(folder=folder, command=command)),
        (folder / "my-storage", "#!/bin/sh\necho sps\necho 'my data'\n"),
    ):
        path.write_text(text)
        path.chmod(0o755)
    return folder


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, farm: Path) -> Iterator[Server]:
    folder = farm / "server"
    folder.mkdir()
    storage = {**OPTIONS["storage"], "from": {"command": [str(farm / "my-storage")]}}
    content = shipped_profile(farm, **{**PROFILE, "name": "chosen", "options": {**OPTIONS, "storage": storage}})
    for role, option in itertools.product(("workers", "scheduler"), ("partition", "account", "licenses")):
        content[role].pop(option, None)
    profiles = write_profiles(farm, folder)
    (folder / "chosen.json").write_text(json.dumps(content))
    path = f"{farm / 'bin'}:{os.environ['PATH']}"
    started = Server(folder, farm / "home", [*profiles, folder / "chosen.json"], {**slurm.environment, "PATH": path})
    started.options = ["--DaskHpc.command_timeout=3"]
    with started:
        yield started


def choices(server: Server, refresh: bool = False) -> dict[str, Json]:
    found: dict[str, Json] = server.call("GET", f"profiles/chosen/choices{'?refresh=1' if refresh else ''}")["options"]
    return found


def values(option: Json) -> list[str]:
    return [choice["value"] for choice in option["choices"]]


def test_users_are_offered_what_they_have(server: Server) -> None:
    found = choices(server)
    assert {name: option["problem"] for name, option in found.items()} == dict.fromkeys(("account", "qos", "storage"))
    assert (sorted(values(found["account"])), found["account"]["default"]) == (["atlas", "cms"], "cms")
    assert {"value": "atlas", "title": "ATLAS"} in found["account"]["choices"]
    assert sorted(values(found["qos"])) == ["debug", "normal"]
    assert values(found["storage"]) == ["sps", "my data"]
    assert server.ask("GET", "profiles/nothing/choices").status == 404
    assert server.ask("GET", "profiles/chosen/choices", login=False).status == 403
    assert server.call("GET", "profiles/cc-in2p3/choices") == {"options": {}}


def test_what_is_not_offered_is_refused_at_its_field(server: Server) -> None:
    body = {"profile": "chosen", "options": {"account": "far"}}
    answer = server.ask("POST", "clusters", body)
    assert (answer.status, answer.json["field"]) == (400, "options.account")
    assert answer.json["message"].startswith("far is not offered: ")
    limited = {"profile": "chosen", "options": {"qos": "debug"}, "workers": {"jobs": 3}}
    assert server.ask("POST", "clusters/preview", limited).json["field"] == "workers.jobs"


def test_a_cluster_has_what_was_chosen_also_when_it_grows(
    server: Server, slurm: SlurmTestbed, folder: Path, kernel: None
) -> None:
    chosen = {"account": "atlas", "qos": "debug", "storage": ("my data", "sps"), "image": "/images/one two"}
    options: dict[str, Any] = {"workers": 1, "worker_memory": "1G", "virtual_env": "", "quiet": True}
    with DaskCluster("chosen", "chosen", options=chosen, **options) as cluster, cluster.get_client() as client:
        assert server.cluster(cluster.id)["request"]["options"] == {**chosen, "storage": ["my data", "sps"]}
        names = ("STORAGE", "IMAGE", "STORAGE_OF_SETUP", "IMAGE_OF_SETUP")
        seen = client.submit(lambda: {name: os.environ.get(name) for name in names}).result(timeout=120)
        assert seen == {
            "STORAGE": "my data,sps",
            "IMAGE": "/images/one two",
            "STORAGE_OF_SETUP": "my data",
            "IMAGE_OF_SETUP": "/images/one two",
        }
        with pytest.raises(RequestRefused) as caught:
            cluster.scale(3)
        assert caught.value.field == "workers.count"
        adaptive = cluster.adapt()
        assert adaptive.maximum == 2
        adaptive.stop()
        cluster.scale(2)
        cluster.wait_for_workers(2, timeout=120)
        jobs = slurm.run("squeue", "-h", "-r", "-o", "%a %q %j").splitlines()
        assert [line.split()[:2] for line in jobs if cluster.id in line] == [["atlas", "debug"]] * 3
    line = str(relaunch_line(server.cluster(cluster.id)))
    assert "--option account=atlas --option qos=debug --option 'storage=my data' --option storage=sps" in line


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("hangs", "gave no answer within 3 seconds"),
        ("fails", "there is a problem"),
        ("greets", ""),
    ],
)
def test_a_faulty_accounting_is_shown_and_its_last_answer_used(
    server: Server, farm: Path, fault: str, why: str
) -> None:
    before = choices(server)["account"]
    (farm / fault).touch()
    try:
        after = choices(server, refresh=True)["account"]
        assert sorted(values(after)) == sorted(values(before)) == ["atlas", "cms"]
        assert why in (after["problem"] or {"text": ""})["text"]
        assert bool(after["problem"]) == bool(why)
        preview = {"profile": "chosen", "options": {"account": "atlas"}, "workspace": ""}
        script = server.call("POST", "clusters/preview", preview)["scripts"][0]["text"]
        assert "#SBATCH --account=atlas\n" in script
    finally:
        (farm / fault).unlink()
    until(lambda: choices(server, refresh=True)["account"]["problem"] is None, "the end of the problem")


def test_without_its_database_slurm_still_gets_jobs_with_the_last_accounts(
    server: Server, accounting: Accounting
) -> None:
    choices(server)
    accounting.down()
    after = choices(server, refresh=True)["account"]
    assert sorted(values(after)) == ["atlas", "cms"]
    assert after["problem"]["text"].startswith("What you may choose here could not be read: ")
