"""Handles signals that would end the server before its extensions could stop.

Jupyter Server shuts down cleanly on SIGTERM. SIGINT without a terminal raises KeyboardInterrupt, and SIGHUP ends the
process: no stop hook runs, and clusters would run until their lease expires. JupyterHub sends SIGINT first.
"""

from __future__ import annotations

import signal
import threading
from typing import Any


def stop_in_order(serverapp: Any) -> None:
    """Make SIGINT and SIGHUP shut the server down cleanly, unless another handler is installed for them.

    Call it while the extension starts. A signal that is ignored (``nohup``), or for which the server asks for
    confirmation on a terminal, is left unchanged.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # the server is embedded in another program, which handles signals itself
    untouched = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    for name, default in untouched.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == default:
            signal.signal(number, serverapp._signal_stop)
