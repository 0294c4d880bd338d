"""The worker's process: signals, limits, open files, threads, and modules as Python made them."""

from __future__ import annotations

from typing import Any

from distributed import Client

from .registry import Context, behaviour

MODULES = [
    "asyncio",
    "asyncio.events",
    "atexit",
    "builtins",
    "gc",
    "io",
    "logging",
    "logging.config",
    "multiprocessing",
    "multiprocessing.connection",
    "multiprocessing.context",
    "multiprocessing.forkserver",
    "multiprocessing.pool",
    "multiprocessing.popen_fork",
    "multiprocessing.popen_forkserver",
    "multiprocessing.popen_spawn_posix",
    "multiprocessing.process",
    "multiprocessing.queues",
    "multiprocessing.reduction",
    "multiprocessing.resource_tracker",
    "multiprocessing.spawn",
    "multiprocessing.util",
    "os",
    "os.path",
    "pickle",
    "random",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "subprocess",
    "sys",
    "tempfile",
    "threading",
    "time",
    "warnings",
    "concurrent.futures.process",
    "dask.base",
    "dask.config",
    "dask.multiprocessing",
    "distributed.client",
    "distributed.comm.tcp",
    "distributed.core",
    "distributed.nanny",
    "distributed.node",
    "distributed.process",
    "distributed.security",
    "distributed.threadpoolexecutor",
    "distributed.utils",
    "distributed.worker",
    "tornado.httpserver",
    "tornado.ioloop",
    "cloudpickle",
]


@behaviour()
def signals(client: Client, context: Context) -> Any:
    """Handlers of signals, and signals that are blocked, ignored or caught, are distributed's own."""

    def see() -> Any:
        import signal

        def name(number: int) -> str:
            try:
                return signal.Signals(number).name
            except ValueError:
                return f"signal {number}"

        def shown(handler: Any) -> str:
            function = getattr(handler, "func", handler)  # of a functools.partial
            return str(getattr(function, "__qualname__", function))

        handlers = {name(number): shown(signal.getsignal(number)) for number in signal.valid_signals()}
        masks = {}
        with open("/proc/self/status") as status:
            for line in status:
                key, _, value = line.partition(":")
                if key in ("SigBlk", "SigIgn", "SigCgt"):
                    bits = int(value, 16)
                    masks[key] = [name(number + 1) for number in range(64) if bits >> number & 1]
        return {"handlers": handlers, "masks": masks, "wakeup": signal.getitimer(signal.ITIMER_REAL)[0]}

    return context.task(see)


@behaviour()
def limits_of_the_process(client: Client, context: Context) -> Any:
    """Limits, niceness and processors are those with which the job began."""

    def see() -> Any:
        import os
        import resource

        # A job raises the number of files that may be open as far as it may, for the sake of many connections.
        raised = ("RLIMIT_NOFILE", "RLIMIT_OFILE")
        names = [name for name in dir(resource) if name.startswith("RLIMIT_") and name not in raised]
        limits = {name: list(resource.getrlimit(getattr(resource, name))) for name in names}
        with open("/proc/self/oom_score_adj") as file:
            score = int(file.read())
        return {**limits, "nice": os.nice(0), "processors": len(os.sched_getaffinity(0)), "oom_score_adj": score}

    return context.task(see)


@behaviour()
def open_files_for_programs(client: Client, context: Context) -> Any:
    """What a task starts inherits no open file but the three standard ones."""

    def see() -> Any:
        import os
        import stat
        import subprocess

        def kind(fd: int) -> str:
            target = os.readlink(f"/proc/self/fd/{fd}")
            mode = os.fstat(fd).st_mode
            if stat.S_ISREG(mode):
                return "a file"
            return target.split(":")[0]

        listing = "for fd in /proc/self/fd/*; do echo $fd; done"
        output = subprocess.run(["sh", "-c", listing], stdout=subprocess.PIPE, close_fds=False, check=True).stdout
        inherited = sorted({int(line.rpartition("/")[2]) for line in output.decode().split()})
        known = {str(fd): kind(fd) for fd in (0, 1, 2)}
        more = sorted(kind(fd) for fd in inherited if fd > 2 and os.path.exists(f"/proc/self/fd/{fd}"))
        return {"standard": known, "more": [one for one in more if one != "/proc"]}

    return context.task(see)


@behaviour()
def modules_as_python_made_them(client: Client, context: Context) -> Any:
    """Functions and classes of Python and distributed are in place: none was replaced."""

    def see(modules: list[str]) -> Any:
        import importlib
        import types

        answer: dict[str, dict[str, str]] = {}
        kinds = (types.FunctionType, types.BuiltinFunctionType, types.MethodType, type)
        for name in modules:
            module = importlib.import_module(name)
            found = answer[name] = {}
            for key, value in sorted(vars(module).items()):
                if isinstance(value, kinds):
                    found[key] = f"{getattr(value, '__module__', None)}.{value.__qualname__}"
        return answer

    return context.task(see, MODULES)


