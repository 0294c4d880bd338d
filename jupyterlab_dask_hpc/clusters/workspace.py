"""The folder that a cluster's jobs run in, and its `log/`."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from .errors import ApiError, invalid, why
from .profile import Profile

_ALONE = ("/tmp", "/var/tmp", "/dev/shm", "/run", "/proc", "/sys")  # noqa: S108  named, never written
_MEMORY = {"tmpfs", "ramfs", "devtmpfs", "overlay", "squashfs"}
"""File systems that exist on one machine, or in one container, alone."""


class Workspaces:
    """The folders below a notebook server's root."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()

    def find(self, path: str) -> Path:
        """The folder that the file browser calls `path`. Raises ApiError 400."""
        try:
            folder = (self._root / path.strip("/")).resolve()
            there = folder.is_dir()
        except (OSError, ValueError, RuntimeError) as error:
            why = getattr(error, "strerror", None) or error
            raise invalid("workspace", f"There is no folder {path[:200]!r}: {why}.") from None
        if not folder.is_relative_to(self._root):
            raise invalid("workspace", "The workspace has to lie below the folder that JupyterLab shows.")
        if not there:
            raise invalid("workspace", f"There is no folder {path[:200]!r}.")
        if not str(folder).isprintable():
            raise invalid("workspace", "The folder's name holds a line break or a control character.")
        return folder

    def shown(self, folder: Path) -> str:
        """The folder as the file browser writes it."""
        return str(folder.relative_to(self._root)) if folder.is_relative_to(self._root) else str(folder)

    def prepare(self, folder: Path, profile: Profile) -> None:
        """Make `log/`, and see that it can be written and that the nodes can see it.

        Raises ApiError 400 with what is wrong.
        """
        if profile.batch != "local":
            _check_shared(folder, profile.shared_paths)
        logs = folder / "log"
        try:
            logs.mkdir(exist_ok=True)
            with tempfile.TemporaryFile(dir=logs) as probe:
                probe.write(b"\n")
        except OSError as error:
            raise ApiError(
                400,
                "invalid",
                f"Cannot write to {self.shown(logs)}/: {why(error)}. "
                "Free some space there, or open another folder in the file browser first.",
                field="workspace",
            ) from None


def look_after(workspace: Path) -> str:
    """Make `log/` again if somebody removed it: a job that starts without it fails.

    Returns why nothing can be written there; empty where nothing is known against it. Writes nothing else,
    so what only a write would find, such as a quota, is not told.
    """
    logs = workspace / "log"
    try:
        if not logs.is_dir():
            logs.mkdir()
        disk = os.statvfs(logs)
    except OSError as error:
        return why(error)
    if disk.f_flag & os.ST_RDONLY:
        return "it is mounted read-only"
    if disk.f_blocks and not disk.f_bavail:
        return "the disk is full"
    return "" if os.access(logs, os.W_OK | os.X_OK) else "permission denied"


def _check_shared(folder: Path, shared: Sequence[str]) -> None:
    if any(folder.is_relative_to(path) for path in shared):
        return
    if shared:
        raise invalid(
            "workspace",
            f"The nodes do not see {folder}. Open a folder below {' or '.join(shared)} in the file browser first.",
        )
    kind = _file_system(folder)
    if kind in _MEMORY or any(folder.is_relative_to(path) for path in _ALONE):
        raise invalid(
            "workspace",
            f"{folder} is on this machine alone{f' ({kind})' if kind in _MEMORY else ''}; the nodes do not see it. "
            "Open a folder that they share in the file browser, then launch.",
        )


def _file_system(folder: Path) -> str:
    """Type of the file system that holds `folder`, as the kernel lists it; empty where it does not list any."""
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
