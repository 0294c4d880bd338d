"""What somebody might choose who means harm: refused at its field, or one word wherever it goes."""

from __future__ import annotations

import subprocess
from pathlib import PurePath
from typing import Any

from core.sample import BEGAN, ID
from core.test_options import read
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.core.arrays import ArrayLimits
from jupyterlab_dask_hpc.core.chosen_options import Available, with_options
from jupyterlab_dask_hpc.core.errors import ApiError
from jupyterlab_dask_hpc.core.job_script import JobScript, check
from jupyterlab_dask_hpc.core.job_spec import job_spec
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import Request, read_request

from .hostile import anything, line, text
from .meaning import word

PROFILE = read(
    {"constraint": {"text": ".*"}, "storage": {"from": {"command": ["x"]}, "several": True}, "image": {"text": ".*"}},
    setup=["printf '%s\\0' {image}", "printf '%s\\0' {storage}"],
    environment={"set": {"IMAGE": "{image}"}},
)
seen = {"accepted": 0, "refused": 0}


def job(request: Request) -> JobScript:
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
    # As it is read again by a later server.
    record = Record.model_validate_json(record.model_dump_json())
    chosen = with_options(PROFILE, record.request.options)
    return job_spec(record, record.submissions[1], chosen, Slurm(), PurePath("/c"), ("/p/bin/python",))[1]


@settings(max_examples=300, deadline=None, database=None, suppress_health_check=[HealthCheck.too_slow])
@given(constraint=line | text | anything, image=line, storage=st.lists(line, max_size=3))
def check_options(constraint: Any, image: str, storage: list[str]) -> None:
    asked = {"constraint": constraint, "image": image, "storage": storage}
    body = {"profile": PROFILE.name, "options": {name: value for name, value in asked.items() if value is not None}}
    # The worst case: a command of the site prints what is asked for.
    known = {"storage": Available(tuple(storage))}
    try:
        request = read_request(body, PROFILE, (), known)
    except ApiError as error:
        assert (error.field or "").startswith("options.")
        seen["refused"] += 1
        return
    seen["accepted"] += 1
    script = job(request)
    check(script)
    options = [word(each.removeprefix("#SBATCH ")) for each in script.header if each.startswith("#SBATCH ")]
    assert [each for each in options if each.startswith("--constraint=")] == (
        [f"--constraint={constraint}"] if constraint else []
    )
    assert script.environment == {"IMAGE": image}
    shell = subprocess.run(["bash", "--norc", "-c", "\n".join(script.setup)], capture_output=True, check=True, cwd="/")
    distinct = list(dict.fromkeys(filter(None, storage)))
    # Without an argument, printf prints one empty text.
    assert shell.stdout.decode().split("\0")[:-1] == [image, *(distinct or [""])]


def test_no_choice_changes_the_meaning_of_a_script() -> None:
    check_options()
    assert seen["accepted"] > 30
    assert seen["refused"] > 30
