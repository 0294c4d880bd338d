"""What a task finds around it: variables, configuration, folders, files."""

from __future__ import annotations

from typing import Any

from distributed import Client

from .registry import Context, behaviour


@behaviour()
def variables_of_the_nanny(client: Client, context: Context) -> Any:
    """Variables of distributed.nanny.pre-spawn-environ and .environ, the user's too, have their values.

    Those of the first were there when the process began, since libraries read them then.
    """
    import dask.config

    before: dict[str, Any] = dask.config.get("distributed.nanny.pre-spawn-environ")
    after: dict[str, Any] = dask.config.get("distributed.nanny.environ")

    def see(names: list[str]) -> Any:
        import os

        with open("/proc/self/environ", "rb") as file:
            began = dict(pair.split("=", 1) for pair in file.read().decode().split("\0") if "=" in pair)
        return {name: {"now": os.environ.get(name), "at its begin": began.get(name)} for name in names}

    return context.task(see, [*before, *after, "PYTHONHASHSEED"])


@behaviour()
def variables(client: Client, context: Context) -> Any:
    """A task sees the user's variables, and none that a tool has set for itself."""

    def see() -> dict[str, str]:
        import os

        known = {os.getcwd(): "<cwd>", str(os.getppid()): "<nanny>"}
        return {name: known.get(value, value) for name, value in os.environ.items()}

    return context.task(see)


@behaviour()
def variables_of_a_program(client: Client, context: Context) -> Any:
    """What a task starts sees the variables that the task sees."""

    def see() -> Any:
        import os
        import subprocess
        import sys

        code = "import json, os; print(json.dumps(dict(os.environ)))"
        output = subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout
        import json

        theirs, ours = json.loads(output), dict(os.environ)
        return {
            "added": sorted(set(theirs) - set(ours)),
            "missing": sorted(set(ours) - set(theirs)),
            "other": sorted(name for name in set(ours) & set(theirs) if ours[name] != theirs[name]),
        }

    return context.task(see)


@behaviour()
def configuration_of_dask(client: Client, context: Context) -> Any:
    """dask.config on a worker is the user's: his YAML, and none that a tool has set for itself."""

    def see() -> Any:
        import json

        import dask.config

        # Up to dask 2023.5 the number of the nanny's process came in from a variable.
        found = json.loads(json.dumps(dask.config.config, default=str))
        return {key: value for key, value in found.items() if key != "parent"}

    return context.task(see)


@behaviour()
def configuration_of_a_program(client: Client, context: Context) -> Any:
    """dask.config in a program that a task starts is the user's."""

    def see() -> Any:
        import json
        import subprocess
        import sys

        code = "import json, dask.config, distributed; print(json.dumps(dask.config.config, default=str))"
        found = json.loads(subprocess.run([sys.executable, "-c", code], stdout=subprocess.PIPE, check=True).stdout)
        return {key: value for key, value in found.items() if key != "parent"}

    return context.task(see)


@behaviour()
def modes_of_files(client: Client, context: Context) -> Any:
    """Files and folders that a task or its programs make have the modes that the user's umask gives."""

    def make(folder: str) -> dict[str, str]:
        import os
        import subprocess
        import tempfile

        os.chdir(os.getcwd())
        open(f"{folder}/file", "w").close()
        os.mkdir(f"{folder}/folder")
        subprocess.run(["touch", f"{folder}/touched"], check=True)
        with tempfile.NamedTemporaryFile(dir=folder, delete=False) as file:
            os.rename(file.name, f"{folder}/temporary")
        umask = os.umask(0)
        os.umask(umask)
        modes = {name: oct(os.stat(f"{folder}/{name}").st_mode & 0o7777) for name in os.listdir(folder)}
        return {**modes, "umask": oct(umask)}

    return context.task(make, str(context.folder))


@behaviour()
def modules_of_the_workspace(client: Client, context: Context) -> Any:
    """A task imports modules that lie in the folder in which the workers run, and may write there."""

    def use() -> Any:
        import os
        import sys

        import beside

        cwd = os.getcwd()
        return {
            "imported": beside.ANSWER,
            "from": os.path.relpath(beside.__file__, cwd),
            "places": sum(os.path.realpath(place or ".") == os.path.realpath(cwd) for place in sys.path),
            "writable": os.access(cwd, os.W_OK),
        }

    return context.task(use)


@behaviour()
def places_of_python(client: Client, context: Context) -> Any:
    """Python on a worker is the environment's, and its path has nothing before or after what belongs there."""

    def see() -> Any:
        import multiprocessing.spawn
        import os
        import shutil
        import sys

        from distributed import get_worker

        local = get_worker().local_directory
        known = {os.path.realpath("."): "<cwd>", local: "<local>", os.path.dirname(local): "<around local>"}
        places = [known.get(os.path.realpath(place or "."), place) for place in sys.path]
        places = [place.replace(os.path.dirname(local), "<around local>") for place in places]
        return {
            "executable": sys.executable,
            "prefix": sys.prefix,
            "python": shutil.which("python"),
            "of children": os.fsdecode(multiprocessing.spawn.get_executable()),
            # Plugins that add a folder are behaviours of their own.
            "path": places,
            "meta_path": [getattr(finder, "__name__", type(finder).__name__) for finder in sys.meta_path],
            "path_hooks": [getattr(hook, "__qualname__", repr(hook)) for hook in sys.path_hooks],
        }

    return context.task(see)


@behaviour()
def temporary_files(client: Client, context: Context) -> Any:
    """tempfile uses the user's TMPDIR."""

    def see() -> Any:
        import os
        import tempfile

        return {
            "folder": tempfile.gettempdir(),
            "variable": os.environ.get("TMPDIR"),
            "prefix": tempfile.gettempprefix(),
        }

    return context.task(see)


@behaviour()
def local_directory(client: Client, context: Context) -> Any:
    """worker.local_directory is there, is writable, private, and this worker's alone."""

    def see(dask_worker: Any) -> Any:
        import os
        import sys

        folder = dask_worker.local_directory
        return folder, {
            "there": os.path.isdir(folder),
            "absolute": os.path.isabs(folder),
            "writable": os.access(folder, os.W_OK),
            "on the path": folder in sys.path,
            "open to others": oct(os.stat(folder).st_mode & 0o077),
        }

    found = context.everywhere(see)
    return {**found[0][1], "of its own": len({place for place, _ in found}) == context.workers}


@behaviour()
def language_and_time(client: Client, context: Context) -> Any:
    """Encoding, locale and time zone are the user's."""

    def see() -> Any:
        import locale
        import sys
        import time

        return {
            "stdout": [sys.stdout.encoding, sys.stdout.errors],
            "stderr": [sys.stderr.encoding, sys.stderr.errors],
            "stdin": sys.stdin.read() if sys.stdin else None,
            "files": [sys.getfilesystemencoding(), sys.getfilesystemencodeerrors()],
            "preferred": locale.getpreferredencoding(False),
            "locale": list(locale.getlocale()),
            "zone": list(time.tzname),
        }

    return context.task(see)
