"""``%dask_cluster NAME``: a connected ``client`` in the notebook."""

from __future__ import annotations

import sys
from typing import Any

from .cluster import connect_and_tell
from .display import Card, Line
from .server import DaskHpcError, Server


class NotConnected(Exception):
    """What a notebook shows instead of a client: one sentence. The cells after it do not run."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


def register(shell: Any) -> None:
    """Make ``%dask_cluster`` known to an IPython shell."""

    def dask_cluster(line: str) -> None:
        """%dask_cluster NAME: connect to a running Dask cluster; ``client`` is its client from then on."""
        sentence = ""
        try:
            _connect(shell, line.strip())
        except DaskHpcError as error:
            sentence = str(error)
        except KeyboardInterrupt:
            sentence = "Stopped waiting. The cluster goes on: run the cell again to connect to it."
        if sentence:
            raise NotConnected(sentence)

    shell.register_magic_function(dask_cluster, "line", "dask_cluster")


def _connect(shell: Any, name: str) -> None:
    from IPython.display import display

    server = Server.find()
    if not name:
        names = ", ".join(str(cluster["name"]) for cluster in server.clusters() if cluster["state"] == "running")
        raise DaskHpcError(f"Write %dask_cluster and a name. Running: {names or 'none'}.")
    shown: list[Any] = []
    last: list[str] = []

    def show(what: Any) -> None:
        if shown:
            shown[0].update(what)
        else:
            shown.append(display(what, display_id=True))  # type: ignore[no-untyped-call]

    def report(line: str) -> None:
        if last != [line]:
            last[:] = [line]
            show(Line(line))

    connected = connect_and_tell(server, name, report)
    shell.push({"client": connected.client})
    show(Card(connected.cluster))
    if connected.warning:
        print(connected.warning, file=sys.stderr)
