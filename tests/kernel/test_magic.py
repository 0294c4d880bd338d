"""``%dask_cluster`` in real kernels of a real Jupyter server, with a real Dask cluster behind TLS."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from distributed import LocalCluster
from distributed.security import Security

from dask_hpc.messages import Message
from jupyterlab_dask_hpc.control.certificates import make_certificates

CELL = "%load_ext dask_hpc\n%dask_cluster demo"
FAR = "2999-01-01T00:00:00Z"
LAUNCH_LINE = (
    " To launch it again: %dask_cluster --new demo --profile cc-in2p3 --workers 4 --memory 3G --cpus 1 --time 02:00:00"
)


@pytest.fixture(scope="module")
def dask_cluster(tmp_path_factory):
    """Two workers, and the folder of their certificates."""
    folder = tmp_path_factory.mktemp("certificates")
    make_certificates(folder, "abc")
    security = Security(
        tls_ca_file=str(folder / "ca.pem"),
        require_encryption=True,
        **{
            f"tls_{role}_{part}": str(folder / f"{role}{'-key' if part == 'key' else ''}.pem")
            for role in ("scheduler", "worker", "client")
            for part in ("cert", "key")
        },
    )
    with LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=False,
        protocol="tls",
        security=security,
        dashboard_address=None,
        local_directory=folder / "scratch",
    ) as cluster:
        yield cluster, folder


def as_cluster(name="demo", running=4, state="running", percent=0, identity="3f9c0a51d2", reason=""):
    return {
        "id": identity,
        "name": name,
        "state": state,
        "reason": Message("text", text=reason).as_json() if reason else None,
        "ends": FAR,
        "replace_workers": False,
        "workers": {
            "requested": 4,
            "pending": 4 - running,
            "running": running,
            "connected": running,
            "ended": 0,
            "failed": 0,
        },
        "scheduler": {"job": "1", "state": "pending", "reason": "Priority", "node": ""},
        "request": {
            "profile": "cc-in2p3",
            "workers": {"jobs": 4, "memory": "3G", "cpus": 1, "time": "02:00:00"},
            "wait_for_running_percent": percent,
        },
    }


def answers(dask_cluster, *clusters):
    cluster, folder = dask_cluster
    connection = {
        "address": cluster.scheduler_address,
        "ca": str(folder / "ca.pem"),
        "cert": str(folder / "client.pem"),
        "key": str(folder / "client-key.pem"),
    }
    known = {"clusters": {"clusters": list(clusters), "batch": []}}
    for each in clusters:
        known[f"clusters/{each['id']}"] = each
        known[f"clusters/{each['id']}/connection"] = connection
    return known


@pytest.fixture
def server(start_server):
    return start_server("--ServerApp.base_url=/user/ada/")


def install_kernel(server, name, python):
    folder = server.folder / "data" / "kernels" / name
    folder.mkdir(parents=True)
    argv = [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    (folder / "kernel.json").write_text(json.dumps({"argv": argv, "display_name": name, "language": "python"}))


def test_a_cell_returns_a_connected_client(server, dask_cluster):
    server.answer(**answers(dask_cluster, as_cluster()))
    with server.kernel("python3") as kernel:
        outcome = kernel.run(CELL)
        assert outcome.error is None, outcome.error
        card = outcome.shown[-1]
        assert card["text/plain"].startswith(
            "Connected to demo, use it as client: 4 of 4 running, memory 12 GB, cpus 4"
        )
        assert "Connected to demo" in card["text/html"]
        assert "dask-hpc:open-dashboard" in card["text/html"]
        assert kernel.run("print(client.submit(lambda: 6 * 7).result())").printed == "42\n"

        # Run again, it is the same client; after a new launch under that name, another.
        kernel.run("first = client")
        kernel.run(CELL)
        assert kernel.run("print(client is first, first.status)").printed == "True running\n"
        server.answer(**answers(dask_cluster, as_cluster(identity="another")))
        kernel.run(CELL)
        assert kernel.run("print(client is first, first.status)").printed == "False closed\n"
        kernel.run("client.close()")
        assert kernel.run(CELL).error is None
        assert kernel.run("print(client.status)").printed == "running\n"
    # The kernel is gone, its cluster is not.
    assert len(dask_cluster[0].scheduler.workers) == 2


def test_a_kernel_of_another_environment_has_the_magic(server, dask_cluster, other_python):
    install_kernel(server, "other", other_python)
    server.answer(**answers(dask_cluster, as_cluster()))
    with server.kernel("other") as kernel:
        assert kernel.run("import sys; print(sys.executable)").printed.strip() == other_python
        assert "No module" in kernel.run("import jupyterlab_dask_hpc").error[-1], "nothing else of ours comes in"
        outcome = kernel.run(CELL)
        assert outcome.error is None, outcome.error
        assert kernel.run("print(client.submit(sum, [1, 2]).result())").printed == "3\n"


def test_it_waits_for_the_workers_and_displays_how_many_run(server, dask_cluster):
    def state(running, state="running"):
        server.answer(**answers(dask_cluster, as_cluster(running=running, percent=100, state=state)))

    def next_step(outputs):
        line = outputs[-1]["data"]["text/plain"]
        if line == "demo: queued (Priority)":
            state(2)
        elif line == "demo: 2 of 4 running":
            state(4)

    state(0, "queued")
    with server.kernel("python3") as kernel:
        outcome = kernel.run(CELL, next_step)
        assert outcome.error is None, outcome.error
        line = [shown["text/plain"].split(",")[0] for shown in outcome.shown]
        assert line == ["demo: queued (Priority)", "demo: 2 of 4 running", "Connected to demo"]
        first, *rest = outcome.outputs
        assert {output["kind"] for output in rest} == {"update_display_data"}, "one line, renewed in its place"
        assert all(output["transient"] == first["transient"] for output in rest)


def test_it_waits_for_a_scheduler_that_does_not_listen_yet(server, dask_cluster):
    starting = as_cluster(running=0, state="starting")
    message = {"message": "The scheduler of demo has not started yet.", "reason": "starting"}
    server.answer(**answers(dask_cluster, starting) | {"clusters/3f9c0a51d2/connection": (503, message)})

    def listen(outputs):
        if len(outputs) == 1:
            server.answer(**answers(dask_cluster, as_cluster()))

    with server.kernel("python3") as kernel:
        outcome = kernel.run(CELL, listen)
        assert outcome.error is None, outcome.error
        assert kernel.run("print(client.status)").printed == "running\n"


def test_an_interrupt_ends_the_waiting_alone(server, dask_cluster):
    server.answer(**answers(dask_cluster, as_cluster(running=0, state="queued")))
    with server.kernel("python3") as kernel:
        outcome = kernel.run(CELL, lambda outputs: kernel.interrupt() if len(outputs) == 1 else None)
        assert outcome.error == ["Stopped waiting. The cluster keeps running: run the cell again to connect to it."]
        assert kernel.run("print('client' in dir())").printed == "False\n"


@pytest.mark.parametrize(
    ("clusters", "sentence"),
    [
        (
            [as_cluster("survey-3k"), as_cluster("other", state="queued")],
            'There is no cluster "demo". Clusters: survey-3k, other.',
        ),
        ([], 'There is no cluster "demo". No cluster is running: launch one in the Dask panel.'),
        (
            [as_cluster("survey-3k"), as_cluster(state="closed", reason="nothing computed for 2 h")],
            "demo is closed: nothing computed for 2 h. Clusters: survey-3k." + LAUNCH_LINE,
        ),
        (
            [as_cluster(state="failed", reason="Slurm refused")],
            "demo has failed: Slurm refused. No cluster is running: launch one in the Dask panel." + LAUNCH_LINE,
        ),
    ],
    ids=["unknown", "none", "closed", "failed"],
)
def test_an_error_is_one_sentence(server, dask_cluster, clusters, sentence):
    server.answer(**answers(dask_cluster, *clusters))
    with server.kernel("python3") as kernel:
        assert kernel.run(CELL).error == [sentence]


def test_a_cluster_that_ends_while_it_is_waited_for(server, dask_cluster):
    server.answer(**answers(dask_cluster, as_cluster(running=0, state="queued")))

    def fail(outputs):
        if len(outputs) == 1:
            failed = as_cluster(running=0, state="failed", reason="Slurm refused")
            server.answer(**answers(dask_cluster, failed))

    with server.kernel("python3") as kernel:
        assert kernel.run(CELL, fail).error == ["demo has failed: Slurm refused." + LAUNCH_LINE]


def test_a_name_is_required(server, dask_cluster):
    server.answer(**answers(dask_cluster, as_cluster()))
    with server.kernel("python3") as kernel:
        kernel.run("%load_ext dask_hpc")
        assert kernel.run("%dask_cluster").error == ["Write %dask_cluster and a name. Running: demo."]


def test_an_error_in_plain_python_is_one_sentence_too(server, dask_cluster):
    server.answer(**answers(dask_cluster, as_cluster()))
    with server.kernel("python3") as kernel:
        error = kernel.run('import dask_hpc\n\nclient = dask_hpc.connect("nobody")').error
        assert error == ['ClusterNotFound: There is no cluster "nobody". Clusters: demo.']


def test_plain_python_connects_too(server, dask_cluster):
    server.answer(**answers(dask_cluster, as_cluster()))
    program = "import dask_hpc; print(dask_hpc.connect('demo').submit(sum, [1, 2]).result())"
    path = str(server.known["file"].parent / "python")
    environment = server.environment | {"JUPYTERLAB_DASK_HPC_SERVER": str(server.known["file"]), "PYTHONPATH": path}
    outcome = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
        cwd="/",
        check=False,
    )
    assert outcome.stdout == "3\n", outcome.stderr
