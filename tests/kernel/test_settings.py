"""Which Dask settings are passed on with a launch, and which never are."""

from __future__ import annotations

import dask
import numpy
import pytest

from dask_hpc.request import own_settings, whole_number
from dask_hpc.settings import differing, is_passed_on, is_plain


@pytest.mark.parametrize(
    "key",
    [
        "distributed.worker.memory.target",
        "distributed.worker.resources.GPU",
        "distributed.worker.lifetime.duration",
        "distributed.scheduler.worker-saturation",
        "distributed.scheduler.allowed_failures",
        "distributed.nanny.environ.MALLOC_TRIM_THRESHOLD_",
        "distributed.nanny.pre-spawn-environ.OMP_NUM_THREADS",
        "distributed.comm.timeouts.connect",
        "distributed.comm.retry.count",
        "distributed.comm.compression",
        "distributed.admin.tick.limit",
        "distributed.p2p.threads",
        "dataframe.shuffle.method",
        "array.chunk-size",
        "optimization.fuse.active",
    ],
)
def test_settings_of_computing_are_passed_on(key):
    assert is_passed_on(key)


@pytest.mark.parametrize(
    "key",
    [
        "scheduler",
        "scheduler-address",
        "temporary-directory",
        "hpc-server",
        "distributed",
        "distributed.worker",
        "distributed.workers.x",
        "distributed.client.heartbeat",
        "distributed.dashboard.link",
        "distributed.comm.tls.ca-file",
        "distributed.comm.tls.worker.key",
        "distributed.comm.require-encryption",
        "distributed.comm.require_encryption",
        "distributed.comm.default-scheme",
        "distributed.scheduler.dashboard.tls.key",
        "distributed.scheduler.http.routes",
        "distributed.scheduler.preload",
        "distributed.worker.preload-argv",
        "distributed.worker.preload_argv",
        "distributed.nanny.preload",
        "distributed.scheduler.contact-address",
        "distributed.scheduler.idle-timeout",
        "distributed.nanny.environ.AWS_SECRET_ACCESS_KEY",
        "distributed.nanny.environ.AWS_ACCESS_KEY_ID",
        "distributed.nanny.environ.MY_API_KEY",
        "distributed.nanny.environ.GITHUB_TOKEN",
        "distributed.nanny.environ.PGPASSWORD",
        "distributed.nanny.environ.DATABASE_URL",
        "distributed.nanny.pre-spawn-environ.OPENAI_KEY",
        "jobqueue.slurm.account",
        "coiled.token",
        "array..x",
        "array.a b",
        "array." + "x" * 300,
    ],
)
def test_secrets_and_the_clusters_own_settings_are_not_passed_on(key):
    assert not is_passed_on(key)


def test_only_settings_that_differ_from_the_defaults_are_passed_on():
    defaults = {"array": {"chunk-size": "128MiB", "svg": {"size": 120}}, "distributed": {"worker": {"resources": {}}}}
    config = {
        "array": {"chunk-size": "64MiB", "svg": {"size": 120}, "odd": (1, 2), "made": object(), "never": float("nan")},
        "distributed": {
            "worker": {"resources": {"GPU": 1}},
            "comm": {"tls": {"ca-file": "/x"}},
            "scheduler": {"worker-saturation": float("inf")},
        },
        "scheduler": "threads",
    }
    assert differing(config, defaults) == {
        "array.chunk-size": "64MiB",
        "array.odd": [1, 2],
        "distributed.worker.resources.GPU": 1,
        # As distributed writes it, since JSON has no infinity.
        "distributed.scheduler.worker-saturation": "inf",
    }
    assert not is_plain([{"class": "x"}])


def test_the_settings_of_this_kernel(monkeypatch):
    before = own_settings()
    with dask.config.set({"distributed.worker.memory.target": 0.42, "distributed.comm.tls.ca-file": "/secret"}):
        assert own_settings() == {**before, "distributed.worker.memory.target": 0.42}
    monkeypatch.setenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES", "7")
    dask.config.refresh()
    try:
        assert own_settings()["distributed.scheduler.allowed-failures"] == 7
    finally:
        monkeypatch.delenv("DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES")
        dask.config.refresh()


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (1e9, 1_000_000_000),
        (3600.0, 3600),
        (numpy.int64(4), 4),
        (numpy.float64(2.0), 2),
        (1.5, 1.5),
        (float("inf"), float("inf")),
        ("3G", "3G"),
        (None, None),
        (True, True),
    ],
)
def test_a_whole_number_is_sent_as_one(given, sent):
    assert whole_number(given) == sent
    assert type(whole_number(given)) is type(sent)
