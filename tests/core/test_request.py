"""Which requests are accepted, and how others are refused: the field, and one sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from distributed.deploy.utils import nprocesses_nthreads
from hypothesis import given, settings
from hypothesis import strategies as st

from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.fields import Scheduler, Workers
from jupyterlab_dask_hpc.core.record import plan
from jupyterlab_dask_hpc.core.request import Request, read_request

from .sample import profile

PROFILE = profile()
RECORDED = Path(__file__).parents[1] / "recorded"


def ask(body: dict[str, Any], taken: tuple[str, ...] = ()) -> Request:
    return read_request({"profile": "cc-in2p3", **body}, PROFILE, taken)


def refusal(body: dict[str, Any], taken: tuple[str, ...] = ()) -> tuple[str | None, str]:
    with pytest.raises(ApiError) as caught:
        ask(body, taken)
    return caught.value.field, str(caught.value)


def test_everything_but_the_profile_has_the_computing_centres_default() -> None:
    assert ask({}).as_text() == {
        "name": "dask-1",
        "profile": "cc-in2p3",
        "workspace": "",
        "layout": "separate",
        "workers": {
            "jobs": 1,
            "nodes": 1,
            "memory": "3G",
            "cpus": 1,
            "time": "02:00:00",
            "processes": 1,
            "threads": 0,
            "gpus": 0,
            "gpu_model": "",
        },
        "scheduler": {"memory": "1G", "time": "08:00:00"},
        "idle_timeout": "02:00:00",
        "wait_for_running_percent": 0,
        "python_environment": "",
        "options": {},
        "dask_config": {},
        "script": "",
    }


def test_the_schema_has_the_fields_of_the_form_in_its_order_and_each_can_be_requested() -> None:
    properties = PROFILE.schema_of_request()["properties"]
    groups = {name: part["properties"] for name, part in properties.items() if "properties" in part}
    assert {name: list(fields) for name, fields in groups.items()} == {
        "workers": [name for name in Workers.model_fields if name not in ("nodes", "gpus", "gpu_model")],
        "scheduler": list(Scheduler.model_fields),
    }
    leaves = {name: part for name, part in properties.items() if "advanced" in part}
    assert [name for name, leaf in leaves.items() if not leaf["advanced"]] == ["name", "workspace"]
    assert [name for name, leaf in groups["workers"].items() if leaf["advanced"]] == ["processes", "threads"]
    assert all(leaf["advanced"] for leaf in groups["scheduler"].values())


def test_the_limits_themselves_are_allowed() -> None:
    most = ask({"workers": {"jobs": 3000, "memory": "32G", "cpus": 32, "time": "8h"}, "idle_timeout": "8h"})
    assert (most.workers.jobs, most.workers.memory, most.workers.cpus, most.workers.time) == (3000, 2**35, 32, 28800)


@pytest.mark.parametrize(
    ("asked", "field", "message"),
    [
        ({"processes": 0}, "workers.processes", "A whole number from 1 to 64."),
        ({"processes": 65}, "workers.processes", "A whole number from 1 to 64."),
        ({"threads": -1}, "workers.threads", "A whole number from 0 to 256."),
        (
            {"processes": 3, "cpus": 8},
            "workers.processes",
            "This does not divide the number of CPUs (8). Choose another number, or set the threads per worker.",
        ),
        ({"processes": 2}, "workers.processes", "At most 1, since each worker needs a CPU."),
        (
            {"processes": 4, "cpus": 8, "threads": 3},
            "workers.threads",
            "At most 2: the workers of a job cannot have more threads than it has CPUs.",
        ),
        (
            {"threads": 2},
            "workers.threads",
            "At most 1: the workers of a job cannot have more threads than it has CPUs.",
        ),
        (
            {"processes": 16, "cpus": 16, "memory": "3G"},
            "workers.memory",
            "At least 4G for this number of workers per job.",
        ),
    ],
)
def test_the_workers_of_a_job_have_to_fit_into_it(asked: dict[str, Any], field: str, message: str) -> None:
    assert refusal({"workers": asked}) == (field, message)


def test_the_workers_of_a_job_share_its_cpus_and_memory() -> None:
    asked = ask({"workers": {"jobs": 3, "processes": 3, "cpus": 8, "threads": 2, "memory": "6G"}})
    assert (asked.workers.processes, asked.workers.threads) == (3, 2)
    arrays = plan("0123456789", asked, ArrayLimits(2))[1:]
    assert [(array.jobs, array.processes) for array in arrays] == [(2, 3), (1, 3)]


def test_a_profile_without_a_nanny_has_one_worker_in_a_job() -> None:
    alone = PROFILE.model_copy(update={"workers": PROFILE.workers.model_copy(update={"nanny": False})})
    with pytest.raises(ApiError, match="Several workers in a job need a nanny"):
        read_request({"profile": "cc-in2p3", "workers": {"processes": 2, "cpus": 2}}, alone, ())


def test_none_at_first_and_settings_of_dasks() -> None:
    settings: dict[str, Any] = {"array.chunk-size": "1MiB", "distributed.worker.resources.GPU": 1}
    asked = ask({"workers": {"jobs": 0}, "dask_config": settings})
    assert (asked.workers.jobs, asked.dask_config) == (0, settings)
    scheduler, *arrays = plan("0123456789", asked, ArrayLimits(1000))
    assert (scheduler.role, arrays) == ("scheduler", [])


@pytest.mark.parametrize(
    ("body", "field", "message"),
    [
        ({"workers": {"jobs": 3001}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"workers": {"jobs": False}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"dask_config": []}, "dask_config", "This has to be an object."),
        (
            {"dask_config": {"array.x": {}}},
            "dask_config.array.x",
            "Write text, a number, true, false, null, or a list of these.",
        ),
        (
            {"dask_config": {"array.x": [{}]}},
            "dask_config.array.x",
            "Write text, a number, true, false, null, or a list of these.",
        ),
        (
            {"dask_config": {"scheduler": "x"}},
            "dask_config.scheduler",
            "This setting of Dask's is not passed on to a cluster.",
        ),
        (
            {"dask_config": {"distributed.worker.preload": "x"}},
            "dask_config.distributed.worker.preload",
            "This setting of Dask's is not passed on to a cluster.",
        ),
        ({"dask_config": {"array.x": "x" * 2**15}}, "dask_config", "At most 32K."),
        ({"workers": {"jobs": -1}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"workers": {"jobs": "four"}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"workers": {"jobs": True}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"workers": {"jobs": 1.5}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"workers": {"jobs": None}}, "workers.jobs", "A whole number from 1 to 3,000."),
        ({"workers": {"memory": "48G"}}, "workers.memory", "At most 32G."),
        ({"workers": {"memory": "0G"}}, "workers.memory", "At least 256M."),
        ({"workers": {"memory": "3"}}, "workers.memory", "Write 3G or 3072M."),
        ({"workers": {"memory": "3h"}}, "workers.memory", "Write 3G or 3072M."),
        ({"workers": {"cpus": 33}}, "workers.cpus", "A whole number from 1 to 32."),
        ({"workers": {"time": "9h"}}, "workers.time", "At most 08:00:00."),
        ({"workers": {"time": "3G"}}, "workers.time", "Write 02:00:00, 2h or 1-00:00:00."),
        ({"scheduler": {"memory": "33G"}}, "scheduler.memory", "At most 32G."),
        ({"scheduler": {"time": "1-00:00:00"}}, "scheduler.time", "At most 08:00:00."),
        ({"scheduler": {"time": "1h"}, "idle_timeout": "2h"}, "idle_timeout", "At most the scheduler time, 01:00:00."),
        ({"wait_for_running_percent": 101}, "wait_for_running_percent", "A whole number from 0 to 100."),
        ({"name": "halo masses"}, "name", "No spaces: use letters, digits, - or _."),
        ({"name": "demo\n"}, "name", "No spaces: use letters, digits, - or _."),
        ({"name": "demo'"}, "name", "Use letters, digits, - or _."),
        ({"name": "$(reboot)"}, "name", "Use letters, digits, - or _."),
        ({"name": "../demo"}, "name", "Use letters, digits, - or _."),
        ({"name": "d" * 300}, "name", "At most 40 characters."),
        ({"name": 4}, "name", "Use letters, digits, - or _."),
        ({"python_environment": "env"}, "python_environment", None),
        ({"python_environment": "/env\nrm -rf"}, "python_environment", "No line breaks or control characters."),
        ({"workspace": "a\0b"}, "workspace", "No line breaks or control characters."),
        ({"partition": "gpu"}, "partition", "There is no such field."),
        ({"workers": {"colour": 1}}, "workers.colour", "There is no such field."),
        ({"workers": 4}, "workers", "This has to be an object."),
    ],
)
def test_a_wrong_value_is_refused_with_its_field(body: dict[str, Any], field: str, message: str | None) -> None:
    where, what = refusal(body)
    assert where == field
    assert message is None or what == message


def test_a_short_schedulers_time_shortens_the_default_idle_timeout() -> None:
    assert ask({"scheduler": {"time": "1h"}}).idle_timeout == 3600


def test_a_name_is_taken_once() -> None:
    with pytest.raises(ApiError) as caught:
        ask({"name": "demo"}, ("demo",))
    assert (caught.value.status, str(caught.value)) == (409, "demo exists already.")


def test_no_name_takes_the_first_free_one() -> None:
    assert ask({}, ("dask-1", "dask-3")).name == "dask-2"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
FIELDS = ["jobs", "memory", "cpus", "time"]


@settings(max_examples=500, deadline=None)
@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": json_values,
            "workspace": json_values,
            "workers": st.dictionaries(st.sampled_from(FIELDS), json_values) | json_values,
            "scheduler": st.dictionaries(st.sampled_from(["memory", "time"]), json_values) | json_values,
            "idle_timeout": json_values,
            "wait_for_running_percent": json_values,
            "python_environment": json_values,
        },
    )
)
def test_whatever_is_sent_is_either_within_the_limits_or_refused_with_a_field(body: dict[str, Any]) -> None:
    try:
        request = ask(body)
    except ApiError as error:
        assert error.status in (400, 409)
        assert error.field
        return
    assert 0 <= request.workers.jobs <= 3000
    assert 2**28 <= request.workers.memory <= 2**35
    assert 60 <= request.workers.time <= 28800
    assert 60 <= request.idle_timeout <= request.scheduler.time <= 28800
    assert request.name.isascii()
    assert "/" not in request.name


def test_the_form_divides_cpus_as_distributed_does() -> None:
    """The front end computes it anew and compares with the same file (`src/launch/shares.test.ts`)."""
    recorded = json.loads((RECORDED / "dask-processes.json").read_text())
    assert recorded == [nprocesses_nthreads(cpus)[0] for cpus in range(1, len(recorded) + 1)]
    assert all(cpus // count == nprocesses_nthreads(cpus)[1] for cpus, count in enumerate(recorded, 1))
