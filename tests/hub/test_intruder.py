"""Another user of the same machine and the same hub gets at nothing of a user's clusters."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import pytest
import requests

from testbed.hub import HubTestbed
from testbed.users import SystemUser

from .browsing import Visitor
from .farm import Farm

SCRIPT = Path(__file__).with_name("intruder.py").read_text("utf-8")


class Scene(NamedTuple):
    """A cluster of each of two users."""

    ada: Visitor
    ben: Visitor
    hers: str
    his: str


@pytest.fixture(scope="module")
def scene(testbed: HubTestbed) -> Iterator[Scene]:
    testbed.set()
    visitors = [Visitor(testbed).login(testbed.users[name]) for name in ("ada", "ben")]
    yield Scene(*visitors, *(visitor.launch("secret") for visitor in visitors))
    for visitor in visitors:
        testbed.api("DELETE", f"users/{visitor.user.name}/server")


def data(user: SystemUser) -> Path:
    return user.home / ".local" / "share" / "jupyter"


def folder(user: SystemUser, id: str) -> Path:
    return data(user) / "dask-hpc" / "clusters" / id


def listening(processes: list[psutil.Process]) -> list[int]:
    """Ports of these processes, those of loopback as well."""
    ports = set()
    for process in processes:
        try:
            found = process.net_connections("tcp")
        except psutil.Error:
            continue
        ports |= {each.laddr.port for each in found if each.status == psutil.CONN_LISTEN}
    return sorted(ports)


def asked(scene: Scene, path: str) -> requests.Response:
    """What Ada's server answers to Ben, once its busy hub has identified him."""
    for _ in range(30):
        answer = scene.ben.ask("GET", path, base=scene.ada.base)
        if answer.status_code != 503:
            break
        time.sleep(1)
    return answer


def attempt(user: SystemUser, python: Path, **target: Any) -> list[str]:
    """What a user has managed to do."""
    whole = {"ports": [], "files": [], "certificates": None, "pids": [], "urls": [], "headers": [{}], **target}
    result = user.run(str(python), "-c", SCRIPT, json.dumps(whole))
    assert result.returncode == 0, result.stderr
    done: list[str] = json.loads(result.stdout)
    return done


def test_processes_of_a_cluster_answer_nobody_else(testbed: HubTestbed, farm: Farm, scene: Scene) -> None:
    """Scheduler, workers and nannies, dashboard and control route, whatever certificate is shown."""
    ports = listening(farm.processes(scene.hers))
    assert len(ports) >= 4, ports
    own = str(folder(scene.ben.user, scene.his))
    assert attempt(scene.ben.user, testbed.python, ports=ports, certificates=own) == []
    # Who may, can: the same attempts of the owner with her own certificates.
    hers = attempt(scene.ada.user, testbed.python, ports=ports, certificates=str(folder(scene.ada.user, scene.hers)))
    assert {text.split(" on ")[0] for text in hers if text.startswith("asked")} == {"asked the Dask process"}
    assert any("/json/counts.json with server: 200" in text for text in hers), hers
    assert not any("with client: 200" in text or "with no certificate" in text for text in hers), hers
    assert not any("with plain" in text for text in hers), hers


def test_files_and_processes_are_the_users_own(testbed: HubTestbed, farm: Farm, scene: Scene) -> None:
    """Keys, records, connection files, the kernels' secret; the homes themselves are open."""
    secret = [path for path in (data(scene.ada.user) / "dask-hpc").rglob("*") if path.is_file()]
    runtime = [path for path in (data(scene.ada.user) / "runtime").rglob("*") if path.is_file()]
    names = {path.name for path in [*secret, *runtime]}
    assert {"record.json", "client-key.pem", "server-key.pem", "scheduler.json", "worker.sh", "server.json"} <= names
    files = [str(path) for path in [*secret, *runtime]]
    pids = [process.pid for process in scene.ada.user.processes()]
    assert attempt(scene.ben.user, testbed.python, files=files, pids=pids) == []
    assert len(attempt(scene.ada.user, testbed.python, files=files)) >= len(files)


def test_the_other_users_server_does_nothing_for_him(testbed: HubTestbed, farm: Farm, scene: Scene) -> None:
    """By the hub, at its own port, with the credentials that he has for his own server; with guessed ids and keys."""
    [shown] = [cluster for cluster in scene.ada.clusters() if cluster["id"] == scene.hers]
    key = shown["dashboard"].split("/")[-2]
    paths = ["clusters", "profiles", f"clusters/{scene.hers}", f"clusters/{scene.hers}/connection", "stream"]
    dashboards = [f"clusters/{id}/dashboard/{guess}/status" for id in (scene.hers, "0123456789") for guess in ("x", "")]
    for path in [*paths, *dashboards]:
        answer = asked(scene, path)
        assert answer.status_code in (302, 403, 404), (path, answer.status_code)
        assert scene.hers not in answer.text
        assert answer.status_code != 302 or "/hub/api/oauth2/authorize" in answer.headers["Location"]
    for method, path in [("DELETE", f"clusters/{scene.hers}"), ("POST", "clusters")]:
        assert scene.ben.ask(method, path, {} if method == "POST" else None, base=scene.ada.base).status_code == 403
        body = {"profile": "none"} if method == "POST" else None
        assert scene.ben.ask(method, path, body).status_code in (400, 404)

    [port] = listening(
        [process for process in scene.ada.user.processes() if "jupyterhub.singleuser" in process.cmdline()]
    )
    urls = [f"http://127.0.0.1:{port}/{scene.ada.base}jupyterlab-dask-hpc/{path}" for path in [*paths, *dashboards]]
    [door] = (data(scene.ben.user) / "runtime").glob("dask-hpc-*/server.json")
    secret = json.loads(door.read_text())["secret"]
    [server] = [process for process in scene.ben.user.processes() if "jupyterhub.singleuser" in process.cmdline()]
    token = server.environ()["JUPYTERHUB_API_TOKEN"]
    headers = [{}, {"Authorization": f"dask-hpc {secret}"}, {"Authorization": f"token {token}"}]
    assert attempt(scene.ben.user, testbed.python, urls=urls, headers=headers) == []
    # Who may, can; and the key of a dashboard admits its holder alone.
    [door] = (data(scene.ada.user) / "runtime").glob("dask-hpc-*/server.json")
    hers = [{"Authorization": f"dask-hpc {json.loads(door.read_text())['secret']}"}]
    assert len(attempt(scene.ada.user, testbed.python, urls=urls[:4], headers=hers)) == 4
    right = scene.ada.get(f"{scene.ada.base}jupyterlab-dask-hpc/clusters/{scene.hers}/dashboard/{key}/json/counts.json")
    assert right.status_code == 200, right.text
    assert farm.runs(scene.hers)
    assert farm.runs(scene.his)
