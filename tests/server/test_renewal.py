"""A cluster that lasts: its workers' time is up, and nobody who computes on it notices."""

from __future__ import annotations

import time
from pathlib import Path

from distributed import Client
from distributed.security import Security

from testbed.slurm import SlurmTestbed

from .running import PATIENCE, Server, queue, submits


def test_workers_are_succeeded_before_their_time_limit(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    id = server.launch(name="lasting", workspace=folder.name, workers={"jobs": 2, "time": "00:01:00"})["id"]
    assert server.call("PATCH", f"clusters/{id}", {"workers": {"keep": True}})["keep_workers"]
    server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    asked = submits(slurm)
    found = server.call("GET", f"clusters/{id}/connection")
    keys = {"tls_ca_file": found["ca"], "tls_client_cert": found["cert"], "tls_client_key": found["key"]}
    with Client(found["address"], security=Security(require_encryption=True, **keys), timeout=PATIENCE) as client:
        held = [client.submit(pow, number, 2, pure=False) for number in range(20)]
        client.gather(held)

        def names() -> set[str]:
            return {worker["name"] for worker in client.scheduler_info(n_workers=-1)["workers"].values()}

        first, fewest = names(), 2
        until = time.monotonic() + PATIENCE
        while names() & first or len(names()) < 2:
            fewest = min(fewest, len(names()))
            assert time.monotonic() < until, (first, names())
            time.sleep(0.1)
        assert fewest == 2, "there were always two"
        # Not computed anew: their results were handed over.
        assert client.gather(held) == [number**2 for number in range(20)]
        assert client.submit(sum, [20, 22]).result(timeout=PATIENCE) == 42
    assert submits(slurm) == asked + 1
    server.until(id, lambda _: len(queue(slurm, id)) == 3)
    after = server.until(id, lambda seen: seen["workers"]["connected"] == 2)
    assert (after["workers"]["requested"], after["workers"]["running"], after["problems"]) == (2, 2, [])
    assert server.call("PATCH", f"clusters/{id}", {"workers": {"keep": False}})["keep_workers"] is False
    server.end(id)
    assert queue(slurm, id) == []
    words = [job["word"] for job in server.call("GET", f"clusters/{id}/jobs")["jobs"]]
    assert "TIMEOUT" not in words


def test_a_wish_that_cannot_be_read_is_refused(server: Server, folder: Path) -> None:
    id = server.launch(workspace=folder.name)["id"]
    for wish in ({"keep": "yes"}, {"keep": 1}, {"keep": None}):
        answer = server.ask("PATCH", f"clusters/{id}", {"workers": wish})
        assert (answer.status, answer.json["field"]) == (400, "workers.keep"), wish
    answer = server.ask("PATCH", f"clusters/{id}", {"workers": {"keep": True, "jobs": 2}})
    assert (answer.status, answer.json["field"]) == (400, "workers.jobs")
    server.end(id)
    assert server.ask("PATCH", f"clusters/{id}", {"workers": {"keep": True}}).status == 409
