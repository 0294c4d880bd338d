"""A script in a cluster of Slurm jobs."""

from __future__ import annotations

from pathlib import Path

from support.polling import until
from support.server import Server, has_ended, queue, reason_of

from testbed.slurm import SlurmTestbed

TEXT = """
import sys
from distributed import Client
client = Client()
client.wait_for_workers(2)
print(sum(client.gather(client.map(abs, range(10)))))
sys.exit(3)
"""


def test_a_script_ends_its_jobs_with_its_exit_code(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    (folder / "fit.py").write_text(TEXT)
    request = {"script": f"{folder.name}/fit.py", "workspace": folder.name, "workers": {"jobs": 2}}
    shown = server.launch(name="fit", **request)
    cluster = server.until(shown["id"], has_ended)
    assert (cluster["state"], reason_of(cluster)) == ("failed", "The script ended with exit code 3.")
    assert (cluster["script"]["exit_code"], cluster["script"]["lines"]) == (3, ["45"])
    assert queue(slurm, cluster["id"]) == []


def test_a_script_that_loops_is_stopped_with_what_it_started(server: Server, folder: Path, slurm: SlurmTestbed) -> None:
    child = (
        "import subprocess, sys, time; "
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(900)'], start_new_session=True)"
    )
    (folder / "loop.py").write_text(f"{child}\nopen('began', 'w')\nwhile True: time.sleep(0.01)\n")
    id = server.launch(name="loop", script=f"{folder.name}/loop.py", workspace=folder.name)["id"]
    until((folder / "began").exists, "the script's start")
    job = server.cluster(id)["scheduler"]["job"]
    assert len(slurm.processes(job)) >= 3
    assert reason_of(server.end(id)) == "Stopped."
    until(lambda: not slurm.processes(job), "the end of its processes")
