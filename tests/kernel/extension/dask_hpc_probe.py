"""A server extension with the credentials, the log-out and the signals of the real one; its answers come from a file.

So these are tested in a real Jupyter Server, apart from clusters. `PROBE_FOLDER` holds ``answers.json`` (by path:
status and body) and what the extension notes: ``stopped`` when its stop hook has come to its end, ``logged-out`` for
each time that the clusters would have been stopped.
"""

import asyncio
import json
import os
from pathlib import Path

from jupyter_server.extension.application import ExtensionApp
from tornado import web

from jupyterlab_dask_hpc.api.base import ApiHandler
from jupyterlab_dask_hpc.api.logout import handlers as logout_handlers
from jupyterlab_dask_hpc.kernel_access import KernelAccess
from jupyterlab_dask_hpc.signals import stop_in_order

FOLDER = Path(os.environ["PROBE_FOLDER"])


class Answers(ApiHandler):
    @web.authenticated
    def get(self, path):
        status, body = json.loads((FOLDER / "answers.json").read_text())[path]
        self.set_status(status)
        self.finish(json.dumps(body))

    @web.authenticated
    def post(self, path):
        self.finish(json.dumps({"sent": self.body}))


class ClusterManager:
    async def stop_all(self, reason):
        with (FOLDER / "logged-out").open("a") as file:
            file.write(f"{reason}\n")


class Probe(ExtensionApp):
    name = "dask_hpc_probe"

    def initialize_settings(self):
        stop_in_order(self.serverapp)
        self.access = KernelAccess(self.serverapp)
        self.settings.update({"dask_hpc_kernel_access": self.access, "dask_hpc": ClusterManager()})

    def initialize_handlers(self):
        self.handlers.append((r"/jupyterlab-dask-hpc/(.*)", Answers))
        self.handlers.extend(logout_handlers(self.serverapp))

    async def _start_jupyter_server_extension(self, serverapp):
        self.access.open()

    async def stop_extension(self):
        self.access.close()
        await asyncio.sleep(0.5)  # the hook has to be waited for, not only begun
        (FOLDER / "stopped").touch()


def _jupyter_server_extension_points():
    return [{"module": "dask_hpc_probe", "app": Probe}]
