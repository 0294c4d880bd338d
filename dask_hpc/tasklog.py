"""A logger for tasks: what it is told in a task stands in that job's log, what it is told here is shown here."""

from __future__ import annotations

import logging
import sys

NAME = "task"


def get_logger(name: str = NAME, level: int = logging.INFO) -> logging.Logger:
    """A plain `logging.Logger` for use in tasks and in the notebook alike.

    In a task its messages go to the job's file in ``log/``, with time, level, worker and task key: the workers'
    own set-up does that, for every logger without a handler. In the notebook they are shown below the cell. The logger
    travels to the workers by its name alone, so nothing of this package need be there. In a task, `get_logger` gives
    the same.
    """
    logger = logging.getLogger(name)
    logger.setLevel(level)
    shown = logging.lastResort
    if shown is not None and getattr(shown, "dask_hpc", False):
        # In a worker, by whose own handler it stays whatever handlers the task gives to the root logger.
        shown.setLevel(min(shown.level, level))
        if not logger.handlers:
            logger.addHandler(shown)
            logger.propagate = False
        return logger
    if not any(isinstance(handler, _HereHandler) for handler in logger.handlers):
        logger.addHandler(_HereHandler())
    return logger


class _HereHandler(logging.StreamHandler):  # type: ignore[type-arg]
    """Writes to what is standard output at that moment: the cell that runs."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)
        self.setFormatter(logging.Formatter("%(asctime)s - %(levelname)s - %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stdout
        super().emit(record)
