"""However a user of a hub leaves, or is made to leave, no job of the user's clusters remains on the farm."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from time import sleep

from support.dask import connect
from support.polling import until

from testbed.hub import HubTestbed

from .browsing import FOLLOWED, Visitor
from .farm import Farm


def test_log_out_of_jupyterlab(hub: HubTestbed, farm: Farm, ada: Visitor) -> None:
    """File > Log Out leads to the server's own page first. The server itself lives on."""
    id = ada.launch("logged-out", jobs=2)
    assert farm.runs(id, workers=2)
    ada.get(f"{ada.base}logout")
    assert farm.is_rid_of(id)
    assert hub.servers(ada.user) == [""]
    assert "hub/login" in ada.get(f"{ada.base}lab").url


def test_who_forges_a_log_out_stops_nothing(hub: HubTestbed, farm: Farm, ada: Visitor) -> None:
    """Nor does the hub's own page, which never reaches the server: the cluster is there after the next login."""
    id = ada.launch("kept")
    ben = Visitor(hub).login(hub.users["ben"])
    elsewhere = FOLLOWED | {"Sec-Fetch-Site": "cross-site"}
    for visitor, headers in [(Visitor(hub), FOLLOWED), (ben, FOLLOWED), (ada, elsewhere)]:
        visitor.get(f"{ada.base}logout", headers)
    again = Visitor(hub).login(ada.user)
    again.get("hub/logout")
    assert "hub/login" in again.get(f"{ada.base}lab").url
    back = Visitor(hub).login(ada.user)
    assert [cluster["state"] for cluster in back.clusters() if cluster["id"] == id] == ["running"]
    assert farm.runs(id)
    assert back.ask("DELETE", f"clusters/{id}").status_code == 202
    assert farm.is_rid_of(id)


def test_two_servers_of_one_user(hub: HubTestbed, farm: Farm, ada: Visitor) -> None:
    second = Visitor(hub).login(ada.user, "second")
    untouched, lost = ada.launch("same"), second.launch("same")
    assert [cluster["id"] for cluster in second.clusters()] == [lost]
    second.get(f"{second.base}logout")
    assert farm.is_rid_of(lost)
    assert farm.runs(untouched)
    hub.api("DELETE", f"users/{ada.user.name}/servers/second")
    until(lambda: hub.servers(ada.user) == [""], "the end of the second server")
    assert farm.runs(untouched)
    ada.ask("DELETE", f"clusters/{untouched}")
    assert farm.is_rid_of(untouched)


def test_an_administrator_stops_the_server(hub: HubTestbed, farm: Farm, ada: Visitor) -> None:
    """SIGINT, and SIGTERM after 30 s."""
    id = ada.launch("stopped")
    hub.api("DELETE", f"users/{ada.user.name}/server")
    assert farm.is_rid_of(id)
    until(lambda: not hub.servers(ada.user), "the end of the server")


def test_an_idle_culler(hub: HubTestbed, farm: Farm, ada: Visitor) -> None:
    """A cluster that computes prevents that its server is culled while the user is away; an idle one does not."""
    id = ada.launch("culled")
    connection = ada.ask("GET", f"clusters/{id}/connection").json()
    with connect(connection) as client:
        computing = client.submit(sleep, 3600)
        before = active(hub, ada)
        until(lambda: (active(hub, ada) - before).total_seconds() > 15, "activity of a server that computes")
        del computing
        client.restart(wait_for_workers=False)
    with culling(hub):
        assert farm.is_rid_of(id)
        until(lambda: not hub.servers(ada.user), "the culling of the server")


def active(hub: HubTestbed, visitor: Visitor) -> datetime:
    """When the hub last registered activity on a user's server."""
    text = hub.api("GET", f"users/{visitor.user.name}")["servers"][visitor.server]["last_activity"]
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@contextmanager
def culling(hub: HubTestbed) -> Iterator[None]:
    """The idle culler, as a hub's service runs it, for servers without activity for 10 s."""
    culler = subprocess.Popen(
        [sys.executable, "-m", "jupyterhub_idle_culler", "--timeout=10", "--cull-every=1", f"--url={hub.url}hub/api"],
        env={**os.environ, "JUPYTERHUB_API_TOKEN": hub.token},
    )
    try:
        yield
    finally:
        culler.terminate()
        culler.wait()


def test_a_hub_that_stops_servers_at_log_out(ending_hub: HubTestbed, farm: Farm) -> None:
    """Its own page suffices then, and all servers of the user end."""
    hub = ending_hub
    ada = Visitor(hub).login(hub.users["ada"])
    second = Visitor(hub).login(ada.user, "second")
    ids = [ada.launch("one"), second.launch("two")]
    ada.get("hub/logout")
    assert all(farm.is_rid_of(id) for id in ids)
    until(lambda: not hub.servers(ada.user), "the end of both servers")
