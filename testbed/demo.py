"""Starts JupyterLab with the panel and an example in a separate folder, for `scripts/demo`."""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path

from testbed.daemons import TestbedError
from testbed.profile import testbed_profile
from testbed.slurm import SlurmTestbed

CHECKOUT = Path(__file__).parents[1]
ROWS = 940_000


def prepare(folder: Path) -> Path:
    """Create the folder that JupyterLab shows, with the examples and their data; the user's changes are kept."""
    workspace = folder / "workspace"
    workspace.mkdir(parents=True, exist_ok=True)
    for example in (CHECKOUT / "examples").glob("*.ipynb"):
        if not (workspace / example.name).exists():
            shutil.copy(example, workspace)
    if not (workspace / "data").exists():
        print("Inventing people for the example")
        make = [str(CHECKOUT / "examples" / "make_people.py"), str(workspace / "data.new"), "--rows", str(ROWS)]
        subprocess.run([sys.executable, *make], check=True)
        (workspace / "data.new").rename(workspace / "data")
    return workspace


def command(folder: Path, workspace: Path, profile: str, options: Sequence[str]) -> list[str]:
    """The command that starts JupyterLab; it does not change the user's own Jupyter."""
    return [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={workspace}",
        f"--DaskHpc.profiles={profile}",
        f"--DaskHpc.state_folder={folder / 'state'}",
        *(["--allow-root"] if os.geteuid() == 0 else []),
        *options,
    ]


def run(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run the server until it ends, passing on signals that stop this process; returns its exit code."""
    server = subprocess.Popen(arguments, env=dict(environment))

    def stop(number: int, _: object) -> None:
        # On a terminal, Ctrl-C also reaches the server, which asks for confirmation there.
        if number != signal.SIGINT or not sys.stdin.isatty():
            server.terminate()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)
    return server.wait()


def main(arguments: list[str] | None = None) -> int:
    """The command line; unknown arguments are passed to ``jupyter lab``."""
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__, allow_abbrev=False)
    parser.add_argument("--slurm", action="store_true", help="on a real Slurm of its own, as root")
    parser.add_argument("--folder", type=Path, default=CHECKOUT / ".demo", help="the folder of the demo")
    given, options = parser.parse_known_args(arguments)
    # So that a testbed that is being started is stopped again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    folder = given.folder.resolve()
    workspace = prepare(folder)
    own = {f"JUPYTER_{what}_DIR": str(folder / "jupyter" / what.lower()) for what in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **own}
    profile = "local"
    with ExitStack() as stack:
        if given.slurm:
            print("Starting a Slurm of four nodes on this machine")
            try:
                slurm = stack.enter_context(SlurmTestbed())
            except TestbedError as error:
                print(error, file=sys.stderr)
                return 1
            environment |= slurm.environment
            profile = str(folder / "cc-in2p3.json")
            Path(profile).write_text(json.dumps(testbed_profile(workspace), indent=2))
        return run(command(folder, workspace, profile, options), environment)


if __name__ == "__main__":
    sys.exit(main())
