"""GPUs in a request: fields where the site offers them, one worker for each, and the option of the batch system."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.batch.base import Capabilities, JobOptions
from jupyterlab_dask_hpc.batch.slurm.header import header
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.gpus import check_gpus
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.core.request import Request, read_request

from .test_profile import read

WITHOUT = read()
WITH = read(gpus={"maximum": 4}, gpu_model=["a100", "h100"])
ANY_MODEL = read(gpus={"maximum": 4})
NOT_OFFERED = "This profile offers no GPUs: that is a rule of the site."


def ask(profile: Profile, **workers: Any) -> Request:
    return read_request({"profile": profile.name, "workers": {"cpus": 4, "memory": "8G", **workers}}, profile, ())


def fields(profile: Profile) -> dict[str, Any]:
    return dict(profile.schema_of_request()["properties"]["workers"]["properties"])


def test_the_fields_are_there_where_the_profile_offers_them() -> None:
    assert {"gpus", "gpu_model"}.isdisjoint(fields(WITHOUT))
    assert {"gpus"} == {"gpus", "gpu_model"} & fields(read(gpus={"maximum": 4})).keys()
    gpus, model = fields(WITH)["gpus"], fields(WITH)["gpu_model"]
    assert (gpus["default"], gpus["minimum"], gpus["maximum"]) == (0, 0, 4)
    assert (model["default"], model["enum"], [*model["choices"]]) == ("a100", ["a100", "h100"], ["a100", "h100"])
    assert model["choices"]["h100"] == Message("text", text="h100").as_json()


def test_there_are_none_unless_they_are_requested() -> None:
    workers = ask(WITH).workers
    assert (workers.gpus, workers.processes) == (0, 1)
    assert ask(WITHOUT, gpus=0, gpu_model="").workers.gpus == 0, "what a request without GPUs says of them"


def test_each_gpu_has_a_worker() -> None:
    workers = ask(WITH, gpus=2).workers
    assert (workers.gpus, workers.gpu_model, workers.processes) == (2, "a100", 2)
    assert ask(WITH, gpus=4, processes=4, gpu_model="h100").workers.gpu_model == "h100"
    assert ask(read(gpus={"maximum": 2}), gpus=1).workers.gpu_model == ""
    default = read(gpus={"default": 1, "maximum": 2}, processes={"default": 1, "maximum": 4})
    assert (ask(default).workers.gpus, ask(default, gpus=2).workers.processes) == (1, 2)


@pytest.mark.parametrize(
    ("profile", "asked", "field", "message"),
    [
        (WITHOUT, {"gpus": 1}, "workers.gpus", NOT_OFFERED),
        (WITHOUT, {"gpu_model": "a100"}, "workers.gpu_model", NOT_OFFERED),
        (ANY_MODEL, {"gpus": 1, "gpu_model": "a100"}, "workers.gpu_model", "offers no choice of the GPU's model"),
        (WITH, {"gpus": 5}, "workers.gpus", "A whole number from 0 to 4."),
        (WITH, {"gpus": -1}, "workers.gpus", "A whole number from 0 to 4."),
        (WITH, {"gpus": "2"}, "workers.gpus", "A whole number from 0 to 4."),
        (
            WITH,
            {"gpus": 1, "gpu_model": "v100"},
            "workers.gpu_model",
            "The site offers a100, h100.",
        ),
        (
            WITH,
            {"gpus": 1, "gpu_model": ["a100"]},
            "workers.gpu_model",
            "The site offers a100, h100.",
        ),
        (WITH, {"gpus": 2, "processes": 1}, "workers.processes", "With 2 GPUs, 2: each GPU gets a worker."),
        (WITH, {"gpus": 3}, "workers.cpus", "3 workers, one for each GPU, share the CPUs of a job"),
        (WITH, {"gpus": 4, "cpus": 2, "threads": 1}, "workers.cpus", "choose a multiple of 4."),
        (WITH, {"gpus": 4, "threads": 2}, "workers.threads", "At most 1"),
    ],
)
def test_what_a_site_does_not_offer_is_refused_at_its_field(
    profile: Profile, asked: dict[str, Any], field: str, message: str
) -> None:
    with pytest.raises(ApiError) as caught:
        ask(profile, **asked)
    assert (caught.value.field, message in str(caught.value)) == (field, True), str(caught.value)


@dataclass(frozen=True)
class Case:
    gpus: int
    model: str
    option: Any
    word: str


@pytest.mark.parametrize(
    "case",
    [
        Case(4, "a100", "gpus-per-node", "#SBATCH --gpus-per-node=a100:4"),
        Case(2, "", "gpus-per-node", "#SBATCH --gpus-per-node=2"),
        Case(4, "a100", "gres", "#SBATCH --gres=gpu:a100:4"),
        Case(2, "", "gres", "#SBATCH --gres=gpu:2"),
        Case(0, "a100", "gres", ""),
    ],
)
def test_slurm_is_asked_in_the_form_that_the_profile_says(case: Case) -> None:
    options = JobOptions("a", "log/a.{id}.log", 2**30, 1, 60, gpus=case.gpus, gpu_model=case.model)
    native = SlurmOptions(gpu_option=case.option)
    lines = header(JobOptions(**{**options.__dict__, "native": native}))
    assert [line for line in lines if "gpu" in line or "gres" in line] == ([case.word] if case.word else [])


def test_a_batch_system_without_gpus_offers_none() -> None:
    check_gpus(WITH, Capabilities(gpus=True))
    check_gpus(WITHOUT, Capabilities())
    with pytest.raises(ValueError, match="slurm allocates no GPUs"):
        check_gpus(WITH, Capabilities())
