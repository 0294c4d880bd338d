"""The certificates of one cluster: a short-lived certificate authority, and the certificates that it signs.

A certificate gives access to this cluster and to no other. The authority's key is never written to disk,
so no further certificate can be signed.
"""

from __future__ import annotations

import datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from ..files import write_private

# Queue time has no bound, and the clocks of nodes differ.
VALID = datetime.timedelta(days=60)
BACKDATED = datetime.timedelta(days=1)

_BOTH = (ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH)
_CLIENT = (ExtendedKeyUsageOID.CLIENT_AUTH,)

# Workers also connect to one another, and the scheduler to workers: without both usages, tasks hang.
USAGES = {"scheduler": _BOTH, "worker": _BOTH, "client": _CLIENT, "server": _CLIENT}


def make_certificates(folder: Path, cluster_id: str) -> None:
    """Write ``ca.pem`` and, for each role of `USAGES`, ``<role>.pem`` and ``<role>-key.pem``.

    The role is the certificate's common name: kernels use ``client``; only ``server`` gives access to the
    scheduler's control route and its dashboard. Files are 0600; `folder` is created with 0700 if it is missing.

    Raises OSError.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    folder.chmod(0o700)
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority_name = _name("authority", cluster_id)
    authority = (
        _builder(authority_name, authority_name, authority_key.public_key())
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .sign(authority_key, hashes.SHA256())
    )
    write_private(folder / "ca.pem", authority.public_bytes(serialization.Encoding.PEM))
    for role, usage in USAGES.items():
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder(_name(role, cluster_id), authority_name, key.public_key())
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(usage), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        write_private(
            folder / f"{role}-key.pem",
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            ),
        )
        write_private(folder / f"{role}.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _name(role: str, cluster_id: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, f"dask-hpc {cluster_id}"),
            x509.NameAttribute(NameOID.COMMON_NAME, role),
        ]
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.timezone.utc)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + VALID)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _key_usage(signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
