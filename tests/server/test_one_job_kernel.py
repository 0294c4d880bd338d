"""From a notebook: scheduler and workers in one job, which may grow by further jobs or may not."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from IPython.core.interactiveshell import InteractiveShell
from support.polling import until
from support.server import Json, Server, has_ended, queue, write_profiles

from dask_hpc import DaskCluster, RequestRefused, run_script
from dask_hpc.magic import NotConnected, register
from testbed.slurm import SlurmTestbed

SHAPE: Json = {
    "layout": ["separate", "one-job"],
    "workers__nodes": {"default": 1, "maximum": 2},
    "workers__jobs": {"default": 1, "maximum": 2},
    "workers__cpus": {"default": 2, "maximum": 8},
    "workers__memory": {"default": "1536M", "maximum": "4G"},
    "workers__processes": {"default": 2, "maximum": 8},
    "workers__time": {"default": "00:20:00", "maximum": "08:00:00"},
    "scheduler__memory": {"default": "256M", "maximum": "1G"},
}
ONE: dict[str, Any] = {"layout": "one-job", "quiet": True}


@pytest.fixture(scope="module")
def server(slurm: SlurmTestbed, shared: Path) -> Iterator[Server]:
    folder = shared / "one-job-kernel"
    folder.mkdir()
    variants = {"fixed": SHAPE, "grows": {**SHAPE, "grow": True}, "only": {**SHAPE, "layout": "one-job"}}
    profiles = write_profiles(shared, folder, **variants)[1:]
    started = Server(folder, shared / "home-one-job-kernel", profiles, slurm.environment)
    with started:
        yield started


@pytest.mark.usefixtures("kernel")
def test_the_number_of_workers_of_one_job_is_fixed(server: Server, slurm: SlurmTestbed) -> None:
    with DaskCluster("wide", "fixed", nodes=2, **ONE) as cluster, cluster.get_client() as client:
        cluster.wait_for_workers(3, timeout=120)  # one CPU of the first node is the scheduler's
        assert [state for _, state in queue(slurm, cluster.id)] == ["RUNNING"]
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42
        for change in ({"n": 4}, {"n": 1}, {"jobs": 2}, {"memory": "6GiB"}):
            with pytest.raises(RequestRefused, match="The workers run in one job, so that their number stays 3"):
                cluster.scale(**change)
        cluster.scale(jobs=1)
        cluster.scale(cores=4)  # those of its nodes
        with pytest.raises(ValueError, match="The workers run in one job, so that their number stays 3"):
            cluster.adapt()


@pytest.mark.usefixtures("kernel")
def test_it_adapts_by_further_jobs_where_the_profile_allows_that(server: Server, slurm: SlurmTestbed) -> None:
    with DaskCluster("wide", "grows", nodes=1, **ONE) as cluster, cluster.get_client() as client:
        cluster.wait_for_workers(1, timeout=120)
        with pytest.raises(ValueError, match="to 5 workers"):
            cluster.adapt(maximum=7)
        adaptive = cluster.adapt(maximum=4, interval="200ms", wait_count=3, target_duration="1s")
        assert (adaptive.minimum, adaptive.maximum) == (1, 3), "the first job stays, and further ones are whole"
        futures = client.map(lambda _: time.sleep(0.5), range(60), pure=False)
        until(lambda: len(queue(slurm, cluster.id)) == 2, "another job comes", 60)
        until(lambda: len(cluster.observed) == 3, "its workers connect", 90)
        client.gather(futures)
        until(lambda: len(queue(slurm, cluster.id)) == 1, "it ends when there is nothing to do", 90)
        assert client.submit(sum, [20, 22], pure=False).result(timeout=60) == 42
        assert len(cluster.observed) == 1


@pytest.mark.usefixtures("kernel")
def test_the_magic_and_what_is_refused(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell.instance()
    register(shell)
    shell.run_line_magic("dask_cluster", "--new magic --profile fixed --layout one-job --nodes 1 --processes 1")
    client = shell.user_ns["client"]
    assert isinstance(client, Client)
    client.wait_for_workers(1, timeout=120)
    with pytest.raises(NotConnected, match="so that their number stays 1"):
        shell.run_line_magic("dask_cluster", "magic --scale 2")
    with pytest.raises(NotConnected, match="in whose job they run"):
        shell.run_line_magic("dask_cluster", "magic --replace")
    shell.run_line_magic("dask_cluster", "magic --stop")
    with pytest.raises(NotConnected, match="--new magic --profile fixed --layout one-job --nodes 1 --memory 1536M"):
        shell.run_line_magic("dask_cluster", "magic")
    capsys.readouterr()
    for options, field, text in (
        ({"profile": "fixed", "layout": "one-job", "workers": 4}, "workers.jobs", "choose the number of its nodes"),
        ({"profile": "only", "workers": 4}, "workers.jobs", "choose the number of its nodes"),
        ({"profile": "fixed", "nodes": 2}, "workers.nodes", "This does not apply to the layout separate."),
        ({"profile": "only", "nodes": 3}, "workers.nodes", "A whole number from 1 to 2."),
        ({"profile": "only", "layout": "separate"}, "layout", "Choose one of one-job."),
        ({"profile": "only", "layout": "wide"}, "layout", "Choose one of one-job."),
    ):
        with pytest.raises(RequestRefused) as caught:
            DaskCluster("refused", quiet=True, **options)  # type: ignore[arg-type]
        assert caught.value.field == field and text in str(caught.value)


@pytest.mark.usefixtures("kernel")
def test_a_script_runs_in_one_job_of_two_nodes(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    """Beside the scheduler, on the first node; it ends the job."""
    (folder / "fit.py").write_text(
        "import os\nfrom distributed import Client\nclient = Client()\nclient.wait_for_workers(3)\n"
        "nodes = set(client.run(lambda: os.environ['SLURMD_NODENAME']).values())\n"
        "print(os.environ['SLURMD_NODENAME'], sorted(nodes), client.submit(sum, [20, 22]).result())\n"
    )
    name = run_script("fit.py", profile="only", nodes=2)
    [id] = [cluster["id"] for cluster in server.clusters() if cluster["name"] == name]
    [(job, _)] = until(lambda: queue(slurm, id), "its job")
    cluster = server.until(id, has_ended)
    assert (cluster["state"], cluster["script"]["lines"]) == ("closed", ["n0 ['n0', 'n1'] 42"])
    assert queue(slurm, id) == []
    until(lambda: not slurm.processes(job), "its processes end")
