"""Schedulers and workers on the network that a site names, TLS as ever."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable, Iterator

import pytest

from .running import Cluster, until

SECOND = "127.0.91.7"


@pytest.fixture
def second() -> Iterator[str]:
    """An interface with an address of its own: a named one of the loopback, so that nobody else reaches it."""
    name = "lo:dask"
    made = subprocess.run(
        ["ip", "address", "add", f"{SECOND}/32", "dev", "lo", "label", name],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        warnings.warn(f"NOT TESTED on a second interface: {made.stderr.strip()}", stacklevel=1)
        pytest.skip(f"No second interface can be made: {made.stderr.strip()}")
    yield name
    subprocess.run(["ip", "address", "del", f"{SECOND}/32", "dev", "lo"], check=True)


def works_at(cluster: Cluster, address: str, *words: str) -> None:
    cluster.start("scheduler", words=words)
    cluster.start("worker", words=words)
    found = cluster.address()
    assert found.address.startswith(f"tls://{address}:"), cluster.logs()
    assert found.control.startswith(f"https://{address}:")
    with cluster.client() as client:
        until(client.nthreads, what=cluster.logs())
        [worker] = client.nthreads()
        assert worker.startswith(f"tls://{address}:")
        assert client.submit(sum, [20, 22]).result(timeout=60) == 42


def test_an_interface_is_named(new_cluster: Callable[..., Cluster]) -> None:
    works_at(new_cluster(), "127.0.0.1", "--interface", "lo")


def test_a_second_interface_is_named(new_cluster: Callable[..., Cluster], second: str) -> None:
    works_at(new_cluster(), SECOND, "--interface", second)


def test_a_host_is_named(new_cluster: Callable[..., Cluster]) -> None:
    works_at(new_cluster(), "127.0.0.1", "--host", "127.0.0.1")
