"""A task that takes more and more memory: the nanny restarts its worker, and Slurm has no reason to kill the job."""

from __future__ import annotations

from typing import Any

import pytest
from distributed import KilledWorker
from support.polling import TIMEOUT_S

from .farm import Farm


@pytest.mark.parametrize("memory", ["512M", "1G"])
def test_the_nanny_acts_before_slurm(farm: Farm, memory: str) -> None:
    def grow() -> None:
        import time

        held = []
        while True:
            held.append(bytearray(b"x") * (8 << 20))
            time.sleep(0.02)

    id = farm.launch(f"grows-{memory}", "n0", workers={"memory": memory})
    shown = farm.running(id)
    [job] = [job for job in farm.jobs(id) if job["role"] == "worker"]
    with farm.client(id) as client:
        [limit] = [worker["memory_limit"] for worker in client.scheduler_info()["workers"].values()]
        assert limit == shown["worker_memory"]
        with pytest.raises(KilledWorker):
            client.submit(grow, pure=False).result(timeout=TIMEOUT_S)
        client.wait_for_workers(1, timeout=TIMEOUT_S)
        assert client.submit(sum, [20, 22], pure=False).result(timeout=TIMEOUT_S) == 42
    seen: dict[str, Any] = farm.running(id)
    assert [problem for problem in seen["problems"] if problem["kind"] == "failed"] == []
    assert [each["id"] for each in farm.jobs(id) if each["state"] == "running"][1:] == [job["id"]]
    farm.end(id)
