"""Many tabs, one that never reads, and logs of any size and content: the server stays small and answers."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import re
import shutil
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import psutil
import pytest
from support.polling import TIMEOUT_S, until
from support.server import Json, Server, messages

TABS = 20
MIB = 1024**2


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One with local processes alone, which asks its tabs every second whether they live."""
    folder = Path(tempfile.mkdtemp(prefix="tabs-"))
    started = Server(folder, folder / "home", [Path("local")], {})
    started.options = ["--ServerApp.tornado_settings={'ws_ping_interval': 1000, 'ws_ping_timeout': 5000}"]
    try:
        with started:
            yield started
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def cluster(server: Server) -> Json:
    request = {"profile": "local", "name": "logs", "workers": {"jobs": 1}}
    id = server.call("POST", "clusters", request)["id"]
    return server.until(id, lambda seen: seen["state"] == "running")


@pytest.fixture
def log(server: Server, cluster: Json) -> Iterator[Path]:
    """The worker's log, to be spoilt; as it was, afterwards."""
    [job] = [job for job in server.call("GET", f"clusters/{cluster['id']}/jobs")["jobs"] if job["role"] == "worker"]
    path = server.root / "log" / job["log"]
    saved = path.read_bytes()
    yield path
    path.write_bytes(saved)


def memory(server: Server) -> int:
    """Bytes of memory that the server has of its own."""
    [process] = [
        process
        for process in psutil.process_iter()
        if any(f"--port={urlsplit(server.url).port}" in word for word in _words(process))
    ]
    return int(process.memory_full_info().uss)


