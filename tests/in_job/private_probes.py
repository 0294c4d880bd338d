"""What the private names of distributed have to be; see private_names.py. Needs distributed alone."""

from __future__ import annotations

import asyncio
import importlib.util
import inspect
import logging
import pkgutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from types import CodeType
from typing import Any

import distributed.client
import distributed.node
import distributed.preloading
import distributed.utils
import distributed.worker
from distributed import Client, Nanny, Scheduler, Worker
from distributed.core import Status
from distributed.deploy.adaptive import Adaptive
from distributed.deploy.cluster import Cluster
from distributed.http.routing import RoutingApplication
from distributed.objects import SchedulerInfo


@dataclass(frozen=True)
class Live:
    """A cluster in this process with one worker, and its client."""

    cluster: Any
    client: Any

    @property
    def scheduler(self) -> Any:
        return self.cluster.scheduler

    @property
    def worker(self) -> Any:
        return self.cluster.workers[0]


def codes(function: Any) -> list[CodeType]:
    """The code of a function and of those inside it."""
    found = [inspect.unwrap(function).__code__]
    for code in found:
        found += [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return found


def uses(function: Any, name: str) -> bool:
    """Whether a function mentions a global name or an attribute."""
    return any(name in code.co_names for code in codes(function))


def takes(function: Any, *names: str) -> bool:
    """Whether a function has these parameters."""
    return set(names) <= set(inspect.signature(function).parameters)


def http_server(live: Live) -> None:
    assert distributed.node.HTTPServer is not None
    assert uses(distributed.node.ServerNode.start_http_server, "HTTPServer"), "it takes its server from elsewhere"


def http_server_of_a_scheduler(live: Live) -> None:
    assert isinstance(live.scheduler.http_server, distributed.node.HTTPServer)
    assert isinstance(live.scheduler.http_server.port, int)
    assert callable(live.worker.http_server.stop)


def http_application(live: Live) -> None:
    application = live.scheduler.http_application
    assert isinstance(application, RoutingApplication)
    assert isinstance(application.applications, list)
    assert takes(application.add_application, "application")


def dashboard(live: Live) -> None:
    source = pkgutil.get_data("distributed", "dashboard/scheduler.py")
    assert source and b"def connect(application, http_server, scheduler" in source
    missing = importlib.util.find_spec("distributed.http.scheduler.missing_bokeh")
    assert missing and missing.origin and "routes" in Path(missing.origin).read_text()


def transition_counter(live: Live) -> None:
    before = live.scheduler.transition_counter
    assert live.client.submit(lambda: 1, pure=False).result() == 1
    assert live.scheduler.transition_counter > before


def task_states(live: Live) -> None:
    assert len(live.scheduler.queued) == 0
    waiting = live.client.submit(lambda: 1, resources={"none": 1}, workers=["nowhere"], pure=False)
    live.client.sync(asyncio.sleep, 0.3)
    [task] = live.scheduler.unrunnable
    assert dict(task.resource_restrictions) == {"none": 1}
    assert not task.worker_restrictions and set(task.host_restrictions) == {"nowhere"}
    waiting.cancel()


def worker_states(live: Live) -> None:
    [state] = live.scheduler.workers.values()
    assert len(state.processing) == 0
    assert isinstance(state.metrics, dict)
    assert state.metrics["memory"] >= 0
    assert state.nbytes >= 0


def active_graph_updates(live: Live) -> None:
    if hasattr(Scheduler, "update_graph") and uses(Scheduler.update_graph, "_active_graph_updates"):
        assert live.scheduler._active_graph_updates == 0
    else:
        assert not uses(Scheduler.check_idle, "_active_graph_updates"), "it has moved out of update_graph"


def calls_of_clients(live: Live) -> None:
    known = {"broadcast", "proxy", "scatter", "gather", "rebalance", "replicate", "restart", "retire_workers"}
    assert known | {"run_function", "register_scheduler_plugin", "register_worker_plugin"} <= set(
        live.scheduler.handlers
    )


def retirement(live: Live) -> None:
    assert takes(Scheduler.retire_workers, "workers", "close_workers")
    assert takes(Scheduler.close_worker, "worker")


def actor_calls(live: Live) -> None:
    assert inspect.iscoroutinefunction(live.worker.handlers["actor_execute"])


def worker_metrics(live: Live) -> None:
    live.worker.metrics["probe"] = lambda worker: 7
    live.client.sync(live.worker.heartbeat)
    [state] = live.scheduler.workers.values()
    assert state.metrics["probe"] == 7


def startup_information(live: Live) -> None:
    assert live.worker.startup_information == {}
    assert uses(Worker._register_with_scheduler, "get_startup_information")
    [state] = live.scheduler.workers.values()
    assert isinstance(state.extra, dict)


def environment_of_a_nanny(live: Live) -> None:
    assert uses(Nanny.instantiate, "env") and takes(Nanny.__init__, "preload_nanny")


def task_key(live: Live) -> None:
    def key() -> Any:
        from distributed.worker import thread_state

        return thread_state.key

    future = live.client.submit(key, key="probe-1")
    assert future.result() == "probe-1"


def close_gracefully(live: Live) -> None:
    assert takes(Worker.close_gracefully, "reason")
    assert callable(live.worker.loop.call_later)


def nanny(live: Live) -> None:
    # Not a running one, which would start a process.
    assert uses(Nanny.__init__, "scheduler") and uses(Nanny.__init__, "process")
    assert {"running", "closed", "init"} <= {status.name for status in Status}
    assert uses(distributed.nanny.WorkerProcess.__init__, "status")
    assert isinstance(distributed.nanny.WorkerProcess.pid, property)


def exit_of_a_worker(live: Live) -> None:
    assert takes(Nanny._on_worker_exit_sync, "exitcode")
    assert uses(Nanny.instantiate, "_on_worker_exit_sync") and uses(Nanny.restart, "kill")


def preloads(live: Live) -> None:
    assert takes(distributed.preloading.process_preloads, "preload", "preload_argv", "file_dir")
    with tempfile.TemporaryDirectory(prefix="private-names-") as folder, tempfile.TemporaryDirectory() as copies:
        Path(folder, "probe_neighbour.py").write_text("value = 1\n")
        preload = Path(folder, "probe_preload.py")
        preload.write_text("import probe_neighbour\nfrom pathlib import Path\nplace = Path(__file__).parent\n")
        logging.getLogger("distributed.preloading").setLevel(logging.ERROR)
        [loaded] = distributed.preloading.process_preloads(live.scheduler, str(preload), [])
        assert loaded.module.place == Path(folder), "a scheduler's preload no longer stays where it is"
        preload.write_text("from pathlib import Path\nplace = Path(__file__).parent\n")
        sys.modules.pop("probe_preload")
        [loaded] = distributed.preloading.process_preloads(live.worker, str(preload), [], file_dir=copies)
        assert loaded.module.place == Path(copies), "a worker's preload is no longer copied"


def commands(live: Live) -> None:
    for command in ("dask_scheduler", "dask_worker"):
        source = pkgutil.get_data("distributed", f"cli/{command}.py")
        assert source and b'if __name__ == "__main__"' in source


def security(live: Live) -> None:
    assert "ssl_context" in distributed.Security().get_connection_args("worker")


def periodic_callbacks_of_a_client(live: Live) -> None:
    assert isinstance(live.client._periodic_callbacks, dict)
    assert uses(Client._close, "_periodic_callbacks")


def reconnect(live: Live) -> None:
    assert inspect.iscoroutinefunction(Client._reconnect)
    assert uses(Client._handle_report, "_reconnect"), "it is no longer what a lost connection leads to"


def send_to_scheduler(live: Live) -> None:
    assert takes(Client._send_to_scheduler, "msg")
    assert uses(Client._graph_to_futures, "_send_to_scheduler")


def sync_of_a_client(live: Live) -> None:
    assert takes(Client.sync, "func", "args", "kwargs")
    assert uses(Client.gather, "sync")


def close_of_a_client(live: Live) -> None:
    assert inspect.iscoroutinefunction(Client._close)
    assert takes(Client._close, "fast")


def instances(live: Live) -> None:
    assert live.client in set(Client._instances)
    assert live.client.cluster is live.cluster


def scheduler_info(live: Live) -> None:
    arguments = {"n_workers": 5} if takes(Client._get_scheduler_info, "n_workers") else {}
    found = live.client._get_scheduler_info(**arguments)
    assert len(found) == 2
    assert "workers" in found[1]
    assert isinstance(SchedulerInfo(found[1])._repr_html_(), str)
    assert takes(distributed.utils.format_dashboard_link, "host", "port")


def futures(live: Live) -> None:
    future = live.client.submit(lambda: 1, pure=False)
    states = list(live.client.futures.values())
    assert states
    states[0].set_error(ValueError("probe"), None)
    assert states[0].status == "error"
    assert isinstance(future.exception(), ValueError)
    future.release()


def global_client(live: Live) -> None:
    distributed.client._set_global_client(live.client)
    assert distributed.client.default_client() is live.client
    distributed.client._set_global_client(None)


def loop_runner(live: Live) -> None:
    assert callable(live.cluster._loop_runner.start)
    assert callable(live.cluster._loop_runner.stop)


def logs_of_a_cluster(live: Live) -> None:
    assert isinstance(live.cluster._cluster_manager_logs, list)
    assert uses(Cluster._log, "_cluster_manager_logs")


def sync_cluster_info(live: Live) -> None:
    assert inspect.iscoroutinefunction(Cluster._sync_cluster_info)
    assert uses(Cluster._close, "_sync_cluster_info_task"), "it is no longer cancelled at the end"


def attributes_of_a_cluster(live: Live) -> None:
    assert isinstance(live.cluster.periodic_callbacks, dict)
    assert hasattr(live.cluster, "scheduler_comm")
    assert uses(Cluster._close, "periodic_callbacks") and uses(Cluster._close, "scheduler_comm")
    assert live.cluster.observed == {live.worker.name}
    assert "created" in {status.name for status in Status}
    assert inspect.iscoroutinefunction(Cluster._start) and inspect.iscoroutinefunction(Cluster._close)
    assert takes(Cluster._wait_for_workers, "n_workers", "timeout")
    assert callable(Cluster._repr_html_)


def adaptive(live: Live) -> None:
    assert takes(Cluster.adapt, "Adaptive")
    assert isinstance(Cluster.plan, property) and isinstance(Cluster.observed, property)
    for name in ("plan", "requested", "observed"):
        assert uses(getattr(Adaptive, name).fget, name), f"Adaptive no longer reads cluster.{name}"
    assert uses(Adaptive.scale_up, "scale")
    assert inspect.iscoroutinefunction(inspect.unwrap(Adaptive.scale_down))
