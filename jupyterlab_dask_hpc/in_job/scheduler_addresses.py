"""The addresses of a scheduler: one for the nodes, and perhaps another one for the notebook server and kernels.

A plain file that needs only distributed.
"""

from __future__ import annotations

from typing import Any

from distributed.comm.addressing import get_address_host, get_address_host_port, unparse_address, unparse_host_port
from distributed.utils import get_ip_interface

notebook_interface = ""
"""The interface that the notebook server reaches, which scheduler_start.py sets; empty for that of the nodes."""


async def notebook_address(scheduler: Any) -> str:
    """The address for the notebook server and kernels. If the scheduler does not listen there yet, it does from now on.

    distributed takes two interfaces as well (``--interface ib0,eth0``), but tells all the address of the first, and
    needs ports and protocols as lists of the same length. Raises ValueError without such an interface.
    """
    if not notebook_interface:
        return str(scheduler.address)
    host = get_ip_interface(notebook_interface)
    bound, port = get_address_host_port(scheduler.listeners[0].listen_address)
    if bound in ("0.0.0.0", "::", ""):  # noqa: S104  it listens on all interfaces
        return unparse_address("tls", unparse_host_port(host, port))
    if host == get_address_host(scheduler.address):
        return str(scheduler.address)
    await scheduler.listen(
        f"tls://{host}:0",
        allow_offload=False,
        # As the scheduler itself listens.
        handshake_overrides={"pickle-protocol": 4, "compression": None},
        **scheduler.security.get_listen_args("scheduler"),
    )
    return str(scheduler.listeners[-1].contact_address)
