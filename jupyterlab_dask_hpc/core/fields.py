"""The fields of the form: what a site offers for each, what a user chose, and how they are published.

An attribute of an `Offer` with a `FormField` is a field: the schema of a profile, the checks of a request and the
form are made from it. The chosen value is in `Workers` or `Scheduler`. `docs/developing.md` describes how to add one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator
from typing_extensions import Self

from dask_hpc.messages import Message

from ..batch.base import BatchOptions, Line, WrongValue
from .arrays import MAX_SINGLE_JOBS, NO_RULES, ArrayRules
from .expanded import NodeArgument
from .ranges import Count, CountFromZero, MemoryRange, OptionalCount, TimeRange, WordChoice, WorkerMemoryRange
from .units import write_memory, write_time

Layout = Literal["separate", "one-job"]
"""``separate``: a job for the scheduler, then jobs for workers. ``one-job``: all of them in one job."""
WorkerCommand = Literal["dask worker", "dask cuda worker"]


@dataclass(frozen=True)
class FormField:
    """How the form shows a field.

    Attributes:
        advanced: whether it is in the part of the form that is closed at first.
        layout: the only layout in which it applies; None for all.
        in_one_job: title and description in the layout ``one-job``, where a node takes the place of a worker job; None
            for the same.
        of_layouts: title and description in each layout that is offered, where they differ.
    """

    title: Message
    description: Message
    advanced: bool = False
    layout: Layout | None = None
    in_one_job: tuple[Message, Message] | None = None
    of_layouts: Mapping[Layout, tuple[Message, Message]] = field(default_factory=dict, hash=False)

    def described_for(self, layouts: Collection[Layout]) -> FormField:
        """The field with its texts for the layouts that a profile offers."""
        if self.in_one_job is None or "one-job" not in layouts:
            return self
        title, description = self.in_one_job
        if "separate" not in layouts:
            return replace(self, title=title, description=description)
        both = Message("field.help-of-layouts", separate=self.description, one_job=description)
        of_layouts: dict[Layout, tuple[Message, Message]] = {
            "separate": (self.title, self.description),
            "one-job": self.in_one_job,
        }
        return replace(self, description=both, of_layouts=of_layouts)

    def leaf(self, **limits: Any) -> dict[str, Any]:
        """The field in a profile's schema: its texts in English and as messages, and its `limits`."""
        in_layout = {layout: _as_json(*texts) for layout, texts in self.of_layouts.items()}
        return {
            "title": str(self.title),
            "description": str(self.description),
            "messages": _as_json(self.title, self.description),
            **({"in_layout": in_layout} if in_layout else {}),
            "advanced": self.advanced,
            **({"layout": self.layout} if self.layout else {}),
            **limits,
        }


def _as_json(title: Message, description: Message) -> dict[str, Any]:
    return {"title": title.as_json(), "description": description.as_json()}


class Offer(BatchOptions):
    """The limits, the defaults and the fixed options of one role. The form has its fields in this order."""

    def schema_of_fields(self, layouts: Collection[Layout]) -> dict[str, Any]:
        """JSON Schema of the fields that users may choose, of those that apply to one of `layouts`."""
        fields = {
            name: shown.described_for(layouts).leaf(**getattr(self, name).limits())
            for name, field in type(self).model_fields.items()
            for shown in field.metadata
            if isinstance(shown, FormField) and (shown.layout is None or shown.layout in layouts)
            if getattr(self, name).offered
        }
        return {"type": "object", "additionalProperties": False, "properties": fields}


_KEYS = {
    "--nworkers": "processes",
    "--nprocs": "processes",
    "--nthreads": "threads",
    "--memory-limit": "memory",
    "--nanny": "nanny",
    "--no-nanny": "nanny",
    "--name": "",
}
"""Arguments of ``dask worker`` that every job script sets, with the key of a profile that decides on them."""


