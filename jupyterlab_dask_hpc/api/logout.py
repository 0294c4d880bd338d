"""``/logout``: stops the clusters, then runs the server's own log-out.

Any site can make a browser request this page: by an image in a notebook, by a link on another site. Then the user is
logged out, as without this extension, but no cluster is stopped. Clusters are stopped only if a logged-in user came
here from a page of this server itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import ensure_async

from dask_hpc.messages import Message

# Seconds for which the log-out waits for the batch system.
STOP_TIMEOUT_S = 20


def is_from_own_page(headers: Mapping[str, str], host: str) -> bool:
    """Whether these headers belong to the navigation of a whole page, started from a page of `host`.

    Browsers send this in ``Sec-Fetch-*``, which no page can forge. They omit it on plain http to another machine, and
    old browsers always do; then the ``Referer`` must be this host, and the request must be for a page. Without either
    the result is False, and the clusters end by their lease or with the server.
    """
    if "Sec-Purpose" in headers or "Purpose" in headers:  # a prefetch, not a navigation
        return False
    if "Sec-Fetch-Site" in headers:
        return (
            headers["Sec-Fetch-Site"] == "same-origin"
            and headers.get("Sec-Fetch-Mode") == "navigate"
            and headers.get("Sec-Fetch-Dest") == "document"
        )
    source = headers.get("Origin") or headers.get("Referer") or ""
    wants_page = "text/html" in headers.get("Accept", "")
    return wants_page and bool(host) and urlsplit(source).netloc.lower() == host.lower()


def handlers(serverapp: Any) -> list[tuple[str, type]]:
    """The log-out handler of the extension, derived from the log-out handler of this server (or its hub)."""
    provider = serverapp.identity_provider
    if not provider.logout_available:
        return []
    base: Any = provider.logout_handler_class

    class LogoutHandler(base):  # type: ignore[misc]
        """Stops this server's clusters, then calls the server's own handler."""

        @allow_unauthenticated
        async def get(self, *args: str, **kwargs: str) -> None:
            if self.current_user and is_from_own_page(self.request.headers, self.request.host):
                await self._stop_clusters()
            await ensure_async(super().get(*args, **kwargs))

        async def _stop_clusters(self) -> None:
            manager = self.settings.get("dask_hpc")
            if manager is None:
                return
            # Not wait_for: stopping continues after the timeout.
            stopping = asyncio.ensure_future(manager.stop_all(Message("reason.logged-out")))
            done, _ = await asyncio.wait({stopping}, timeout=STOP_TIMEOUT_S)
            if not done:
                self.log.warning("Stopping the Dask clusters takes longer than %s s; it continues.", STOP_TIMEOUT_S)
                stopping.add_done_callback(self._log_result)
            else:
                self._log_result(stopping)

        def _log_result(self, stopping: asyncio.Future[Any]) -> None:
            if stopping.cancelled():
                return
            if error := stopping.exception():
                self.log.error("Could not stop the Dask clusters at log-out: %s", error, exc_info=error)
            elif stopping.result() is False:
                self.log.warning("Some jobs of the Dask clusters are left after log-out; stopping continues.")

    return [(r"/logout", LogoutHandler)]
