"""The server extension: configuration, start, stop."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

from jupyter_core.paths import jupyter_config_path, jupyter_data_dir
from jupyter_server.extension.application import ExtensionApp
from jupyter_server.utils import url_path_join
from tornado.ioloop import PeriodicCallback
from traitlets import Dict, Float, List, Unicode

from dask_hpc.messages import Message

from .api import base, clusters, dashboard, doctor, logout, logs, stream
from .api.dashboard import DashboardTarget
from .batch.base import BatchError, BatchSetup, BatchSystem, ProfileUse
from .batch.registry import batch_systems
from .control.access import own_account
from .control.choices import Choices
from .control.cluster_folder import read_address
from .control.environments import Environments
from .control.manager import ClusterManager
from .control.profiles import BrokenProfile, checked_file, fill_names, not_found, offered, refused
from .control.scheduler_client import tls_context
from .control.site import Site
from .control.store import RecordStore
from .control.workspace import Workspaces
from .core.errors import unknown
from .core.profile import Access, Profile
from .doctor.examination import Examination
from .doctor.examinations import Examinations
from .kernel_access import KernelAccess
from .signals import stop_in_order

_INHERITED_VARIABLES = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ")
"""Environment variables that every job gets; profiles may add more."""
_SHIPPED = ("slurm", "local")
"""Profiles offered by default, if their batch systems are installed."""
_PATH = "/usr/local/bin:/usr/bin:/bin"
"""What jobs get in place of the server's ``PATH`` if their profile does not want that."""
_LOCAL_VARIABLES = ("TMPDIR", "XDG_RUNTIME_DIR")
"""Folders of this machine only (or of this job, if the server runs in one). For local processes only."""
_ACTIVITY_INTERVAL_S = 10.0
"""Seconds between two checks for busy clusters, for idle cullers, whose time-outs are minutes."""


