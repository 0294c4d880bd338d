"""Jobs of tests in few characters, as Slurm writes them: ``12``, ``12_0``, ``q:12_0``."""

from __future__ import annotations

import re

from jupyterlab_dask_hpc.batch.jobs import Job, JobRef


def ref(id: str) -> JobRef:
    """The job, or the whole submission, of this id."""
    found = re.fullmatch(r"(.*?)(?:_(\d+))?", id)
    assert found is not None
    return JobRef(found[1], int(found[2]) if found[2] else None)


def refs(*ids: str) -> list[JobRef]:
    """Several of them."""
    return [ref(id) for id in ids]


def written(job: Job) -> str:
    """A job's id as `ref` reads it."""
    return job.submission if job.index is None else f"{job.submission}_{job.index}"
