"""A profile for some: the system's own groups decide at each launch, and running clusters can always be stopped."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from support.server import Json, Server, has_ended

from .conftest import ASK, MEMBERS

WHY = f"Profile members is for the groups no-such-group or {MEMBERS}."


def offered(server: Server, name: str) -> Json:
    profiles: list[Json] = server.call("GET", "profiles")["profiles"]
    return next(profile for profile in profiles if profile["name"] == name)


def refused(server: Server, call: str = "clusters", profile: str = "members") -> Json:
    saved = server.cluster_folders()
    answer = server.ask("POST", call, {"profile": profile})
    assert answer.status == 403
    assert server.cluster_folders() == saved
    error: Json = answer.json
    return error


@contextmanager
def membership() -> Iterator[None]:
    """The user of these tests in a real group of this machine, which is not his primary one."""
    if os.getuid() != 0 or shutil.which("groupadd") is None:
        pytest.skip("NOT TESTED: only root can make a group")
    subprocess.run(["groupadd", MEMBERS], check=True)
    try:
        subprocess.run(["gpasswd", "--add", getpass.getuser(), MEMBERS], check=True)
        yield
    finally:
        subprocess.run(["groupdel", MEMBERS], check=True)


def test_without_access_a_profile_shows_for_whom_it_is_and_whom_to_ask(server: Server) -> None:
    shown = offered(server, "members")
    assert (shown["access_denied_reason"]["text"], shown["ask"]) == (WHY, ASK)
    for call in ("clusters", "clusters/preview", "clusters/estimate", "clusters/free"):
        body = refused(server, call)
        assert (body["message"], body["reason"], body["field"]) == (f"{WHY} Ask: {ASK}", "forbidden", "profile")
        assert body["code"] == "access.ask"


def test_a_profile_for_named_users_lets_these_in(server: Server) -> None:
    assert offered(server, "named")["access_denied_reason"] is None
    assert server.call("POST", "clusters/preview", {"profile": "named"})["scripts"]
    assert refused(server, profile="others")["message"] == "Profile others is for users whom the site has named."


def test_a_profile_without_restrictions_is_for_everybody(server: Server) -> None:
    assert (offered(server, "cc-in2p3")["access_denied_reason"], offered(server, "cc-in2p3")["ask"]) == (None, "")


def test_nobody_is_an_administrator_unless_the_site_says_so(server: Server) -> None:
    assert server.call("GET", "profiles")["may_examine"] is False
    answer = server.ask("POST", "profiles/cc-in2p3/examination", {})
    assert (answer.status, answer.json["code"]) == (403, "doctor.administrators-only")


def test_a_right_counts_from_the_moment_it_is_granted_and_what_runs_outlives_it(server: Server, folder: Path) -> None:
    refused(server)
    with membership():
        assert offered(server, "members")["access_denied_reason"] is None
        launched = server.launch(profile="members", workspace=folder.name, name="mine")
    assert refused(server)["message"].startswith(WHY)
    assert server.cluster(launched["id"])["name"] == "mine"
    assert server.call("GET", f"clusters/{launched['id']}/jobs")["jobs"]
    assert has_ended(server.end(launched["id"]))
