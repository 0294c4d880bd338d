"""A visitor of a hub with a browser: cookies, redirects, XSRF, and the headers by which browsers describe a request."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import requests
from support.polling import TIMEOUT_S, until

from testbed.hub import HubTestbed
from testbed.users import SystemUser

FOLLOWED = {"Sec-Fetch-Site": "same-origin", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}
"""What a browser sends when a page of the same site leads to another."""

Json = dict[str, Any]


class Visitor:
    """One browser profile. Logged in by `login`, as one user of the hub."""

    def __init__(self, hub: HubTestbed) -> None:
        self.hub = hub
        self._session = requests.Session()
        self._session.trust_env = False

    @property
    def cookies(self) -> requests.cookies.RequestsCookieJar:
        """What the browser holds."""
        return self._session.cookies

    def get(self, path: str, headers: Mapping[str, str] = FOLLOWED) -> requests.Response:
        """Go to a page; `path` is below the hub's URL."""
        return self._session.get(f"{self.hub.url}{path}", headers=dict(headers), timeout=TIMEOUT_S)

    def login(self, user: SystemUser, server: str = "") -> Visitor:
        """Log in at the hub, start a server there, and come to its JupyterLab."""
        self.get("hub/login")
        answer = self._session.post(
            f"{self.hub.url}hub/login",
            {"username": user.name, "password": self.hub.password, "_xsrf": self._xsrf("/hub/")},
            headers=FOLLOWED,
            timeout=TIMEOUT_S,
        )
        assert answer.ok, answer.text[-2000:]
        return self.visit(user, server)

    def visit(self, user: SystemUser, server: str = "") -> Visitor:
        """Come to a server of one's own, that is started first where it does not run."""
        self.user, self.server = user, server
        self.base = f"user/{user.name}/{server}/" if server else f"user/{user.name}/"
        until(lambda: not self.hub.stopping(user), "the end of what still stops")
        if server not in self.hub.servers(user):
            self.hub.api("POST", f"users/{user.name}/" + (f"servers/{server}" if server else "server"))
            until(lambda: server in self.hub.servers(user), "the start of a user's server")
        page = self.get(f"{self.base}lab")
        assert page.ok and page.url.endswith("/lab"), (page.status_code, page.url, page.text[-2000:])
        return self

    def ask(self, method: str, path: str, body: Any = None, base: str | None = None) -> requests.Response:
        """A call of the extension, as JupyterLab's pages make it."""
        base = self.base if base is None else base
        return self._session.request(
            method,
            f"{self.hub.url}{base}jupyterlab-dask-hpc/{path}",
            data=None if body is None else json.dumps(body),
            headers={"X-XSRFToken": self._xsrf(f"/{self.base}")},
            timeout=TIMEOUT_S,
            allow_redirects=False,
        )

    def clusters(self) -> list[Json]:
        """All that this server shows."""
        answer = self.ask("GET", "clusters")
        assert answer.ok, answer.text
        clusters: list[Json] = answer.json()["clusters"]
        return clusters

    def launch(self, name: str, jobs: int = 1) -> str:
        """A small cluster, all of whose workers are connected; its id."""
        small = {"profile": "cc-in2p3", "name": name, "workers": {"jobs": jobs, "memory": "1G"}}
        answer = self.ask("POST", "clusters", small)
        assert answer.status_code == 201, answer.text
        id: str = answer.json()["id"]

        def connected() -> bool:
            [cluster] = [cluster for cluster in self.clusters() if cluster["id"] == id]
            assert cluster["state"] not in ("failed", "closed"), cluster
            return bool(cluster["workers"]["connected"] == jobs)

        until(connected, "the connecting of all workers")
        return id

    def _xsrf(self, path: str) -> str:
        found = [cookie.value for cookie in self._session.cookies if cookie.name == "_xsrf" and cookie.path == path]
        return str(found[0]) if found else ""
