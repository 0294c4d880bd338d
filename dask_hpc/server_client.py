"""HTTP client of the notebook server that started this kernel.

The server writes a file for its kernels; its path is in ``JUPYTERLAB_DASK_HPC_SERVER`` (docs/contract.md, "Kernel").
The secret in it is sent only to that server: no proxy, no redirect, and over TLS only to the certificate in the file.
"""

from __future__ import annotations

import contextlib
import json
import os
import socket
import ssl
import warnings
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import quote, unquote, urlsplit

from .messages import Message, message_from_json
from .sentences import Json, end_reason, relaunch_line

VARIABLE = "JUPYTERLAB_DASK_HPC_SERVER"
NAMESPACE = "jupyterlab-dask-hpc"
LIVE = ("requested", "queued", "starting", "running")


class DaskHpcError(Exception):
    """An error with a message for the user; a notebook shows its text without a traceback."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message

    def __str__(self) -> str:
        return str(self.message)

    def _render_traceback_(self) -> list[str]:
        return [f"{type(self).__name__}: {self}"]


class ServerNotFound(DaskHpcError):
    """No notebook server with Dask clusters belongs to this process, or it cannot be reached."""


class ClusterNotFound(DaskHpcError):
    """There is no cluster of that name."""


class ClusterClosed(DaskHpcError):
    """The cluster has ended; the message contains the line that launches it again."""


class RequestRefused(DaskHpcError):
    """The notebook server refused the request.

    Attributes:
        status: HTTP status.
        reason: for programs, ``invalid``; empty if there is none.
        field: dotted path of the wrong field, ``workers.memory``; None if no field is wrong.
        detail: the batch system's own text; None if there is none.

    Args:
        message: in place of the one in the answer.
    """

    def __init__(self, status: int, answer: Json, message: Message | None = None) -> None:
        message = message or _message_of(answer) or Message("kernel.status", status=status)
        detail = answer.get("detail")
        if detail and str(detail) not in str(message):
            message = Message("kernel.with-detail", message=message, detail=str(detail))
        super().__init__(message)
        self.status = status
        self.reason = str(answer.get("reason") or "")
        self.field: str | None = answer.get("field")
        self.detail: str | None = detail


class ServerClient:
    """The notebook server that started this kernel.

    Args:
        url: its base URL; ``http+unix://`` and the quoted path for one that listens on a socket.
        secret: proves that the request comes from one of its kernels.
        certificate: PEM file with the server's certificate; None for one that this machine trusts.
        timeout: seconds for one answer.
        root: the folder that its file browser shows; empty if not known.
    """

    def __init__(
        self, url: str, secret: str, certificate: str | None = None, timeout: float = 30, root: str = ""
    ) -> None:
        self.url = url
        self.timeout = timeout
        self.root = root
        self._secret = secret
        self._certificate = certificate

    @classmethod
    def find(cls) -> ServerClient:
        """The server that the environment names. Raises ServerNotFound, also on a machine other than the server's."""
        path = os.environ.get(VARIABLE)
        if not path:
            raise ServerNotFound(Message("kernel.no-server", variable=VARIABLE))
        try:
            with open(path, encoding="utf-8") as file:
                known = json.load(file)
        except (OSError, ValueError) as error:
            raise ServerNotFound(Message("kernel.server-gone", path=path, detail=str(error))) from error
        if known.get("loopback") not in (None, "", loopback()):
            # Any process that listens at that port of this machine would get the secret.
            raise ServerNotFound(Message("kernel.other-machine", host=str(known.get("host"))))
        return cls(known["url"], known["secret"], known.get("certificate"), root=known.get("root", ""))

    def profile(self, name: str | None = None) -> Json | None:
        """A profile of the site, by default its first; None if there is none of that name.

        Raises ServerNotFound, RequestRefused.
        """
        answer = self.request("GET", "profiles")
        wanted = name or answer["default"]
        return next((one for one in answer["profiles"] if one["name"] == wanted), None)

    def clusters(self) -> list[Json]:
        """All clusters of this user, newest first, including closed ones. Raises ServerNotFound, RequestRefused."""
        clusters: list[Json] = self.request("GET", "clusters")["clusters"]
        return clusters

    def cluster(self, name: str) -> Json:
        """The live cluster of that name.

        Raises ClusterNotFound, ClusterClosed (both name the live clusters), ServerNotFound, RequestRefused.
        """
        clusters = self.clusters()
        named = [cluster for cluster in clusters if cluster["name"] == name]
        for cluster in named:
            if cluster["state"] in LIVE:
                return cluster
        others = [str(cluster["name"]) for cluster in clusters if cluster["state"] in LIVE]
        offer = Message("kernel.live-clusters", names=others) if others else Message("kernel.no-live-cluster")
        if named:
            remedy = Message("text.followed", first=offer, next=relaunch_line(named[0]))
            raise ClusterClosed(Message("text.followed", first=end_reason(named[0]), next=remedy))
        raise ClusterNotFound(Message("text.followed", first=Message("kernel.no-cluster", name=name), next=offer))

    def by_id(self, cluster_id: str) -> Json:
        """The current state of one cluster. Raises ServerNotFound, RequestRefused."""
        return self.request("GET", f"clusters/{quote(cluster_id, safe='')}")

    def launch(self, request: Json) -> Json:
        """Launch a cluster; `request` as in docs/contract.md. Raises ServerNotFound, RequestRefused."""
        try:
            return self.request("POST", "clusters", request)
        except RequestRefused as error:
            if error.reason != "exists":
                raise
            name = request.get("name")
            answer = {"reason": error.reason, "field": error.field}
            remedy = Message(
                "kernel.connects-to-it", call=f"DaskCluster.from_name({name!r})", line=f"%dask_cluster {name}"
            )
            message = Message("text.followed", first=error.message, next=remedy)
            raise RequestRefused(error.status, answer, message) from None

    def scale(self, cluster_id: str, count: int, at_most: bool = False) -> Json:
        """Set the number of workers; with `at_most`, reduce it if there are more, and never start a worker.

        Raises ServerNotFound, RequestRefused.
        """
        key = "at_most" if at_most else "count"
        return self.request("PATCH", f"clusters/{quote(cluster_id, safe='')}", {"workers": {key: count}})

    def replace_workers(self, cluster_id: str, replace: bool) -> Json:
        """Set whether workers are replaced before their time limit. Raises ServerNotFound, RequestRefused."""
        return self.request("PATCH", f"clusters/{quote(cluster_id, safe='')}", {"workers": {"replace": replace}})

    def stop(self, cluster_id: str) -> None:
        """Stop a cluster; no error if it has ended already. Raises ServerNotFound, RequestRefused."""
        try:
            self.request("DELETE", f"clusters/{quote(cluster_id, safe='')}")
        except RequestRefused as error:
            if error.reason not in ("closed", "unknown"):
                raise

    def scripts(self, cluster_id: str) -> list[Json]:
        """The job scripts as submitted: ``role``, ``title``, ``text``. Raises ServerNotFound, RequestRefused."""
        scripts: list[Json] = self.request("GET", f"clusters/{quote(cluster_id, safe='')}/scripts")["scripts"]
        return scripts

    def logs(self, cluster_id: str) -> Json:
        """Its log files, and their ``folder``. Raises ServerNotFound, RequestRefused."""
        return self.request("GET", f"clusters/{quote(cluster_id, safe='')}/logs")

    def log_end(self, cluster_id: str, file: str, length: int) -> str:
        """The last `length` bytes of a log file. Raises ServerNotFound, RequestRefused."""
        path = f"clusters/{quote(cluster_id, safe='')}/logs/{quote(file, safe='')}?offset=-{length}&length={length}"
        return self._send("GET", path).decode(errors="replace")

    def workspace(self, folder: str) -> str:
        """The path of `folder` in the file browser; its root, with a warning, if it does not show that folder.

        The file browser follows links, while a process knows the path of its own folder only without links. So the path
        of the kernel's notebook is tried, and the links directly in the root.
        """
        root, real = os.path.realpath(self.root or os.sep), os.path.realpath(folder)
        seen = os.path.dirname(os.environ.get("JPY_SESSION_NAME", ""))
        if not os.path.isabs(seen) or os.path.realpath(seen) != real:
            seen = real
        above = seen
        while os.path.realpath(above) != root and above != os.path.dirname(above):
            above = os.path.dirname(above)
        if self.root and os.path.realpath(above) == root:
            name = os.path.relpath(seen, above)
            return "" if name == os.curdir else name
        if not self.root:
            return ""
        with contextlib.suppress(OSError), os.scandir(root) as entries:
            for link in sorted((entry for entry in entries if entry.is_symlink()), key=lambda entry: entry.name):
                target = os.path.realpath(link.path)
                if target != os.sep and os.path.commonpath([target, real]) == target:
                    return os.path.normpath(os.path.join(link.name, os.path.relpath(real, target)))
        warnings.warn(
            str(Message("kernel.folder-not-shown", folder=folder, root=self.root)),
            stacklevel=3,
        )
        return ""

    def connection(self, cluster_id: str) -> Json:
        """Address of the scheduler and the paths of ``ca``, ``cert`` and ``key``.

        Raises ServerNotFound, RequestRefused.
        """
        return self.request("GET", f"clusters/{quote(cluster_id, safe='')}/connection")

    def request(self, method: str, path: str, body: Json | None = None) -> Json:
        """The JSON answer to one call of docs/contract.md; `path` from ``jupyterlab-dask-hpc/`` on.

        Raises ServerNotFound if the server does not answer, RequestRefused for every answer except success.
        """
        return _object(self._send(method, path, body))

    def _send(self, method: str, path: str, body: Json | None = None) -> bytes:
        headers = {"Authorization": f"dask-hpc {self._secret}", "Accept": "application/json"}
        payload = None
        if body is not None:
            payload = json.dumps(body).encode()
            headers["Content-Type"] = "application/json"
        connection = self._connect()
        try:
            target = f"{self.path}{NAMESPACE}/{path}"
            connection.request(method, target, payload, headers)
            response = connection.getresponse()
            status, content = response.status, response.read()
        except (OSError, HTTPException) as error:
            raise ServerNotFound(Message("kernel.server-silent", url=self.url, detail=str(error))) from error
        finally:
            connection.close()
        if not 200 <= status < 300:
            raise _refused(status, _object(content))
        return content

    @property
    def path(self) -> str:
        """The path of its base URL: ``/user/ada/``."""
        path = urlsplit(self.url).path
        return path if path.endswith("/") else f"{path}/"

    def _connect(self) -> HTTPConnection:
        """A connection to the server, whose certificate has been checked. Raises ServerNotFound."""
        url = urlsplit(self.url)
        try:
            if url.scheme == "http+unix":
                return _UnixConnection(unquote(url.netloc), self.timeout)
            if url.scheme == "http":
                return HTTPConnection(url.hostname or "", url.port, timeout=self.timeout)
            secure = HTTPSConnection(
                url.hostname or "", url.port, timeout=self.timeout, context=_context(self._certificate)
            )
            secure.connect()
            if self._certificate:
                _check(secure, self._certificate)
            return secure
        except OSError as error:
            raise ServerNotFound(Message("kernel.server-silent", url=self.url, detail=str(error))) from error


