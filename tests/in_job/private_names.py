"""What is used of distributed beyond its documented interface, each with a probe; nothing of multiprocessing is used.

    cd tests; python -m in_job.private_names

runs every probe with the distributed of that Python and prints what a new version has changed, and what breaks then.
Needs distributed alone, so that every version can run it.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass

import dask.config
from distributed import Client, LocalCluster

from . import private_probes as probes


@dataclass(frozen=True)
class Name:
    """One private name.

    Attributes:
        name: as distributed has it.
        used_in: file below ``jupyterlab_dask_hpc/`` or ``dask_hpc/``.
        why: what it is used for.
        breaks: what no longer works when it is gone or means something else.
        probe: raises AssertionError or AttributeError then.
    """

    name: str
    used_in: str
    why: str
    breaks: str
    probe: Callable[[probes.Live], None]


GUARD, WATCHDOG, NANNY, WORKER = (
    f"in_job/{file}.py" for file in ("scheduler_guard", "scheduler_watchdog", "nanny_preload", "worker_preload")
)
HEARTBEAT, RETIRE, DASHBOARD = (f"in_job/scheduler_{file}.py" for file in ("heartbeat", "retire", "dashboard"))
IDLE = "idle time: a cluster that computes may be ended, or one that does not may stay"
CLIENT, CLUSTER = "dask_hpc/cluster_client.py", "dask_hpc/cluster.py"

NAMES = (
    Name(
        "node.HTTPServer",
        GUARD,
        "replaced before the scheduler creates its HTTP server",
        "the scheduler ends at its start: it would be without its guard",
        probes.http_server,
    ),
    Name(
        "Scheduler.http_server, .port, Worker.http_server",
        GUARD,
        "checked to be the guarded one; a worker's is stopped",
        "the scheduler ends at its start; workers answer every user of their node",
        probes.http_server_of_a_scheduler,
    ),
    Name(
        "Scheduler.http_application",
        HEARTBEAT,
        "gets the control route, and the dashboard later",
        "no heartbeat: every cluster ends with its lease",
        probes.http_application,
    ),
    Name(
        "dashboard.scheduler.connect, http.scheduler.missing_bokeh.routes",
        DASHBOARD,
        "loads the dashboard after the start",
        "no dashboard",
        probes.dashboard,
    ),
    Name(
        "Scheduler.transition_counter", WATCHDOG, "shows that something was computed", IDLE, probes.transition_counter
    ),
    Name(
        "Scheduler.queued, .unrunnable, TaskState.*_restrictions",
        HEARTBEAT,
        "tasks that wait for a worker, and what they require",
        "the problem 'tasks wait for a worker with ...', and " + IDLE,
        probes.task_states,
    ),
    Name(
        "WorkerState.processing, .metrics, .nbytes",
        WATCHDOG,
        "whether a worker is busy, its memory peak, its data",
        "peaks of memory, the choice of workers that retire, and " + IDLE,
        probes.worker_states,
    ),
    Name(
        "Scheduler._active_graph_updates", WATCHDOG, "a graph that is being received", IDLE, probes.active_graph_updates
    ),
    Name(
        "Scheduler.handlers", WATCHDOG, "calls of clients that are no tasks are counted", IDLE, probes.calls_of_clients
    ),
    Name(
        "Scheduler.retire_workers, .close_worker",
        RETIRE,
        "retires workers by address",
        "scaling down, and the replacement of workers before their time limit",
        probes.retirement,
    ),
    Name("Worker.handlers['actor_execute']", WORKER, "counts calls of actors", IDLE, probes.actor_calls),
    Name(
        "Worker.metrics",
        WORKER,
        "reports the memory peak and calls of actors",
        "peaks of memory",
        probes.worker_metrics,
    ),
    Name(
        "Worker.startup_information, WorkerState.extra",
        WORKER,
        "reports the GPUs that the worker sees, once",
        "a worker's GPUs are not shown",
        probes.startup_information,
    ),
    Name(
        "Nanny.env",
        NANNY,
        "gives each worker of a job its own GPU",
        "all workers of a job use its first GPU",
        probes.environment_of_a_nanny,
    ),
    Name(
        "worker.thread_state.key",
        WORKER,
        "a task's key in its log lines",
        "lines of tasks have no key",
        probes.task_key,
    ),
    Name(
        "Worker.close_gracefully, .loop",
        WORKER,
        "retires a worker before its time limit",
        "what a worker holds is lost at its time limit",
        probes.close_gracefully,
    ),
    Name(
        "Nanny.process, .scheduler, WorkerProcess.status, .pid",
        NANNY,
        "whether the nanny has a running worker",
        "a job without a worker runs on until its time limit",
        probes.nanny,
    ),
    Name(
        "Nanny._on_worker_exit_sync, .kill",
        NANNY,
        "how a worker ended that its nanny starts again",
        "a restarted worker is not shown",
        probes.exit_of_a_worker,
    ),
    Name(
        "preloading.process_preloads",
        "in_job/scheduler_preload.py",
        "a scheduler's preload stays in the cluster's folder, a worker's is copied",
        "schedulers end at their start; limits do not reach the workers",
        probes.preloads,
    ),
    Name(
        "cli.dask_scheduler, cli.dask_worker as __main__",
        "in_job/dask_command.py",
        "runs the command in the same process",
        "nothing starts",
        probes.commands,
    ),
    Name(
        "Security.get_connection_args",
        "in_job/worker_start.py",
        "TLS of an rpc to the scheduler",
        "a worker without a nanny outlives its scheduler; DaskCluster does not connect",
        probes.security,
    ),
    Name(
        "Client._periodic_callbacks",
        CLIENT,
        "asks for the cluster's state every second",
        "a client waits for a cluster that has ended",
        probes.periodic_callbacks_of_a_client,
    ),
    Name(
        "Client._reconnect, ._handle_report",
        CLIENT,
        "asks first whether the cluster has ended",
        "red lines about a lost connection instead of the reason",
        probes.reconnect,
    ),
    Name(
        "Client._send_to_scheduler",
        CLIENT,
        "raises ClusterClosed after the end",
        "another error after the end of a cluster",
        probes.send_to_scheduler,
    ),
    Name("Client.sync", CLIENT, "translates errors into ClusterClosed", "another error then", probes.sync_of_a_client),
    Name(
        "Client._close",
        CLIENT,
        "closes without waiting for the scheduler",
        "a cell hangs then",
        probes.close_of_a_client,
    ),
    Name(
        "Client._instances, .cluster",
        CLUSTER,
        "finds this kernel's clients of a cluster",
        "clients made by Client(cluster) do not notice its end",
        probes.instances,
    ),
    Name(
        "Client._get_scheduler_info, SchedulerInfo._repr_html_",
        CLIENT,
        "puts the dashboard's link into what is displayed",
        "a link that no browser can open",
        probes.scheduler_info,
    ),
    Name(
        "FutureState.set_error, .status",
        CLIENT,
        "futures get ClusterClosed",
        "they are cancelled instead",
        probes.futures,
    ),
    Name(
        "client._set_global_client",
        CLIENT,
        "makes a client Dask's default again",
        "connect fails",
        probes.global_client,
    ),
    Name(
        "Cluster._loop_runner", CLUSTER, "started and stopped with the object", "DaskCluster fails", probes.loop_runner
    ),
    Name("Cluster._cluster_manager_logs", CLUSTER, "its log lines", "DaskCluster fails", probes.logs_of_a_cluster),
    Name(
        "Cluster._sync_cluster_info, ._sync_cluster_info_task",
        CLUSTER,
        "instead of the superclass's _start, which subscribes to the scheduler",
        "DaskCluster fails to start, or a task is left at its end",
        probes.sync_cluster_info,
    ),
    Name(
        "Cluster._start, ._close, ._wait_for_workers, ._repr_html_, .periodic_callbacks, .scheduler_comm, .observed",
        CLUSTER,
        "lifecycle and display of DaskCluster",
        "DaskCluster fails",
        probes.attributes_of_a_cluster,
    ),
    Name(
        "Adaptive.scale_down, .plan, .requested, .observed",
        "dask_hpc/scaling.py",
        "scales down by a number, not by names",
        "adaptive scaling starts and stops workers in turn",
        probes.adaptive,
    ),
)


def failures() -> list[str]:
    """One line for each name that this version of distributed has changed."""
    found = []
    with (
        tempfile.TemporaryDirectory(prefix="private-names-") as folder,
        dask.config.set({"temporary-directory": folder}),  # the scheduler's folder too
        LocalCluster(
            n_workers=1,
            threads_per_worker=1,
            processes=False,
            dashboard_address=None,
        ) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        live = probes.Live(cluster, client)
        for each in NAMES:
            try:
                each.probe(live)
            except Exception as error:
                found.append(
                    f"{each.name}: {type(error).__name__} {error}. Used in {each.used_in}: {each.why}. "
                    f"What breaks: {each.breaks}."
                )
    return found


if __name__ == "__main__":
    lines = failures()
    print(*lines, sep="\n")
    sys.exit(bool(lines))
