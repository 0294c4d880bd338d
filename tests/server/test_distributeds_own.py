"""distributed's own tests of its clusters, run against `DaskCluster` on a real Slurm.

distributed's packages hold none of its tests. So they come from a checkout of its repository, which the environment
variable DISTRIBUTED_CHECKOUT names; its clusters have to be the very code that is installed. The tests are run as they
stand. Around them, LocalCluster, SpecCluster and Cluster are ours, a client knows our certificates, what is asked of a
scheduler goes over the wire, and deadlines are a farm's.
"""

from __future__ import annotations

import ast
import asyncio
import filecmp
import functools
import importlib.util
import os
import warnings
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar
from unittest import mock

import distributed
import pytest
from distributed import Client, metrics, utils_test
from distributed.core import Status, rpc
from distributed.security import Security
from distributed.utils_test import cleanup, loop, loop_in_thread  # noqa: F401
from support.polling import TIMEOUT_S
from support.server import Server

from dask_hpc import DaskCluster

PLAYED = {
    "test_cluster": "test_eq test_cluster_wait_for_worker test_sync_context_manager_used_with_async_cluster",
    "test_local": """
        test_close_twice test_cores test_submit test_context_manager test_no_workers_sync test_Client_with_local
        test_Client_unused_kwargs_with_cluster test_scale_up_and_down test_ipywidgets test_ipywidgets_loop
        test_no_ipywidgets test_scale test_adapt test_adapt_then_manual test_scale_retires_workers
        test_asynchronous_property test_starts_up_sync test_dont_select_closed_worker test_repr test_capture_security
        test_no_dangling_asyncio_tasks test_cluster_names test_cluster_info_sync
        test_cluster_info_sync_is_robust_to_network_blips test_connect_to_closed_cluster test_localcluster_get_client
    """,
    "test_adaptive": """
        test_adaptive_local_cluster test_adaptive_local_cluster_multi_workers test_min_max test_avoid_churn
        test_adapt_quickly test_adapt_down test_basic_no_loop test_adapt_cores_memory test_adaptive_config
        test_update_adaptive test_adapt_gets_stopped_on_cluster_close test_scale_needs_to_be_awaited
        test_adaptive_stopped test_adaptive_stops_on_cluster_status_change test_interval
        test_adapt_logs_error_in_safe_target test_adapt_callback_logs_error_in_scale_down
        test_adaptive_logs_stopping_once test_adapt_stop_del
    """,
    "test_spec_cluster": """
        test_loop_started_in_constructor test_repr test_restart test_get_logs test_scheduler_info test_bad_close
    """,
}
"""File by file, the tests that hold for any cluster."""

ANOTHERS = "Of another kind of cluster as a whole."
WITHOUT_CLUSTER = "No cluster is in it."
WORKERS = "Looks into the workers' objects, which a farm has in other processes."
SPEC = "Of the specification by which SpecCluster makes its workers; a farm's get their names from the batch system."
OPTION = "Of an option that LocalCluster alone has."
CLIENT = "A client without a cluster, which starts a LocalCluster itself."
LIMIT = "A worker on a farm always has a limit of memory."
EARLY = "Reads what scaling leads to before it is awaited; ours is asked of a server."
SETTING = "Sets the scheduler's configuration by that of this process, which a farm's scheduler does not share."

