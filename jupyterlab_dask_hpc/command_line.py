"""``jupyter dask-hpc``: what an administrator does without a server."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from dask_hpc.messages import Message

from . import command_line_doctor as doctor
from .batch.registry import batch_systems, own_options
from .control.choices import Choices
from .core.profile_schema import profile_schema
from .doctor.profile_check import FileCheck, check_file
from .extension import DaskHpc, new_adapter

_COMMAND_TIMEOUT_S = 20.0


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 1 if a profile has mistakes or cannot be used."""
    parser = argparse.ArgumentParser(prog="jupyter dask-hpc", description="Dask clusters on the batch farm.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser(
        "check",
        help="check profiles: print every mistake with its line and a remedy, and ask the batch system about the jobs",
    )
    check.add_argument("files", metavar="FILE", type=Path, nargs="+", help="the JSON file of a profile")
    check.add_argument("--scripts", action="store_true", help="print the scripts of the jobs too")
    check.add_argument("--json", action="store_true", help="print JSON: a list with an object for each file")
    commands.add_parser("schema", help="print the JSON Schema of profiles, with the batch systems of this installation")
    doctor.add_parser(commands)
    given, rest = parser.parse_known_args(arguments)
    if given.command == "doctor":
        return doctor.run(given, rest)
    if rest:
        parser.error(f"unrecognized arguments: {' '.join(rest)}")
    if given.command == "schema":
        print(json.dumps(profile_schema(own_options()), indent=1))
        return 0
    return check_profiles(given.files, given.scripts, as_json=given.json)


def check_profiles(files: Sequence[Path], scripts: bool, as_json: bool) -> int:
    """Check some files and print what was found. Returns 1 if one of the profiles cannot be used, otherwise 0."""
    systems = batch_systems()
    adapter = partial(new_adapter, systems, _COMMAND_TIMEOUT_S)
    # What the user has is asked for as a server does; the profiles that it offers do not matter.
    app = DaskHpc(profiles=["local"])
    site = app.make_site()

    async def check_all() -> list[FileCheck]:
        available = Choices(site).available
        return [await check_file(file, systems, adapter, available, app.state_path, Path.cwd()) for file in files]

    checks = asyncio.run(check_all())
    if as_json:
        print(json.dumps([check.as_json(scripts) for check in checks], indent=1))
    else:
        for check in checks:
            _print_check(check, scripts)
    return int(not all(check.usable for check in checks))


def _print_check(check: FileCheck, scripts: bool) -> None:
    file = check.file
    if check.broken is None:
        print(f"{file}: {Message('profile.valid')}")
    for mistake in check.broken.mistakes if check.broken else ():
        place = f"{file}:{mistake.line}:{mistake.column}" if mistake.line else str(file)
        print(f"{place}: {mistake.key}: {mistake.message}" if mistake.key else f"{place}: {mistake.message}")
    for answer in check.jobs:
        job = answer.job
        print(f"{file}: {job.layout}, {job.role}.sh: {answer.message}")
        if scripts:
            print(f"\n{job.script}")


if __name__ == "__main__":
    sys.exit(main())