class WorkerOffer(Offer):
    """What a site offers for workers."""

    jobs: Annotated[
        Count, FormField(Message("field.worker-jobs"), Message("field.worker-jobs.help"), layout="separate")
    ]
    """How many jobs run workers in the layout `separate`."""
    nodes: Annotated[
        Count, FormField(Message("field.worker-nodes"), Message("field.worker-nodes.help"), layout="one-job")
    ] = Count(default=1, maximum=1)
    """How many nodes the job gets in the layout `one-job`."""
    memory: Annotated[
        WorkerMemoryRange,
        FormField(
            Message("field.worker-memory"),
            Message("field.worker-memory.help"),
            in_one_job=(Message("field.worker-memory"), Message("field.node-memory.help")),
        ),
    ]
    """Memory of each job, or of each node in the layout `one-job`; 1 G is 1024 M."""
    cpus: Annotated[
        Count,
        FormField(
            Message("field.worker-cpus"),
            Message("field.worker-cpus.help"),
            in_one_job=(Message("field.worker-cpus"), Message("field.node-cpus.help")),
        ),
    ]
    """CPUs of each job, or of each node in the layout `one-job`."""
    time: Annotated[
        TimeRange,
        FormField(
            Message("field.worker-time"),
            Message("field.worker-time.help"),
            in_one_job=(Message("field.worker-time"), Message("field.job-time.help")),
        ),
    ]
    """Time limit of each job."""
    gpus: Annotated[
        OptionalCount,
        FormField(
            Message("field.worker-gpus"),
            Message("field.worker-gpus.help"),
            in_one_job=(Message("field.node-gpus"), Message("field.node-gpus.help")),
        ),
    ] = OptionalCount()
    """GPUs of each job, or of each node in the layout `one-job`. There is no field unless `maximum` is set."""
    gpu_model: Annotated[WordChoice, FormField(Message("field.gpu-model"), Message("field.gpu-model.help"))] = (
        WordChoice()
    )
    """Models of GPUs as the batch system calls them, of which users choose one. By default none is requested."""
    processes: Annotated[
        Count,
        FormField(
            Message("field.worker-processes"),
            Message("field.worker-processes.help"),
            advanced=True,
            in_one_job=(Message("field.node-processes"), Message("field.node-processes.help")),
        ),
    ] = Count(default=1, maximum=64)
    """How many workers share a job, its memory and its CPUs. A maximum of 1 offers no choice; more than one needs
    `nanny`."""
    threads: Annotated[
        CountFromZero, FormField(Message("field.worker-threads"), Message("field.worker-threads.help"), advanced=True)
    ] = CountFromZero(default=0, maximum=256)
    """Threads of each worker; 0 for its share of the CPUs."""
    arrays: ArrayRules = NO_RULES
    """The job arrays of the layout `separate`."""
    nanny: bool = True
    """Whether a nanny restarts a worker that runs out of memory."""
    command: WorkerCommand = "dask worker"
    """What starts the workers of a job with GPUs; `dask cuda worker` is that of dask-cuda."""
    worker_args: tuple[NodeArgument, ...] = ()
    """Further arguments of `dask worker`, each one item: `--interface`, `ib0`. Those that every job script sets are
    refused (`--nworkers`: use `processes`). In an item `{"expand": "--host=${SLURMD_NODENAME}.ib.site"}` the shell of
    the job replaces variables, and nothing else."""

    @field_validator("worker_args")
    @classmethod
    def _not_set_twice(cls, words: tuple[str, ...]) -> tuple[str, ...]:
        for word in words:
            option = word.partition("=")[0]
            if option in _KEYS:
                instead = f"use {_KEYS[option]} instead" if _KEYS[option] else "the workers are named after their jobs"
                raise ValueError(f"{option} is set by the job script: {instead}")
        return words

    @model_validator(mode="after")
    def _default_fits(self) -> Self:
        cpus, processes, threads = self.cpus.default, self.processes.default, self.threads.default
        if processes > 1 and not self.nanny:
            raise ValueError("processes above 1 need a nanny")
        if threads * processes > cpus or (not threads and cpus % processes):
            raise ValueError("the default cpus must hold the default processes, each with the default threads")
        return self

    def schema_of_fields(self, layouts: Collection[Layout]) -> dict[str, Any]:
        """See `Offer.schema_of_fields`. The maximum of jobs says what follows from the arrays."""
        schema = super().schema_of_fields(layouts)
        most, at_once = self.jobs.maximum, self.arrays.at_once
        note = Message("field.worker-jobs.single") if self.arrays.largest == 0 else None
        if at_once is not None and at_once < most:
            note = Message("field.worker-jobs.at-once", count=at_once)
        if note and "jobs" in schema["properties"]:
            schema["properties"]["jobs"]["maximum_note"] = note.as_json()
        return schema

    @model_validator(mode="after")
    def _few_single_jobs(self) -> Self:
        if self.arrays.largest == 0 and self.jobs.maximum > MAX_SINGLE_JOBS:
            raise WrongValue(Message("profile.too-many-single-jobs", maximum=MAX_SINGLE_JOBS), "jobs", "maximum")
        if self.arrays.largest == 0 and self.arrays.at_once:
            raise WrongValue(Message("profile.at-once-without-arrays"), "arrays", "at_once")
        return self

    @model_validator(mode="after")
    def _cpus_have_the_memory(self) -> Self:
        for key, memory, cpus in (
            ("default", self.memory.default, self.cpus.default),
            ("maximum", self.memory.maximum, self.cpus.maximum),
        ):
            most = self.memory.of_cpus(cpus)
            if most is not None and memory > most:
                why = Message(
                    "profile.memory-over-cpus", memory=write_memory(memory), maximum=write_memory(most), cpus=cpus
                )
                raise WrongValue(why, "memory", key)
        return self

    @model_validator(mode="after")
    def _one_worker_a_gpu(self) -> Self:
        gpus = self.gpus
        if not gpus.offered and (self.gpu_model.offered or self.command != "dask worker"):
            raise ValueError("gpu_model and command are for jobs with GPUs: set the maximum of gpus")
        if gpus.default and gpus.default != self.processes.default:
            raise ValueError("the default processes must be the default gpus, since each GPU gets a worker")
        if gpus.maximum > self.processes.maximum:
            raise ValueError("gpus: the maximum must not be above that of processes, since each GPU gets a worker")
        if not self.nanny and (gpus.maximum > 1 or self.command != "dask worker"):
            raise ValueError("several GPUs in a job, and dask cuda worker, need a nanny")
        return self