LEFT_OUT = {
    "test_adaptive_core": {WITHOUT_CLUSTER: "test_safe_target test_scale_up test_scale_down"},
    "test_deploy_utils": {WITHOUT_CLUSTER: "test_default_process_thread_breakdown"},
    "test_old_ssh": {ANOTHERS: "test_cluster"},
    "test_ssh": {
        ANOTHERS: """
            test_ssh_hosts_None test_ssh_hosts_empty_list test_ssh_cluster_raises_if_asyncssh_not_installed test_basic
            test_n_workers test_keywords test_defer_to_old test_old_ssh_with_local_dir
            test_config_inherited_by_subprocess test_list_of_connect_options test_list_of_connect_options_raises
            test_remote_python test_remote_python_as_dict test_list_of_remote_python_raises
        """
    },
    "test_subprocess": {
        ANOTHERS: """
            test_basic test_n_workers test_scale_up_and_down test_raise_if_scheduler_fails_to_start
            test_subprocess_cluster_does_not_depend_on_logging test_raise_on_windows
        """
    },
    "test_slow_adaptive": {SPEC: "test_startup test_scale_up_down test_adaptive"},
    "test_cluster": {
        WITHOUT_CLUSTER: "test_exponential_backoff",
        "The words of the superclass before it has a scheduler.": "test_repr",
    },
    "test_local": {
        WORKERS: """
            test_simple test_procs test_defaults test_defaults_2 test_defaults_3 test_defaults_4 test_defaults_5
            test_defaults_6 test_logging test_io_loop_periodic_callbacks
        """,
        OPTION: """
            test_local_cluster_supports_blocked_handlers test_move_unserializable_data test_transports_inproc
            test_transports_tcp test_transports_tcp_port test_worker_params test_memory_limit_none test_cleanup
            test_repeated test_memory test_memory_nanny test_death_timeout_raises test_bokeh_kwargs
            test_only_local_access test_remote_access test_local_tls test_local_tls_restart test_protocol_inproc
            test_protocol_tcp test_protocol_ip test_worker_class_worker test_worker_class_nanny
            test_worker_class_nanny_async test_cluster_host_used_throughout_cluster test_localcluster_start_exception
        """,
        "Runs a script that uses LocalCluster itself.": "test_silent_startup",
        CLIENT: """
            test_Client_solo test_duplicate_clients test_Client_kwargs test_Client_unused_kwargs_with_address
            test_Client_twice test_client_constructor_with_temporary_security test_blocks_until_full
            test_client_cluster_synchronous test_no_workers
        """,
        "Its dashboard is open to anybody; ours is behind the notebook server.": "test_bokeh",
        "Its `workers` live and empty themselves; ours are a picture of the moment.": "test_async_with",
        "It reports an unknown argument when it is entered; ours at once.": "test_local_cluster_redundant_kwarg",
        EARLY: "test_scale_memory_cores",
    },
    "test_adaptive": {
        WITHOUT_CLUSTER: "test_scale_up_large_tasks test_respect_average_nthreads",
        SETTING: "test_no_more_workers_than_tasks test_target_duration",
        SPEC: "test_worker_keys",
        LIMIT: "test_adaptive_no_memory_limit",
    },
    "test_spec_cluster": {
        SPEC: """
            test_specification test_spec_sync test_scale test_adaptive_killed_worker test_unexpected_closed_worker
            test_broken_worker test_spec_close_clusters test_new_worker_spec test_nanny_port test_spec_process
            test_ProcessInterfaceValid test_MultiWorker test_run_spec test_run_spec_cluster_worker_names
            test_scale_cores_memory
        """,
        EARLY: "test_widget",
        "Asks whether the scheduler is an object of this process.": "test_shutdown_scheduler",
        "Its link names the scheduler's port; ours a path on the notebook server.": "test_dashboard_link",
        "An option of SpecCluster; ours is called shutdown_on_close.": "test_shutdown_scheduler_disabled",
    },
}
"""The same of those that do not, by the reason."""


PARTS_LEFT_OUT = {
    "test_local_repr[None]": LIMIT,
    "test_local_capture_security[False]": "Brings certificates of its own; ours are made with the cluster.",
}


class TheScheduler:
    """What these tests ask of a scheduler that is in their own process, asked over the wire."""

    def __init__(self, cluster: DaskCluster) -> None:
        assert cluster.security
        self._address = cluster.scheduler_address
        self._arguments = cluster.security.get_connection_args("client")

    def _ask(self, what: str, **words: Any) -> Any:
        async def asked() -> Any:
            async with rpc(self._address, connection_args=self._arguments) as scheduler:
                return await getattr(scheduler, what)(**words)

        # The test's own loop may be the one that waits here.
        with ThreadPoolExecutor(1) as thread:
            return thread.submit(asyncio.run, asked()).result()

    @property
    def workers(self) -> Mapping[str, Any]:
        workers: Mapping[str, Any] = self.identity()["workers"]
        return workers

    @property
    def tasks(self) -> Mapping[str, Any]:
        tasks: Mapping[str, Any] = self._ask("who_has")
        return tasks

    @property
    def id(self) -> str:
        return str(self.identity()["id"])

    def identity(self) -> Any:
        return self._ask("identity")

    def get_metadata(self, keys: list[str]) -> Any:
        return self._ask("get_metadata", keys=keys, default={})


