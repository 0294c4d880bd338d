"""What ``%dask_cluster`` displays."""

from __future__ import annotations

import platform
import shlex
import sys
from datetime import datetime, timedelta, timezone

import distributed
import pytest

from dask_hpc.connect import has_enough_workers, version_warning
from dask_hpc.display import Card, time_left, total_memory
from dask_hpc.magic import chosen_options, line_parser
from dask_hpc.sentences import progress, relaunch_line

from .test_magic import as_cluster


@pytest.mark.parametrize(
    ("each", "count", "text"),
    [
        ("3G", 4, "12 GB"),
        ("3072M", 4, "12 GB"),
        ("3G", 3000, "9 TB"),
        ("512M", 1, "512 MB"),
        ("1536M", 1, "1.5 GB"),
    ],
)
def test_memory_of_all_workers(each, count, text):
    assert total_memory(each, count) == text


def test_other_versions_than_the_kernels_are_a_warning_with_a_remedy():
    ours = {"distributed": distributed.__version__, "python": platform.python_version()}
    assert version_warning("demo", ours) == ""
    assert version_warning("demo", {}) == ""
    assert version_warning("demo", ours | {"distributed": "2023.5.0"}) == (
        f"demo runs distributed 2023.5.0, this kernel {distributed.__version__}, so tasks may fail: launch it with the "
        f"Python environment {sys.prefix}, or use a kernel of the cluster's own."
    )
    assert "demo runs Python 3.5, this kernel 3." in version_warning("demo", ours | {"python": "3.5.1"})


def test_time_left():
    now = datetime(2026, 11, 21, 14, 34, tzinfo=timezone.utc)
    end = now + timedelta(hours=1, minutes=55)
    until = end.astimezone().strftime("%H:%M")
    assert time_left(end.isoformat().replace("+00:00", "Z"), now) == f"1 h 55 min, until {until}"
    assert time_left((now - timedelta(hours=1)).isoformat(), now).startswith("0 s, until ")
    assert time_left(None, now) == "–"


def test_a_card_adds_up_jobs_and_their_line_has_their_workers():
    cluster = as_cluster()
    workers = cluster["request"]["workers"] | {"jobs": 2, "memory": "4G", "cpus": 4, "processes": 4, "threads": 0}
    cluster = cluster | {
        "request": cluster["request"] | {"workers": workers},
        "workers": cluster["workers"] | {"requested": 8},
    }
    facts = dict(Card(cluster).facts)
    assert (facts["Memory"], facts["CPUs"]) == ("8 GB", "8")
    assert str(relaunch_line(cluster)).endswith(
        "--workers 8 --memory 4G --cpus 4 --time 02:00:00 --processes 4 --threads 0"
    )
    workers |= {"gpus": 4, "gpu_model": "a100"}
    assert str(relaunch_line(cluster)).endswith(" --threads 0 --gpus 4 --gpu-model a100")


def test_the_line_has_the_options_that_were_chosen_and_they_are_read_back():
    cluster = as_cluster()
    chosen = {"account": "atlas", "modules": ["gcc/12", "my python"], "none": [], "constraint": ""}
    cluster = cluster | {"request": cluster["request"] | {"options": chosen}}
    line = str(relaunch_line(cluster))
    assert line.endswith(
        " --option account=atlas --option modules=gcc/12 --option 'modules=my python'"
        " --option none= --option constraint="
    )
    given = line_parser().parse_args(shlex.split(line.partition("%dask_cluster")[2]))
    assert chosen_options(given.option) == chosen | {"none": ""}


def test_names_in_a_card_are_escaped():
    card = Card(as_cluster("<img src=x>") | {"id": "\"'><script>"})
    html = card._repr_html_()
    assert "<img" not in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("running", "failed", "percent", "answer"),
    [
        (0, 0, 0, True),
        (1, 0, 50, False),
        (2, 0, 50, True),
        (3, 0, 100, False),
        (3, 1, 100, True),
    ],
    ids=["nothing to wait for", "too few", "enough", "one to come", "the last one will not come"],
)
def test_when_the_waiting_ends(running, failed, percent, answer):
    cluster = as_cluster(running=running, percent=percent)
    cluster["workers"]["failed"] = failed
    assert has_enough_workers(cluster) is answer


def test_progress_in_a_line():
    assert progress(as_cluster(running=2)) == "demo: 2 of 4 running"
    assert progress(as_cluster(running=0, state="queued")) == "demo: queued (Priority)"
