"""Memory and time: what people write is what is meant."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dask_hpc.units import workers_within
from jupyterlab_dask_hpc.core.units import parse_memory, parse_time, write_memory, write_time

GIB = 2**30


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("3G", 3 * GIB),
        ("3072M", 3 * GIB),
        ("3 GiB", 3 * GIB),
        ("3gb", 3 * GIB),
        ("1.5G", 3 * GIB // 2),
        ("1T", 1024 * GIB),
    ],
)
def test_memory(text: str, size: int) -> None:
    assert parse_memory(text) == size


@pytest.mark.parametrize("text", ["", "3", "G", "-3G", "3X", "3G\n3G", "0x3G", "٣G" * 20, "1e9G", "3 G G"])
def test_what_is_no_memory(text: str) -> None:
    with pytest.raises(ValueError, match="Write 3G or 3072M"):
        parse_memory(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("02:00:00", 7200),
        ("2h", 7200),
        ("1h30m", 5400),
        ("45m", 2700),
        ("90:00", 5400),
        ("1-00:00:00", 86400),
        ("1-12:00", 129600),
        ("1d 2h", 93600),
    ],
)
def test_time(text: str, seconds: int) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "2", "-2h", "02:61:00", "02:00:61", "2 hours", "h", "1:2:3:4", "2h\n"[:3] + "x"])
def test_what_is_no_time(text: str) -> None:
    with pytest.raises(ValueError, match="Write 02:00:00"):
        parse_time(text)


@given(st.integers(min_value=1, max_value=2**34))
def test_memory_written_is_read_again(megabytes: int) -> None:
    assert parse_memory(write_memory(megabytes * 2**20)) == megabytes * 2**20


@given(st.integers(min_value=1, max_value=10**8))
def test_time_written_is_read_again(seconds: int) -> None:
    assert parse_time(write_time(seconds)) == seconds


@pytest.mark.parametrize(
    ("most", "processes", "fixed", "workers"),
    [(7, 1, 0, 7), (7, 4, 0, 4), (3.9, 4, 0, 0), (0.5, 1, 0, 0), (8.0, 4, 0, 8), (4, 2, 1, 3), (0, 4, 0, 0)],
)
def test_bounds_are_those_of_whole_jobs(most: float, processes: int, fixed: int, workers: int) -> None:
    assert workers_within(most, processes, fixed) == workers
