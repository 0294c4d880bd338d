"""Schedulers and workers on the network that a site names, TLS as ever."""

from __future__ import annotations

from collections.abc import Callable

from interfaces import second_interface
from support.polling import until

from .running import Cluster

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


def test_a_host_is_named(new_cluster: Callable[..., Cluster]) -> None:
    works_at(new_cluster(), "127.0.0.1", "--host", "127.0.0.1")
