"""However a real server is stopped, its extensions' stop hook runs to its end."""

from __future__ import annotations

import os
import signal
from pathlib import Path

import pytest
from kernel.running import Running
from support.polling import until


@pytest.fixture
def server(tmp_path):
    running = Running(tmp_path / "server")
    yield running
    running.stop()


def ended(server: Running) -> None:
    until(lambda: server.process.poll() is not None, "the end of the server")
    assert (server.folder / "stopped").exists(), server.log.read_text()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal(server, number):
    server.process.send_signal(number)
    ended(server)


def test_shut_down_from_the_menu(server):
    server.call("POST", "api/shutdown", {})
    ended(server)


def test_a_signal_that_is_ignored_stays_ignored(tmp_path: Path):
    """``nohup jupyter lab`` outlives its terminal as before."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        server = Running(tmp_path / "server")
    finally:
        signal.signal(signal.SIGHUP, before)
    try:
        server.process.send_signal(signal.SIGHUP)
        assert server.call("GET", "api")["version"]
        assert server.process.poll() is None
        assert not (server.folder / "stopped").exists()
    finally:
        server.stop()


def test_a_terminal_is_still_asked(tmp_path: Path):
    """Ctrl-C on a terminal: Jupyter asks there, as before."""
    main, terminal = os.openpty()
    server = Running(tmp_path / "server", stdin=terminal)
    try:
        server.process.send_signal(signal.SIGINT)
        until(lambda: "Shut down this Jupyter server" in server.log.read_text(), "the question")
        assert server.process.poll() is None
        os.write(main, b"y\n")
        ended(server)
    finally:
        server.stop()
        os.close(main)
        os.close(terminal)
