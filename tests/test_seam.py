"""Above `batch/` nothing compares what one batch system alone writes, nor asks for one by its name."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.base import BatchOptions, Capabilities
from jupyterlab_dask_hpc.batch.slurm.options import SlurmOptions
from jupyterlab_dask_hpc.batch.slurm.states import STATE_WORDS
from jupyterlab_dask_hpc.core.profile import profile_of

CHECKOUT = Path(__file__).parents[1]
PACKAGE = CHECKOUT / "jupyterlab_dask_hpc"
STATES = "|".join(sorted(STATE_WORDS - {"PENDING", "RUNNING", "COMPLETED", "CANCELLED", "FAILED"}))
COMPARED = re.compile(
    rf"""["'](?:{STATES}|GONE|LOST)["']"""  # words for the state of a job
    r"""|(?:==|!=|\bin)\s*\(?["'](?:PENDING|RUNNING|COMPLETED|CANCELLED|FAILED)["']"""
    r"""|["']\d{1,3}:\d{1,3}["']"""  # exits: 0:53
    r"""|(?:==|!=)=?\s*["'](?:slurm|local|pbs)["']|["'](?:slurm|local|pbs)["']\s*(?:==|!=)"""
    r"""|["'](?:Priority|Resources|BadConstraints|Licenses|(?:QOS|Assoc)\w+Limit|\w+NotAvail)["']"""  # reasons
    r"""|\bnative_state\s*(?:==|!=|\bin\b)"""
    r"""|(?<!wait)\.(?:partition|licenses|qos)\b(?![-(])"""
)
DISPLAYED = {"core/observed.py": {'native_state="GONE"', "known.native_state == job.native_state"}}
"""What is shown to people, and the same job compared with itself."""


def sources() -> list[Path]:
    python = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "batch" not in path.parents]
    front = [path for path in (CHECKOUT / "src").rglob("*.ts*") if ".test." not in path.name]
    return [path for path in (*python, *front) if "testing" not in path.parts]


def found(text: str, allowed: set[str]) -> list[str]:
    lines = [line for line in text.splitlines() if not any(each in line for each in allowed)]
    lines = [line for line in lines if not line.lstrip().startswith(("/*", "*", "//", "#"))]
    return [line.strip() for line in lines if COMPARED.search(line) and "partition(" not in line]


def test_nothing_above_the_seam_knows_one_batch_system() -> None:
    offences = {}
    for path in sources():
        name = str(path.relative_to(PACKAGE if PACKAGE in path.parents else CHECKOUT))
        if some := found(path.read_text(), DISPLAYED.get(name, set())):
            offences[name] = some
    assert offences == {}


@pytest.mark.parametrize(
    "line",
    [
        'if job.native_state == "x":',
        'if word in ("COMPLETED", "GONE"):',
        'if word == "TIMEOUT":',
        '_UNWRITABLE = "0:53"',
        'if profile.batch != "local":',
        "const local = profile.batch === 'local';",
    ],
)
def test_the_search_finds_what_it_is_for(line: str) -> None:
    assert found(line, set()) == [line]


@pytest.mark.parametrize("capability", [each.name for each in fields(Capabilities)])
def test_every_capability_is_used(capability: str) -> None:
    """One that nobody reads promises an adapter what nothing does."""
    above = [path for path in PACKAGE.rglob("*.py") if PACKAGE / "batch" not in path.parents]
    assert any(re.search(rf"capabilities\.{capability}\b", path.read_text()) for path in above)


def content(**workers: object) -> dict[str, object]:
    range_ = {"default": 1, "maximum": 2}
    time = {"default": "1h", "maximum": "2h"}
    memory = {"default": "1G", "maximum": "2G"}
    return {
        "name": "one",
        "batch": "slurm",
        "workers": {"jobs": range_, "cpus": range_, "memory": memory, "time": time, **workers},
        "scheduler": {"memory": memory, "time": time},
        "idle_timeout": {"default": "1h"},
    }


MODELS: dict[str, type[BatchOptions]] = {"slurm": SlurmOptions, "local": BatchOptions}


def test_the_options_of_a_batch_system_are_those_of_its_model() -> None:
    known = profile_of(content(partition="dask", licenses="sps:1"), MODELS)
    assert isinstance(known.workers, SlurmOptions)
    assert [str(option) for option in known.workers.summary()] == ["partition dask", "licence sps:1"]
    assert known.fixed_options() == {
        "workers": [option.as_json() for option in known.workers.summary()],
        "scheduler": [],
    }
    with pytest.raises(ValueError, match=r"workers\.queue"):
        profile_of(content(queue="short"), MODELS)
    with pytest.raises(ValueError, match=r"workers\.partition"):
        profile_of({**content(partition="dask"), "batch": "local"}, MODELS)
    with pytest.raises(ValueError, match=r"no batch system lsf. Write local or slurm"):
        profile_of({**content(), "batch": "lsf"}, MODELS)
    with pytest.raises(ValueError, match="batch"):
        profile_of({key: value for key, value in content().items() if key != "batch"}, MODELS)