class Ours(DaskCluster):
    """DaskCluster, launched in the words of LocalCluster and SpecCluster."""

    securities: ClassVar[dict[str, Security | None]] = {}

    def __init__(
        self,
        n_workers: int | Mapping[Any, Any] = 1,
        threads_per_worker: int | None = None,
        memory_limit: str | None = None,
        *,
        workers: Mapping[Any, Any] | None = None,
        worker: Any = None,
        name: str | None = None,
        asynchronous: bool = False,
        **others: Any,
    ) -> None:
        if workers is not None or worker is not None:
            n_workers = workers or {}
        count = n_workers if isinstance(n_workers, int) else len(n_workers)
        self._none = count == 0
        super().__init__(
            name,
            profile="cc-in2p3",
            workers=max(count, 1),
            worker_cpus=threads_per_worker,
            worker_memory=(memory_limit or "1G").replace("GiB", "G").replace("GB", "G").replace(" ", ""),
            asynchronous=asynchronous,
            loop=others.get("loop"),
            quiet=True,
        )

    def _arrive(self) -> Iterator[float]:
        for pause in super()._arrive():
            if self._none:
                # A launch has one worker at least, which is not submitted before the scheduler's job has begun.
                self._none = False
                self._note(self._server.scale(self.id, 0))
            yield pause

    async def _start(self) -> None:
        """And wait for all workers: these tests have them once a cluster is awaited, which a farm cannot promise."""
        fresh = self.status == Status.created
        await super()._start()
        if fresh:
            self.scheduler = TheScheduler(self)
            self.securities[self.scheduler_address] = self.security
        while self.status == Status.running and not self._settled():
            await asyncio.sleep(0.05)
            self._note(await asyncio.to_thread(self._server.by_id, self.id))
            await self._refresh()

    def _settled(self) -> bool:
        counts = self._cluster["workers"]
        return bool(len(self.observed) == counts["requested"] == counts["pending"] + counts["running"])

    @property
    def worker_spec(self) -> Mapping[str, Any]:
        return {name: {} for name in self.workers}


class KnownClient(Client):
    """A client that has the certificates too where it gets an address alone, which opens nothing here."""

    def __init__(self, address: Any = None, **options: Any) -> None:
        if address in Ours.securities:
            options["security"] = Ours.securities[address]
        super().__init__(address, **options)


def slow() -> float:
    """The time of a clock by which a job starts as soon as a thread does."""
    return float(metrics.time() / 30)


def upstream(path: Path) -> ModuleType:
    """One file of distributed's tests."""
    patient = functools.partial(utils_test.gen_test, timeout=TIMEOUT_S)
    with mock.patch.object(utils_test, "gen_test", patient), warnings.catch_warnings():
        warnings.simplefilter("ignore", pytest.PytestUnknownMarkWarning)
        spec = importlib.util.spec_from_file_location(f"distributeds_{path.stem}", path)
        assert spec
        assert spec.loader
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
    substitutes = {
        **dict.fromkeys(("LocalCluster", "SpecCluster", "Cluster"), Ours),
        "Client": KnownClient,
        "time": slow,
        "async_poll_for": functools.partial(utils_test.async_poll_for, timeout=TIMEOUT_S),
    }
    for name, substitute in substitutes.items():
        if hasattr(module, name):
            setattr(module, name, substitute)
    return module


def found() -> Path:
    """The folder of distributed's tests, of the very version that is installed."""
    if not (checkout := os.environ.get("DISTRIBUTED_CHECKOUT")):
        reason = (
            "distributed's packages hold none of its tests. "
            f"Name a checkout of its repository at the tag {version('distributed')} in DISTRIBUTED_CHECKOUT."
        )
        warnings.warn(f"NOT TESTED with distributed's own tests: {reason}", stacklevel=1)
        pytest.skip(reason, allow_module_level=True)
    source, installed = Path(checkout, "distributed"), Path(distributed.__file__).parent
    for path in (*sorted((source / "deploy").glob("*.py")), source / "utils_test.py"):
        with suppress(OSError):
            if filecmp.cmp(path, installed / path.relative_to(source), shallow=False):
                continue
        pytest.fail(
            f"DISTRIBUTED_CHECKOUT is not distributed {version('distributed')}: {path} is not what is installed."
        )
    return source / "deploy" / "tests"


TESTS = found()

# Here pytest finds them, with their parameters and fixtures. An older version has fewer.
for _file, _names in PLAYED.items():
    _module = upstream(TESTS / f"{_file}.py")
    globals().update(
        {
            f"{_file}_{name.removeprefix('test_')}": getattr(_module, name)
            for name in _names.split()
            if hasattr(_module, name)
        }
    )


@pytest.fixture(autouse=True)
def kernel(server: Server, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """This process, as a kernel of that server, in its root."""
    if reason := PARTS_LEFT_OUT.get(request.node.name):
        pytest.skip(reason)
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(server.credentials_file))
    monkeypatch.chdir(server.root)


def test_none_is_overlooked() -> None:
    for path in TESTS.glob("test_*.py"):
        there = {
            node.name
            for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
        }
        listed = {*PLAYED.get(path.stem, "").split(), *" ".join(LEFT_OUT.get(path.stem, {}).values()).split()}
        assert there <= listed, path.name
