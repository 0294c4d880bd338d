"""Schedulers and workers on the network that a site names, TLS as ever."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from interfaces import second_interface
from support.polling import until

from jupyterlab_dask_hpc.in_job import scheduler_addresses

from .running import Cluster, send_heartbeat

SECOND = "127.0.91.7"


def works_at(cluster: Cluster, address: str, *words: str) -> None:
    cluster.start("scheduler", arguments=words)
    cluster.start("worker", arguments=words)
    found = cluster.address()
    assert found.address.startswith(f"tls://{address}:"), cluster.logs()
    assert found.control.startswith(f"https://{address}:")
    with cluster.client() as client:
        until(client.nthreads, cluster.logs)
        [worker] = client.nthreads()
        assert worker.startswith(f"tls://{address}:")
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42


def test_an_interface_is_named(new_cluster: Callable[..., Cluster]) -> None:
    works_at(new_cluster(), "127.0.0.1", "--interface", "lo")


def test_a_second_interface_is_named(new_cluster: Callable[..., Cluster]) -> None:
    with second_interface(SECOND) as name:
        works_at(new_cluster(), SECOND, "--interface", name)


def come_without_certificate(cluster: Cluster, address: str) -> None:
    """Check the scheduler's certificate, and show none. Raises SSLError if the scheduler wants one."""
    host, _, port = address.removeprefix("tls://").rpartition(":")
    context = ssl.create_default_context(cafile=cluster.folder / "ca.pem")
    context.check_hostname = False
    with socket.create_connection((host, int(port)), 30) as plain, context.wrap_socket(plain) as encrypted:
        encrypted.recv(1)


def test_the_notebook_has_an_address_of_its_own(new_cluster: Callable[..., Cluster]) -> None:
    """Workers connect to that of their own network; both speak TLS and know the same authority."""
    cluster = new_cluster()
    with second_interface(SECOND) as name:
        fast = ("--interface", name)
        cluster.start("scheduler", arguments=fast, notebook_interface="lo")
        found = cluster.address()
        assert found.address.startswith("tls://127.0.0.1:"), cluster.logs()
        assert found.control.startswith("https://127.0.0.1:")
        nodes = json.loads((cluster.folder / "scheduler.json").read_text())["address"]
        assert nodes.startswith(f"tls://{SECOND}:")
        cluster.start("worker", arguments=fast)
        with cluster.client() as client:
            until(client.nthreads, cluster.logs)
            [worker] = client.nthreads()
            assert worker.startswith(f"tls://{SECOND}:")
            assert client.run(lambda dask_worker: dask_worker.scheduler.address) == {worker: nodes}
            assert client.submit(sum, [20, 22]).result(timeout=60) == 42
        assert send_heartbeat(cluster)
        # Without a certificate of this cluster nobody gets in, at either address.
        for address in (nodes, found.address):
            with pytest.raises(ssl.SSLError, match="certificate required"):
                come_without_certificate(cluster, address)


@pytest.mark.parametrize(
    ("bound", "own", "expected"),
    [
        ("0.0.0.0", "192.0.2.7", "tls://127.0.0.1:8786"),
        ("127.0.0.1", "127.0.0.1", "tls://127.0.0.1:8786"),
    ],
)
def test_a_scheduler_that_listens_there_already_keeps_its_port(
    bound: str, own: str, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a server that listens on all interfaces of this machine."""
    scheduler = SimpleNamespace(
        address=f"tls://{own}:8786", listeners=[SimpleNamespace(listen_address=f"tls://{bound}:8786")]
    )
    assert asyncio.run(scheduler_addresses.notebook_address(scheduler)) == f"tls://{own}:8786"
    monkeypatch.setattr(scheduler_addresses, "notebook_interface", "lo")
    assert asyncio.run(scheduler_addresses.notebook_address(scheduler)) == expected


def test_an_interface_that_the_node_lacks_ends_the_scheduler(new_cluster: Callable[..., Cluster]) -> None:
    cluster = new_cluster()
    process = cluster.start("scheduler", notebook_interface="ib77")
    assert process.wait(60) == 1
    assert "its notebook_interface in the profile is wrong: 'ib77' is not a valid network interface" in cluster.logs()


def test_a_host_is_named(new_cluster: Callable[..., Cluster]) -> None:
    works_at(new_cluster(), "127.0.0.1", "--host", "127.0.0.1")
