"""What another user of the machine tries. Run as that user; what succeeded is printed as JSON, one sentence each.

usage: intruder.py TARGET: a JSON object
    {"ports": where the other user's processes listen, "files": secret paths, "certificates": folder of a cluster of
    one's own or null, "pids": the other user's processes, "urls": pages that only the other user may see,
    "headers": what one has oneself to show there}
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distributed.core import rpc
from distributed.security import Security

PATHS = (
    "",
    "status",
    "info/main/workers.html",
    "json/counts.json",
    "metrics",
    "health",
    "sitemap.json",
    "info/logs.html",
)
TIMEOUT = 8.0


def contexts(certificates: str | None) -> Iterator[tuple[str, ssl.SSLContext]]:
    """TLS that believes anybody: without a certificate, and with each of a cluster's roles."""
    roles = ("client", "server", "worker", "scheduler") if certificates else ()
    for role in ("", *roles):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        if role:
            context.load_cert_chain(f"{certificates}/{role}.pem", f"{certificates}/{role}-key.pem")
        yield role or "no certificate", context


def fetch(url: str, context: ssl.SSLContext | None, headers: dict[str, str]) -> int:
    """The status of a page; 0 when there is none."""
    handlers: list[Any] = [urllib.request.ProxyHandler({})]
    if context is not None:
        handlers.append(urllib.request.HTTPSHandler(context=context))
    try:
        request = urllib.request.Request(url, headers=headers)
        with urllib.request.build_opener(*handlers).open(request, timeout=TIMEOUT) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code
    except (OSError, ValueError):
        return 0
    except Exception:  # what speaks no HTTP
        return 0


async def identity(address: str, context: ssl.SSLContext | None) -> bool:
    """Whether a Dask process identifies itself."""
    arguments: dict[str, Any] = {} if context is None else {"ssl_context": context}
    security = Security(require_encryption=context is not None)
    with contextlib.suppress(Exception):
        async with rpc(
            address, connection_args=arguments or security.get_connection_args("client"), timeout=TIMEOUT
        ) as there:
            return bool(await asyncio.wait_for(there.identity(), TIMEOUT))
    return False


async def knock(port: int, kind: str, context: ssl.SSLContext | None) -> list[str]:
    """Ask one port, as a browser and as Dask does, with one certificate."""
    done = []
    scheme = "http" if context is None else "https"
    for path in PATHS:
        status = await asyncio.to_thread(fetch, f"{scheme}://127.0.0.1:{port}/{path}", context, {})
        if not status:
            break  # it speaks another language
        if status not in (403, 404):
            done.append(f"GET {scheme} {port}/{path} with {kind}: {status}")
    if await identity(f"{'tcp' if context is None else 'tls'}://127.0.0.1:{port}", context):
        done.append(f"asked the Dask process on {port} with {kind}")
    return done


async def knock_everywhere(ports: list[int], certificates: str | None) -> list[str]:
    """Ask all ports with all certificates."""
    kinds: list[tuple[str, ssl.SSLContext | None]] = [("plain", None), *contexts(certificates)]
    done = await asyncio.gather(*(knock(port, *kind) for port in ports for kind in kinds))
    return [text for each in done for text in each]


def look_into(file: Path) -> Iterator[str]:
    """Read a file, list its folder, leave something there."""
    with contextlib.suppress(OSError):
        yield f"read {file}: {file.read_bytes()[:20]!r}"
    with contextlib.suppress(OSError):
        yield f"listed the folder of {file}: {len(os.listdir(file.parent))}"
    with contextlib.suppress(OSError):
        (file.parent / "planted").touch()
        yield f"wrote beside {file}"


def look_at(pid: int) -> Iterator[str]:
    """Read a process's environment, memory and open files, and signal it."""
    for part, read in (("environ", Path.read_bytes), ("mem", Path.open), ("fd", os.listdir)):
        with contextlib.suppress(OSError):
            yield f"read {part} of {pid}: {str(read(Path(f'/proc/{pid}/{part}')))[:20]}"
    with contextlib.suppress(OSError):
        os.kill(pid, 0)
        yield f"may signal {pid}"


def main(target: dict[str, Any]) -> list[str]:
    """All that succeeded."""
    done = asyncio.run(knock_everywhere(target["ports"], target["certificates"]))
    for file in target["files"]:
        done += look_into(Path(file))
    for pid in target["pids"]:
        done += look_at(pid)
    for url in target["urls"]:
        for headers in target["headers"]:
            status = fetch(url, None, headers)
            if 0 < status < 400:
                done.append(f"GET {url} with {sorted(headers)}: {status}")
    return done


if __name__ == "__main__":
    print(json.dumps(main(json.loads(sys.argv[1]))))
