"""What a request's body can be, and what it can cost: never more than its own answer."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from support.polling import TIMEOUT_S
from support.server import Server, has_ended

from jupyterlab_dask_hpc.api.base import BODY_TIMEOUT_S

TEXT = b'{"profile": "cc-in2p3", "name": "%s"}'


@pytest.mark.parametrize(
    "body",
    [
        b'{"profile": "cc-in2p3", "workers": {"jobs": NaN}}',
        b'{"profile": "cc-in2p3", "workers": {"memory": Infinity}}',
        b'{"profile": "cc-in2p3", "workers": {"memory": 1e999}}',
        b'{"profile": "cc-in2p3", "profile": "local"}',
        b'{"profile": "cc-in2p3", "workers": {"jobs": 1, "jobs": 3}}',
        b'{"profile": "cc-in2p3", "workers": {"jobs": %s}}' % (b"9" * 5000),
        b'{"profile": "cc-in2p3", "workers": {"jobs": %s}}' % (b"9" * 4000),
        b'{"a":' * 5000 + b"1" + b"}" * 5000,
        b'{"profile": ' + b"[" * 20_000,
        json.dumps({"profile": "cc-in2p3"}).encode("utf-16"),
        b'{"profile": "cc-in2p3", "name": "\xff"}',
        TEXT % b"x" * 2,
        b"profile=cc-in2p3&workers=3000",
        b'--x\r\nContent-Disposition: form-data; name="profile"\r\n\r\ncc-in2p3\r\n--x--\r\n',
    ],
)
def test_what_is_no_plain_json_object_is_refused(server: Server, body: bytes) -> None:
    for kind in ("application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "x/y"):
        answer = server.ask("POST", "clusters", body, headers={"Content-Type": kind})
        assert (answer.status, answer.json["reason"]) == (400, "invalid"), answer.body
        assert len(answer.body) < 1000


def test_a_request_of_ordinary_size_is_read_whatever_its_type(server: Server) -> None:
    body = json.dumps({"profile": "cc-in2p3", "python_environment": "/" + "é" * 4000}).encode()
    for kind in ("application/json", "text/plain"):
        assert server.ask("POST", "clusters/preview", body, headers={"Content-Type": kind}).status == 200


def memory(server: Server) -> int:
    """Bytes that the server's process has taken at most, since `reset`."""
    status = Path(f"/proc/{server.pid}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024


def reset(server: Server) -> None:
    Path(f"/proc/{server.pid}/clear_refs").write_text("5")


def test_a_huge_body_is_refused_and_takes_no_memory(server: Server) -> None:
    reset(server)
    before = memory(server)
    answer = server.ask("POST", "clusters", TEXT % (b"x" * 100_000_000))
    assert (answer.status, answer.json["reason"]) == (413, "invalid")
    assert memory(server) - before < 40_000_000


@contextmanager
def slow(server: Server, count: int, *headers: str) -> Iterator[list[socket.socket]]:
    """Connections that have sent the head of a request, and one byte of its body."""
    address = urlsplit(server.url)
    assert address.hostname and address.port
    head = ["POST /jupyterlab-dask-hpc/clusters HTTP/1.1", f"Host: {address.netloc}", "Content-Length: 100", *headers]
    sockets = []
    try:
        for _ in range(count):
            sockets.append(socket.create_connection((address.hostname, address.port), TIMEOUT_S))
            sockets[-1].sendall("\r\n".join([*head, "", "{"]).encode())
        yield sockets
    finally:
        for each in sockets:
            each.close()


def test_a_body_that_never_comes_is_not_waited_for(server: Server) -> None:
    with slow(server, 30, f"Authorization: token {server.token}") as known, slow(server, 30) as strangers:
        for stranger in strangers:
            # Refused by its head alone.
            assert stranger.recv(100).startswith(b"HTTP/1.1 403")
        assert server.ask("GET", "clusters").status == 200
        began = time.monotonic()
        for each in known:
            assert each.recv(100) == b""
        assert time.monotonic() - began < TIMEOUT_S
    assert BODY_TIMEOUT_S < TIMEOUT_S
    assert server.ask("GET", "clusters").status == 200


def test_of_two_requests_at_the_same_time_one_gets_the_name(server: Server, folder: Path) -> None:
    body = {"profile": "cc-in2p3", "workspace": folder.name, "name": "twins"}
    with ThreadPoolExecutor(6) as several:
        answers = list(several.map(lambda _: server.ask("POST", "clusters", body), range(6)))
    assert sorted(answer.status for answer in answers) == [201, 409, 409, 409, 409, 409]
    assert {answer.json["reason"] for answer in answers if answer.status == 409} == {"exists"}
    [own] = [cluster for cluster in server.clusters() if cluster["name"] == "twins"]
    assert has_ended(server.end(own["id"]))


def test_requests_without_a_name_at_the_same_time_get_one_each(server: Server, folder: Path) -> None:
    body = {"profile": "held", "workspace": folder.name}
    with ThreadPoolExecutor(3) as several:
        answers = list(several.map(lambda _: server.ask("POST", "clusters", body), range(3)))
    assert [answer.status for answer in answers] == [201] * 3
    assert len({answer.json["name"] for answer in answers}) == 3
