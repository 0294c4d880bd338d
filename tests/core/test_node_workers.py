"""Shares of a node: what the scheduler takes of the first one, and the scripts of scheduler and workers in one job."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jupyterlab_dask_hpc.batch.slurm.client import Slurm
from jupyterlab_dask_hpc.control.job_templates import describe, describe_node
from jupyterlab_dask_hpc.core.fields import Scheduler, Workers
from jupyterlab_dask_hpc.core.job_spec import check_layout
from jupyterlab_dask_hpc.core.node_workers import first_node_workers, node_workers
from jupyterlab_dask_hpc.core.profile import Profile
from jupyterlab_dask_hpc.core.ranges import Count
from jupyterlab_dask_hpc.core.record import Record, plan
from jupyterlab_dask_hpc.core.request import first_node

from .sample import profile, record

GIB = 2**30


def workers(cpus: int, processes: int, threads: int = 0, memory: int = 64 * GIB) -> Workers:
    return Workers(jobs=0, memory=memory, cpus=cpus, time=3600, processes=processes, threads=threads)


@pytest.mark.parametrize(
    ("asked", "scheduler_cpus", "threads"),
    [
        (workers(6, 6), 1, [1] * 5),  # a core each, one for the scheduler
        (workers(6, 2), 1, [3, 2]),
        (workers(64, 16, 4), 1, [4] * 15 + [3]),
        (workers(64, 15, 4), 4, [4] * 14 + [4]),  # unused CPUs first; the last worker has less memory
        (workers(8, 1), 2, [6]),
        (workers(8, 2), 6, [2]),
        (workers(1, 1), 1, []),
        (workers(2, 2), 3, []),
    ],
)
def test_the_scheduler_takes_as_few_workers_as_possible(
    asked: Workers, scheduler_cpus: int, threads: list[int]
) -> None:
    scheduler = Scheduler(memory=GIB, time=3600)
    groups = first_node_workers(asked, scheduler, scheduler_cpus, nanny=True)
    assert [group.threads for group in groups for _ in range(group.count)] == threads
    assert [group.first for group in groups] == [sum(one.count for one in groups[:n]) for n in range(len(groups))]
    used = sum(group.count * group.memory for group in groups)
    assert used + scheduler.memory <= asked.memory or not groups
    assert sum(threads) + scheduler_cpus <= asked.cpus or not groups


@pytest.mark.parametrize("gib", [0.75, 1, 1.4, 2, 3, 8])
@pytest.mark.parametrize("processes", [1, 2, 4, 8])
def test_memory_is_never_given_twice(gib: float, processes: int) -> None:
    asked = workers(16, processes, memory=int(gib * GIB))
    groups = first_node_workers(asked, Scheduler(memory=GIB // 2, time=3600), 1, nanny=True)
    for group in groups:
        assert group.memory <= node_workers(asked, True).memory
    used = sum(
        one.count * one.memory for one in first_node_workers(asked, Scheduler(memory=GIB // 2, time=3600), 1, True)
    )
    assert used + GIB // 2 <= asked.memory or not used


def one_job(offer: Profile, **asked: int) -> Record:
    alone = record(0)
    shape = alone.request.workers.model_copy(update=asked)
    request = alone.request.model_copy(update={"layout": "one-job", "workers": shape})
    submissions = plan(alone.id, request, None, first_node(request, offer))  # type: ignore[arg-type]
    return Record.model_validate({**alone.model_dump(), "request": request, "submissions": submissions})


def test_the_recipe_of_perlmutter_has_sixteen_workers_on_each_of_four_nodes() -> None:
    offer = profile()
    known = one_job(offer, nodes=4, cpus=64, processes=16, threads=4, memory=448 * GIB)
    assert known.wanted_workers == known.fixed_workers == 64
    folder, python = Path("/shared/cluster"), ("/opt/python/bin/python",)
    options, script = describe(known, known.scheduler, offer, Slurm(), folder, python)
    assert (options.nodes, options.cpus, options.requeue) == (4, 64, False)
    header = [line for line in script.splitlines() if line.startswith("#SBATCH")]
    for word in ("--nodes=4", "--ntasks=4", "--ntasks-per-node=1", "--cpus-per-task=64", "--mem=458752M", "--no-kill"):
        assert f"#SBATCH {word}" in header
    assert "srun --nodes=4 --ntasks=4 --ntasks-per-node=1 --cpus-per-task=64 --export=ALL --mpi=none" in script
    node = describe_node(known, known.scheduler, offer, Slurm(), folder, python)
    assert '--name "$name" --nworkers 15 --nthreads 4' in node and '--name "$name-15" --nworkers 1 --nthreads 3' in node
    assert '--name "$name" --nworkers 16 --nthreads 4' in node
    for text in (script, node):
        subprocess.run(["bash", "-n"], input=text, text=True, check=True)


def test_cpu_binding_is_for_the_launcher_of_the_batch_system() -> None:
    offer = profile()
    bound = offer.workers.model_copy(update={"threads_per_core": 1, "cpu_bind": "cores"})
    several = offer.model_copy(
        update={"workers": bound.model_copy(update={"nodes": Count(default=2, maximum=2)}), "layout": "one-job"}
    )
    known = one_job(several, nodes=2, cpus=8, processes=2)
    _, script = describe(known, known.scheduler, several, Slurm(), Path("/shared/c"), ("/opt/python/bin/python",))
    assert "--wait=0 --cpu-bind=cores bash " in script
    assert "#SBATCH --threads-per-core=1" in script and "#SBATCH --cpu-bind" not in script
    check_layout(several, Slurm.capabilities)
    assert [str(one) for one in several.workers.summary()[-2:]] == ["1 thread per core", "CPU binding cores"]
    for wrong in (
        offer.model_copy(update={"workers": bound}),
        several.model_copy(update={"launcher": ("mpiexec", "--ppn", "1")}),
        offer.model_copy(update={"scheduler": offer.scheduler.model_copy(update={"cpu_bind": "cores"})}),
    ):
        with pytest.raises(
            ValueError, match="--cpu-bind=cores is for the launcher of slurm, which starts workers only"
        ):
            check_layout(wrong, Slurm.capabilities)


def test_a_profile_may_name_another_launcher() -> None:
    words = ("mpiexec", "--ppn", "1", "-n", "{nodes}", "--depth={cpus}")
    offer = profile().model_copy(update={"launcher": words})
    known = one_job(offer, nodes=3, cpus=8, processes=2)
    _, script = describe(known, known.scheduler, offer, Slurm(), Path("/shared/cluster"), ("/opt/python/bin/python",))
    assert "    mpiexec --ppn 1 -n 3 --depth=8 bash " in script and "srun" not in script
