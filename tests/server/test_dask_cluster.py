"""`DaskCluster` on a real Slurm, as a notebook uses it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
import warnings
from pathlib import Path
from typing import Any

import pytest
from distributed import Client
from IPython.core.interactiveshell import InteractiveShell
from support.polling import TIMEOUT_S, until
from support.server import Server, count_submissions, queue

from dask_hpc import (
    ClusterClosed,
    ClusterNotFound,
    DaskCluster,
    RequestRefused,
    ServerNotFound,
    connect,
    get_logger,
)
from dask_hpc.dask4in2p3 import Dask4in2p3
from dask_hpc.magic import NotConnected, complete
from dask_hpc.server_client import ServerClient as KernelServer
from testbed.slurm import SlurmTestbed

SMALL: dict[str, Any] = {"worker_memory": "1G", "profile": "cc-in2p3", "quiet": True}


pytestmark = pytest.mark.usefixtures("kernel")


def test_a_cluster_has_what_distributeds_own_have(server: Server, slurm: SlurmTestbed, folder: Path) -> None:
    with DaskCluster("api", workers=2, **SMALL) as cluster:
        cluster.wait_for_workers(2)
        client = cluster.get_client()
        assert client is cluster.get_client()
        assert client.submit(sum, [40, 2]).result() == 42
        with Client(cluster) as another:
            assert another.submit(sum, [1, 2]).result() == 3
        assert repr(cluster).startswith("DaskCluster(api, 'tls://")
        assert "workers=2" in repr(cluster)
        assert cluster.dashboard_link.startswith("/jupyterlab-dask-hpc/clusters/")
        until(lambda: "2 of 2 running" in cluster._repr_html_(), "its card is renewed")
        assert cluster.dashboard_link not in cluster._repr_html_(), "a notebook keeps no key"
        assert "#SBATCH --array=0-1" in cluster.job_script()
        logs = cluster.get_logs()
        assert {"Cluster", "Scheduler"} < set(logs)
        assert len(logs) == 4
        assert [(each.name, each.running, each.workers) for each in DaskCluster.list()] == [("api", 2, 2)]
        # It logs in the notebook's folder.
        assert len(list((folder / "log").iterdir())) == 3
        client.close()
    id = cluster.id
    assert server.until(id, lambda seen: bool(seen["closed"]))["state"] == "closed"
    assert queue(slurm, id) == []
    with pytest.raises(
        ClusterClosed, match=r"To launch it again: %dask_cluster --new api --profile cc-in2p3 --workers 2"
    ):
        DaskCluster.from_name("api")


def test_it_is_scaled_and_adapts_without_restarts(server: Server, slurm: SlurmTestbed) -> None:
    with DaskCluster("elastic", workers=1, **SMALL) as cluster, cluster.get_client() as client:
        cluster.wait_for_workers(1)
        asked = count_submissions(slurm)
        cluster.scale(3)
        assert len(cluster.plan) == 3, "who is still to come is planned with"
        cluster.wait_for_workers(3)
        assert count_submissions(slurm) == asked + 1
        saved = client.submit(lambda: "there", pure=False)
        assert saved.result() == "there"
        cluster.scale(memory="1GiB")
        until(lambda: len(cluster.observed) == 1, "two workers go")
        assert saved.result() == "there", "their data was moved"
        with pytest.raises(RequestRefused) as refused:
            cluster.scale(3001)
        assert refused.value.field == "workers.count"
        with pytest.raises(ValueError, match="0 to 3,000 workers"):
            cluster.adapt(minimum=1, maximum=3001)
        bounded = cluster.adapt(minimum_cores=2, minimum_memory="1GiB", maximum_memory="5GB")
        assert (bounded.minimum, bounded.maximum) == (2, 4)
        bounded.stop()

        until(lambda: server.cluster(cluster.id)["workers"]["running"] == 1, "their jobs end")
        adaptive = cluster.adapt(minimum=1, maximum=3, interval="200ms")
        slow = client.map(lambda _: time.sleep(1), range(30), pure=False)
        until(lambda: len(cluster.observed) == 3, "more come with the work")
        client.gather(slow)
        until(lambda: len(cluster.observed) == 1, "they go without it")
        actions = [action["status"] for _, action in adaptive.log]
        assert actions[0] == "up"
        assert actions == sorted(actions, reverse=True), f"it goes up, then down, and not to and fro: {actions}"
        assert saved.result() == "there"


def test_it_lasts(server: Server) -> None:
    """See test_rollover.py for how its workers are replaced."""
    with DaskCluster("lasts", workers=1, replace_workers=True, **SMALL) as cluster:
        assert server.cluster(cluster.id)["replace_workers"]
        cluster.replace_workers(False)
        assert not server.cluster(cluster.id)["replace_workers"]
        cluster.replace_workers()
    with pytest.raises(ClusterClosed, match=r"--time 02:00:00 --processes 1 --threads 0 --replace"):
        DaskCluster.from_name("lasts")
    for change in (cluster.replace_workers, lambda: cluster.scale(2)):
        with pytest.raises(ClusterClosed, match=r"lasts is clos.* To launch it again"):
            change()


def test_one_that_runs_is_taken_up_and_left_running(server: Server, folder: Path) -> None:
    id = server.launch(name="panel", workspace=folder.name)["id"]
    first, second = DaskCluster.from_name("panel", quiet=True), DaskCluster.from_name("panel", quiet=True)
    first.wait_for_workers(1)
    second.scale(2)
    for each in (first, second):
        each.wait_for_workers(2)
        assert len(each.observed) == 2
    first.close()
    with pytest.raises(ClusterClosed, match="panel keeps running"):
        first.scale(3)
    assert connect("panel").submit(sum, [1, 2]).result() == 3
    connect("panel").close()
    server.until(id, lambda seen: seen["state"] == "running")
    # Stopped elsewhere: the object shows that, with the reason.
    server.end(id)
    until(lambda: second.status.name == "closed", "it hears of its end")
    with pytest.raises(ClusterClosed, match="panel is clos"):
        second.wait_for_workers(1)


def test_it_is_awaited_too(server: Server) -> None:
    async def play() -> None:
        async with DaskCluster("awaited", workers=1, asynchronous=True, **SMALL) as cluster:
            await cluster.wait_for_workers(1)
            async with Client(cluster, asynchronous=True) as client:
                assert await client.submit(sum, [40, 2]) == 42
            # As with distributed's own: without being awaited, and in this order.
            for count in (3, 2, 0):
                cluster.scale(count)
            await cluster
            assert server.cluster(cluster.id)["workers"]["requested"] == 0
            with pytest.raises(RequestRefused):
                await cluster.scale(3001)
            # What was handled is not reported again.
            await cluster
        assert cluster.status.name == "closed"

    asyncio.run(play())


def test_an_interrupt_ends_the_waiting_alone(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    threading.Timer(3, signal.raise_signal, [signal.SIGINT]).start()
    with pytest.raises(KeyboardInterrupt):
        DaskCluster("patient", profile="held")
    assert "DaskCluster.from_name('patient') connects to it" in capsys.readouterr().err
    [waits] = DaskCluster.list()
    assert (waits.name, waits.state) == ("patient", "queued")


def test_an_interrupt_while_it_is_launched_leaves_nothing_unknown(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = KernelServer.launch

    def interrupted(self: KernelServer, request: dict[str, Any]) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        return launch(self, request)

    monkeypatch.setattr(KernelServer, "launch", interrupted)
    with pytest.raises(KeyboardInterrupt):
        DaskCluster("hasty", worker_memory="1G", profile="cc-in2p3")
    assert "DaskCluster.from_name('hasty') connects to it" in capsys.readouterr().err
    with pytest.raises(NotConnected, match="hastier keeps running: %dask_cluster hastier connects to it"):
        shell = InteractiveShell()
        shell.run_line_magic("load_ext", "dask_hpc")
        shell.run_line_magic("dask_cluster", "--new hastier --workers 1 --memory 1G --profile cc-in2p3")
    assert {each.name for each in DaskCluster.list()} == {"hasty", "hastier"}


def test_what_goes_wrong_is_one_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ClusterNotFound, match='There is no cluster "nobody"'):
        DaskCluster.from_name("nobody")
    with pytest.raises(RequestRefused) as refused:
        DaskCluster("a b", **SMALL)
    assert refused.value.field == "name"
    with pytest.raises(RequestRefused, match="invalid partition"):
        DaskCluster("lost", profile="nowhere")
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", "/nowhere/server.json")
    with pytest.raises(ServerNotFound, match="Restart the kernel"):
        DaskCluster("gone")


def test_a_task_logs_to_its_jobs_file(server: Server, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    logger = get_logger()
    logger.info("seen here")
    assert "seen here" in capsys.readouterr().out

    def work(number: int) -> int:
        logger.info("number %d", number)
        return number

    with DaskCluster("talks", workers=1, **SMALL) as cluster, cluster.get_client() as client:
        assert client.submit(work, 7, key="the-key").result() == 7
        [log] = (folder / "log").glob("talks.worker.*")
        until(lambda: "number 7" in log.read_text(), "the line is written")
        [line] = [line for line in log.read_text().splitlines() if "number 7" in line]
        assert "INFO" in line
        assert "the-key" in line


def test_one_line_launches_scales_lists_and_stops(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "dask_hpc")

    def run_line(line: str) -> str:
        shell.run_line_magic("dask_cluster", line)
        return capsys.readouterr().out

    assert "Connected to line, use it as client" in run_line("--new line --workers 1 --memory 1G --profile cc-in2p3")
    client = shell.user_ns["client"]
    assert client.submit(sum, [1, 2]).result() == 3
    assert run_line("line --scale 2") == "line is scaled to 2 workers.\n"
    client.wait_for_workers(2, timeout=TIMEOUT_S)
    until(lambda: "line" in run_line("--list") and "2 of 2 running" in run_line("--list"), "both run")
    assert run_line("line --replace").startswith("The workers of line are replaced before their time limit")
    assert (
        run_line("line --no-replace --scale 2")
        == "line is scaled to 2 workers.\nThe workers of line end at their time limit.\n"
    )
    assert len(re.findall(r"line\.(?:scheduler|worker)\.\S+\.log", run_line("line --logs"))) == 3
    assert "Scheduler at:" in run_line("--logs line") + run_line("line --logs scheduler")
    assert {"line", "--new", "--stop"} <= set(complete("%dask_cluster "))
    assert "--stop" not in complete("%dask_cluster line --stop ")
    for line, sentence in {
        "--new line --workers many": "invalid int value: 'many'",
        "line --sclae 3": "Unrecognized arguments: --sclae",
        "line 'x": "The line cannot be parsed",
        "line --workers 3": "--workers needs --new. --scale changes the number of workers.",
        "line --stop --scale 3": "--scale and --stop cannot be combined.",
        "line --stop --scale 0": "--scale and --stop cannot be combined.",
        "line --list": "line cannot be combined with --list.",
        "line --stop --replace": "--replace and --stop cannot be combined.",
        "line --logs worker": '"worker" has to occur in the name of one log file. It occurs in: line.worker.',
    }.items():
        with pytest.raises(NotConnected, match=re.escape(sentence)):
            run_line(line)
    assert "line is stopped" in run_line("line --stop")
    with pytest.raises(NotConnected, match="To launch it again: %dask_cluster --new line"):
        run_line("line")
    assert "%dask_cluster --new demo --workers 4" in run_line("--help")


def test_a_notebook_of_dask4in2p3(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    with Dask4in2p3(profile="cc-in2p3") as dask:
        first = dask.new_client(
            dask_worker_jobs=2,
            dask_worker_memory=0.5,
            dask_worker_time="00:15:00",
            dask_worker_wait_for_running_percent=50,
        )
        assert first.submit(sum, [1, 2]).result() == 3
        shown = capsys.readouterr().out
        order = [
            "Creating and launching",
            "Waiting for the scheduler",
            "RUNNING",
            "Waiting for 1 of 2",
            "client is provided",
        ]
        places = [shown.index(words) for words in order]
        assert places == sorted(places)
        [launched] = DaskCluster.list()
        second = dask.new_client(dask_worker_memory="512M")
        assert first.status == "closed"
        assert second.submit(sum, [1, 2]).result() == 3
        assert [each.workers for each in DaskCluster.list()] == [1]
        assert launched.name
    assert DaskCluster.list() == []


def test_an_environment_that_does_not_match_is_shown_before_the_queue(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = folder / "other"
    (other / "bin").mkdir(parents=True)
    python = other / "bin" / "python"
    python.write_text('#!/bin/sh\necho \'{"Python": "3.9", "dask": "1.0", "distributed": "1.0"}\'\n')
    python.chmod(0o755)
    with warnings.catch_warnings(record=True) as shown, pytest.raises(RequestRefused):
        warnings.simplefilter("always")
        DaskCluster("a b", virtual_env=str(other), **SMALL)
    [warning] = [str(each.message) for each in shown if "tasks may fail" in str(each.message)]
    assert f"{other} has Python 3.9 (here " in warning
    assert "-m pip install dask==" in warning


def test_in_a_terminal_a_bar_grows_in_one_line(server: Server) -> None:
    """What a Python prompt in JupyterLab's terminal shows."""
    master, terminal = os.openpty()
    code = "import dask_hpc\nwith dask_hpc.DaskCluster('typed', 'cc-in2p3', 1, wait_for_running_percent=100): pass"
    typed = subprocess.Popen([sys.executable, "-c", code], stdout=terminal, stderr=terminal)
    os.close(terminal)
    output = b""
    # At its end a terminal whose other side is gone is an error.
    with contextlib.suppress(OSError):
        while piece := os.read(master, 4096):
            output += piece
    os.close(master)
    assert typed.wait(TIMEOUT_S) == 0, output
    lines = [line.rstrip() for line in output.decode().split("\r\x1b[K")]
    assert lines[1].startswith(f"[{'-' * 24}] typed: ")
    assert lines[-1] == f"[{'#' * 24}] typed: 1 of 1 running"
    assert output.count(b"\n") == 1, "all of it in one line"