class SchedulerOffer(Offer):
    """What a site offers for the scheduler."""

    memory: Annotated[
        MemoryRange, FormField(Message("field.scheduler-memory"), Message("field.scheduler-memory.help"), advanced=True)
    ]
    """Memory of the scheduler; 1 G is 1024 M."""
    time: Annotated[
        TimeRange,
        FormField(
            Message("field.scheduler-time"), Message("field.scheduler-time.help"), advanced=True, layout="separate"
        ),
    ]
    """Time limit of the scheduler's job in the layout `separate`."""
    cpus: Annotated[int, Field(ge=1)] = 1
    """CPUs of the scheduler; users cannot choose them."""
    notebook_interface: Line = ""
    """The network interface of the scheduler's node to whose address the notebook server and kernels connect, `eth0`,
    if it is another one than that of the nodes (`--interface` in `scheduler_args`). Empty for one address for all."""
    scheduler_args: tuple[NodeArgument, ...] = ()
    """Further arguments of `dask scheduler`, as those of `worker_args`."""


class Chosen(BaseModel):
    """A part of a request, complete and validated."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    def as_text(self) -> dict[str, Any]:
        """The values as in `docs/contract.md`: memory and time as text."""
        return {
            name: _as_people_write(getattr(self, name), field.metadata)
            for name, field in type(self).model_fields.items()
        }


@dataclass(frozen=True)
class Written:
    """How a number is written for people."""

    write: Callable[[int], str]


def _as_people_write(value: Any, metadata: list[Any]) -> Any:
    if isinstance(value, Chosen):
        return value.as_text()
    return next((one.write(value) for one in metadata if isinstance(one, Written)), value)


Positive = Annotated[int, Field(gt=0)]
NotNegative = Annotated[int, Field(ge=0)]
Bytes = Annotated[int, Field(gt=0), Written(write_memory)]
Seconds = Annotated[int, Field(gt=0), Written(write_time)]


class Workers(Chosen):
    """What is asked for each of `jobs` jobs, or for each of the `nodes` of one job: memory in bytes, time in seconds.

    A new field has a default here, so that records of earlier versions are still read.

    Attributes:
        jobs: number of worker jobs at the launch; 0 if all run in one job.
        nodes: number of nodes of that one job; else 1.
        processes: number of workers that share a job, or a node of one job.
        threads: threads of each worker; 0 for its share of the CPUs.
        gpus: number of GPUs of each job, or of each node of one job, and so of its workers; 0 for none.
        gpu_model: their model as the batch system calls it; empty for any, and without meaning if there are none.
    """

    jobs: NotNegative
    nodes: Positive = 1
    memory: Bytes
    cpus: Positive
    time: Seconds
    processes: Positive = 1
    threads: NotNegative = 0
    gpus: NotNegative = 0
    gpu_model: Line = ""


class Scheduler(Chosen):
    """What is asked for the scheduler: memory in bytes, time in seconds."""

    memory: Bytes
    time: Seconds
