"""What a request may choose, how it is refused, and where it goes: the batch system's options, scripts, limits."""

from __future__ import annotations

from pathlib import PurePath
from typing import Any

import pytest

from dask_hpc.messages import Message
from dask_hpc.scaling import limits_of_choices
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.chosen_options import Available, with_options
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.job_script import JobScript
from jupyterlab_dask_hpc.core.job_spec import job_spec
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import Request, read_change, read_request

from .sample import BEGAN, ID
from .test_options import QOS, read

BOTH = Available(("atlas", "cms"), "cms")
OFFERED: dict[str, Any] = {
    "account": {"from": "accounts"},
    "qos": QOS,
    "licenses": {"choices": ["sps:1", "irods:2"], "several": True},
    "constraint": {"text": "[a-z&|]*"},
}
PROFILE = read(OFFERED)


def ask(options: Any = None, profile: Profile = PROFILE, available: Available = BOTH, **more: Any) -> Request:
    body = {"profile": profile.name, **more, **({} if options is None else {"options": options})}
    return read_request(body, profile, (), {"account": available})


def refusal(options: Any, **more: Any) -> tuple[str | None, str]:
    with pytest.raises(ApiError) as caught:
        ask(options, **more)
    assert caught.value.status == 400
    return caught.value.field, str(caught.value)


def test_what_is_left_out_has_a_default() -> None:
    assert ask().options == {"account": "cms", "qos": "regular", "licenses": [], "constraint": ""}
    assert ask({}).as_text()["options"] == ask().options
    assert ask({"account": "", "qos": ""}).options == ask().options, "an empty field of a form"


def test_what_is_offered_can_be_chosen() -> None:
    chosen = {"account": "atlas", "qos": "debug", "licenses": ["irods:2", "sps:1"], "constraint": "el&fast"}
    request = ask(chosen, workers={"time": "20m", "jobs": 2}, scheduler={"time": "1h"})
    assert request.options == chosen
    assert Request.model_validate_json(request.model_dump_json()) == request
    assert ask({"licenses": "sps:1"}).options["licenses"] == ["sps:1"], "one of several"
    assert ask({"licenses": ["sps:1", "sps:1"]}).options["licenses"] == ["sps:1"]


@pytest.mark.parametrize(
    ("options", "field", "message"),
    [
        ({"account": "lhcb"}, "account", "lhcb is not offered: atlas, cms. Choose one of these."),
        ({"account": "atlas\n"}, "account", "No line breaks or control characters."),
        ({"account": ["atlas"]}, "account", "This has to be text."),
        ({"account": 3}, "account", "This has to be text."),
        ({"qos": "long"}, "qos", "long is not offered: regular, debug. Choose one of these."),
        ({"qos": True}, "qos", "This has to be text."),
        ({"licenses": ["sps:1", "x"]}, "licenses", "x is not offered: sps:1, irods:2. Choose one of these."),
        ({"licenses": [["sps:1"]]}, "licenses", "This has to be a list of texts."),
        ({"licenses": {"sps:1": 1}}, "licenses", "This has to be a list of texts."),
        ({"licenses": ["sps:1"] * 65}, "licenses", "At most 64 at once."),
        ({"constraint": "el9"}, "constraint", "This does not match [a-z&|]*. Correct it."),
        ({"constraint": "a\n"}, "constraint", "No line breaks or control characters."),
        ({"constraint": "$(id)"}, "constraint", "A value cannot contain $."),
        ({"constraint": "-a"}, "constraint", "A value cannot begin with -."),
        ({"constraint": "a" * 257}, "constraint", "At most 256 characters."),
        ({"partition": "dask"}, "partition", "There is no such field."),
    ],
)
def test_everything_else_is_refused_at_its_field(options: dict[str, Any], field: str, message: str) -> None:
    assert refusal(options) == (f"options.{field}", message)


def test_options_are_an_object() -> None:
    assert refusal(["account"]) == ("options", "This has to be an object.")
    assert refusal({"account": "x"}, profile=read({})) == ("options.account", "There is no such field.")
    assert ask({}, profile=read({})).options == {}


def test_a_user_who_has_nothing_gets_no_cluster() -> None:
    nothing = "Nothing was found that you may choose here. Ask the administrators of the site."
    assert refusal(None, available=Available()) == ("options.account", nothing)
    broken = Available(problem=Message("text", text="sacctmgr hangs"))
    assert refusal(None, available=broken) == ("options.account", "sacctmgr hangs")
    assert refusal({"account": "atlas"}, available=broken) == ("options.account", "sacctmgr hangs")


