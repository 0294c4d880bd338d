"""From this server to a node: name, route, TLS."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
import ssl
from dataclasses import dataclass
from typing import Any, Literal

from ..waiting import in_thread, is_done

_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class Reach:
    """The way to one node.

    Attributes:
        host: as the node gave it: an address, or a name.
        named: whether it is a name.
        failed: the step that failed; empty if all went well.
        error: its error.
    """

    host: str
    named: bool
    failed: Literal["", "name", "route", "tls"] = ""
    error: str = ""


async def reach(address: str, context: ssl.SSLContext) -> Reach:
    """Connect to ``tls://host:port`` as the server connects to a scheduler."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    host = host.strip("[]")
    named = not _is_address(host)
    looking_up = asyncio.ensure_future(in_thread(socket.getaddrinfo, host, int(port), 0, socket.SOCK_STREAM))
    if not await is_done(looking_up, _TIMEOUT_S):
        looking_up.cancel()
        return Reach(host, named, "name", "timed out")
    if unknown := looking_up.exception():
        return Reach(host, named, "name", str(unknown))
    family, kind, protocol, _, where = looking_up.result()[0]
    with socket.socket(family, kind, protocol) as connection:
        connection.setblocking(False)
        connecting = asyncio.ensure_future(asyncio.get_running_loop().sock_connect(connection, where))
        if error := await _error(connecting):
            return Reach(host, named, "route", error)
        opening = asyncio.ensure_future(
            asyncio.open_connection(sock=connection.dup(), ssl=context, server_hostname=host)
        )
        if error := await _error(opening):
            return Reach(host, named, "tls", error)
        opening.result()[1].close()
    return Reach(host, named)


async def _error(step: asyncio.Future[Any]) -> str:
    """Why a step has failed, perhaps because it took too long; empty if it has not."""
    try:
        if not await is_done(step, _TIMEOUT_S):
            return "timed out"
    finally:
        step.cancel()
    error = step.exception()
    return str(error) or type(error).__name__ if error else ""


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
