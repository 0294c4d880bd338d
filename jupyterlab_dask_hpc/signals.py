"""Signals that would end the server before its extensions could stop.

Jupyter Server stops in order on SIGTERM. SIGINT without a terminal is a KeyboardInterrupt to it, and SIGHUP ends the
process: no stop hook runs, and clusters would live on until their lease is lost. JupyterHub sends SIGINT first.
"""

from __future__ import annotations

import signal
import threading
from typing import Any


def stop_in_order(serverapp: Any) -> None:
    """Give SIGINT and SIGHUP the server's own way to stop, where nobody else has given them one.

    To be called while the extension starts. A signal that is ignored (``nohup``), or that the server asks about on a
    terminal, stays as it is.
    """
    if threading.current_thread() is not threading.main_thread():
        return  # a server inside somebody else's program: signals are theirs
    untouched = {"SIGINT": signal.default_int_handler, "SIGHUP": signal.SIG_DFL}
    for name, default in untouched.items():
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) == default:
            signal.signal(number, serverapp._signal_stop)