def test_where_nobody_asks_what_the_user_has_every_value_is_accepted() -> None:
    """A check of a profile, by somebody who is not its user, renders the scripts all the same."""
    assert read_request({"profile": "slurm"}, PROFILE, ()).options["account"] == ""
    asked = {"profile": "slurm", "options": {"account": "lhcb"}}
    assert read_request(asked, PROFILE, ()).options["account"] == "lhcb"
    with pytest.raises(ApiError) as caught:
        read_request({"profile": "slurm", "options": {"account": "$(id)"}}, PROFILE, ())
    assert caught.value.field == "options.account"


def test_the_last_answer_counts_while_there_is_no_new_one() -> None:
    last = Available(("atlas",), problem=Message("text", text="sacctmgr hangs"))
    assert ask(available=last).options["account"] == "atlas"


@pytest.mark.parametrize(
    ("option", "available", "default"),
    [
        ({"default": "atlas"}, BOTH, "atlas"),
        ({"default": "lhcb"}, BOTH, "cms"),
        ({"default": ""}, BOTH, ""),
        ({"default": ""}, Available(), ""),
        ({}, Available(("atlas",)), "atlas"),
    ],
)
def test_the_default_is_one_that_the_user_has(option: dict[str, Any], available: Available, default: str) -> None:
    profile = read({"account": {"from": "accounts", **option}})
    assert ask(profile=profile, available=available).options["account"] == default


def test_a_text_without_a_default_has_to_be_written() -> None:
    profile = read({"constraint": {"text": "[a-z]+"}})
    assert refusal(None, profile=profile) == ("options.constraint", "This does not match [a-z]+. Correct it.")
    assert ask({"constraint": "el"}, profile=profile).options == {"constraint": "el"}


# Where it goes.


def job(profile: Profile, options: dict[str, Any], worker: bool = True, known: Profile | None = None) -> JobScript:
    """The script's values under a profile, which may have changed since the launch under `known`."""
    request = ask(options, known or profile, workers={"jobs": 2}, scheduler={"time": "1h"})
    record = Record(
        id=ID,
        owner="o",
        batch="slurm",
        request=request,
        workspace="/home/ada",
        dashboard_key="k",
        created=BEGAN,
        submissions=plan(ID, request, ArrayLimits(1001)),
    )
    chosen = with_options(profile, record.request.options)
    return job_spec(record, record.submissions[int(worker)], chosen, Slurm(), PurePath("/c"), chosen.python)[1]


def lines(script: JobScript) -> list[str]:
    names = ("account", "qos", "licenses", "constraint", "partition", "threads-per-core")
    return [line.removeprefix("#SBATCH ").strip('"') for line in script.header if any(f"--{n}=" in line for n in names)]


CHOSEN = {"account": "atlas", "qos": "debug", "licenses": ["sps:1", "irods:2"], "constraint": "el"}


def test_options_of_the_batch_system_reach_the_header_of_both_roles() -> None:
    expected = ["--account=atlas", "--licenses=sps:1,irods:2", "--qos=debug", "--constraint=el"]
    assert lines(job(PROFILE, CHOSEN)) == lines(job(PROFILE, CHOSEN, worker=False)) == expected


def test_several_features_are_joined_as_the_batch_system_joins_them() -> None:
    profile = read({"constraint": {"choices": ["el9", "fast"], "several": True}})
    assert lines(job(profile, {"constraint": ["el9", "fast"]})) == ["--constraint=el9&fast"]


def test_a_role_without_the_choice_keeps_what_the_site_has_fixed() -> None:
    fixed = read({})
    scheduler = {"memory": {"default": "1G", "maximum": "2G"}, "time": {"default": "1h", "maximum": "8h"}}
    profile = read({"qos": {**QOS, "roles": ["workers"]}}, scheduler={**scheduler, "qos": "long"})
    assert lines(job(profile, {"qos": "debug"})) == ["--qos=debug"]
    assert lines(job(profile, {"qos": "debug"}, worker=False)) == ["--qos=long"]
    assert with_options(fixed, {}) is fixed, "a profile without options"


