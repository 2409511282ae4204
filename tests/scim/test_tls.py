"""No token over a connection whose other end is not who it says it is (T1, T2)."""

from __future__ import annotations

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from provisor.scim.http import Limits, NotSent
from provisor.scim.transport import Tls

NOW = datetime.now(UTC)


def _certificate(folder: Path, host: str, *, ends: datetime = NOW + timedelta(days=1)) -> Path:
    """A self-signed certificate for `host` or an address, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)])
    is_address = host.replace(".", "").isdigit()
    subject: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host)) if is_address else x509.DNSName(host)
    made = (
        x509.CertificateBuilder(issuer_name=name, subject_name=name, public_key=key.public_key(), serial_number=1)
        .not_valid_before(NOW - timedelta(days=9))
        .not_valid_after(ends)
        .add_extension(x509.SubjectAlternativeName([subject]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    plain = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = folder / "certificate.pem"
    path.write_bytes(plain + made.public_bytes(pem))
    return path


def _server_side(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


CASES = [
    ("127.0.0.1", NOW + timedelta(days=1), False, "self-signed"),
    ("sp.example", NOW + timedelta(days=1), True, "mismatch"),
    ("127.0.0.1", NOW - timedelta(days=1), True, "expired"),
]


@pytest.mark.parametrize(("host", "ends", "trusted", "named"), CASES, ids=[case[3] for case in CASES])
async def test_an_untrusted_server_hears_nothing(
    serve: Any, connect: Any, tmp_path: Path, host: str, ends: datetime, trusted: bool, named: str
) -> None:
    certificate = _certificate(tmp_path, host, ends=ends)
    server = await serve((200, {}), tls=_server_side(certificate))
    tls = Tls(ca=certificate.read_text()) if trusted else None
    client = await connect(server, url=f"https://127.0.0.1:{server.port}", tls=tls)
    with pytest.raises(NotSent, match=named) as refused:
        await client.request("POST", "/Users", body={})
    assert refused.value.cause == "tls"
    assert server.heard == []


async def test_an_own_authority_is_trusted(serve: Any, connect: Any, tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, "127.0.0.1")
    server = await serve((200, {}), tls=_server_side(certificate))
    tls = Tls(ca=certificate.read_text())
    client = await connect(server, url=f"https://127.0.0.1:{server.port}", tls=tls)
    assert (await client.request("GET", "/Users")).status == 200


async def test_a_server_without_tls_hears_nothing(serve: Any, connect: Any) -> None:
    server = await serve(b"")
    client = await connect(server, url=f"https://127.0.0.1:{server.port}", limits=Limits(connect=0.3))
    with pytest.raises(NotSent):
        await client.request("POST", "/Users", body={})
    assert server.heard == []


async def test_old_tls_is_refused(serve: Any, connect: Any, tmp_path: Path) -> None:
    certificate = _certificate(tmp_path, "127.0.0.1")
    old = _server_side(certificate)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
    server = await serve((200, {}), tls=old)
    tls = Tls(ca=certificate.read_text())
    client = await connect(server, url=f"https://127.0.0.1:{server.port}", tls=tls)
    with pytest.raises(NotSent):
        await client.request("GET", "/Users")
    assert server.heard == []
