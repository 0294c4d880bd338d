"""What is shown while a cluster is waited for: a line with a bar, that changes in its place."""

from __future__ import annotations

import sys
from typing import Any

from .connect import progress
from .display import Waiting
from .server import Json

BAR = 24
"""Characters of the bar in a terminal."""


class Progress:
    """One line in one place; `show` changes it, `done` leaves it as it is."""

    def __init__(self) -> None:
        self._handle: Any = None
        self._last = ""

    def show(self, cluster: Json, note: str = "") -> None:
        """Show how far a cluster is, or a note on it, if that has changed."""
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

    def end(self, result: Any) -> None:
        """Show what came of it, in the same place."""
        if in_notebook():
            self._display(result)
        else:
            self.done()
            print(repr(result))
        self._last = ""

    def done(self) -> None:
        """Nothing more is shown here."""
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
    """``[######------]``: the share of workers that run."""
    workers = cluster["workers"]
    full = BAR * workers["running"] // max(1, workers["requested"])
    return f"[{'#' * min(BAR, full):-<{BAR}}]"


def in_notebook() -> bool:
    """Whether this process is a notebook's kernel."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython else None
    return getattr(shell, "kernel", None) is not None
