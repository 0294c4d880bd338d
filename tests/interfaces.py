"""A second network interface of this machine, for a while."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import pytest


@contextmanager
def second_interface(address: str) -> Iterator[str]:
    """Its name: a label of the loopback with its own address, so that only its users reach what listens there.

    Skips, loudly, where none can be made.
    """
    name = f"lo:dask{address.rpartition('.')[2]}"
    made = subprocess.run(
        ["ip", "address", "add", f"{address}/32", "dev", "lo", "label", name],
        check=False,
        capture_output=True,
        text=True,
    )
    if made.returncode:
        warnings.warn(f"NOT TESTED on a second interface: {made.stderr.strip()}", stacklevel=1)
        pytest.skip(f"No second interface can be made: {made.stderr.strip()}")
    try:
        yield name
    finally:
        subprocess.run(["ip", "address", "del", f"{address}/32", "dev", "lo"], check=True)
