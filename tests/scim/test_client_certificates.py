"""Client certificates and an authority of one's own: who is let in, who isn't, and what is said then (S-TLS)."""

from __future__ import annotations

import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.scim.certificates import Authority, Issued, server_side
from tests.scim.mutual_tls import MutualTls

from provisor.scim.answers import NotSent, SignInRefused
from provisor.scim.certificates import UnusableTls, context
from provisor.scim.sign_in import Certificate
from provisor.scim.signing import Fixed
from provisor.scim.transport import Tls

VERSIONS = [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3]
OURS, THEIRS, STRANGER = Authority("Ours"), Authority("Theirs"), Authority("Stranger")
CLIENT, SERVER = OURS.issue("provisor.example"), THEIRS.issue()


@pytest.fixture
def demanding(tmp_path: Path) -> Iterator[Callable[..., MutualTls]]:
    """Starts servers that let in only who shows a certificate of our authority."""
    with ExitStack() as stack:

        def start(version: ssl.TLSVersion, wants: str = OURS.pem) -> MutualTls:
            return stack.enter_context(MutualTls(server_side(tmp_path, SERVER, wants=wants, version=version)))

        yield start


async def _client(connect: Any, server: MutualTls, tls: Tls | None) -> Any:
    return await connect(server, url=f"https://127.0.0.1:{server.port}", tls=tls, signer=Fixed(Certificate()))


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
async def test_a_client_certificate_signs_in(demanding: Any, connect: Any, version: Any) -> None:
    server = demanding(version)
    client = await _client(connect, server, Tls(THEIRS.pem, CLIENT.certificate, CLIENT.key))
    assert (await client.request("POST", "/Users", body={})).status == 200
    assert "Authorization" not in server.heard[0]


def _of(issued: Issued) -> Tls:
    return Tls(THEIRS.pem, issued.certificate, issued.key)


REFUSED = [
    ("none", Tls(THEIRS.pem), "wants a client certificate"),
    ("another authority's", _of(STRANGER.issue("provisor.example")), "does not accept our client certificate"),
    ("an expired one", _of(OURS.issue("provisor.example", ends_in=-timedelta(days=1))), "expired|does not accept"),
]


@pytest.mark.parametrize("version", VERSIONS, ids=["1.2", "1.3"])
@pytest.mark.parametrize(("name", "tls", "said"), REFUSED, ids=[case[0] for case in REFUSED])
async def test_a_refused_certificate_stops_as_a_401_does(
    demanding: Any, connect: Any, name: str, tls: Tls, said: str, version: Any
) -> None:
    server = demanding(version)
    client = await _client(connect, server, tls)
    if (
        name == "none" and version is ssl.TLSVersion.TLSv1_2
    ):  # it is told as anything else that two sides can't agree on
        with pytest.raises(NotSent, match="may want a client certificate"):
            await client.request("POST", "/Users", body={})
        return
    with pytest.raises(SignInRefused, match=said) as refused:
        await client.request("POST", "/Users", body={})
    assert "client certificate" in refused.value.hint
    assert server.heard == []


@pytest.mark.parametrize("tls", [None, Tls(STRANGER.pem)], ids=["the system's alone", "another one"])
async def test_a_server_of_an_unknown_authority_hears_nothing(demanding: Any, connect: Any, tls: Tls | None) -> None:
    server = demanding(ssl.TLSVersion.TLSv1_3, wants="")
    client = await _client(connect, server, tls)
    with pytest.raises(NotSent, match="is not trusted") as refused:
        await client.request("POST", "/Users", body={})
    assert refused.value.cause == "tls"
    assert "authority of your own" in refused.value.reason
    assert server.heard == []


def test_the_systems_authorities_stay_trusted_beside_an_own_one() -> None:
    alone, with_own = context("", "", ""), context(OURS.pem, "", "")
    assert with_own.cert_store_stats()["x509"] == alone.cert_store_stats()["x509"] + 1
    assert with_own.minimum_version == ssl.TLSVersion.TLSv1_2
    assert with_own.verify_mode == ssl.CERT_REQUIRED
    assert with_own.check_hostname


UNUSABLE = [
    ("no authority", Tls("hello"), "authority"),
    ("no certificate", Tls("", "hello", CLIENT.key), "no certificate"),
    ("no key", Tls("", CLIENT.certificate, "hello"), "key is no"),
    ("another key", Tls("", CLIENT.certificate, STRANGER.issue().key), "does not fit its key"),
]


@pytest.mark.parametrize(("name", "tls", "said"), UNUSABLE, ids=[case[0] for case in UNUSABLE])
def test_what_can_not_be_used_is_said_and_leaves_nothing(
    name: str, tls: Tls, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(UnusableTls, match=said) as refused:
        context(tls.ca, tls.certificate, tls.key)
    assert list(tmp_path.iterdir()) == []
    assert "PRIVATE" not in str(refused.value)
    assert not tls.key or tls.key not in repr(tls)


def test_a_key_is_on_the_disk_for_a_moment_encrypted_and_ours_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    seen: list[tuple[int, str]] = []

    class Watching(ssl.SSLContext):
        def load_cert_chain(self, path: Any, *args: Any, **options: Any) -> None:
            seen.append((Path(path).stat().st_mode & 0o777, Path(path).read_text()))
            super().load_cert_chain(path, *args, **options)

    monkeypatch.setattr(ssl, "create_default_context", lambda: Watching(ssl.PROTOCOL_TLS_CLIENT))
    context("", CLIENT.certificate, CLIENT.key)
    ((mode, text),) = seen
    assert mode == 0o600
    assert "BEGIN ENCRYPTED PRIVATE KEY" in text
    assert CLIENT.key.splitlines()[1] not in text
    assert list(tmp_path.iterdir()) == []
