"""Kernels find their server, whatever its address, and their credentials give no one else access."""

from __future__ import annotations

import datetime
import json
import os
import ssl
import stat
from pathlib import Path
from types import SimpleNamespace
from urllib.error import HTTPError

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from dask_hpc.server_client import RequestRefused, ServerClient, ServerNotFound, loopback
from jupyterlab_dask_hpc.kernel_access import KernelAccess, server_url, unreachable

from .running import Running

CLUSTERS = {"clusters": [], "batch": []}


def found(running: Running) -> ServerClient:
    return ServerClient(running.known["url"], running.known["secret"], running.known["certificate"])


@pytest.mark.parametrize(
    "options",
    [
        ["--ServerApp.base_url=/user/ada/"],
        ["--ServerApp.ip=0.0.0.0"],
        ["--ServerApp.ip=::1"],
        ["--ServerApp.ip=::"],
        ["--ServerApp.ip=localhost"],
        ["--PasswordIdentityProvider.hashed_password=argon2:none", "--IdentityProvider.token="],
    ],
    ids=["base path", "all addresses", "IPv6", "all IPv6", "localhost", "password server"],
)
def test_a_server_is_reached_at_its_address(start_server, options):
    running = start_server(*options)
    running.answer(clusters=CLUSTERS)
    assert found(running).clusters() == []
    # A body, without any cookie to take an XSRF token from.
    assert found(running).request("POST", "clusters", {"name": "demo"}) == {"sent": {"name": "demo"}}


def test_a_server_on_a_socket_is_reached(start_server, tmp_path):
    running = start_server(f"--ServerApp.sock={tmp_path / 'jupyter.sock'}")
    running.answer(clusters=CLUSTERS)
    assert found(running).clusters() == []


def test_proxies_of_the_environment_are_not_used(start_server, monkeypatch):
    running = start_server()
    running.answer(clusters=CLUSTERS)
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    assert found(running).clusters() == []


def test_a_server_with_its_own_certificate_is_reached_and_no_other(start_server, tmp_path):
    first, second = (self_signed(tmp_path / name) for name in ("first", "second"))
    running = start_server(f"--ServerApp.certfile={first}")
    running.answer(clusters=CLUSTERS)
    assert running.known["url"].startswith("https://")
    # The key, which stands in the same file here, stays where it is.
    assert "PRIVATE KEY" not in Path(running.known["certificate"]).read_text()
    assert found(running).clusters() == []
    with pytest.raises(ServerNotFound, match="its certificate differs"):
        ServerClient(running.known["url"], "secret", str(without_key(second))).clusters()
    with pytest.raises(ServerNotFound, match="certificate"):
        ServerClient(running.known["url"], "secret").clusters()


def test_a_wrong_secret_is_refused(start_server):
    running = start_server()
    running.answer(clusters=CLUSTERS)
    with pytest.raises(RequestRefused) as caught:
        ServerClient(running.known["url"], "guess").clusters()
    assert caught.value.status == 403
    assert "Restart the kernel" in str(caught.value)
    with pytest.raises(HTTPError) as refused:
        running.call("GET", "api/kernels", headers={"Authorization": f"dask-hpc {running.known['secret']}"})
    assert refused.value.code == 403, "the secret opens our own calls, not Jupyter's"


def test_the_credentials_file_is_private_and_removed_at_the_end(start_server):
    running = start_server()
    file: Path = running.known["file"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    assert stat.S_IMODE(running.runtime.stat().st_mode) == 0o700
    running.stop()
    assert not list(running.runtime.glob("dask-hpc-*"))


def test_an_error_has_all_that_the_answer_has(start_server):
    running = start_server()
    refused = {"message": "Slurm refused", "reason": "refused", "field": "profile", "detail": "Invalid account"}
    running.answer(clusters=(502, refused))
    with pytest.raises(RequestRefused, match='Slurm refused "Invalid account"') as caught:
        found(running).clusters()
    assert (caught.value.status, caught.value.reason, caught.value.field) == (502, "refused", "profile")


def test_no_server(monkeypatch, tmp_path):
    monkeypatch.delenv("JUPYTERLAB_DASK_HPC_SERVER", raising=False)
    with pytest.raises(ServerNotFound, match="JUPYTERLAB_DASK_HPC_SERVER is not set"):
        ServerClient.find()
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(tmp_path / "gone.json"))
    with pytest.raises(ServerNotFound, match="is gone"):
        ServerClient.find()
    (tmp_path / "gone.json").write_text(json.dumps({"url": "http://127.0.0.1:9/", "secret": "s"}))
    with pytest.raises(ServerNotFound, match=r"does not answer at http://127\.0\.0\.1:9/"):
        ServerClient.find().clusters()