class DaskHpc(ExtensionApp):  # type: ignore[misc]
    """Dask clusters on the batch farm, from JupyterLab."""

    name = "jupyterlab_dask_hpc"
    description = "Dask clusters on the batch farm, from JupyterLab."
    load_other_extensions = True

    profiles = List(
        Unicode(),
        config=True,
        help="""
        The profiles that this site offers, the default first: names (of a file `NAME.json` in a folder
        `dask-hpc` of the Jupyter configuration path, or of a shipped profile: slurm, local, or one of the
        examples of sites, such as cc-in2p3), or
        absolute paths of profile files. If it is empty: all profiles in the configuration path; if there
        are none, `slurm` and `local` where the command `sbatch` exists, otherwise `local`.
        """,
    )
    state_folder = Unicode(
        config=True,
        help="""
        Folder for records, keys and the files that the jobs need, on a file system that the nodes share.
        If it is empty: `dask-hpc` in the Jupyter data folder.
        """,
    )
    lease = Float(
        1800.0, config=True, help="Seconds without a heartbeat of the notebook server after which a cluster ends."
    )
    stuck_after = Float(
        240.0,
        config=True,
        help="""
        Seconds after which a worker that runs but has not connected to its scheduler is shown as a problem.
        A start from a busy shared file system may take some minutes.
        """,
    )
    job_limits = Dict(
        value_trait=Float(),
        key_trait=Unicode(),
        config=True,
        help="""
        Time limits inside the jobs in seconds, by the names in docs/contract.md (`limits` of `settings.json`),
        such as `scheduler_frozen`. They apply to clusters that are launched from now on.
        """,
    )
    administrators = Dict(
        value_trait=List(Unicode()),
        key_trait=Unicode(),
        config=True,
        help="""
        Who finds "Check this profile" in the form: `{"groups": [...], "users": [...]}`, names of the system, as in
        `access` of a profile. Nobody by default; everybody may run `jupyter dask-hpc doctor`.
        """,
    )
    poll_interval_factor = Float(1.0, config=True, help="Factor for the intervals between calls to the batch system.")
    command_timeout = Float(20.0, config=True, help="Time limit in seconds of one command of the batch system.")

    _choice: asyncio.Task[None] | None = None

    def initialize_settings(self) -> None:
        """Create the manager, so that handlers find it. It starts once the server's event loop runs."""
        app = self.serverapp
        self._store = RecordStore(self.state_path)
        owner, self._notice = self._store.claim(identity(os.environ, Path(app.root_dir)))
        site = self.make_site()
        workspaces = Workspaces(Path(app.root_dir))
        self._manager = ClusterManager(site, self._store, owner, workspaces)
        self._examinations = Examinations(partial(self._examination_of, site, workspaces))
        self._kernel_access = KernelAccess(app)
        app.web_app.settings["dask_hpc"] = self._manager
        app.web_app.settings["dask_hpc_examinations"] = self._examinations
        app.web_app.settings["dask_hpc_kernel_access"] = self._kernel_access
        app.web_app.settings["dask_hpc_dashboards"] = Dashboards(self._manager)

    @property
    def state_path(self) -> Path:
        """The state folder."""
        return Path(self.state_folder or Path(jupyter_data_dir()) / "dask-hpc").absolute()

    def make_site(self) -> Site:
        """What this site offers, with these settings. Nothing is started or written."""
        systems = batch_systems()
        self._profiles, self._broken = self._offered(systems)
        self._batches = {name: self._adapter(name, system, self.state_path) for name, system in systems.items()}
        environments = Environments()
        return Site(
            profiles=self._profiles,
            batches=self._batches,
            variables=lambda profile: job_variables(profile, self._batches[profile.batch]),
            lease=self.lease,
            stuck_after=self.stuck_after,
            poll_interval_factor=self.poll_interval_factor,
            python=environments.python,
            check_environment=environments.check,
            account=own_account,
            job_limits=self.job_limits,
            broken=self._broken,
            administrators=Access(**self.administrators) if self.administrators else None,
        )

    def examination(self, site: Site, profile: Profile, workspace: Path, workspaces: Workspaces) -> Examination:
        """What the doctor examines, from this server or without one."""
        return Examination(
            profile=profile,
            adapter=partial(new_adapter, batch_systems(), self.command_timeout),
            state_folder=self.state_path,
            workspace=workspace,
            workspaces=workspaces,
            variables=site.variables,
            account=site.account,
            available=Choices(site).available,
        )

    def _examination_of(self, site: Site, workspaces: Workspaces, name: str, path: str) -> Examination:
        profile = site.profiles.get(name)
        if profile is None:
            raise unknown(Message("profile.unknown", offered=list(site.profiles)))
        return self.examination(site, profile, workspaces.find(path, profile.shared_paths), workspaces)

    def initialize_handlers(self) -> None:
        """Add all routes."""
        app = self.serverapp
        own = url_path_join(app.base_url, base.NAMESPACE)
        routes = [*clusters.handlers(own), *logs.handlers(own), *stream.handlers(own), *doctor.handlers(own)]
        app.web_app.add_handlers(".*$", [*routes, *dashboard.handlers(app.base_url)])
        log_out = [(url_path_join(app.base_url, route), handler) for route, handler in logout.handlers(app)]
        app.web_app.add_handlers(".*$", log_out)

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        await super()._start_jupyter_server_extension(serverapp)
        stop_in_order(serverapp)
        self._manager.start(self._notice)
        self._kernel_access.open()
        if self._guessed:
            self._choice = asyncio.create_task(self._choose_default())
        self._activity = PeriodicCallback(self._note_activity, _ACTIVITY_INTERVAL_S * 1000)
        self._activity.start()

    def _note_activity(self) -> None:
        """Register activity while a cluster is busy, so that the server is not culled while its user is away."""
        if self._manager.busy:
            self.serverapp.web_app.settings["last_activity_times"]["dask_hpc"] = datetime.now(timezone.utc)

    async def stop_extension(self) -> None:
        """Stop every cluster of this server; never raises, since that would leave the server hanging."""
        try:
            if not await self._manager.stop_all(Message("reason.server-stopped"), shutdown=True):
                self.log.warning("Some jobs were still ending when the server stopped; they were cancelled.")
        except Exception:
            self.log.exception("Could not stop all Dask clusters; their lease will end them.")
        if self._choice is not None:
            self._choice.cancel()
        try:
            await self._examinations.close()
            await self._manager.close()
            self._kernel_access.close()
        except Exception:
            self.log.exception("Could not close the manager of the Dask clusters.")

    async def _choose_default(self) -> None:
        """Without configured profiles, make local processes the default if the batch system does not answer."""
        first, second = list(self._profiles)[:2]
        system = self._batches[self._profiles[first].batch]
        if problem := await unanswered(system):
            self._profiles[first] = self._profiles.pop(first)
            self._manager.warn(
                Message("notice.batch-silent", batch=system.title, detail=problem, second=second, first=first)
            )

    def _offered(self, systems: Mapping[str, type[BatchSystem]]) -> tuple[dict[str, Profile], list[BrokenProfile]]:
        # Of two files with the same name the later one, the user's own, is used, as it is for named profiles.
        named = list(self.profiles) or [
            str(path) for folder in reversed(_site_folders()) for path in sorted(folder.glob("*.json"))
        ]
        paths = {name: _profile_path(name) for name in named or _SHIPPED}
        profiles, broken = offered(
            checked_file(path, systems, fill_names) if path else not_found(name) for name, path in paths.items()
        )
        if not named:
            profiles = {name: one for name, one in profiles.items() if systems[one.batch].installed()}
        self._guessed = not named and len(profiles) > 1
        return profiles, broken

    def _adapter(self, name: str, system: type[BatchSystem], folder: Path) -> BatchSystem:
        """The adapter of a batch system. A profile that it refuses is left out."""

        def create(profiles: Iterable[Profile]) -> BatchSystem:
            return system.create(BatchSetup(folder, self.command_timeout, uses(profiles, name, system)))

        try:
            return create(self._profiles.values())
        except ValueError:
            for profile in [one for one in self._profiles.values() if one.batch == name]:
                try:
                    create([profile])
                except ValueError as error:
                    del self._profiles[profile.name]
                    self._broken.append(refused(profile, str(error)))
            return create(self._profiles.values())


