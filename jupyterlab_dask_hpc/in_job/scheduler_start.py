"""Starts a scheduler with distributed's own command, with TLS and the Dask settings of the launch.

    python scheduler_start.py [--notebook-interface NAME] ARGUMENTS...

The notebook server and kernels connect to the address of the interface NAME (scheduler_addresses.py), workers to that
of ARGUMENTS.

A plain file that needs only distributed.
"""

from __future__ import annotations

import gc
import os
import sys

# Importing creates many objects and frees none: without the garbage collector it takes a sixth less processor time.
gc.disable()

HERE = os.path.dirname(os.path.abspath(__file__))
if HERE not in sys.path:  # a safe Python (PYTHONSAFEPATH) leaves it out
    sys.path.insert(0, HERE)
# Imports from the cluster's folder, which thousands of workers share, write no files there.
sys.dont_write_bytecode = True
import dask.config  # noqa: E402
import dask_command  # noqa: E402
import job_scratch  # noqa: E402
import scheduler_addresses  # noqa: E402

FOLDER = dask_command.FOLDER
TLS = {
    "distributed.comm.require-encryption": True,
    "distributed.comm.tls.ca-file": str(FOLDER / "ca.pem"),
    "distributed.comm.tls.scheduler.cert": str(FOLDER / "scheduler.pem"),
    "distributed.comm.tls.scheduler.key": str(FOLDER / "scheduler-key.pem"),
}
"""Not passed as options, which would set a host and exclude an interface, nor as variables, which are inherited."""

if __name__ == "__main__":
    arguments = sys.argv[1:]
    if arguments[:1] == ["--notebook-interface"]:
        scheduler_addresses.notebook_interface = arguments[1]
        del arguments[:2]
    dask_command.apply_settings()
    dask.config.set(TLS)
    if dask.config.get("temporary-directory", default=None):
        job_scratch.from_environment()
    else:
        dask.config.set({"temporary-directory": job_scratch.make("dask-scheduler-")})
    # It reads settings when it is imported.
    import distributed.scheduler  # noqa: F401

    gc.enable()
    preloads = dask_command.configured_preloads("distributed.scheduler.preload", "--preload")
    dask_command.run("dask_scheduler", [*arguments, *preloads])
