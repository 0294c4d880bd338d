"""Real sites as profiles: each is valid, and its jobs ask Slurm for what the site demands, and nothing that it refuses.

The sites and what they demand come from their public documents and from set-ups of Dask that people have published.
"""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

import jupyterlab_dask_hpc
from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.environments import Environments
from jupyterlab_dask_hpc.control.job_templates import describe, describe_node
from jupyterlab_dask_hpc.control.launch import shown_submissions
from jupyterlab_dask_hpc.core.chosen_options import Available
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.doctor.sample import sample_record
from testbed.profile import usable_profile

HERE = Path(__file__).parent
READY = Path(jupyterlab_dask_hpc.__file__).parent / "profiles"
GENERIC = {"cc-in2p3", "local", "slurm"}
FILES = {path.stem: path for folder in (HERE, READY) for path in folder.glob("*.json") if path.stem != "local"}
FOLDER, WORKSPACE = Path("/home/ada/state/clusters/0123456789"), Path("/home/ada/analysis")


@dataclass(frozen=True)
class Site:
    """What the jobs of a site's users look like.

    Attributes:
        flags: options of ``sbatch`` for the jobs of workers, or for the one job.
        scheduler: the same for the job of the scheduler, in the layout ``separate``.
        never: options that the site refuses, in every job.
        lines: text of the script that runs the workers.
        asks: options that the user chooses.
        layout: the layout; empty for the profile's first.
    """

    flags: str
    scheduler: str = ""
    never: str = ""
    lines: tuple[str, ...] = ()
    asks: dict[str, Any] = field(default_factory=dict)
    layout: str = ""


MEMORY = "--mem --mem-per-cpu --mem-per-gpu"
SITES: dict[str, Site] = {
    "cc-in2p3": Site(
        "--partition=dask --account=atlas --licenses=sps:1 --mem=3072M --cpus-per-task=1 --array=0-0",
        scheduler="--partition=htc_daemon --account=atlas",
    ),
    "slurm": Site("--mem=4096M --array=0-3", scheduler="--mem=2048M", never="--partition --account"),
    "nersc-perlmutter": Site(
        "--qos=debug --account=m1234 --constraint=cpu --licenses=scratch,cfs --mem=0 --nodes=4 --time=0-00:30:00",
        never="--array --partition",
        lines=("--nthreads 4", "--interface hsn0", "module load python", "${SCRATCH}/dask/${SLURM_JOB_ID}"),
        asks={"account": "m1234"},
    ),
    "nersc-shared": Site(
        "--qos=shared --constraint=cpu --account=m1234 --licenses=scratch,cfs --mem=4096M",
        scheduler="--qos=shared --account=m1234",
        never="--partition",
        asks={"account": "m1234"},
    ),
    "usgs-tallgrass": Site("--account=woodshole --cpus-per-task=1 --mem=8192M", lines=("--interface ib0",)),
    "sdsc-expanse": Site(
        "--partition=compute --account=abc123 --cpus-per-task=24 --mem=122880M",
        scheduler="--partition=shared",
        lines=("/scratch/${USER}/${SLURM_JOB_ID}",),
        asks={"account": "abc123"},
    ),
    "surf-spider": Site(
        "--partition=short --cpus-per-task=16 --mem=28672M",
        lines=("apptainer exec --bind /scratch /project/dask/dask-2025.sif python",),
        asks={"partition": "short", "image": "/project/dask/dask-2025.sif"},
    ),
    "delftblue": Site(
        "--mem-per-cpu=3584M --cpus-per-task=2 --account=research-eemcs --partition=compute",
        scheduler="--mem-per-cpu=3072M",
        never="--mem",
        lines=("/scratch/${USER}/dask/${SLURM_JOB_ID}",),
        asks={"account": "research-eemcs"},
    ),
    "eth-euler": Site("--mem-per-cpu=4096M --tmp=4000", scheduler="--mem-per-cpu=2048M", never="--mem --account"),
    "tacc-frontera": Site(
        "--partition=development --account=FTA-SUB --cpus-per-task=56 --time=0-01:00:00",
        scheduler="--partition=development --account=FTA-SUB --time=0-02:00:00",
        never=f"{MEMORY} --array --gres",
        asks={"account": "FTA-SUB"},
        layout="separate",
    ),
    "tacc-stampede3": Site(
        "--nodes=2 --cpus-per-task=48 --partition=spr --account=TG-1",
        never=f"{MEMORY} --array --gres",
        asks={"account": "TG-1", "partition": "spr"},
    ),
    "bsc-marenostrum": Site(
        "--qos=gp_debug --account=bsc00 --cpus-per-task=40 --time=0-01:00:00",
        never=f"{MEMORY} --partition --array",
        asks={"account": "bsc00", "qos": "gp_debug"},
    ),
    "jsc-jureca": Site("--partition=dc-cpu --account=hhh --cpus-per-task=128", never=MEMORY, asks={"account": "hhh"}),
    "jsc-juwels": Site(
        "--partition=batch --account=hhh --cpus-per-task=96",
        never=f"{MEMORY} --interface",
        lines=(".ib.juwels.fzj.de",),
        asks={"account": "hhh"},
    ),
    "levante": Site(
        "--partition=compute --account=bb1234 --constraint=512G --mem=0 --time=0-01:00:00",
        asks={"account": "bb1234", "constraint": "512G"},
    ),
    "dkrz-levante-shared": Site(
        "--partition=shared --account=bb1234 --mem=3840M", scheduler="--partition=shared", asks={"account": "bb1234"}
    ),
    "csc-puhti": Site(
        "--account=project_2001234 --partition=test --reservation=course --gres=nvme:20 --time=0-00:15:00 --array=0-0",
        scheduler="--account=project_2001234 --partition=test --reservation=course --gres=nvme:1 --time=0-00:15:00",
        lines=("module load geoconda", "--nworkers 2", "${LOCAL_SCRATCH}"),
        asks={"account": "project_2001234", "partition": "test", "reservation": "course"},
    ),
    "sigma2-saga": Site(
        "--account=nn9999k --mem=500M --gres=localscratch:10G", never="--partition", asks={"account": "nn9999k"}
    ),
    "sigma2-betzy": Site("--account=nn9999k --nodes=4 --mem=0", never="--array", asks={"account": "nn9999k"}),
    "alliance-canada": Site(
        "--account=def-ada --cpus-per-task=6 --mem=18432M",
        never="--array",
        lines=("virtualenv --no-download $SLURM_TMPDIR/env", "${SLURM_TMPDIR}"),
        asks={"account": "def-ada"},
    ),
    "alliance-arrays": Site(
        "--account=def-ada --mem-per-cpu=4096M --array=0-3", never="--mem", asks={"account": "def-ada"}
    ),
    "nesi-mahuika": Site(
        "--account=nesi99999 --mem-per-cpu=1500M --cpus-per-task=8", never="--mem", asks={"account": "nesi99999"}
    ),
    "pawsey-setonix": Site(
        "--clusters=setonix --account=pawsey0001 --cpus-per-task=4",
        scheduler="--clusters=setonix",
        lines=("singularity exec /software/images/pangeo.sif python",),
        asks={"account": "pawsey0001"},
        layout="separate",
    ),
    "lrz-linux-cluster": Site("--clusters=cm4 --partition=cm4_std --cpus-per-task=28", never=f"{MEMORY} --account"),
    "kaust-shaheen": Site(
        "--account=k1234 --partition=workq --array=0-3%100 --mem=0",
        scheduler="--mem=0",
        asks={"account": "k1234"},
        layout="separate",
    ),
    "it4i-karolina": Site(
        "--account=OPEN-0-0 --partition=qcpu_exp --nodes=2",
        never=f"{MEMORY} --array",
        asks={"account": "OPEN-0-0", "partition": "qcpu_exp"},
    ),
}


