"""slurmctld gone and back, with a cluster in every state: nothing is called dead, nothing done twice, nothing left."""

from __future__ import annotations

import signal
import time

import pytest
from support.server import count_submissions, has_ended, queue, reason_of

from .farm import Farm, problem


@pytest.mark.parametrize(
    ("number", "seconds"),
    [
        pytest.param(signal.SIGTERM, 0, id="stopped"),
        pytest.param(signal.SIGKILL, 180, id="killed, for minutes", marks=pytest.mark.soak),
    ],
)
def test_a_controller_that_goes_and_comes_back(farm: Farm, steady: dict[str, str], number: int, seconds: float) -> None:
    server = farm.server
    queued, starting = farm.launch("queued", "held"), farm.launch("starting", "workers-held")
    array = farm.submitted(starting)
    running, closing = farm.launch("running", "n0", jobs=2), farm.launch("closing", "n0")
    lost = f"{farm.submitted(running)}_1"
    farm.running(running), farm.running(closing)
    held = {"queued": queued, "starting": starting, "running": running}
    server.until(starting, lambda seen: seen["workers"]["pending"] == 1 and bool(seen["problems"]))
    before = {id: server.cluster(id) for id in held.values()}
    assert [seen["state"] for seen in before.values()] == list(held)

    farm.slurm.stop_controller(signal.Signals(number))
    try:
        server.call("DELETE", f"clusters/{closing}")
        requested = str(server.launch(name="requested", profile="n0", workers={"jobs": 1, "memory": "512M"})["id"])
        shown = server.until(requested, lambda seen: reason_of(seen) != "")
        assert shown["state"] == "requested"
        assert reason_of(shown).startswith('Slurm did not answer the submission of the scheduler: "')
        for id in (*held.values(), steady["id"]):
            server.until(id, lambda seen: seen["stale"])
        [batch] = server.call("GET", "clusters")["batch"]
        text = batch["message"]["text"]
        assert "Unable to contact slurm controller" in text or "no answer" in text
        refused = server.until(closing, lambda seen: bool(problem(seen, "stuck")))
        assert refused["state"] == "closing"
        assert problem(refused, "stuck")["message"]["text"] == "Slurm has not cancelled the jobs"
        # Meanwhile a worker's job ends, which no command shows.
        for process in farm.processes(lost.split("_")[0], task=1):
            process.kill()
        with farm.client(running) as client:
            assert client.submit(sum, [20, 22]).result(timeout=120) == 42
        time.sleep(seconds)
        for id, seen in before.items():
            now = server.cluster(id)
            assert (now["state"], reason_of(now), now["workers"]["failed"]) == (seen["state"], "", 0)
    finally:
        farm.slurm.start_controller()

    for id in held.values():
        server.until(id, lambda seen: not seen["stale"])
    assert server.until(closing, has_ended)["state"] == "closed"
    farm.none_left(closing)
    farm.running(requested)
    # One scheduler and one array: nothing was submitted twice (a controller counts from its start).
    assert count_submissions(farm.slurm) == 2
    assert len(queue(farm.slurm, requested)) == 2
    seen = server.until(running, lambda seen: seen["workers"]["failed"] == 1)
    assert seen["workers"]["running"] == 1
    assert problem(seen, "failed")["jobs"] == [lost]
    farm.control("release", before[queued]["scheduler"]["job"])
    farm.control("release", array)
    farm.running(queued), farm.running(starting)
    for id in (*held.values(), requested):
        farm.end(id)