def _words(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def test_many_tabs_get_the_same_changes_at_once(server: Server) -> None:
    before = memory(server)
    asyncio.run(_twenty(server))
    assert memory(server) - before < TABS * 2 * MIB


async def _twenty(server: Server) -> None:
    tabs = [await server.connect() for _ in range(TABS)]
    known: list[dict[str, str]] = [{} for _ in tabs]

    async def listen(number: int, state: str, id: str) -> None:
        async for message in messages(tabs[number]):
            known[number].update((cluster["id"], cluster["state"]) for cluster in message.get("clusters", ()))
            if known[number].get(id) == state:
                return

    async def all_receive(state: str, id: str) -> None:
        await asyncio.wait_for(asyncio.gather(*(listen(number, state, id) for number in range(TABS))), TIMEOUT_S)

    request = {"profile": "local", "name": "seen", "workers": {"jobs": 1}}
    id = (await asyncio.to_thread(server.call, "POST", "clusters", request))["id"]
    await all_receive("running", id)
    await asyncio.to_thread(server.call, "DELETE", f"clusters/{id}")
    await all_receive("closed", id)
    for tab in tabs:
        tab.close()


def test_a_quiet_stream_sends_a_message_periodically(server: Server) -> None:
    assert asyncio.run(_quiet(server)) == ["state", "change"]


async def _quiet(server: Server) -> list[str]:
    tab = await server.connect()
    received: list[Json] = []
    async for message in messages(tab):
        # Another test's cluster may still be changing.
        if message["type"] == "state" or not message["clusters"]:
            received.append(message)
        if len(received) == 2:
            break
    tab.close()
    assert received[1]["server_time"] > received[0]["server_time"]
    return [message["type"] for message in received]


def test_a_tab_that_never_reads_costs_little_and_is_disconnected(server: Server, cluster: Json, log: Path) -> None:
    with log.open("ab") as file:
        for _ in range(100):
            file.write(b"a line of a long log, which nobody reads\n" * 25_000)
    before = memory(server)
    with _raw_tab(server) as tab:
        for request in [
            {"watch": "jobs", "id": cluster["id"]},
            {"watch": "log", "id": cluster["id"], "file": log.name, "offset": 0},
            *[{"watch": "log", "id": "0123456789", "file": "x", "offset": 0}] * 5000,
        ]:
            try:
                tab.sendall(_frame(json.dumps(request).encode()))
            except OSError:  # its end of the line is full as well
                break
        began = time.monotonic()
        assert server.call("GET", "clusters")["clusters"]
        assert time.monotonic() - began < 20
        assert memory(server) - before < 30 * MIB
        # Without a pong it is closed from the other side.
        until(lambda: not _streams(server), "the end of the streams")
    assert memory(server) - before < 30 * MIB


def test_a_tab_follows_several_logs_side_by_side(server: Server, cluster: Json, log: Path) -> None:
    jobs = server.call("GET", f"clusters/{cluster['id']}/jobs")["jobs"]
    other = log.with_name(next(job["log"] for job in jobs if job["role"] == "scheduler"))
    assert asyncio.run(_side_by_side(server, cluster, log, other)) == ["first", "second", "third"]


async def _side_by_side(server: Server, cluster: Json, first: Path, second: Path) -> list[str]:
    """The lines that the tab received, each written after the one before was received."""
    tab = await server.connect()
    shown = messages(tab)
    assert (await shown.__anext__())["type"] == "state"

    async def ask(what: str, path: Path, **more: int) -> None:
        await tab.write_message(json.dumps({what: "log", "id": cluster["id"], "file": path.name, **more}))

    async def line(path: Path, word: str) -> str:
        with path.open("a") as file:
            file.write(f"{word}\n")
        async for message in shown:
            if message["type"] == "log" and message["file"] == path.name and word in message["text"]:
                return word
        raise AssertionError("the stream ended")

    for path in (first, second):
        await ask("watch", path, offset=path.stat().st_size)
    lines = [
        await asyncio.wait_for(line(path, word), TIMEOUT_S) for path, word in ((first, "first"), (second, "second"))
    ]
    await ask("unwatch", second)
    lines.append(await asyncio.wait_for(line(first, "third"), TIMEOUT_S))
    tab.close()
    return lines


def _raw_tab(server: Server) -> socket.socket:
    """A stream that was opened as browsers do, and is never read from."""
    url = urlsplit(server.url)
    tab = socket.socket()
    tab.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    tab.settimeout(5)
    tab.connect((url.hostname, url.port))
    key = base64.b64encode(os.urandom(16)).decode()
    tab.sendall(
        f"GET /jupyterlab-dask-hpc/stream HTTP/1.1\r\nHost: {url.netloc}\r\nUpgrade: websocket\r\n"
        f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
        f"Authorization: token {server.token}\r\n\r\n".encode()
    )
    assert tab.recv(12) == b"HTTP/1.1 101"
    return tab


def _frame(text: bytes) -> bytes:
    """A masked text frame, the mask nothing."""
    assert len(text) < 65536
    return b"\x81" + bytes([0xFE]) + len(text).to_bytes(2, "big") + bytes(4) + text


def _streams(server: Server) -> int:
    """How many connections the server holds, but for its listening one and those without a process."""
    port = urlsplit(server.url).port
    held = [each for each in psutil.net_connections("tcp") if each.laddr and each.laddr.port == port]
    return sum(each.status in ("ESTABLISHED", "CLOSE_WAIT") and each.pid is not None for each in held)


def test_a_log_of_ten_gigabytes_is_read_from_its_end(server: Server, cluster: Json, log: Path) -> None:
    end = b"\n2026-11-21 12:00:00,000 - distributed.worker - ERROR - the very end\n"
    size = 10 * 1024**3
    with log.open("r+b") as file:
        file.truncate(size - len(end))
        file.seek(0, os.SEEK_END)
        file.write(end)
    before = memory(server)
    path = f"clusters/{cluster['id']}/logs"
    [listed] = [found for found in server.call("GET", path)["logs"] if found["file"] == log.name]
    assert listed["size"] >= size
    read = server.ask("GET", f"{path}/{log.name}?offset={size - len(end)}&length={len(end)}")
    assert (read.status, read.body) == (200, end)
    assert len(server.ask("GET", f"{path}/{log.name}?offset=0").body) == 4 * MIB
    found = server.call("GET", f"clusters/{cluster['id']}/problems")
    assert [kind["text"] for kind in found["kinds"]] == ["distributed.worker: the very end"]
    assert found["kinds"][0]["example"] == {"file": log.name, "line": 0}
    [piece] = asyncio.run(_pieces(server, cluster, log, size - len(end), 1))
    assert piece["text"] == end.decode()
    assert memory(server) - before < 40 * MIB


HOSTILE = (
    b"2026-11-21 12:00:00,000 - distributed.worker - ERROR - \x1b[2J\x1b[31mred\x1b[0m <img src=x onerror=alert(1)>\n"
    b"2026-11-21 12:00:01,000 - distributed.worker - ERROR - \xff\xfe\x00 \xed\xa0\x80 no text\n"
)


@pytest.mark.parametrize(
    "content",
    [HOSTILE, b"ERROR " + b"x" * 20 * MIB, os.urandom(5 * MIB), b"\xff" * MIB, b"\x00" * MIB],
    ids=["escapes and HTML", "one endless line", "random bytes", "no UTF-8", "zeros"],
)
def test_a_log_of_any_bytes_is_read_completely_and_within_its_bounds(
    server: Server, cluster: Json, log: Path, content: bytes
) -> None:
    log.write_bytes(content)
    before = memory(server)
    found = server.call("GET", f"clusters/{cluster['id']}/problems?level=warning")
    assert len(json.dumps(found)) < MIB
    pieces = asyncio.run(_pieces(server, cluster, log, 0, min(20, -(-len(content) // 65536))))
    offset = 0
    for piece in pieces:
        assert piece["offset"] == offset
        offset += len(piece["text"].encode())
        assert len(piece["text"].encode()) <= 65536
    # What is text comes as it is, and of what is none one sign for each byte.
    text = content[:offset].decode("utf-8", "surrogateescape")
    assert "".join(piece["text"] for piece in pieces) == re.sub("[\udc80-\udcff]", "\x1a", text)
    assert memory(server) - before < 60 * MIB


async def _pieces(server: Server, cluster: Json, log: Path, offset: int, number: int) -> list[Json]:
    tab = await server.connect()
    pieces: list[Json] = []
    async for message in messages(tab):
        if message["type"] == "state":
            request = {"watch": "log", "id": cluster["id"], "file": log.name, "offset": offset}
            await tab.write_message(json.dumps(request))
        elif message["type"] == "log":
            pieces.append(message)
            if len(pieces) == number:
                break
    tab.close()
    return pieces