def test_a_kernel_on_another_machine_does_not_send_the_secret(start_server, monkeypatch):
    running = start_server()
    file: Path = running.known["file"]
    known = json.loads(file.read_text())
    assert known["loopback"] == loopback()
    file.write_text(json.dumps({**known, "loopback": "that of another machine", "host": "node7"}))
    monkeypatch.setenv("JUPYTERLAB_DASK_HPC_SERVER", str(file))
    with pytest.raises(ServerNotFound, match=r"\(node7\) run on different machines"):
        ServerClient.find()


def test_a_server_without_dask_clusters(start_server):
    running = start_server()
    with pytest.raises(RequestRefused, match="jupyterlab-dask-hpc is not enabled"):
        ServerClient(f"{running.known['url']}elsewhere/", running.known["secret"]).clusters()


def test_the_credentials_file_comes_and_goes_with_the_server(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", "/opt/site")
    monkeypatch.delenv("JUPYTERLAB_DASK_HPC_SERVER", raising=False)
    access = KernelAccess(app(runtime_dir=str(tmp_path / "runtime")))
    assert not access.check("dask-hpc ")
    access.open()
    known = json.loads(Path(os.environ["JUPYTERLAB_DASK_HPC_SERVER"]).read_text())
    first, ours = os.environ["PYTHONPATH"].split(os.pathsep)
    assert first == "/opt/site"
    assert os.listdir(ours) == ["dask_hpc"]
    assert access.check(f"dask-hpc {known['secret']}")
    for wrong in ("", "dask-hpc", "dask-hpc wrong", known["secret"], f"token {known['secret']}", "dask-hpc ä"):
        assert not access.check(wrong)
    access.close()
    access.close()
    assert os.environ["PYTHONPATH"] == "/opt/site"
    assert "JUPYTERLAB_DASK_HPC_SERVER" not in os.environ
    assert not access.check(f"dask-hpc {known['secret']}")
    assert Path(__file__).parents[2].joinpath("dask_hpc", "server_client.py").exists(), "only the link is removed"


def test_a_configured_address_is_used():
    assert server_url(app(ip="10.1.2.3", base_url="/a/")) == "http://10.1.2.3:8888/a/"


def test_servers_that_kernels_cannot_reach_have_a_warning():
    assert unreachable(app()) is None
    assert "gateway" in str(unreachable(app(gateway_config=SimpleNamespace(gateway_enabled=True))))
    assert "client certificate" in str(unreachable(app(client_ca="/etc/ca.pem")))


def app(**more):
    import logging

    values = {
        "ip": "127.0.0.1",
        "root_dir": "/home/ada",
        "port": 8888,
        "sock": "",
        "base_url": "/",
        "ssl_options": None,
        "client_ca": "",
        "log": logging.getLogger("test"),
    }
    return SimpleNamespace(**(values | more))


def self_signed(path: Path) -> Path:
    """Certificate and key in one file, made for another name and expired: people's servers have such."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "jupyter.example.org")])
    past = datetime.datetime(2020, 1, 1)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(past)
        .not_valid_after(past + datetime.timedelta(days=30))
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path


def without_key(path: Path) -> Path:
    certificate = x509.load_pem_x509_certificate(path.read_bytes())
    copy = path.with_suffix(".pem")
    copy.write_text(ssl.DER_cert_to_PEM_cert(certificate.public_bytes(serialization.Encoding.DER)))
    return copy