def loopback() -> str:
    """Identifies this machine and its network namespace; empty if that cannot be read."""
    try:
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            return f"{file.read().strip()} {os.readlink('/proc/self/ns/net')}"
    except OSError:
        return ""


def _refused(status: int, answer: Json) -> RequestRefused:
    """The error for an answer, with a remedy that the server itself cannot know."""
    message = None
    if status in (401, 403) and not answer.get("field"):
        message = Message("kernel.unknown-to-server")
    elif status == 404 and not answer.get("reason"):
        message = Message("kernel.extension-disabled")
    return RequestRefused(status, answer, message)


def _message_of(answer: Json) -> Message | None:
    """The message of an error as in docs/contract.md; None if there is none."""
    text = answer.get("message")
    return message_from_json({**answer, "text": str(text)}) if text else None


def _object(content: bytes) -> Json:
    """The JSON object in an answer; an empty one if there is none."""
    try:
        answer = json.loads(content)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _context(certificate: str | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if certificate:
        # Stricter than a certificate chain: only that certificate is accepted (`_check`), whatever its name or date.
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def _check(connection: HTTPSConnection, certificate: str) -> None:
    """Raises ServerNotFound unless the other side has that certificate."""
    with open(certificate, encoding="ascii") as file:
        expected = ssl.PEM_cert_to_DER_cert(file.read().strip())
    if connection.sock.getpeercert(binary_form=True) != expected:
        connection.close()
        host = f"{connection.host}:{connection.port}"
        raise ServerNotFound(Message("kernel.other-certificate", host=host))


class _UnixConnection(HTTPConnection):
    def __init__(self, path: str, timeout: float) -> None:
        super().__init__("localhost", timeout=timeout)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)
