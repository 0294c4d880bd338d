"""Executes a notebook into a copy with its outputs, in a kernel of this Python. Needs nbclient and ipykernel.

    python script_notebook.py NOTEBOOK COPY

The copy is written after each cell, and what the cells print is printed. The exit code is 1 after an error in a cell,
or that of ``sys.exit`` there.
"""

from __future__ import annotations

import os
import re
import sys
from typing import Any

import nbformat
from jupyter_client.kernelspec import KernelSpec, KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_START_TIMEOUT_S = 600
"""For the kernel to start: imports from a cold network file system may take minutes."""


class ThisPython(KernelSpecManager):
    """Every kernel is one of this Python, which is that of the workers, whatever kernels the user has installed."""

    def get_kernel_spec(self, kernel_name: str) -> KernelSpec:
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python", language="python")


class Execution(NotebookClient):
    """Runs the cells in order, and writes the copy after each one."""

    copy = ""

    def create_kernel_manager(self) -> Any:
        self.km = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ThisPython())
        return self.km

    async def async_execute_cell(self, cell: Any, cell_index: int, *args: Any, **kwargs: Any) -> Any:
        try:
            return await super().async_execute_cell(cell, cell_index, *args, **kwargs)
        finally:
            self.save()

    def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
        if msg["msg_type"] == "stream":
            print(msg["content"]["text"], end="", flush=True)
        return super().process_message(msg, cell, cell_index)

    def save(self) -> None:
        """Write the copy atomically."""
        fresh = f"{self.copy}.{os.getpid()}.tmp"
        nbformat.write(self.nb, fresh)
        os.replace(fresh, self.copy)


def main(path: str, copy: str) -> int:
    """Execute `path` into `copy`; returns the exit code."""
    execution = Execution(
        nbformat.read(path, as_version=4),
        timeout=None,
        startup_timeout=_START_TIMEOUT_S,
        resources={"metadata": {"path": os.getcwd()}},
    )
    execution.copy = copy
    try:
        execution.execute()
    except CellExecutionError as error:
        print(_COLOURS.sub("", str(error)), flush=True)
        if error.ename == "SystemExit":
            return int(error.evalue) % 256 if error.evalue.isdigit() else error.evalue not in ("", "None")
        return 1
    except DeadKernelError:
        print("The kernel of the notebook died.", flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
