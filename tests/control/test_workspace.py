"""Folders keep the path that their user sees, and links are followed to judge them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest

from dask_hpc.server_client import ServerClient
from jupyterlab_dask_hpc.control.workspace import Workspaces
from jupyterlab_dask_hpc.core.errors import ApiError


class Site:
    """The nodes share `pbs`, a link, and `scratch`; the rest exists only on this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.home = folder / "pbs" / "home" / "ada 100% é"
        self.scratch = folder / "scratch" / "ada"
        (folder / "fast disk").mkdir()
        (folder / "pbs").symlink_to(folder / "fast disk")
        for path in (self.home, self.scratch / "runs", folder / "alone", folder / "jovyan"):
            path.mkdir(parents=True)
        (self.home / "scratch").symlink_to(self.scratch)
        (self.home / "alone").symlink_to(folder / "alone")
        (folder / "jovyan" / "work").symlink_to(self.home)

    def prepared(self, root: Path, path: str, *shared: str) -> Path:
        """The folder in which the jobs would run."""
        workspaces = Workspaces(root)
        paths = [str(self.folder / each) for each in shared]
        found = workspaces.find(path, paths)
        workspaces.prepare(found, tuple(paths), nodes_are_here=False)
        return found


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_a_root_below_a_link_that_is_named_is_shared(site: Site) -> None:
    assert site.prepared(site.home, "", "pbs") == site.home
    assert site.prepared(site.home, "", "fast disk", "pbs") == site.home
    assert site.prepared(site.home, "", "pbs", "fast disk") == site.home


def test_a_link_in_the_home_leads_to_what_is_shared(site: Site) -> None:
    assert site.prepared(site.home, "scratch/runs", "pbs", "scratch") == site.home / "scratch" / "runs"


def test_a_home_that_is_a_link_itself_is_shared_with_its_parent(site: Site) -> None:
    homes = site.folder / "homes"
    homes.mkdir()
    (homes / "ada").symlink_to(site.home)
    assert site.prepared(homes / "ada", "", "homes") == homes / "ada"
    with pytest.raises(ApiError, match=r"it leads to .*alone"):
        site.prepared(homes / "ada", "alone", "homes")


def test_a_link_to_what_the_nodes_do_not_see_is_refused_with_where_it_leads(site: Site) -> None:
    with pytest.raises(ApiError, match=r"it leads to .*scratch/ada") as refused:
        site.prepared(site.home, "scratch", "pbs")
    assert refused.value.field == "workspace"


def test_a_link_of_this_machine_alone_is_replaced_by_the_nodes_path(site: Site) -> None:
    work = site.folder / "jovyan" / "work"
    found = site.prepared(work, "", "pbs")
    assert found == site.home
    assert Workspaces(work).shown(found) == "."


def test_it_is_shown_as_the_file_browser_writes_it(site: Site) -> None:
    assert Workspaces(site.home).shown(site.home / "scratch" / "runs") == "scratch/runs"


@pytest.mark.parametrize(
    "path", ["..", "scratch/../..", "../ada 100% éé", "nowhere", "x" * 300, "a\0b", "scratch/../../x"]
)
def test_names_do_not_climb_out_of_the_root(site: Site, path: str) -> None:
    with pytest.raises(ApiError) as refused:
        site.prepared(site.home, path)
    assert refused.value.field == "workspace"


def test_links_in_a_circle_are_refused(site: Site) -> None:
    (site.home / "circle").symlink_to(site.home / "circle")
    with pytest.raises(ApiError, match="There is no folder 'circle'"):
        site.prepared(site.home, "circle", "pbs")


@pytest.mark.parametrize("known_path", [True, False])
@pytest.mark.parametrize("place", ["", "scratch", "scratch/runs"])
def test_a_kernel_calls_its_folder_as_the_file_browser_does(
    site: Site, place: str, known_path: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether its notebook's path is known or not: its own working folder is a path without links."""
    monkeypatch.setenv("JPY_SESSION_NAME", str(site.home / place / "a.ipynb") if known_path else "")
    server = ServerClient("http://localhost", "", root=str(site.home.resolve()))
    assert server.workspace(os.path.realpath(site.home / place)) == place


def test_a_kernel_in_another_folder_is_an_error(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JPY_SESSION_NAME", "/nowhere/a.ipynb")
    server: Any = ServerClient("http://localhost", "", root=str(site.home))
    with pytest.warns(UserWarning, match="does not show this kernel's folder"):
        assert server.workspace(str(site.folder / "jovyan")) == ""
