"""``%dask_cluster``: connect to a cluster, launch, scale, list and stop, in one line of a notebook."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import Any, NoReturn

from .connect import connect_and_tell, leave
from .display import Card
from .environment import mismatch
from .progress import Progress
from .request import launch, launch_request
from .server import LIVE, DaskHpcError, Json, Server

EXAMPLES = """
%dask_cluster demo                                     connect: client is its client from then on
%dask_cluster --new demo --workers 4 --memory 3G --time 00:15:00
%dask_cluster demo --scale 8
%dask_cluster demo --keep
%dask_cluster demo --logs                              list them; --logs scheduler shows the end of that one
%dask_cluster demo --stop
%dask_cluster --list
"""


DEEDS = ("new", "scale", "stop", "logs", "list")
OF_NEW = ("profile", "workers", "memory", "cpus", "time", "env")

LOG_BYTES, LOG_LINES = 2**18, 100
"""How much of the end of a log is read, and shown."""


class NotConnected(Exception):
    """What a notebook shows instead of a client: one sentence. The cells after it do not run."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class Words(argparse.ArgumentParser):
    """The words of a line; what cannot be read is one sentence, and nothing ends."""

    def error(self, message: str) -> NoReturn:
        raise DaskHpcError(f"{message[:1].upper()}{message[1:]}. %dask_cluster --help shows what can be written.")


def words() -> Words:
    """What can be written after ``%dask_cluster``."""
    parser = Words("%dask_cluster", add_help=False, allow_abbrev=False, epilog=EXAMPLES)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", nargs="?", help="a running cluster")
    parser.add_argument("--new", metavar="NAME", help="launch a cluster of that name, and connect to it")
    parser.add_argument("--profile", help="with --new: one of the site's profiles")
    parser.add_argument("--workers", type=int, metavar="N", help="with --new: worker jobs")
    parser.add_argument("--memory", help="with --new: memory of each worker, 3G")
    parser.add_argument("--cpus", type=int, metavar="N", help="with --new: CPUs of each worker")
    parser.add_argument("--time", help="with --new: time limit of the workers, 02:00:00")
    parser.add_argument(
        "--env", metavar="FOLDER", help="with --new: the workers' Python environment, else this kernel's"
    )
    parser.add_argument(
        "--keep",
        action=argparse.BooleanOptionalAction,
        help="keep the number of workers beyond their time limit, until you stop the cluster; or no longer",
    )
    parser.add_argument("--scale", type=int, metavar="N", help="have so many workers from now on")
    parser.add_argument("--stop", action="store_true", help="stop the cluster; its logs stay")
    parser.add_argument(
        "--logs",
        nargs="?",
        const="",
        metavar="FILE",
        help="list its log files, or show the end of one: a part of its name",
    )
    parser.add_argument("--list", action="store_true", help="list the clusters that there are")
    parser.add_argument("--help", action="store_true", help="show this")
    return parser


def register(shell: Any) -> None:
    """Make ``%dask_cluster`` known to an IPython shell, with the completion of its words."""

    def dask_cluster(line: str) -> None:
        """%dask_cluster NAME: connect to a running Dask cluster; see %dask_cluster --help."""
        sentence = ""
        try:
            _run(shell, line)
        except DaskHpcError as error:
            sentence = str(error)
        except KeyboardInterrupt:
            sentence = "Stopped waiting. The cluster goes on: run the cell again to connect to it."
        if sentence:
            raise NotConnected(sentence)

    shell.register_magic_function(dask_cluster, "line", "dask_cluster")
    shell.set_hook("complete_command", lambda _, event: complete(event.line), str_key="%dask_cluster")


def complete(line: str) -> list[str]:
    """Words that may come next in that line: names of clusters, options that are not there yet."""
    there = line.split()[1:]
    options = [option for action in words()._actions for option in action.option_strings if option not in there]
    try:
        names = [str(cluster["name"]) for cluster in Server.find().clusters() if cluster["state"] in LIVE]
    except DaskHpcError:
        names = []
    return options + names


