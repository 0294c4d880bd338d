"""No secret of a server or of its hub reaches a job, a command line, a log, or the cluster's own folder."""

from __future__ import annotations

import json

import psutil

from testbed.hub import HubTestbed

from .browsing import Visitor
from .farm import Farm


def test_no_secret_reaches_a_job(testbed: HubTestbed, farm: Farm, ada: Visitor) -> None:
    id = ada.launch("bare")
    secrets = secrets_of(testbed, ada)
    assert len(secrets) >= 5
    places = places_of(farm, ada, id)
    assert {"environment of the scheduler", "environment of a worker", "scontrol", "log", "folder"} <= {
        name.partition(":")[0] for name in places
    }
    found = [
        f"{name} in {place}" for place, text in places.items() for name, secret in secrets.items() if secret in text
    ]
    assert found == []
    # Nor anything else of Jupyter's, in the environment of a job.
    environments = [text for place, text in places.items() if place.startswith("environment")]
    lines = [line for text in environments for line in text.splitlines()]
    of_the_job = "JUPYTERLAB_DASK_HPC_RETIRES="
    assert not [line for line in lines if line.startswith(("JUPYTER", "JPY")) and not line.startswith(of_the_job)]
    # What is looked for is there to be found.
    [server] = servers(ada)
    assert secrets["JUPYTERHUB_API_TOKEN"] in environment(server)
    ada.ask("DELETE", f"clusters/{id}")
    assert farm.is_rid_of(id)


def servers(ada: Visitor) -> list[psutil.Process]:
    return [process for process in ada.user.processes() if "jupyterhub.singleuser" in process.cmdline()]


def environment(process: psutil.Process) -> str:
    return "\n".join(f"{name}={value}" for name, value in process.environ().items())


def secrets_of(testbed: HubTestbed, ada: Visitor) -> dict[str, str]:
    """By name: everything that lets somebody in."""
    [server] = servers(ada)
    [door] = (ada.user.home / ".local/share/jupyter/runtime").glob("dask-hpc-*/server.json")
    variables = {name: value for name, value in server.environ().items() if name.endswith(("_TOKEN", "_SECRET"))}
    cookies = {f"cookie {cookie.name}": cookie.value or "" for cookie in ada.cookies}
    return {
        **variables,
        **cookies,
        "hub's cookie secret": (testbed.folder / "private" / "cookie-secret").read_text().strip(),
        "hub's administrator": testbed.token,
        "password": testbed.password,
        "kernels' secret": json.loads(door.read_text())["secret"],
    }


def places_of(farm: Farm, ada: Visitor, id: str) -> dict[str, str]:
    """By name: everything that a job gets or leaves, and what every user of the machine sees of others."""
    places = {}
    for process in farm.processes(id):
        try:
            name = process.environ()["SLURM_JOB_NAME"]
            role = (
                "the scheduler" if "scheduler" in name or "SLURM_ARRAY_TASK_ID" not in process.environ() else "a worker"
            )
            places[f"environment of {role}: {process.pid}"] = environment(process)
        except (psutil.Error, KeyError):
            continue
    for process in psutil.process_iter(["cmdline"]):
        places[f"command line: {process.pid}"] = "\0".join(process.info["cmdline"] or [])
    places["scontrol"] = farm.slurm.run("scontrol", "show", "job", "-dd")
    folder = ada.user.home / ".local/share/jupyter/dask-hpc/clusters" / id
    for name, root in (("log", ada.user.home / "log"), ("folder", folder)):
        for path in root.rglob("*"):
            if path.is_file():
                places[f"{name}: {path}"] = path.read_text(errors="replace")
    return places