def test_a_whole_number_and_a_list_are_options_too() -> None:
    profile = read({"threads_per_core": {"choices": ["1", "2"]}, "extra": {"choices": ["x", "y"], "several": True}})
    assert lines(job(profile, {"threads_per_core": "2"})) == ["--threads-per-core=2"]
    assert {"#SBATCH x", "#SBATCH y"} < {*job(profile, {"extra": ["x", "y"]}).header}


IMAGES = {"image": {"choices": ["/i/a b.sif", "/i/c"]}, "modules": {"choices": ["gcc", "cuda"], "several": True}}
PLACES: dict[str, Any] = {
    "python": "{image}/bin/python",
    "setup": ["module load {modules}", "echo ${HOME}"],
    "scratch": "/scratch/{modules}/$USER",
    "environment": {"set": {"IMAGE": "{image}", "MODULES": "{modules}"}},
}


def test_placeholders_are_filled_wherever_a_profile_has_them() -> None:
    profile = read(IMAGES, **PLACES)
    script = job(profile, {"modules": ["gcc", "cuda"]})
    assert script.python == ("/i/a b.sif/bin/python",)
    assert script.setup == ("module load gcc cuda", "echo ${HOME}")
    assert script.environment == {"IMAGE": "/i/a b.sif", "MODULES": "gcc,cuda"}
    assert job(profile, {}).setup[0] == "module load "
    assert script.scratch == "/scratch/gcc,cuda/$USER"


def test_arguments_and_fixed_options_have_placeholders() -> None:
    profile = read(
        {"net": {"choices": ["ib0", "eth0"]}, "project": {"choices": ["p_1"]}},
        workers={
            "jobs": {"default": 1, "maximum": 4},
            "cpus": {"default": 1, "maximum": 4},
            "memory": {"default": "1G", "maximum": "4G"},
            "time": {"default": "1h", "maximum": "8h"},
            "worker_args": ["--interface", "{net}", {"expand": "--host=$NODE.{net}"}],
            "account": "{project}_gpu",
            "extra": ["--comment={net}"],
        },
    )
    script = job(profile, {"net": "eth0"})
    assert script.arguments == ("--interface", "eth0", "--host=$NODE.eth0")
    assert script.expanded == ["NODE"]
    assert lines(script) == ["--account=p_1_gpu"]
    assert "#SBATCH --comment=eth0" in script.header


def test_a_profile_that_has_changed_since_uses_what_was_chosen() -> None:
    """Further submissions of a cluster are like its first ones."""
    other = read({"qos": {"choices": ["short"]}, "account": {"from": "accounts"}})
    assert lines(job(other, {"qos": "debug"}, known=read({"qos": QOS, "account": {"from": "accounts"}}))) == [
        *("--account=cms", "--qos=debug"),
    ]
    gone = read({})
    assert lines(job(gone, {"qos": "debug"}, known=read({"qos": QOS}))) == ["--qos=debug"]
    new = read(IMAGES, **PLACES)
    assert job(new, {}, known=gone).python == ("/i/a b.sif/bin/python",), "the default of a new option"


# Limits.


def test_a_choice_narrows_the_limits() -> None:
    assert refusal({"qos": "debug"}, workers={"time": "1h"}) == ("workers.time", "At most 00:30:00.")
    assert refusal({"qos": "debug"}, workers={"jobs": 5}) == ("workers.jobs", "A whole number from 1 to 4.")
    assert ask({"qos": "regular"}, workers={"time": "1h", "jobs": 5}).workers.jobs == 5
    assert ask({"qos": "debug"}).workers.time == 1800, "a default above the maximum is reduced to it"


def limited(**limits: Any) -> dict[str, Any]:
    return {"choices": ["all", {"value": "few", "limits": limits}]}


def test_of_several_choices_the_narrowest_counts() -> None:
    profile = read(
        {
            "qos": limited(workers={"jobs": {"maximum": 8, "default": 6}, "memory": {"maximum": "8G"}}),
            "partition": limited(workers={"jobs": {"minimum": 2, "maximum": 4, "default": 3}}),
        }
    )
    both = {"qos": "few", "partition": "few"}
    assert ask(both, profile=profile).workers.jobs == 4, "the first default, within the limits"
    assert ask({"partition": "few"}, profile=profile).workers.jobs == 3
    assert refusal(both, profile=profile, workers={"jobs": 5})[0] == "workers.jobs"
    assert refusal(both, profile=profile, workers={"jobs": 1})[0] == "workers.jobs"
    assert ask(both, profile=profile, workers={"jobs": 0}).workers.jobs == 0, "programs may start with none"
    assert refusal(both, profile=profile, workers={"memory": "9G"}) == ("workers.memory", "At most 8G.")


