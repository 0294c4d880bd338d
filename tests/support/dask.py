"""Dask's own client for a cluster of ours."""

from __future__ import annotations

from collections.abc import Mapping

from distributed import Client
from distributed.security import Security

from .polling import TIMEOUT_S


def security(connection: Mapping[str, str]) -> Security:
    """TLS with the files that the server names in `GET clusters/{id}/connection`."""
    return Security(
        tls_ca_file=connection["ca"],
        tls_client_cert=connection["cert"],
        tls_client_key=connection["key"],
        require_encryption=True,
    )


def connect(connection: Mapping[str, str]) -> Client:
    """A client of the cluster, connected."""
    return Client(connection["address"], security=security(connection), timeout=TIMEOUT_S, set_as_default=False)
