"""The folder that a cluster's jobs run in, and its `log/`."""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Sequence
from pathlib import Path

from dask_hpc.messages import Message

from ..core.errors import invalid, os_error_text

_LOCAL_PATHS = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/proc", "/sys")  # noqa: S108  named, never written
_MEMORY = {"tmpfs", "ramfs", "devtmpfs", "overlay", "squashfs"}
"""File systems that exist only on one machine or in one container."""


class Workspaces:
    """The folders that the file browser of a notebook server shows: below its root, or linked from there.

    A folder keeps the path that its user sees, since it may be the only path that the nodes know. Comparisons use
    paths with all links resolved.
    """

    def __init__(self, root: Path) -> None:
        self._root = Path(os.path.abspath(root))

    def find(self, path: str, shared: Sequence[str] = (), field: str = "workspace") -> Path:
        """The folder at `path` in the file browser, as the nodes see it, which share `shared` (all paths if empty).

        Raises ApiError 400 for `field`.
        """
        folder = Path(os.path.normpath(os.path.join(self._root, *path.split("/"))))
        try:
            there, real = folder.is_dir(), folder.resolve()
        except (OSError, ValueError, RuntimeError) as error:
            detail = str(getattr(error, "strerror", None) or error)
            message = Message("workspace.not-readable", path=repr(path[:200]), detail=detail)
            raise invalid(field, message) from None
        if not folder.is_relative_to(self._root):
            raise invalid(field, Message("workspace.outside-root"))
        if not there:
            raise invalid(field, Message("workspace.no-folder", path=repr(path[:200])))
        folder = _as_nodes_see(folder, real, shared)
        if not str(folder).isprintable():
            raise invalid(field, Message("workspace.control-character"))
        return folder

    def find_script(self, path: str, shared: Sequence[str] = ()) -> Path:
        """The script at `path` in the file browser, as the nodes see it. Raises ApiError 400 for ``script``."""
        above, _, name = path.rpartition("/")
        file = self.find(above, shared, "script") / name
        try:
            mode = file.stat().st_mode
        except (OSError, ValueError) as error:
            detail = os_error_text(error) if isinstance(error, OSError) else str(error)
            raise invalid("script", Message("script.not-there", path=path[:200], detail=detail)) from None
        if not stat.S_ISREG(mode):
            raise invalid("script", Message("script.not-a-file", path=path[:200]))
        if not os.access(file, os.R_OK):
            raise invalid("script", Message("script.not-there", path=path[:200], detail="permission denied"))
        return file

    def shown(self, folder: Path) -> str:
        """The path of the folder as the file browser shows it."""
        for root, inside in ((self._root, folder), (_real(self._root), _real(folder))):
            if inside.is_relative_to(root):
                return str(inside.relative_to(root))
        return str(folder)

    def prepare(self, folder: Path, shared: Sequence[str], nodes_are_here: bool) -> None:
        """Create `log/`, and check that it can be written and that the nodes can see it.

        Raises ApiError 400 with what is wrong.
        """
        if not nodes_are_here:
            self.check_shared(folder, shared)
        logs = folder / "log"
        try:
            logs.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=logs) as probe:
                probe.write(b"\n")
        except OSError as error:
            message = Message("workspace.not-writable", folder=self.shown(logs), detail=os_error_text(error))
            raise invalid("workspace", message) from None

    def check_shared(self, folder: Path, shared: Sequence[str], field: str = "workspace") -> None:
        """Check that the nodes see `folder`. Raises ApiError 400 for `field`."""
        kind = self.unseen(folder, shared)
        if kind is None:
            return
        real = _real(folder)
        place = Message("text", text=str(folder))
        if real != folder:
            place = Message("workspace.link-target", folder=str(folder), target=str(real))
        if shared:
            raise invalid(field, Message("workspace.not-shared", place=place, shared=shared))
        if kind:
            raise invalid(field, Message("workspace.in-memory", place=place, kind=kind))
        raise invalid(field, Message("workspace.on-this-machine", place=place))

    def unseen(self, folder: Path, shared: Sequence[str]) -> str | None:
        """Why the nodes cannot see `folder`: its file system, if it is in memory, else an empty text.

        None if nothing is known against it.
        """
        real = _real(folder)
        # If the home folder is a link below a shared path, the nodes see its target as well.
        homes = [home for home in (self._root, Path.home()) if any(home.is_relative_to(path) for path in shared)]
        seen = [*map(Path, shared), *homes]
        if any(real.is_relative_to(_real(path)) for path in seen):
            return None
        kind = _file_system(real)
        if kind in _MEMORY:
            return kind
        return "" if shared or any(real.is_relative_to(path) for path in _LOCAL_PATHS) else None


def check_log_dir(workspace: Path) -> Message | None:
    """Create `log/` again if it was removed: a job that starts without it fails.

    Returns why it cannot be written; None if there is no known reason. It writes no file, so reasons that
    only a write would show, such as a quota, are not detected.
    """
    logs = workspace / "log"
    try:
        if not logs.is_dir():
            logs.mkdir()
        disk = os.statvfs(logs)
    except OSError as error:
        return Message("text", text=os_error_text(error))
    if disk.f_flag & os.ST_RDONLY:
        return Message("log-folder.read-only")
    if disk.f_blocks and not disk.f_bavail:
        return Message("log-folder.full")
    return None if os.access(logs, os.W_OK | os.X_OK) else Message("log-folder.denied")


def _as_nodes_see(folder: Path, real: Path, shared: Sequence[str]) -> Path:
    """The same folder below one of the paths `shared`, as these are named; unchanged if it is below none.

    A link that exists only on this machine may lead there: ``/home/me/work`` to ``/sps/me``.
    """
    if not any(folder.is_relative_to(path) for path in shared):
        for path in shared:
            if real.is_relative_to(_real(Path(path))):
                return Path(path) / real.relative_to(_real(Path(path)))
    return folder


def _real(path: Path) -> Path:
    """The path with all links resolved, as far as possible."""
    try:
        return path.resolve()
    except (OSError, RuntimeError):
        return path


def _file_system(folder: Path) -> str:
    """Type of the file system that holds `folder`, as listed by the kernel; empty if it is not listed."""
    best, kind = "", ""
    try:
        with open("/proc/self/mounts", encoding="utf-8", errors="replace") as mounts:
            for line in mounts:
                _, point, found, *_ = line.split(" ")
                point = point.encode().decode("unicode_escape", errors="replace")
                if len(point) >= len(best) and (folder.is_relative_to(point) or os.fspath(folder) == point):
                    best, kind = point, found
    except OSError:
        return ""
    return kind