def read(name: str) -> Profile:
    return usable_profile(FILES[name], lambda text: text.replace("{group}", "atlas").replace("{user}", "ada"))


def scripts(name: str, site: Site) -> dict[str, str]:
    """The scripts of a launch by role; in one job, ``worker`` is the script of each node."""
    offered, batch = read(name), Slurm()
    layout = site.layout or offered.layout.default
    body = {"options": site.asks, **({"layout": layout} if len(offered.layout.choices) > 1 else {})}
    # Accounts are those that the user has: the one that is chosen.
    own = {key: Available((str(site.asks.get(key, "")),)) for key, option in offered.options.items() if option.dynamic}
    asked = {key: value for key, value in body.items() if value}
    record, profile = sample_record(asked, offered, batch, WORKSPACE, own)
    python = Environments().python("", profile.python)
    found: dict[str, str] = {}
    for submission in shown_submissions(record.submissions, batch.capabilities, profile.workers.arrays):
        found[submission.job_role] = describe(record, submission, profile, batch, FOLDER, python)[1]
        if submission.runs_workers and submission.runs_scheduler:
            found["worker"] = describe_node(record, submission, profile, batch, FOLDER, python)
    return found


def flags(script: str) -> set[str]:
    return {word for line in re.findall(r"^#SBATCH (.*)$", script, re.M) for word in shlex.split(line)}


@pytest.mark.parametrize("name", SITES)
def test_a_site_gets_what_it_demands(name: str) -> None:
    site = SITES[name]
    shown = scripts(name, site)
    workers = flags(shown["worker"]) or flags(shown["scheduler"])
    assert set(site.flags.split()) <= workers
    assert set(site.scheduler.split()) <= flags(shown["scheduler"])
    for script in shown.values():
        assert {flag.partition("=")[0] for flag in flags(script)}.isdisjoint(site.never.split())
    for line in site.lines:
        # The quotes of the shell are tested elsewhere.
        assert line in shown["worker"].replace('"', "")


def test_every_profile_is_held_against_its_site() -> None:
    assert SITES.keys() == FILES.keys()


@pytest.mark.parametrize("name", sorted({path.stem for path in READY.glob("*.json")} - GENERIC))
def test_a_ready_profile_says_that_it_is_an_example(name: str) -> None:
    assert read(name).title.endswith("(example)")