async def unanswered(system: BatchSystem) -> str:
    """The error if a batch system does not answer; empty if it does."""
    try:
        await system.snapshot({})
    except BatchError as error:
        return " ".join(str(error).split())[:300] or "nothing"
    except OSError as error:
        return str(error)
    return ""


class Dashboards:
    """Locates the dashboards of a manager's clusters."""

    def __init__(self, manager: ClusterManager) -> None:
        self._manager = manager

    def dashboard_target(self, cluster_id: str, key: str) -> DashboardTarget | None:
        """The target of a cluster if this is its key; None for any other pair."""
        cluster = self._manager.dashboard(cluster_id, key)
        if cluster is None:
            return None
        folder, ended = cluster
        if ended:
            return DashboardTarget("", None, ended)
        address = read_address(folder)
        if address is None:
            return DashboardTarget("", None, Message("dashboard.starting"))
        return DashboardTarget(address.control, tls_context(folder))

    def dashboard_key(self, cluster_id: str) -> str | None:
        """The key of a cluster's dashboard, for its user; None if there is no such cluster."""
        return self._manager.dashboard_key(cluster_id)


def identity(environment: Mapping[str, str], root: Path) -> str:
    """The identity of this server; it stays the same after a restart in a new container with the same home."""
    if user := environment.get("JUPYTERHUB_USER"):
        return f"hub:{user}/{environment.get('JUPYTERHUB_SERVER_NAME', '')}"
    return f"root:{root.resolve()}"


def job_variables(profile: Profile, system: type[BatchSystem] | BatchSystem) -> Mapping[str, str]:
    """The environment variables that a profile's jobs get from this server: only those listed by name."""
    here = _LOCAL_VARIABLES if system.capabilities.nodes_are_here else ()
    names = (*_INHERITED_VARIABLES, *here, *profile.environment.keep)
    found = {name: os.environ[name] for name in names if name in os.environ}
    dropped = profile.environment.drop
    if "PATH" in dropped:
        found["PATH"] = _PATH
    return {name: value for name, value in found.items() if name == "PATH" or name not in dropped}


def uses(profiles: Iterable[Profile], name: str, system: type[BatchSystem]) -> list[ProfileUse]:
    """The uses of the batch system with this name in profiles."""
    return [
        ProfileUse(f"Profile {profile.name}: {role}", options, job_variables(profile, system))
        for profile in profiles
        if profile.batch == name
        for role, options in (("workers", profile.workers), ("scheduler", profile.scheduler))
    ]


def new_adapter(
    systems: Mapping[str, type[BatchSystem]], command_timeout: float, profile: Profile, folder: Path
) -> BatchSystem:
    """An adapter for one profile alone, with a state folder of its own. Raises ValueError with the error in it."""
    system = systems[profile.batch]
    return system.create(BatchSetup(folder, command_timeout, uses([profile], profile.batch, system)))


def _site_folders() -> list[Path]:
    return [Path(folder) / "dask-hpc" for folder in jupyter_config_path()]


def _profile_path(name: str) -> Path | None:
    if name.startswith("/"):
        return Path(name)
    shipped = Path(str(files(__package__))) / "profiles"
    for folder in (*_site_folders(), shipped):
        if (path := folder / f"{name}.json").is_file():
            return path
    return None
