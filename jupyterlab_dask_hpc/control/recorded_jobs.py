"""The file `jobs.json` of an ended cluster: how its jobs ended. Pure."""

from __future__ import annotations

import json
from typing import Any

from pydantic import TypeAdapter

from ..batch.jobs import Job
from ..batch.recorded import job_of_version_1
from ..core.observed import ObservedJobs

_JOBS = TypeAdapter(list[Job])


def write_jobs(observed: ObservedJobs) -> bytes:
    """The content of the file: `jobs`, and the start time of each in the same order."""
    jobs = list(observed.jobs.values())
    started = [observed.started.get(job.ref) for job in jobs]
    content = {"version": 2, "at": observed.at, "jobs": _JOBS.dump_python(jobs, mode="json"), "started": started}
    return json.dumps(content).encode()


def read_jobs(data: bytes) -> ObservedJobs:
    """The jobs in a file from `write_jobs` or an earlier version. Raises ValueError."""
    try:
        content: dict[str, Any] = json.loads(data)
        if content.get("version") == 2:
            jobs, started = _JOBS.validate_python(content["jobs"]), content["started"]
        else:
            jobs = _JOBS.validate_python([job_of_version_1(job) for job in content["jobs"].values()])
            started = [content["started"].get(id) for id in content["jobs"]]
        began = {job.ref: float(at) for job, at in zip(jobs, started, strict=True) if at is not None}
        return ObservedJobs(at=content["at"], jobs={job.ref: job for job in jobs}, started=began)
    except (RecursionError, TypeError, KeyError, AttributeError) as error:
        raise ValueError(f"it is damaged ({error!r})") from error
