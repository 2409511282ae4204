"""Certificates and keys made on the spot: authorities, their certificates, and ended ones."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)

DAY = timedelta(days=1)


def key(kind: str = "ec") -> Any:
    if kind == "ec":
        return ec.generate_private_key(ec.SECP256R1())
    return rsa.generate_private_key(public_exponent=65537, key_size=int(kind))


def pem(thing: Any, password: bytes | None = None) -> str:
    """A certificate, or a key, as people paste it."""
    if isinstance(thing, x509.Certificate):
        return thing.public_bytes(Encoding.PEM).decode()
    encryption = BestAvailableEncryption(password) if password else NoEncryption()
    return thing.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()


def certificate(
    name: str, of: Any, *, issuer: x509.Certificate | None = None, by: Any = None, ca: bool = False, days: float = 90
) -> x509.Certificate:
    """Of the key `of`; signed by itself unless `issuer` and its key `by` are given. `days`: until it ends, from now."""
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(of.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(min(now, now + days * DAY) - DAY)
        .not_valid_after(now + days * DAY)
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    return made.sign(by or of, hashes.SHA256())
