"""A logger for tasks and notebooks: writes to the job's log in a task, and below the cell in a notebook."""

from __future__ import annotations

import logging
import sys

NAME = "task"


def get_logger(name: str = NAME, level: int = logging.INFO) -> logging.Logger:
    """A plain `logging.Logger` for use both in tasks and in the notebook.

    In a task its messages go to the job's file in ``log/``, with time, level, worker and task key: the workers do this
    for every logger without a handler. In the notebook they are displayed below the cell. The logger is pickled by name
    only, so the workers do not need this package. In a task, `get_logger` returns the same logger.
    """
    logger = logging.getLogger(name)
    logger.setLevel(level)
    handler = logging.lastResort
    if handler is not None and getattr(handler, "dask_hpc", False):
        # In a worker: it uses the worker's handler, whatever handlers the task adds to the root logger.
        handler.setLevel(min(handler.level, level))
        if not logger.handlers:
            logger.addHandler(handler)
            logger.propagate = False
        return logger
    if not any(isinstance(each, _NotebookHandler) for each in logger.handlers):
        logger.addHandler(_NotebookHandler())
    return logger


class _NotebookHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to the current standard output, which is that of the running cell."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.setFormatter(logging.Formatter("%(asctime)s - %(levelname)s - %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)
