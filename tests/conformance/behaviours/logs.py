"""What tasks print and log."""

from __future__ import annotations

from typing import Any

from distributed import Client

from .registry import Context, behaviour


@behaviour()
def loggers(client: Client, context: Context) -> Any:
    """Loggers, their levels and handlers are those that distributed makes."""

    def see() -> Any:
        import logging

        def shown(logger: logging.Logger) -> Any:
            return {
                "level": logging.getLevelName(logger.level),
                "handlers": [f"{type(one).__name__} {logging.getLevelName(one.level)}" for one in logger.handlers],
                "filters": [type(one).__name__ for one in logger.filters],
                "propagate": logger.propagate,
                "disabled": logger.disabled,
            }  # fmt: skip

        root = logging.getLogger()
        named = {
            name: shown(logger)
            for name, logger in root.manager.loggerDict.items()
            if isinstance(logger, logging.Logger) and (logger.handlers or logger.level or not logger.propagate)
        }
        return {
            "root": shown(root),
            "disable": root.manager.disable,
            "raise": logging.raiseExceptions,
            "last resort": getattr(logging.lastResort, "level", None),
            "class": logging.getLoggerClass().__name__,
            "record": logging.getLogRecordFactory().__name__,
            "named": named,
        }

    return context.task(see)


@behaviour()
def log_of_a_tasks_own(client: Client, context: Context) -> Any:
    """logging.basicConfig(filename=...) in a task makes a log, as in any program."""

    def log(path: str) -> Any:
        import logging

        root = logging.getLogger()
        handlers, level = root.handlers[:], root.level
        try:
            logging.basicConfig(filename=path, level=logging.INFO, format="%(levelname)s %(message)s")
            logging.getLogger("mine").info("for the file")
            logging.shutdown()
            with open(path) as file:
                return file.read().splitlines()
        except FileNotFoundError:
            return "no file"
        finally:
            root.handlers[:], root.level = handlers, level

    return context.task(log, str(context.folder / "own.log"))


@behaviour()
def lines_of_a_log(client: Client, context: Context) -> Any:
    """What a task prints, warns and logs comes into the worker's log once each; what is below WARNING does not."""

    def write_lines(mark: str) -> None:
        import logging
        import sys

        print(f"{mark} print")
        print(f"{mark} stderr", file=sys.stderr)
        logger = logging.getLogger("mine")
        for level in ("debug", "info", "warning", "error"):
            getattr(logger, level)(f"{mark} {level}")
        logging.getLogger("distributed.mine").info(f"{mark} distributed")
        handled = logging.getLogger("mine.handled")
        handler = logging.StreamHandler()
        handled.addHandler(handler)
        handled.setLevel(logging.INFO)
        handled.info(f"{mark} handled info")
        handled.warning(f"{mark} handled warning")
        handled.removeHandler(handler)
        print(f"{mark} last", flush=True)
        print(f"{mark} last", flush=True, file=sys.stderr)

    mark = f"mark-{context.state}"
    context.task(write_lines, mark)
    context.until(lambda: context.logged().count(f"{mark} last") == 2)
    lines = context.logged().splitlines()
    kinds = ("print", "stderr", "debug", "info", "warning", "error", "distributed", "handled info", "handled warning")
    return {kind: sum(line.endswith(f"{mark} {kind}") for line in lines) for kind in kinds}
