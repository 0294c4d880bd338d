"""``%dask_cluster``: connect to a cluster, launch, scale, list and stop, in one line of a notebook."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterable
from typing import Any, NoReturn

from .connect import close_client, connect_with_progress
from .display import Card
from .environment import environment_warning
from .messages import Message
from .progress import Progress
from .request import launch, launch_request
from .script import launch_script
from .sentences import STATES, Json, running
from .server_client import LIVE, DaskHpcError, ServerClient

EXAMPLES = """
%dask_cluster demo                                     connect: client is its client from then on
%dask_cluster --new demo --workers 4 --memory 3G --time 00:15:00
%dask_cluster demo --scale 8
%dask_cluster demo --replace
%dask_cluster demo --logs                              list them; --logs scheduler shows the end of that one
%dask_cluster demo --stop
%dask_cluster --run fit.py --workers 4                 run a script or notebook on a cluster that ends with it
%dask_cluster --list
"""


ACTIONS = ("new", "run", "scale", "stop", "logs", "list")
NEW_OPTIONS = (
    "profile",
    "workers",
    "memory",
    "cpus",
    "time",
    "processes",
    "threads",
    "gpus",
    "gpu_model",
    "option",
    "layout",
    "nodes",
    "env",
)

LOG_BYTES, LOG_LINES = 2**18, 100
"""Size of the end of a log that is read, and number of lines that are printed."""


class NotConnected(Exception):
    """Displayed as one sentence without a traceback. The following cells do not run."""

    def _render_traceback_(self) -> list[str]:
        return [str(self)]


class LineParser(argparse.ArgumentParser):
    """Parses the line of the magic; raises an error of one sentence instead of ending the process."""

    def error(self, message: str) -> NoReturn:
        raise DaskHpcError(Message("magic.options", detail=f"{message[:1].upper()}{message[1:]}"))


def line_parser() -> LineParser:
    """The options of ``%dask_cluster``."""
    parser = LineParser("%dask_cluster", add_help=False, allow_abbrev=False, epilog=EXAMPLES)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("name", nargs="?", help="a running cluster")
    parser.add_argument("--new", metavar="NAME", help="launch a cluster of that name, and connect to it")
    parser.add_argument("--run", metavar="FILE", help="run a script or notebook on a new cluster that ends with it")
    parser.add_argument("--profile", help="with --new or --run: one of the site's profiles")
    parser.add_argument("--workers", type=int, metavar="N", help="with --new or --run: number of workers")
    parser.add_argument("--memory", help="with --new or --run: memory of each worker job or node, 3G")
    parser.add_argument("--cpus", type=int, metavar="N", help="with --new or --run: CPUs of each worker job or node")
    parser.add_argument("--time", help="with --new or --run: time limit of the workers, 02:00:00")
    parser.add_argument("--processes", type=int, metavar="N", help="with --new or --run: workers of a job or node")
    parser.add_argument("--threads", type=int, metavar="N", help="with --new or --run: threads of each worker")
    parser.add_argument("--gpus", type=int, metavar="N", help="with --new or --run: GPUs of a job or node")
    parser.add_argument("--gpu-model", metavar="MODEL", help="with --new or --run: one that the profile offers")
    parser.add_argument(
        "--option",
        action="append",
        metavar="NAME=VALUE",
        help="with --new or --run: an option that the profile offers; again for another, or a further value",
    )
    parser.add_argument("--layout", help="with --new or --run: separate, or one-job for all in one job")
    parser.add_argument("--nodes", type=int, metavar="N", help="with --new or --run: nodes of the one job")
    parser.add_argument(
        "--env", metavar="FOLDER", help="with --new or --run: the workers' Python environment, default: this kernel's"
    )
    parser.add_argument(
        "--replace",
        action=argparse.BooleanOptionalAction,
        help="replace workers before their time limit; --no-replace turns that off",
    )
    parser.add_argument("--scale", type=int, metavar="N", help="change the number of workers")
    parser.add_argument("--stop", action="store_true", help="stop the cluster; its logs stay")
    parser.add_argument(
        "--logs",
        nargs="?",
        const="",
        metavar="FILE",
        help="list its log files, or show the end of the one whose name contains FILE",
    )
    parser.add_argument("--list", action="store_true", help="list the running clusters")
    parser.add_argument("--help", action="store_true", help="show this help")
    return parser


def register(shell: Any) -> None:
    """Register ``%dask_cluster`` with an IPython shell, and its completion."""

    def dask_cluster(line: str) -> None:
        """%dask_cluster NAME: connect to a running Dask cluster; see %dask_cluster --help."""
        sentence = ""
        try:
            _run(shell, line)
        except DaskHpcError as error:
            sentence = str(error)
        except KeyboardInterrupt:
            sentence = str(Message("magic.stopped-waiting"))
        if sentence:
            raise NotConnected(sentence)

    shell.register_magic_function(dask_cluster, "line", "dask_cluster")
    shell.set_hook("complete_command", lambda _, event: complete(event.line), str_key="%dask_cluster")


def complete(line: str) -> list[str]:
    """Completions of that line: names of clusters, and options that it does not contain yet."""
    present = line.split()[1:]
    actions = line_parser()._actions
    options = [option for action in actions for option in action.option_strings if option not in present]
    try:
        names = [str(cluster["name"]) for cluster in ServerClient.find().clusters() if cluster["state"] in LIVE]
    except DaskHpcError:
        names = []
    return options + names


def _run(shell: Any, line: str) -> None:
    try:
        parts = shlex.split(line)
    except ValueError as error:
        raise DaskHpcError(Message("magic.line", detail=str(error))) from error
    parser = line_parser()
    given = parser.parse_args(parts)
    if given.help:
        print(parser.format_help())
        return
    if given.logs and not given.name:
        given.name, given.logs = given.logs, ""
    _check(given)
    server = ServerClient.find()
    if given.list:
        _list(server)
    elif given.run:
        _run_script(server, given)
    elif given.new:
        _launch(shell, server, given)
    elif not given.name:
        names = [str(cluster["name"]) for cluster in server.clusters() if cluster["state"] == "running"]
        raise DaskHpcError(Message("magic.no-name", names=names) if names else Message("magic.no-name-no-cluster"))
    elif given.scale is not None or given.replace is not None:
        _change(server, server.cluster(given.name)["id"], given)
    elif given.stop:
        server.stop(server.cluster(given.name)["id"])
        close_client(given.name)
        print(Message("magic.stopped", name=given.name))
    elif given.logs is not None:
        _logs(server, server.cluster(given.name), given.logs)
    else:
        _connect(shell, server, given.name)


def _check(given: argparse.Namespace) -> None:
    """Raises DaskHpcError for options that cannot be combined, so that none is ignored."""
    values = {action: getattr(given, action) for action in ACTIONS}
    actions = [f"--{action}" for action, value in values.items() if value is not None and value is not False]
    if len(actions) > 1:
        raise DaskHpcError(Message("magic.combined", options=actions))
    for option in NEW_OPTIONS:
        if getattr(given, option) is not None and not given.new and not given.run:
            message = Message("magic.needs-new", option=f"--{option.replace('_', '-')}")
            if option == "workers":
                message = Message("text.followed", first=message, next=Message("magic.scale"))
            raise DaskHpcError(message)
    if given.name and actions and actions[0] in ("--new", "--list"):
        raise DaskHpcError(Message("magic.name-combined", name=given.name, option=actions[0]))
    if given.replace is not None and actions and actions[0] not in ("--new", "--scale"):
        raise DaskHpcError(Message("magic.combined", options=["--replace", actions[0]]))


def _change(server: ServerClient, cluster_id: str, given: argparse.Namespace) -> None:
    if given.scale is not None:
        cluster = server.scale(cluster_id, given.scale)
        print(Message("magic.scaled", name=given.name, count=cluster["workers"]["requested"]))
    if given.replace is not None:
        server.replace_workers(cluster_id, given.replace)
        name = given.name
        print(Message("magic.replaced", name=name) if given.replace else Message("magic.not-replaced", name=name))


def _options(given: argparse.Namespace) -> dict[str, Any]:
    """The options of a launch, as `launch_request` takes them."""
    return {
        "profile": given.profile,
        "workers": given.workers,
        "worker_memory": given.memory,
        "worker_cpus": given.cpus,
        "worker_time": given.time,
        "processes": given.processes,
        "threads": given.threads,
        "gpus": given.gpus,
        "gpu_model": given.gpu_model,
        "options": chosen_options(given.option or ()),
        "layout": given.layout,
        "nodes": given.nodes,
        "virtual_env": given.env,
    }


def chosen_options(texts: Iterable[str]) -> dict[str, str | list[str]]:
    """What was chosen: ``account=atlas``; a name that is there several times has a list. Raises DaskHpcError."""
    found: dict[str, list[str]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise DaskHpcError(Message("magic.option", text=text))
        found.setdefault(name, []).append(value)
    return {name: values if len(values) > 1 else values[0] for name, values in found.items()}


def _run_script(server: ServerClient, given: argparse.Namespace) -> None:
    cluster = launch_script(server, given.run, given.name, **_options(given))
    print(Message("magic.script-runs", script=given.run, name=str(cluster["name"])))


def _launch(shell: Any, server: ServerClient, given: argparse.Namespace) -> None:
    request = launch_request(server, name=given.new, **_options(given))
    if warning := environment_warning(request["python_environment"]):
        print(warning, file=sys.stderr)
    launched: Json = {}
    try:
        launch(server, request, launched.update, bool(given.replace))
        _connect(shell, server, launched["name"])
    except KeyboardInterrupt as error:
        name = launched.get("name")
        message = Message("magic.launch-left", name=str(name)) if name else Message("magic.not-launched")
        raise DaskHpcError(message) from error


def _connect(shell: Any, server: ServerClient, name: str) -> None:
    progress = Progress()
    connected = connect_with_progress(server, name, progress.show)
    shell.push({"client": connected.client})
    progress.replace_by(Card(connected.cluster))
    if connected.warning:
        print(connected.warning, file=sys.stderr)


def _list(server: ServerClient) -> None:
    live = [cluster for cluster in server.clusters() if cluster["state"] in LIVE]
    for cluster in live:
        print(f"{cluster['name']:<20} {STATES[cluster['state']]!s:<10} {running(cluster)}")
    if not live:
        print(Message("magic.no-cluster"))


def _logs(server: ServerClient, cluster: Json, part: str) -> None:
    known = server.logs(cluster["id"])
    logs = [log for log in known["logs"] if part in log["file"]]
    if not part:
        print(f"{known['folder']}/")
        for log in logs:
            size = Message("magic.size", size=log["size"])
            print(f"  {log['file']:<60} {log['state']:<10} {size!s:>18}")
    elif len(logs) == 1:
        [log] = logs
        lines = server.log_end(cluster["id"], log["file"], LOG_BYTES).splitlines()
        size = Message("magic.size", size=log["size"])
        print(Message("magic.log-end", path=f"{known['folder']}/{log['file']}", size=size))
        print(*lines[-LOG_LINES:], sep="\n")
    else:
        files = [str(log["file"]) for log in logs[:10]]
        raise DaskHpcError(
            Message("magic.several-logs", part=part, files=files) if files else Message("magic.no-log", part=part)
        )
