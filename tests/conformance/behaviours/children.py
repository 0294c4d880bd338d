"""Processes that tasks start. The user's YAML sets ``distributed.worker.daemon: false``, so that they may."""

from __future__ import annotations

from typing import Any

from distributed import Client

from .registry import FRESH, SCALED, Context, behaviour

METHODS = ("fork", "spawn", "forkserver")


@behaviour()
def processes(client: Client, context: Context) -> Any:
    """A process of each start method runs its target, and its exit code is the target's."""

    def start(methods: tuple[str, ...], folder: str) -> Any:
        import multiprocessing
        import os

        answer = {}
        for method in methods:
            target = f"{folder}/{method}"
            mp: Any = multiprocessing.get_context(method)
            process = mp.Process(target=os.mkdir, args=(target,))
            process.start()
            process.join(120)
            ended = process.exitcode is not None
            if not ended:
                process.kill()
            failing = mp.Process(target=os._exit, args=(7,))
            failing.start()
            failing.join(120)
            answer[method] = [ended, process.exitcode, os.path.isdir(target), failing.exitcode]
        return answer

    return context.task(start, METHODS, str(context.folder))


@behaviour(FRESH, SCALED)
def pools_of_processes(client: Client, context: Context) -> Any:
    """Pool and ProcessPoolExecutor of each start method compute in a task."""

    def pools(methods: tuple[str, ...]) -> Any:
        import concurrent.futures
        import multiprocessing

        answer = {}
        for method in methods:
            mp: Any = multiprocessing.get_context(method)
            with mp.Pool(1) as pool:
                mapped = pool.map_async(abs, [-1, -2, -3]).get(120)
            with concurrent.futures.ProcessPoolExecutor(1, mp_context=mp) as executor:
                powers = list(executor.map(pow, [2, 3], [3, 2], timeout=120))
            answer[method] = [mapped, powers]
        return answer

    return context.task(pools, METHODS)


@behaviour(FRESH, SCALED)
def compute_with_processes(client: Client, context: Context) -> Any:
    """dask.compute(scheduler="processes") in a task computes in processes."""

    def compute() -> Any:
        import os

        import dask

        pids = dask.compute([dask.delayed(os.getpid)() for _ in range(2)], scheduler="processes", num_workers=2)[0]
        return {"results": len(pids), "elsewhere": os.getpid() not in pids}

    return context.task(compute)


@behaviour(FRESH, SCALED)
def what_processes_share(client: Client, context: Context) -> Any:
    """Queues, locks and shared memory work between a task and its processes."""

    def share() -> Any:
        import multiprocessing
        import multiprocessing.shared_memory

        mp = multiprocessing.get_context("spawn")
        queue: Any = mp.Queue()
        child = mp.Process(target=queue.put, args=("said",))
        child.start()
        output = queue.get(timeout=120)
        child.join(120)
        memory = multiprocessing.shared_memory.SharedMemory(create=True, size=10)
        memory.buf[0] = 42
        again = multiprocessing.shared_memory.SharedMemory(memory.name)
        value = again.buf[0]
        again.close()
        memory.close()
        memory.unlink()
        lock = mp.Lock()
        with mp.Manager() as manager:
            listed = list(manager.list([1, 2]))
        return [output, child.exitcode, value, lock.acquire(timeout=5), listed]

    return context.task(share)


@behaviour()
def who_the_parent_is(client: Client, context: Context) -> Any:
    """multiprocessing on a worker knows the nanny as its parent, and its default start method is Python's."""

    def see() -> Any:
        import multiprocessing
        import multiprocessing.util
        import os

        import psutil

        parent: Any = multiprocessing.parent_process()
        current: Any = multiprocessing.current_process()
        return {
            "parent": [parent.name, parent.is_alive(), parent.pid == os.getppid()],
            "current": [type(current).__name__, current.daemon, current.name],
            "method": multiprocessing.get_start_method(),
            "methods": multiprocessing.get_all_start_methods(),
            "session": os.getsid(0) == os.getsid(os.getppid()),
            "siblings": len(psutil.Process().parent().children()),
            "command": [word.rpartition("/")[2].partition("=")[0] for word in psutil.Process().cmdline()][:3],
        }

    return context.task(see)


@behaviour()
def programs(client: Client, context: Context) -> Any:
    """A program that a task starts can be ended by signals, and a fork returns its exit code."""

    def start() -> Any:
        import os
        import signal
        import subprocess

        answer: dict[str, Any] = {}
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGPIPE):
            program = subprocess.Popen(["sleep", "600"])
            program.send_signal(number)
            try:
                answer[number.name] = program.wait(60)
            except subprocess.TimeoutExpired:
                answer[number.name] = "runs on"
                program.kill()
                program.wait()
        child = os.fork()
        if child == 0:
            os._exit(7)
        answer["fork"] = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        output = subprocess.run("umask; trap", shell=True, stdout=subprocess.PIPE, check=True).stdout
        answer["shell"] = output.decode().split()
        return answer

    return context.task(start)


@behaviour()
def a_cluster_in_a_task(client: Client, context: Context) -> Any:
    """LocalCluster(processes=False) in a task computes."""

    def compute() -> Any:
        from distributed import Client, LocalCluster

        with (
            LocalCluster(n_workers=1, processes=False, dashboard_address=None) as cluster,
            Client(cluster, set_as_default=False) as client,
        ):
            return [client.submit(sum, [20, 22]).result(timeout=120), cluster.scheduler_address.partition(":")[0]]

    return context.task(compute)


@behaviour(FRESH, SCALED)
def a_cluster_in_a_program(client: Client, context: Context) -> Any:
    """A script with a LocalCluster of processes computes when a task starts it."""

    def run(folder: str) -> Any:
        import subprocess
        import sys

        path = f"{folder}/script.py"
        with open(path, "w") as file:
            file.write(
                "from distributed import Client, LocalCluster\n"
                "if __name__ == '__main__':\n"
                "    with LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as cluster:\n"
                "        with Client(cluster) as client:\n"
                "            print(client.submit(sum, [20, 22]).result(timeout=120))\n"
                "            print(cluster.scheduler_address.partition(':')[0])\n"
            )
        done = subprocess.run([sys.executable, path], capture_output=True, text=True, timeout=120, check=False)
        return [done.returncode, done.stdout.split(), done.stderr.strip().splitlines()[-1:] if done.returncode else []]

    return context.task(run, str(context.folder))


@behaviour(SCALED, upsetting=True)
def processes_of_a_daemon(client: Client, context: Context) -> Any:
    """With distributed.worker.daemon: true, as it is without the user's YAML, a worker may have no processes."""

    def be(daemon: bool) -> None:
        import dask.config

        dask.config.set({"distributed.worker.daemon": daemon})

    def start(methods: tuple[str, ...]) -> Any:
        import multiprocessing

        answer: dict[str, Any] = {"daemon": multiprocessing.current_process().daemon}
        for method in methods:
            mp: Any = multiprocessing.get_context(method)
            try:
                mp.Process(target=abs, args=(1,)).start()
                answer[method] = "started"
            except Exception as error:
                answer[method] = f"{type(error).__name__}: {error}"
        return answer

    client.run(be, True, nanny=True)
    client.restart(timeout=120)
    context.complete()
    try:
        return context.task(start, METHODS)
    finally:
        client.run(be, False, nanny=True)
        client.restart(timeout=120)
        context.complete()
