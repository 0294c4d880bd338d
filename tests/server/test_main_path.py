"""From the form to nothing left, by the calls that a browser makes."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

from support.dask import connect
from support.polling import TIMEOUT_S, until
from support.server import Json, Server, has_ended, messages, queue, reason_of

from testbed.slurm import SlurmTestbed


def test_launch_watch_compute_read_stop(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    shown = asyncio.run(_launch_and_watch(server, folder))
    cluster = server.until(shown["id"], lambda seen: seen["state"] == "running")
    id = cluster["id"]
    assert cluster["workers"] == {"requested": 2, "pending": 0, "running": 2, "connected": 2, "ended": 0, "failed": 0}
    assert cluster["log_folder"] == f"{folder.name}/log"

    found = server.call("GET", f"clusters/{id}/connection")
    with connect(found) as client:
        assert client.submit(sum, [20, 22]).result(timeout=TIMEOUT_S) == 42

    scripts = server.call("GET", f"clusters/{id}/scripts")["scripts"]
    assert [script["role"] for script in scripts] == ["scheduler", "worker"]
    assert "--array=0-1" in scripts[1]["text"]

    jobs = server.call("GET", f"clusters/{id}/jobs")["jobs"]
    logs = server.call("GET", f"clusters/{id}/logs")["logs"]
    assert {log["file"] for log in logs} == {job["log"] for job in jobs}
    assert len(logs) == 3
    one = server.ask("GET", f"clusters/{id}/logs/{logs[0]['file']}?offset=-20")
    assert one.body == (folder / "log" / logs[0]["file"]).read_bytes()[-20:]
    assert int(one.headers["X-Size"]) == (folder / "log" / logs[0]["file"]).stat().st_size

    arrays = {job["id"].split("_")[0] for job in jobs}
    assert all(slurm.processes(array) for array in arrays)
    server.call("DELETE", f"clusters/{id}")
    ended = server.until(id, has_ended)
    assert (ended["state"], reason_of(ended)) == ("closed", "Stopped.")
    assert ended["workers"] == {**cluster["workers"], "running": 0, "connected": 0, "ended": 2}
    assert queue(slurm, id) == []
    _none_left(slurm, arrays)
    assert not list((server.state / "clusters" / id).glob("*-key.pem"))
    assert {path.name for path in (folder / "log").iterdir()} == {log["file"] for log in logs}
    assert server.call("GET", f"clusters/{id}/logs")["logs"]
    assert server.ask("GET", f"clusters/{id}/connection").status == 409


def _none_left(slurm: SlurmTestbed, arrays: set[str], seconds: float = 30) -> None:
    """Nothing of these submits runs, or is done with running very soon."""
    until(lambda: not any(slurm.processes(array) for array in arrays), "the end of its processes", seconds)


async def _launch_and_watch(server: Server, folder: Path) -> Json:
    """Launch with a tab open: what the tab receives is complete, in order, and ends with 2 of 2."""
    tab = await server.connect()
    launched: Json = {}
    jobs: dict[str, Json] = {}
    log = ""
    expected = 0
    async for message in messages(tab):
        assert message["seq"] == expected
        expected += 1
        kind = message["type"]
        assert (kind == "state") == (expected == 1)
        if kind == "state":
            request = {"name": "main", "workspace": folder.name, "workers": {"jobs": 2}}
            launched = await asyncio.to_thread(server.launch, **request)
            await tab.write_message(json.dumps({"watch": "jobs", "id": launched["id"]}))
        elif kind == "jobs":
            jobs.update((job["id"], job) for job in message["jobs"])
            assert message["id"] == launched["id"]
            worker = next((job for job in message["jobs"] if job["role"] == "worker" and job["started"]), None)
            if worker and not log:
                log = "?"
                follow = {"watch": "log", "id": launched["id"], "file": worker["log"], "offset": 0}
                await tab.write_message(json.dumps(follow))
        elif kind == "log":
            log += message["text"]
        elif kind == "error":
            raise AssertionError(message)
        if [job["state"] for job in jobs.values()] == ["running"] * 3 and "Registered to" in log:
            break
    tab.close()
    assert sorted(job["index"] for job in jobs.values() if job["role"] == "worker") == [0, 1]
    return launched


def test_workers_wait_until_the_scheduler_runs(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=DOWN")
    try:
        id = server.launch(workspace=folder.name, workers={"jobs": 3})["id"]
        held = server.until(id, lambda seen: bool(seen["scheduler"]["reason"]))
        assert (held["state"], held["scheduler"]["state"]) == ("queued", "pending")
        assert [problem["kind"] for problem in held["problems"]] == ["waiting"]
        assert held["workers"]["pending"] == 3
        assert len(queue(slurm, id)) == 1
        assert server.ask("GET", f"clusters/{id}/connection").status == 503
    finally:
        slurm.run("scontrol", "update", "PartitionName=htc_daemon", "State=UP")
    server.until(id, lambda seen: seen["workers"]["running"] == 3)
    assert len(queue(slurm, id)) == 4
