"""``/logout``: the clusters first, then the server's own log-out.

Anybody can make a browser ask for this page: a picture in a notebook, a link on another site. Then the user is logged
out, as without this extension, but loses no cluster: those are stopped only when a page of this server itself led a
logged-in user here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from jupyter_server.auth.decorator import allow_unauthenticated
from jupyter_server.utils import ensure_async

# Seconds that the user waits for the batch system before he is logged out all the same.
PATIENCE = 20


def led_here_by_own_page(headers: Mapping[str, str], host: str) -> bool:
    """Whether these headers belong to a navigation of a whole page that a page of `host` began.

    Browsers say so in ``Sec-Fetch-*``, which no page can forge. They leave them out on plain http to another machine,
    and old ones everywhere; then the ``Referer`` has to be of this host and the request one for a page. With neither
    there is no proof, and the answer is no: the clusters then end by their lease or with the server.
    """
    if "Sec-Purpose" in headers or "Purpose" in headers:  # a prefetch: nobody has gone anywhere
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
    """The handler to be added by the extension, on top of whatever log-out this server (or its hub) has."""
    provider = serverapp.identity_provider
    if not provider.logout_available:
        return []
    base: Any = provider.logout_handler_class

    class LogoutHandler(base):  # type: ignore[misc]
        """Stops this server's clusters, then does what the server does."""

        @allow_unauthenticated
        async def get(self, *args: str, **kwargs: str) -> None:
            if self.current_user and led_here_by_own_page(self.request.headers, self.request.host):
                await self._stop_clusters()
            await ensure_async(super().get(*args, **kwargs))

        async def _stop_clusters(self) -> None:
            manager = self.settings.get("dask_hpc")
            if manager is None:
                return
            # Not wait_for: what has begun goes on when the patience is over.
            stopping = asyncio.ensure_future(manager.stop_all("You logged out."))
            done, _ = await asyncio.wait({stopping}, timeout=PATIENCE)
            if not done:
                self.log.warning("Stopping the Dask clusters takes over %s s; it goes on.", PATIENCE)
                stopping.add_done_callback(self._tell)
            else:
                self._tell(stopping)

        def _tell(self, stopping: asyncio.Future[Any]) -> None:
            if stopping.cancelled():
                return
            if error := stopping.exception():
                self.log.error("Could not stop the Dask clusters at log-out: %s", error, exc_info=error)
            elif stopping.result() is False:
                self.log.warning("Something of the Dask clusters is left after log-out; stopping goes on.")

    return [(r"/logout", LogoutHandler)]