@behaviour()
def state_of_python(client: Client, context: Context) -> Any:
    """Garbage collector, hooks, flags and ``__main__`` of the interpreter are as distributed leaves them."""

    def see() -> Any:
        import atexit
        import faulthandler
        import gc
        import multiprocessing
        import os
        import sys
        import threading
        import warnings

        main = sys.modules["__main__"]
        return {
            "gc": [gc.isenabled(), list(gc.get_threshold()), gc.get_freeze_count(), gc.get_debug()],
            "gc callbacks": sorted(getattr(one, "__qualname__", type(one).__name__) for one in gc.callbacks),
            "bytecode": [sys.dont_write_bytecode, sys.pycache_prefix],
            "flags": {name: getattr(sys.flags, name) for name in dir(sys.flags) if name[0] != "_" and name[0:2] != "n_"
                      and isinstance(getattr(sys.flags, name), int)},
            "argv": [os.path.basename(word) if index == 0 else word for index, word in enumerate(sys.argv)][:1],
            "main": [main.__name__, os.path.basename(getattr(main, "__file__", None) or ""),
                     getattr(getattr(main, "__spec__", None), "name", None)],
            "hooks": [sys.excepthook.__qualname__, threading.excepthook.__qualname__,
                      sys.unraisablehook.__qualname__, sys.displayhook.__qualname__],
            "tracing": [repr(sys.gettrace()), repr(sys.getprofile()), sys.getrecursionlimit(), sys.getswitchinterval()],
            "atexit": atexit._ncallbacks(),
            "faulthandler": faulthandler.is_enabled(),
            "warnings": [str(one[:3:2]) for one in warnings.filters],
            "multiprocessing": [multiprocessing.get_start_method(allow_none=True), sys._xoptions],
        }  # fmt: skip

    return context.task(see)


@behaviour()
def loaded_modules(client: Client, context: Context) -> Any:
    """A worker has loaded no packages but those that distributed loads."""

    def see() -> Any:
        import sys

        return {name: "loaded" for name in sorted(sys.modules) if "." not in name}

    return context.task(see)


@behaviour()
def threads(client: Client, context: Context) -> Any:
    """Tasks run in the thread pool that `dask worker --nthreads` gives, under its names."""

    def see() -> Any:
        import re
        import threading

        from distributed import get_worker

        def plain(name: str) -> str:
            return re.sub(r"\d+", "N", name)

        worker = get_worker()
        current = threading.current_thread()
        return {
            "main": [threading.main_thread().name, threading.main_thread().is_alive()],
            "task": [plain(current.name), current.daemon, threading.stack_size()],
            "pools": {name: getattr(pool, "_max_workers", None) for name, pool in worker.executors.items()},
            "nthreads": worker.state.nthreads,
            "loop": plain(next(one.name for one in threading.enumerate() if one.ident == worker.io_loop_thread))
            if hasattr(worker, "io_loop_thread")
            else None,
            "deaf": threading.main_thread().daemon,
        }

    return context.task(see)


@behaviour()
def threads_of_blas(client: Client, context: Context) -> Any:
    """numpy's linear algebra uses as many threads as the worker has processors, not the node's."""

    def see() -> Any:
        import numpy
        import threadpoolctl

        numpy.linalg.svd(numpy.eye(20))
        return sorted([pool["user_api"], pool["num_threads"]] for pool in threadpoolctl.threadpool_info())

    return context.task(see)


@behaviour()
def the_worker_itself(client: Client, context: Context) -> Any:
    """Class, name, resources, limits, metrics and services of the worker are those of `dask worker`."""

    def see() -> Any:
        from distributed import get_worker

        worker = get_worker()
        manager = worker.memory_manager
        return {
            "class": f"{type(worker).__module__}.{type(worker).__name__}",
            "name": type(worker.name).__name__,
            "resources": worker.state.total_resources,
            "data": type(worker.data).__name__,
            "memory": {
                "limited": bool(manager.memory_limit),
                "target": manager.memory_target_fraction,
                "spill": manager.memory_spill_fraction,
                "pause": manager.memory_pause_fraction,
            },
            "metrics": sorted(worker.metrics),
            "startup": sorted(worker.startup_information),
            "plugins": sorted(name.partition("-")[0] for name in worker.plugins),
            "lifetime": worker.lifetime,
            "nanny": bool(worker.nanny),
            "validate": worker.state.validate,
            "status": str(worker.status),
            "reconnect": getattr(worker, "reconnect", None),
            "heartbeat": worker.heartbeat_interval if hasattr(worker, "heartbeat_interval") else None,
        }

    return context.task(see)