def test_choices_that_exclude_each_other_are_refused_at_the_second() -> None:
    profile = read(
        {
            "qos": limited(workers={"jobs": {"maximum": 4}}),
            "partition": limited(workers={"jobs": {"minimum": 8, "default": 8}}),
        }
    )
    assert refusal({"qos": "few", "partition": "few"}, profile=profile) == (
        "options.partition",
        "This and another choice leave no value for workers.jobs. Choose another.",
    )
    assert ask({"qos": "few"}, profile=profile).workers.jobs == 4


def test_the_minimum_of_a_job_is_not_that_of_each_of_its_workers() -> None:
    profile = read({"partition": limited(workers={"memory": {"minimum": "16G", "default": "16G"}})})
    asked = {"cpus": 4, "processes": 4, "memory": "16G"}
    assert ask({"partition": "few"}, profile=profile, workers=asked).workers.processes == 4


def test_none_and_what_the_user_has_may_bring_limits() -> None:
    few = {"value": "", "limits": {"workers": {"jobs": {"maximum": 2}}}}
    profile = read({"qos": {"choices": [few, "long"]}})
    assert refusal({}, profile=profile, workers={"jobs": 3})[0] == "workers.jobs"
    assert ask({"qos": "long"}, profile=profile, workers={"jobs": 3}).workers.jobs == 3
    own = read({"account": {"from": "accounts", "choices": [{**few, "value": "cms"}]}})
    assert refusal({}, profile=own, workers={"jobs": 3})[0] == "workers.jobs"
    assert ask({"account": "atlas"}, profile=own, workers={"jobs": 3}).workers.jobs == 3


def test_the_idle_time_out_follows_the_time_of_the_scheduler() -> None:
    profile = read({"qos": limited(scheduler={"time": {"maximum": "30m"}})})
    request = ask({"qos": "few"}, profile=profile)
    assert (request.scheduler.time, request.idle_timeout) == (1800, 1800)


def test_gpus_of_some_partitions_alone() -> None:
    workers = {
        "jobs": {"default": 1, "maximum": 4},
        "cpus": {"default": 1, "maximum": 4},
        "memory": {"default": "1G", "maximum": "4G"},
        "time": {"default": "1h", "maximum": "8h"},
        "gpus": {"maximum": 4},
    }
    none = {"value": "cpu", "limits": {"workers": {"gpus": {"maximum": 0}}}}
    profile = read({"partition": {"choices": [none, "gpu"]}}, workers=workers)
    assert ask({"partition": "gpu"}, profile=profile, workers={"gpus": 1}).workers.gpus == 1
    assert refusal({"partition": "cpu"}, profile=profile, workers={"gpus": 1})[0] == "workers.gpus"


@pytest.mark.parametrize("chosen", [{}, {"qos": "few"}, {"qos": "few", "partition": ["x", "few"]}, {"partition": []}])
def test_kernels_adapt_within_the_same_limits(chosen: dict[str, Any]) -> None:
    few, fewer = limited(workers={"jobs": {"maximum": 8}}), limited(workers={"jobs": {"maximum": 4}})
    none = {"value": "", "limits": {"workers": {"jobs": {"maximum": 6}}}}
    several = {"choices": [*fewer["choices"], "x", none], "several": True}
    profile = read({"qos": few, "partition": several})
    properties = profile.schema_of_request()["properties"]
    most = min([1000, *limits_of_choices(properties, chosen)])
    assert most == with_options(profile, chosen).workers.jobs.maximum


@pytest.mark.parametrize(("layout", "grow", "fixed", "most"), [("separate", False, 0, 4), ("one-job", True, 2, 6)])
def test_scaling_and_growing_stay_within_the_limits_of_the_choice(
    layout: str, grow: bool, fixed: int, most: int
) -> None:
    profile = with_options(read({"qos": QOS}, layout=layout, grow=grow), {"qos": "debug"})
    assert read_change({"workers": {"count": most}}, profile, 1, fixed).count == most
    with pytest.raises(ApiError) as caught:
        read_change({"workers": {"count": most + 1}}, profile, 1, fixed)
    assert caught.value.field == "workers.count"
