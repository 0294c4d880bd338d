"""The display while waiting for a cluster: a line with a bar, updated in place."""

from __future__ import annotations

import sys
from typing import Any

from .display import Waiting
from .sentences import Json, progress

BAR_LENGTH = 24
"""Characters in a terminal."""


class Progress:
    """One line in one place; `show` updates it, `replace_by` and `finish` end it."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._last = ""

    def show(self, cluster: Json, note: str = "") -> None:
        """Display the progress of a cluster, or a note on it, if it has changed."""
        text = note or progress(cluster)
        if text == self._last:
            return
        self._last = text
        if in_notebook():
            self._display(Waiting(cluster, text))
        elif sys.stderr.isatty():
            sys.stderr.write(f"\r\033[K{bar(cluster)} {text}")
            sys.stderr.flush()
        else:
            print(text, file=sys.stderr)

    def replace_by(self, result: Any) -> None:
        """Display the result in the same place."""
        if in_notebook():
            self._display(result)
        else:
            self.finish()
            print(repr(result))
        self._last = ""

    def finish(self) -> None:
        """End the display; the line stays."""
        if self._last and not in_notebook() and sys.stderr.isatty():
            sys.stderr.write("\n")
        self._last = ""

    def _display(self, what: Any) -> None:
        from IPython.display import display

        if self._handle is None:
            self._handle = display(what, display_id=True)
        else:
            self._handle.update(what)


def bar(cluster: Json) -> str:
    """``[######------]``: the share of running workers."""
    workers = cluster["workers"]
    full = BAR_LENGTH * workers["running"] // max(1, workers["requested"])
    return f"[{'#' * min(BAR_LENGTH, full):-<{BAR_LENGTH}}]"


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