def _run(shell: Any, line: str) -> None:
    try:
        parts = shlex.split(line)
    except ValueError as error:
        raise DaskHpcError(f"That line cannot be read: {error}.") from error
    parser = words()
    asked = parser.parse_args(parts)
    if asked.help:
        print(parser.format_help())
        return
    if asked.logs and not asked.name:
        asked.name, asked.logs = asked.logs, ""
    _check(asked)
    server = Server.find()
    if asked.list:
        _list(server)
    elif asked.new:
        _launch(shell, server, asked)
    elif not asked.name:
        names = ", ".join(str(cluster["name"]) for cluster in server.clusters() if cluster["state"] == "running")
        raise DaskHpcError(f"Write %dask_cluster and a name. Running: {names or 'none'}.")
    elif asked.scale is not None or asked.keep is not None:
        _change(server, server.cluster(asked.name)["id"], asked)
    elif asked.stop:
        server.stop(server.cluster(asked.name)["id"])
        leave(asked.name)
        print(f"{asked.name} is stopped. Its logs stay.")
    elif asked.logs is not None:
        _logs(server, server.cluster(asked.name), asked.logs)
    else:
        _connect(shell, server, asked.name)


def _check(asked: argparse.Namespace) -> None:
    """Raises DaskHpcError for words that do not go together: none of them is to be overlooked."""
    given = {deed: getattr(asked, deed) for deed in DEEDS}
    deeds = [f"--{deed}" for deed, value in given.items() if value is not None and value is not False]
    if len(deeds) > 1:
        raise DaskHpcError(f"{' and '.join(deeds)} do not go together. Write them in two lines.")
    for option in OF_NEW:
        if getattr(asked, option) is not None and not asked.new:
            instead = " --scale changes the number of workers." if option == "workers" else ""
            raise DaskHpcError(f"--{option} goes with --new.{instead}")
    if asked.name and deeds and deeds[0] in ("--new", "--list"):
        raise DaskHpcError(f"{asked.name} does not go with {deeds[0]}. Leave it out.")
    if asked.keep is not None and deeds and deeds[0] not in ("--new", "--scale"):
        raise DaskHpcError(f"--keep does not go with {deeds[0]}. Write them in two lines.")


def _change(server: Server, cluster_id: str, asked: argparse.Namespace) -> None:
    if asked.scale is not None:
        cluster = server.scale(cluster_id, asked.scale)
        print(f"{asked.name} is to have {cluster['workers']['requested']:,} workers.")
    if asked.keep is not None:
        server.keep_workers(cluster_id, asked.keep)
        kept = "keeps its workers: others succeed them before their time limit, until you stop it"
        left = "no longer keeps its workers: they end at their time limit"
        print(f"{asked.name} {kept if asked.keep else left}.")


def _launch(shell: Any, server: Server, asked: argparse.Namespace) -> None:
    request = launch_request(
        server,
        name=asked.new,
        profile=asked.profile,
        workers=asked.workers,
        worker_memory=asked.memory,
        worker_cpus=asked.cpus,
        worker_time=asked.time,
        virtual_env=asked.env,
    )
    if differ := mismatch(request["python_environment"]):
        print(differ, file=sys.stderr)
    launched: Json = {}
    try:
        launch(server, request, launched.update, bool(asked.keep))
        _connect(shell, server, launched["name"])
    except KeyboardInterrupt as error:
        name = launched.get("name")
        raise DaskHpcError(
            f"Stopped waiting. {name} goes on: %dask_cluster {name} connects to it." if name else "Not launched."
        ) from error


def _connect(shell: Any, server: Server, name: str) -> None:
    progress = Progress()
    connected = connect_and_tell(server, name, progress.show)
    shell.push({"client": connected.client})
    progress.end(Card(connected.cluster))
    if connected.warning:
        print(connected.warning, file=sys.stderr)


def _list(server: Server) -> None:
    live = [cluster for cluster in server.clusters() if cluster["state"] in LIVE]
    for cluster in live:
        counts = cluster["workers"]
        print(f"{cluster['name']:<20} {cluster['state']:<10} {counts['running']:,} of {counts['requested']:,} running")
    if not live:
        print("No cluster is running: launch one in the Dask panel, or by %dask_cluster --new NAME.")


def _logs(server: Server, cluster: Json, part: str) -> None:
    known = server.logs(cluster["id"])
    logs = [log for log in known["logs"] if part in log["file"]]
    if not part:
        print(f"{known['folder']}/")
        for log in logs:
            print(f"  {log['file']:<60} {log['state']:<10} {log['size']:>12,} bytes")
    elif len(logs) == 1:
        [log] = logs
        lines = server.log_end(cluster["id"], log["file"], LOG_BYTES).splitlines()
        print(f"The end of {known['folder']}/{log['file']} ({log['size']:,} bytes):")
        print(*lines[-LOG_LINES:], sep="\n")
    else:
        found = ", ".join(log["file"] for log in logs[:10]) or "none"
        raise DaskHpcError(f'"{part}" has to stand in the name of one log file. It stands in: {found}.')