def test_two_kernels_that_scale_at_once(server: Server, slurm: SlurmTestbed) -> None:
    """Whatever the order in which they arrive, the last one counts, and nothing is started twice."""
    code = """
import sys, dask_hpc
cluster = dask_hpc.DaskCluster.from_name("both", quiet=True)
for n in map(int, sys.argv[1:]):
    cluster.scale(n)
"""
    with DaskCluster("both", workers=1, **SMALL) as cluster:
        cluster.wait_for_workers(1)
        numbers = [["3", "1", "4", "2"], ["2", "5", "1", "3"]]
        kernels = [subprocess.Popen([sys.executable, "-c", code, *some]) for some in numbers]
        assert [kernel.wait(TIMEOUT_S) for kernel in kernels] == [0, 0]
        wanted = server.cluster(cluster.id)["workers"]["requested"]
        assert wanted in (2, 3), "the last value of one of them"
        settled = server.until(cluster.id, lambda seen: seen["workers"]["connected"] == wanted)
        assert (settled["workers"]["pending"], settled["workers"]["running"]) == (0, wanted)
        server.until(cluster.id, lambda _: len(queue(slurm, cluster.id)) == 1 + wanted)
        cluster.wait_for_workers(wanted)
        assert cluster.get_client().submit(sum, [20, 22]).result() == 42
