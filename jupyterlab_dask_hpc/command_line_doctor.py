"""``jupyter dask-hpc doctor``: examines a profile from a user's own server, and prints a table."""

from __future__ import annotations

import argparse
import asyncio
import copy
import json
import signal
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jupyter_server.serverapp import ServerApp

from dask_hpc.messages import Message

from .batch.registry import batch_systems
from .control.profiles import BrokenProfile, checked_file, fill_names, not_found
from .control.site import Site
from .control.workspace import Workspaces
from .core.profile import Profile
from .doctor.examination import Examination
from .doctor.findings import Finding, any_failed, table
from .extension import DaskHpc

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it."""


def add_parser(commands: Any) -> None:
    """Add the command to those of ``jupyter dask-hpc``."""
    parser = commands.add_parser(
        "doctor",
        help="examine a profile from here, where users launch: commands, folders, Python, network, one tiny job",
        epilog="Settings of the server are read as a server reads them; more may follow: --DaskHpc.lease=600",
    )
    parser.add_argument(
        "profile", metavar="PROFILE", nargs="?", default="", help="its name or file; left out: the default"
    )
    parser.add_argument("--workspace", type=Path, default=Path(), help="the folder to launch from (default: this one)")
    parser.add_argument(
        "--wait", type=float, default=120, metavar="SECONDS", help="time of the jobs in the queue (120)"
    )
    parser.add_argument(
        "--option",
        metavar="NAME=VALUE",
        action="append",
        default=[],
        help="an option that the profile lets users choose",
    )
    parser.add_argument("--json", action="store_true", help="print JSON, for a ticket")


def run(given: argparse.Namespace, settings: Sequence[str]) -> int:
    """Examine and print. Returns 0, 1 if something failed, or `INTERRUPTED`."""
    app = configured(settings)
    site = app.make_site()
    profile = _profile(site, given.profile)
    if isinstance(profile, BrokenProfile):
        if given.json:
            print(json.dumps({**profile.as_json(), "findings": []}, indent=1))
        else:
            for mistake in profile.mistakes:
                print(f"{profile.file or profile.name}: {mistake}")
        return 1
    workspace = given.workspace.absolute()
    examination = replace(
        app.examination(site, profile, workspace, Workspaces(Path.home())),
        options=dict(one.partition("=")[::2] for one in given.option),
        wait=given.wait,
        progress=_print_progress,
    )
    try:
        findings = asyncio.run(interruptible(examination))
    except asyncio.CancelledError:
        print(Message("doctor.interrupted"), file=sys.stderr)
        return INTERRUPTED
    if given.json:
        report = {"profile": profile.name, "batch": profile.batch, "findings": [one.as_json() for one in findings]}
        print(json.dumps(report, indent=1))
    else:
        print("\n".join(table(findings)))
    return int(any_failed(findings))


async def interruptible(examination: Examination) -> list[Finding]:
    """The findings. The signals that end a terminal's commands cancel it, so that nothing is left behind."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    return await examination.run()


def configured(arguments: Sequence[str]) -> DaskHpc:
    """The extension with the settings of a server that starts here with these arguments; it is not started."""
    server = ServerApp()
    server.parse_command_line(list(arguments))
    given = copy.deepcopy(server.config)
    server.load_config_file()
    server.update_config(given)
    app = DaskHpc()
    app.load_config_file()
    app.update_config(server.config)
    return app


def _profile(site: Site, name: str) -> Profile | BrokenProfile:
    if name.endswith(".json"):
        return checked_file(Path(name), batch_systems(), fill_names)
    if not name and site.profiles:
        return next(iter(site.profiles.values()))
    if name in site.profiles:
        return site.profiles[name]
    return next((one for one in site.broken if name in ("", one.name)), not_found(name or "-"))


def _print_progress(message: Message) -> None:
    print(message, file=sys.stderr, flush=True)
