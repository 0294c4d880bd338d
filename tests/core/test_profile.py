"""What a profile may say of the workers that share a job."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

import pytest

from jupyterlab_dask_hpc.batch.registry import own_options
from jupyterlab_dask_hpc.core.profile import Profile, profile_of


def read(**workers: Any) -> Profile:
    content = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "slurm.json").read_text())
    content["workers"] |= workers
    return profile_of(content, own_options())


@pytest.mark.parametrize(
    ("workers", "message"),
    [
        ({"worker_args": ["--interface", "ib0", "--nworkers", "16"]}, "--nworkers is set by .*: use processes instead"),
        ({"worker_args": ["--nthreads=2"]}, "--nthreads is set by the job script: use threads instead"),
        ({"worker_args": ["--memory-limit=0"]}, "use memory instead"),
        ({"worker_args": ["--no-nanny"]}, "use nanny instead"),
        ({"worker_args": ["--name", "w"]}, "the workers are named after their jobs"),
        ({"processes": {"default": 2, "maximum": 4}}, "the default cpus must hold the default processes"),
        ({"threads": {"default": 2, "maximum": 4}}, "the default cpus must hold the default processes"),
        (
            {"nanny": False, "processes": {"default": 2, "maximum": 2}, "cpus": {"default": 2, "maximum": 2}},
            "processes above 1 need a nanny",
        ),
        ({"gpu_model": ["a100"]}, "gpu_model and command are for jobs with GPUs: set the maximum of gpus"),
        ({"command": "dask cuda worker"}, "gpu_model and command are for jobs with GPUs"),
        ({"command": "python -m worker"}, "'dask worker' or 'dask cuda worker'"),
        ({"gpus": {"default": 2, "maximum": 4}}, "the default processes must be the default gpus"),
        ({"gpus": {"maximum": 4}, "processes": {"default": 1, "maximum": 2}}, "must not be above that of processes"),
        ({"gpus": {"maximum": 2}, "nanny": False}, "several GPUs in a job, and dask cuda worker, need a nanny"),
        (
            {"gpus": {"maximum": 2}, "gpu_model": ["a100:2"]},
            "workers.gpu_model.0.: Some characters are not allowed here",
        ),
        ({"gpus": {"maximum": 2}, "gpu_option": "gpus"}, "'gpus-per-node' or 'gres'"),
        (
            {"memory": {"default": "5G", "maximum": "8G", "maximum_per_cpu": "4G"}},
            r"workers.memory.default: 5G is above the maximum_per_cpu of 1 CPU, 4G. Reduce it, or raise cpus.",
        ),
        (
            {
                "memory": {"default": "4G", "maximum": "9G", "maximum_per_cpu": "4G"},
                "cpus": {"default": 1, "maximum": 2},
            },
            r"workers.memory.maximum: 9G is above the maximum_per_cpu of 2 CPUs, 8G.",
        ),
        (
            {"arrays": {"largest": 0}, "jobs": {"default": 2, "maximum": 201}},
            "workers.jobs.maximum: Without job arrays, each job is a submission of its own: at most 200. Reduce it.",
        ),
        (
            {"arrays": {"largest": 0, "at_once": 2}, "jobs": {"default": 2, "maximum": 200}},
            "workers.arrays.at_once: Without job arrays there is no such number",
        ),
        ({"arrays": {"at_once": 0}}, "workers.arrays.at_once: A whole number from 1 on"),
        ({"extra": ["--array=0-3%2"]}, "Every job has --array already. Remove it, and use the key arrays"),
        ({"clusters": "q,all"}, "workers.clusters: Jobs cannot be sent to all Slurm clusters.*: name those"),
        ({"clusters": "q;r"}, "workers.clusters: q;r is not the name of a Slurm cluster"),
        ({"memory_request": "gpu"}, "workers.memory_request: Write 'job', 'cpu', 'node' or 'none'"),
        (
            {"extra": ["--mem=4G"]},
            r"workers.extra\[0\]: Every job has --mem already. Remove it, and use the key memory.",
        ),
        (
            {"extra": ["--hold", "--mem=0"]},
            r'workers.extra\[1\]: Every job has --mem .* the key "memory_request": "node"',
        ),
        ({"extra": ["--mem-per-cpu=2G"]}, 'Every job has --mem-per-cpu already.* the key "memory_request": "cpu"'),
        ({"extra": ["-t60"]}, "Every job has --time already. Remove it, and use the key time"),
        ({"extra": ["-J", "mine"]}, "Every job has --job-name already, and it has to stay so. Remove it"),
        ({"processes": {"default": 0, "maximum": 4}}, "workers.processes.default: A whole number from 1 on."),
    ],
)
def test_a_shape_that_cannot_start_is_refused(workers: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read(**workers)


def test_a_site_limits_the_memory_of_each_cpu_and_says_so_in_the_form() -> None:
    memory = {"default": "3968M", "maximum": "15872M", "maximum_per_cpu": "3968M"}
    offered = read(memory=memory, cpus={"default": 1, "maximum": 4}, memory_request="cpu")
    field = offered.schema_of_request()["properties"]["workers"]["properties"]["memory"]
    assert (field["maximum"], field["maximum_per_cpu"]) == (15872 * 2**20, 3968 * 2**20)
    assert (field["maximum_text"], field["maximum_note"]["text"]) == ("15872M", "3968M per CPU")
    assert [str(option) for option in offered.workers.summary()] == ["memory requested per CPU"]


@pytest.mark.parametrize(
    ("arrays", "text"),
    [
        ({"largest": 0}, "since this site has no job arrays"),
        ({"at_once": 10}, "at most 10 at once"),
        ({"at_once": 100}, None),
        ({"largest": 10}, None),
    ],
)
def test_the_form_says_what_follows_from_the_arrays_of_a_site(arrays: dict[str, int], text: str | None) -> None:
    offered = read(jobs={"default": 2, "maximum": 100}, arrays=arrays)
    field = offered.schema_of_request()["properties"]["workers"]["properties"]["jobs"]
    assert (field["maximum"], field.get("maximum_note", {}).get("text")) == (100, text)


def test_other_options_of_the_batch_system_stay_free() -> None:
    free = ("--constraint=el9", "--nodes=1", "-N1", "--memory-like", "--no-requeue", "--comment", "--clusters=q", "-Mq")
    assert read(extra=list(free)).workers.model_dump()["extra"] == free


def test_a_site_offers_whole_nodes() -> None:
    """And threads from 0, which the profile need not write."""
    offered = read(
        cpus={"default": 48, "minimum": 48, "maximum": 48},
        processes={"default": 48, "maximum": 48},
        threads={"default": 0, "maximum": 48},
        worker_args=["--interface", "ib0"],
    ).workers
    assert (offered.processes.default, offered.threads.minimum) == (48, 0)


@pytest.mark.parametrize(
    ("layout", "title", "description"),
    [
        ("separate", "Workers per job", "How many workers share the memory and the CPUs of a job"),
        ("one-job", "Workers per node", "How many workers share the memory and the CPUs of a node"),
        (
            ["separate", "one-job"],
            "Workers per job",
            "How many workers share the memory and the CPUs of a job. All in one job: "
            "How many workers share the memory and the CPUs of a node",
        ),
    ],
)
def test_fields_are_described_for_the_layouts_that_are_offered(layout: Any, title: str, description: str) -> None:
    content = json.loads((files("jupyterlab_dask_hpc") / "profiles" / "slurm.json").read_text()) | {"layout": layout}
    offered = profile_of(content, own_options()).schema_of_request()["properties"]["workers"]
    field = offered["properties"]["processes"]
    assert (field["title"], field["description"]) == (title, description)
    assert (field["messages"]["title"]["text"], field["messages"]["description"]["text"]) == (title, description)
    titles = {name: texts["title"]["text"] for name, texts in field.get("in_layout", {}).items()}
    both = {"separate": "Workers per job", "one-job": "Workers per node"}
    assert titles == (both if isinstance(layout, list) else {})
    node = "of each node" in str(offered) or "on each node" in str(offered)
    assert node is (layout != "separate")
    assert ("each worker job" in str(offered)) is (layout != "one-job")
