"""Whether a script can run: checked with the Python of its jobs before anything is submitted. The script is not run."""

from __future__ import annotations

import json
import logging
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from dask_hpc.messages import Message

from ..batch.base import BatchError
from ..batch.command import run
from ..core.errors import invalid
from .environments import can_run, probe_variables

log = logging.getLogger(__name__)

FIELD = "script"
_TIMEOUT_S = 60.0
_MAX_BYTES = 32 * 1024**2
"""A larger file is not checked."""
_RUNNERS = {"nbclient": "nbclient or papermill", "ipykernel": "ipykernel"}
"""What a notebook needs, as it is told: papermill brings nbclient."""
_PROGRAM = """
import importlib.util, json, sys
path = sys.argv[1]
found = {}
def lacks(name):
    try:
        return importlib.util.find_spec(name) is None
    except (ImportError, ValueError):
        return True
with open(path, "rb") as file:
    content = file.read(int(sys.argv[2]))
try:
    if len(content) == int(sys.argv[2]):
        pass
    elif path.endswith(".ipynb"):
        notebook = json.loads(content)
        notebook.get("cells", notebook.get("worksheets"))[:0]
        described = notebook["metadata"]
        kernel, language = described.get("kernelspec", {}), described.get("language_info", {})
        found["language"] = str(kernel.get("language") or language.get("name") or "python").lower()
        found["missing"] = [name for name in sys.argv[3:] if lacks(name)]
    else:
        compile(content, path, "exec", dont_inherit=True)
except SyntaxError as error:
    found = {"line": error.lineno or 0, "error": error.msg}
except Exception as error:
    found = {"line": 0, "error": str(error)}
print(json.dumps(found))
"""


async def check_script(python: Sequence[str], script: Path) -> None:
    """Raise ApiError 400 if `python`, the words of a command, certainly cannot run `script`.

    Where this server cannot run that Python, nothing is said: the nodes may.
    """
    try:
        alone = len(python) == 1
        if not (Path(python[0]).is_absolute() if alone else can_run(python)):
            return
        command = [*python, "-c", _PROGRAM, str(script), str(_MAX_BYTES), *_RUNNERS]
        answer = await run(command, probe_variables(), _TIMEOUT_S, Path("/"))
        found: dict[str, Any] = json.loads(answer.output)
    except (OSError, ValueError, BatchError) as error:
        log.info("%s was not checked: %s", script, error)
        return
    if wrong := found.get("error"):
        detail = "".join(filter(str.isprintable, str(wrong)))[:200]
        if script.suffix == ".ipynb":
            raise invalid(FIELD, Message("script.not-a-notebook", name=script.name, detail=detail))
        if line := int(found.get("line", 0)):
            raise invalid(FIELD, Message("script.syntax", line=line, name=script.name, detail=detail))
        raise invalid(FIELD, Message("script.not-python", name=script.name, detail=detail))
    if (language := str(found.get("language", "python"))[:40]) not in ("python", "ipython"):
        raise invalid(FIELD, Message("script.other-language", name=script.name, language=language))
    if missing := [_RUNNERS[name] for name in found.get("missing", ()) if name in _RUNNERS]:
        environment = str(Path(python[0]).parent.parent) if alone else shlex.join(python)
        raise invalid(FIELD, Message("script.no-runner", environment=environment, packages=missing))
