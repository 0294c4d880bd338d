"""``jupyter dask-hpc``: what an administrator does without a server."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from dask_hpc.messages import Message

from .batch.registry import batch_systems, own_options
from .control.profiles import BrokenProfile, checked_file, fill_names
from .core.profile_schema import profile_schema


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command. Returns the exit code: 0, or 1 if a profile has mistakes."""
    parser = argparse.ArgumentParser(prog="jupyter dask-hpc", description="Dask clusters on the batch farm.")
    commands = parser.add_subparsers(dest="command", required=True)
    check = commands.add_parser("check", help="check profiles, and print every mistake with its line and a remedy")
    check.add_argument("files", metavar="FILE", type=Path, nargs="+", help="the JSON file of a profile")
    check.add_argument("--json", action="store_true", help="print JSON: a list with an object for each file")
    commands.add_parser("schema", help="print the JSON Schema of profiles, with the batch systems of this installation")
    given = parser.parse_args(arguments)
    if given.command == "schema":
        print(json.dumps(profile_schema(own_options()), indent=1))
        return 0
    return check_profiles(given.files, as_json=given.json)


def check_profiles(files: Sequence[Path], as_json: bool) -> int:
    """Print the mistakes of some files. Returns 1 if there are any, otherwise 0."""
    systems = batch_systems()
    checked = {file: checked_file(file, systems, fill_names) for file in files}
    broken = {file: found for file, found in checked.items() if isinstance(found, BrokenProfile)}
    if as_json:
        shown = [
            {"file": str(file), "mistakes": [one.as_json() for one in broken[file].mistakes] if file in broken else []}
            for file in files
        ]
        print(json.dumps(shown, indent=1))
        return int(bool(broken))
    for file in files:
        if file not in broken:
            print(f"{file}: {Message('profile.valid')}")
        for mistake in broken[file].mistakes if file in broken else ():
            place = f"{file}:{mistake.line}:{mistake.column}" if mistake.line else str(file)
            print(f"{place}: {mistake.key}: {mistake.message}" if mistake.key else f"{place}: {mistake.message}")
    return int(bool(broken))


if __name__ == "__main__":
    sys.exit(main())
