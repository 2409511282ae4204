"""An authority of the tests' own, and certificates from it."""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Issued:
    """A certificate and its key, as PEM."""

    certificate: str
    key: str = field(repr=False)


class Authority:
    """Signs certificates."""

    def __init__(self, name: str = "Test authority") -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        self._certificate = self._built(self._name, self._key.public_key(), DAY).add_extension(
            x509.BasicConstraints(ca=True, path_length=None), critical=True
        )
        self.pem = self._certificate.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()

    def issue(self, name: str = "127.0.0.1", *, ends_in: timedelta = DAY) -> Issued:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
        host = x509.IPAddress(ipaddress.ip_address(name)) if name[0].isdigit() else x509.DNSName(name)
        built = self._built(subject, key.public_key(), ends_in).add_extension(
            x509.SubjectAlternativeName([host]), critical=False
        )
        plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        return Issued(built.sign(self._key, hashes.SHA256()).public_bytes(Encoding.PEM).decode(), plain)

    def _built(self, subject: x509.Name, key: Any, ends_in: timedelta) -> x509.CertificateBuilder:
        now = datetime.now(UTC)
        return x509.CertificateBuilder(
            issuer_name=self._name, subject_name=subject, public_key=key, serial_number=x509.random_serial_number()
        ).not_valid_before(now - 9 * DAY).not_valid_after(now + ends_in)  # fmt: skip


def server_side(
    folder: Path, issued: Issued, *, wants: str = "", version: Any = ssl.TLSVersion.TLSv1_3
) -> ssl.SSLContext:
    """A server's context. `wants`: the authority whose client certificates it demands, as PEM."""
    path = folder / "server.pem"
    path.write_text(issued.key + issued.certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    context.maximum_version = version
    if wants:
        context.load_verify_locations(cadata=wants)
        context.verify_mode = ssl.CERT_REQUIRED
    return context
