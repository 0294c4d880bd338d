"""What users of a notebook rely on, on a real Slurm: which cluster computes, links, and ends with their reasons."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import dask
import distributed
import nbformat
import numpy
import pytest
from distributed import Client
from IPython.core.interactiveshell import InteractiveShell
from nbclient import NotebookClient
from support.polling import TIMEOUT_S, until
from support.server import Server, has_ended

from dask_hpc import ClusterClosed, DaskCluster, RequestRefused, connect
from dask_hpc.magic import NotConnected
from testbed.slurm import SlurmTestbed

pytestmark = pytest.mark.usefixtures("kernel")

SMALL: dict[str, Any] = {"worker_memory": "1G", "profile": "cc-in2p3", "quiet": True}


def run_by_dask() -> list[str]:
    """Where Dask computes by each of its ways."""
    # Text, because a worker cannot import this file.
    code = "import distributed; where = distributed.get_worker().scheduler.address"

    def task(_: int) -> str:
        found: dict[str, Any] = {}
        exec(code, found)
        return str(found["where"])

    task.__module__ = "__main__"
    lazy = dask.delayed(task, pure=False)  # type: ignore[attr-defined]
    return [
        dask.compute(lazy(1))[0],  # type: ignore[attr-defined]
        lazy(2).compute(),
        distributed.default_client().scheduler.address,  # type: ignore[no-untyped-call, union-attr]
    ]


def test_the_cluster_named_last_is_dasks_default(server: Server, folder: Path) -> None:
    ids = {name: server.launch(name=name, workspace=folder.name)["id"] for name in ("a", "b")}
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "dask_hpc")
    for id in ids.values():
        server.until(id, lambda seen: seen["state"] == "running")
    address = {name: server.call("GET", f"clusters/{id}/connection")["address"] for name, id in ids.items()}
    for name in ("a", "b", "a"):
        shell.run_line_magic("dask_cluster", name)
        assert shell.user_ns["client"].scheduler.address == address[name]
        assert run_by_dask() == [address[name]] * 3
    assert connect("b").scheduler.address == address["b"]
    assert run_by_dask() == [address["b"]] * 3
    with shell.user_ns["client"].as_current():
        assert run_by_dask() == [address["a"]] * 3, "as_current still holds inside"
    # One closed in between leaves the other.
    connect("b").close()
    assert run_by_dask() == [address["a"]] * 3
    connect("b")
    assert run_by_dask() == [address["b"]] * 3
    objects = {name: DaskCluster.from_name(name, quiet=True) for name in ids}
    clients = {name: each.get_client() for name, each in objects.items()}
    for name in ("a", "b", "a"):
        assert objects[name].get_client() is clients[name]
        assert run_by_dask() == [address[name]] * 3
    with dask.config.set(scheduler="threads"):
        connect("b")
        assert run_by_dask() == [address["b"]] * 3
    for client in (*clients.values(), connect("a"), connect("b")):
        client.close()
    for each in objects.values():
        each.close()


NOTEBOOK = (
    "%load_ext dask_hpc\n%dask_cluster linked",
    "client",
    "client.scheduler_info()",
    "import dask_hpc\nprint(client.dashboard_link)\ndask_hpc.connect('linked')",
    "from dask_hpc import DaskCluster\ncluster = DaskCluster.from_name('linked')\ncluster",
    "print(cluster, cluster.dashboard_link)\ncluster.get_client()",
    "cluster.scheduler_info",
    "from distributed import Client\nanother = Client(cluster)\nprint(repr(another), another.dashboard_link)\nanother",
)


def test_links_lead_to_the_dashboard_and_hold_no_key(server: Server, folder: Path) -> None:
    id = server.launch(name="linked", workspace=folder.name)["id"]
    shown = server.until(id, lambda seen: seen["state"] == "running")
    key = shown["dashboard"].split("/")[-2]
    until(
        lambda: server.ask("GET", f"/{shown['dashboard']}", login=False).status == 200, "the dashboard has been loaded"
    )
    cells = [nbformat.v4.new_code_cell(cell) for cell in NOTEBOOK]  # type: ignore[no-untyped-call]
    notebook = nbformat.v4.new_notebook(cells=cells)  # type: ignore[no-untyped-call]
    NotebookClient(
        notebook, timeout=int(TIMEOUT_S), kernel_name="python3", resources={"metadata": {"path": str(folder)}}
    ).execute()
    written = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    link = f"/jupyterlab-dask-hpc/clusters/{id}/dashboard/status"
    for number in (1, 2, 3, 5, 6, 7):
        assert link in str(notebook.cells[number].outputs), NOTEBOOK[number]
    assert key not in written
    assert ":8787/status" not in written
    for number, cell in enumerate(notebook.cells):
        assert "http://" not in str(cell.outputs), (number, re.findall("http://.{60}", str(cell.outputs)))

    refused = server.ask("GET", link, login=False)
    assert refused.status == 302 and "/login?next=" in refused.headers["Location"]
    # As a browser that has logged in by the form does it.
    form = server.ask("GET", "/login", login=False)
    cookie = form.headers["Set-Cookie"].split(";")[0]
    body = urlencode({"password": server.token, "_xsrf": cookie.partition("=")[2]}).encode()
    login = server.ask("POST", "/login", body, login=False, headers={"Cookie": cookie})
    cookies = "; ".join([cookie, *(each.split(";")[0] for each in login.headers.get_all("Set-Cookie"))])  # type: ignore[attr-defined]
    for asked, page in (
        (link, "status"),
        (f"/jupyterlab-dask-hpc/clusters/{id}/dashboard", "status"),
        (link.replace("status", "individual-plots.json"), "individual-plots.json"),
    ):
        led = server.ask("GET", asked + "?token=mine", login=False, headers={"Cookie": cookies})
        assert (led.status, led.headers["Referrer-Policy"], led.headers["Cache-Control"]) == (
            302,
            "no-referrer",
            "no-store",
        )
        assert led.headers["Location"] == f"/jupyterlab-dask-hpc/clusters/{id}/dashboard/{key}/{page}"
        assert server.ask("GET", led.headers["Location"], login=False).status == 200
    assert server.ask("GET", "/jupyterlab-dask-hpc/clusters/0123456789/dashboard").status == 404
    assert key not in server.log


ENDS: dict[str, Callable[[Client], Any]] = {
    "gather": lambda client: client.gather(client.map(time.sleep, [600, 601], pure=False)),
    "result": lambda client: client.submit(time.sleep, 600, pure=False).result(),
    "compute": lambda client: client.compute(dask.delayed(time.sleep)(600)).result(),  # type: ignore[attr-defined]
    "run": lambda client: client.run(time.sleep, 600),
}


@pytest.mark.parametrize("kind", ["connect", "get_client", "Client"])
@pytest.mark.parametrize("end", ["stopped elsewhere", "scheduler cancelled"])
def test_what_waits_ends_with_the_reason(
    server: Server, slurm: SlurmTestbed, folder: Path, kind: str, end: str, capfd: pytest.CaptureFixture[str]
) -> None:
    id = server.launch(name="ends", workspace=folder.name)["id"]
    server.until(id, lambda seen: seen["state"] == "running")
    cluster = DaskCluster.from_name("ends", quiet=True)
    client = {"connect": lambda: connect("ends"), "get_client": cluster.get_client, "Client": lambda: Client(cluster)}[
        kind
    ]()
    ways = {way: wait for way, wait in ENDS.items() if kind != "Client" or way != "run"}
    finished = client.submit(sum, [1, 2])
    assert finished.result() == 3
    with ThreadPoolExecutor() as threads:
        waiting = {way: threads.submit(wait, client) for way, wait in ways.items()}
        workers = threads.submit(cluster.wait_for_workers, 2)
        until(lambda: len(client.processing()) and sum(map(len, client.processing().values())) >= 1, "tasks run")
        time.sleep(1.5)
        began = time.monotonic()
        if end == "stopped elsewhere":
            server.call("DELETE", f"clusters/{id}")
        else:
            slurm.run("scancel", server.cluster(id)["scheduler"]["job"])
        for way, call in waiting.items():
            error = call.exception(TIMEOUT_S)
            assert isinstance(error, ClusterClosed), (way, error)
            assert str(error).startswith(("ends is clos", "ends has failed: ")), way
            assert (": Stopped." if end == "stopped elsewhere" else "scheduler") in str(error)
        took = time.monotonic() - began
        assert isinstance(workers.exception(TIMEOUT_S), ClusterClosed)
    until(lambda: (cluster.status.name, client.status) == ("closed", "closed"), "both know")
    # Two seconds on a machine that does nothing else; without the notebook server's word it is half a minute.
    assert took < 25 or end != "stopped elsewhere"
    with pytest.raises(ClusterClosed):
        client.gather(finished)
    server.until(id, has_ended)
    output = capfd.readouterr().err
    assert "Failed to reconnect" not in output
    assert "Traceback" not in output


def test_a_broken_connection_is_mended(server: Server, folder: Path) -> None:
    with DaskCluster("broken", workers=1, **SMALL) as cluster:
        cluster.wait_for_workers(1)
        clients = [connect("broken"), cluster.get_client(), Client(cluster)]
        until(lambda: "_reconnect" in vars(clients[2]), "it has been seen")
        for client in clients:
            before = client.scheduler_comm
            client.loop.add_callback(before.comm.abort)
            until(lambda: client.scheduler_comm is not before and client.status == "running", "it is connected")  # noqa: B023
            assert client.submit(sum, [1, 2]).result() == 3
            client.close()


def test_what_is_awaited_ends_with_the_reason(server: Server, folder: Path) -> None:
    async def play() -> None:
        cluster = await DaskCluster("awaited", workers=1, asynchronous=True, **SMALL)
        await cluster.wait_for_workers(1)
        client = await cluster.get_client()
        waiting = [
            asyncio.ensure_future(wait)
            for wait in (
                client.gather(client.map(time.sleep, [600, 601], pure=False)),
                client.run(time.sleep, 600),
                cluster.wait_for_workers(2),
            )
        ]
        await asyncio.sleep(1)
        await asyncio.to_thread(server.call, "DELETE", f"clusters/{cluster.id}")
        done, _ = await asyncio.wait(waiting, timeout=TIMEOUT_S)
        assert {type(each.exception()) for each in done} == {ClusterClosed}
        assert len(done) == 3
        assert "Stopped" in str(waiting[0].exception())

    asyncio.run(play())


def test_a_clusters_workers_have_the_kernels_settings(server: Server, folder: Path) -> None:
    given = {
        "distributed.worker.memory.target": 0.42,
        "distributed.scheduler.allowed-failures": 7,
        "distributed.worker.resources": {"GPU": 1},
        "distributed.nanny.environ.NUMEXPR_MAX_THREADS": "3",
        "distributed.worker.preload": ["never"],
    }
    with dask.config.set(given):
        cluster = DaskCluster("settings", workers=1, **SMALL)
    own = folder.parent.parent / "one" / "state" / "clusters" / cluster.id / "dask.json"
    assert own.stat().st_mode & 0o777 == 0o600
    sent = {
        "distributed.worker.memory.target": 0.42,
        "distributed.scheduler.allowed-failures": 7,
        "distributed.worker.resources.GPU": 1,
        "distributed.nanny.environ.NUMEXPR_MAX_THREADS": "3",
    }
    assert json.loads(own.read_text()) == sent
    assert server.cluster(cluster.id)["request"]["dask_config"] == sent
    shown = server.call("GET", f"clusters/{cluster.id}/scripts")["scripts"]
    assert [script["role"] for script in shown] == ["scheduler", "worker", "settings"]
    assert json.loads(shown[2]["text"]) == sent
    assert "never" not in cluster.job_script()

    def settings_of(*keys: str) -> list[Any]:
        import os

        import dask

        return [*(dask.config.get(key) for key in keys), os.environ.get("NUMEXPR_MAX_THREADS")]

    settings_of.__module__ = "__main__"
    keys = ("distributed.worker.memory.target", "distributed.scheduler.allowed-failures")
    with cluster, cluster.get_client() as client:
        cluster.wait_for_workers(1)
        for _ in range(2):
            assert list(client.run(settings_of, *keys).values()) == [[0.42, 7, "3"]]
            assert client.run_on_scheduler(settings_of, *keys)[:2] == [0.42, 7]
            assert client.submit(sum, [1, 2], resources={"GPU": 1}, pure=False).result(timeout=TIMEOUT_S) == 3
            client.restart(timeout=TIMEOUT_S)
    preview = {"profile": "cc-in2p3", "dask_config": sent}
    assert [script["role"] for script in server.call("POST", "clusters/preview", preview)["scripts"]][2:] == [
        "settings"
    ]
    for refused in ({"distributed.comm.tls.ciphers": "x"}, {"array.chunk-size": {"a": 1}}, "x"):
        answer = server.ask("POST", "clusters", {"profile": "cc-in2p3", "dask_config": refused})
        assert (answer.status, answer.json["field"].startswith("dask_config")) == (400, True)


def test_none_at_first_and_figures_as_users_write_them(server: Server, folder: Path) -> None:
    figures: dict[str, Any] = {"worker_memory": 1e9, "worker_time": 3600.0, "worker_cpus": numpy.int64(1)}
    with DaskCluster("none", workers=0, profile="cc-in2p3", quiet=True, **figures) as cluster:
        asked = server.cluster(cluster.id)["request"]["workers"]
        assert (asked["jobs"], asked["time"], asked["cpus"]) == (0, "01:00:00", 1)
        seen = server.until(cluster.id, lambda seen: seen["state"] == "running")
        assert seen["workers"] == dict.fromkeys(("requested", "pending", "running", "connected", "ended", "failed"), 0)
        assert "#SBATCH --array" in cluster.job_script()
        with pytest.raises(RequestRefused, match=r"none exists already\..* DaskCluster\.from_name\('none'\)"):
            DaskCluster("none", **SMALL)
        shell = InteractiveShell()
        shell.run_line_magic("load_ext", "dask_hpc")
        with pytest.raises(NotConnected, match="%dask_cluster none, connects to it"):
            shell.run_line_magic("dask_cluster", "--new none --workers 1")
        cluster.scale(1)
        cluster.wait_for_workers(1)
        assert cluster.get_client().submit(sum, [1, 2]).result() == 3
        cluster.scale(0)
        until(lambda: server.cluster(cluster.id)["workers"]["requested"] == 0, "it has none again")
        cluster.adapt(minimum=0, maximum=1, interval="200ms")
        assert cluster.get_client().submit(sum, [1, 2, 3]).result(timeout=TIMEOUT_S) == 6
    assert server.until(cluster.id, has_ended)["state"] == "closed"


def test_a_cell_is_run_twice(server: Server, folder: Path) -> None:
    ids = []
    for _ in range(3):
        cluster = DaskCluster("twice", workers=1, **SMALL)
        ids.append(cluster.id)
        cluster.wait_for_workers(1)
        assert cluster.get_client().submit(sum, [1, 2]).result() == 3
        cluster.close()
    shell = InteractiveShell()
    shell.run_line_magic("load_ext", "dask_hpc")
    for _ in range(2):
        shell.run_line_magic("dask_cluster", "--new twice --workers 1 --memory 1G --profile cc-in2p3")
        assert shell.user_ns["client"].submit(sum, [1, 2]).result() == 3
        shell.run_line_magic("dask_cluster", "twice --stop")
    for id in ids:
        assert server.until(id, has_ended)["state"] == "closed"


def test_a_task_that_asks_for_its_logger_logs_once(server: Server, folder: Path) -> None:
    def work() -> None:
        import logging

        from dask_hpc import get_logger

        get_logger().info("just once")
        get_logger("detail", logging.DEBUG).debug("in detail")
        get_logger("detail").debug("too much")

    work.__module__ = "__main__"
    with DaskCluster("logs", workers=1, **SMALL) as cluster, cluster.get_client() as client:
        client.submit(work).result()
        [log] = (folder / "log").glob("logs.worker.*")
        until(lambda: "just once" in log.read_text(), "the line is written")
        client.submit(work, pure=False).result()
        until(lambda: log.read_text().count("just once") >= 2, "the second is written")
        assert log.read_text().count("just once") == 2
        assert log.read_text().count("in detail") == 2
        assert "too much" not in log.read_text()


def test_tasks_that_no_worker_may_run_are_shown(server: Server, folder: Path) -> None:
    with DaskCluster("gpus", workers=1, **SMALL) as cluster, cluster.get_client() as client:
        cluster.wait_for_workers(1)
        tasks = [client.submit(sum, [1, n], resources={"GPU": 1}, pure=False) for n in range(3)]
        seen = server.until(cluster.id, lambda seen: "unrunnable" in [one["reason"] for one in seen["problems"]])
        assert seen["problems"][0]["message"]["text"] == "3 tasks wait for a worker with resource GPU"
        del tasks
        server.until(cluster.id, lambda seen: not seen["problems"])
