"""What a request to a token endpoint says, byte for byte, for each way to prove who we are."""

from __future__ import annotations

from base64 import b64decode
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote_plus, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.oauth.clients import REFRESH, SECRET, agreed, way

from provisor.scim.oauth import asking
from provisor.scim.oauth.asking import UnusableKey

TOKEN_URL = "https://login.example/token"
PRINTABLE = st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40)


def _said(request: asking.Asking) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(request.body, keep_blank_values=True).items()}


@given(PRINTABLE, PRINTABLE)
def test_basic_survives_every_character(id: str, secret: str) -> None:
    request = asking.client_credentials(way(TOKEN_URL, client_id=id, secret=secret), now=0)
    coded = b64decode(request.authorization.removeprefix("Basic ")).decode("ascii")
    assert [unquote_plus(part) for part in coded.split(":")] == [id, secret]
    assert "client_id" not in _said(request)


@given(PRINTABLE, PRINTABLE)
def test_post_survives_every_character(id: str, secret: str) -> None:
    request = asking.client_credentials(way(TOKEN_URL, client_id=id, secret=secret, method="client_secret_post"), now=0)
    said = _said(request)
    assert (said["client_id"], said["client_secret"]) == (id, secret)
    assert request.authorization == ""


def test_client_credentials() -> None:
    said = _said(asking.client_credentials(way(TOKEN_URL, scope="a b", audience="https://sp.example"), now=0))
    assert said == {"grant_type": "client_credentials", "scope": "a b", "audience": "https://sp.example"}
    assert _said(asking.client_credentials(way(TOKEN_URL), now=0)) == {"grant_type": "client_credentials"}


def test_a_certificate_needs_only_the_id() -> None:
    request = asking.client_credentials(way(TOKEN_URL, secret="", method="tls_client_auth"), now=0)
    assert _said(request) == {"grant_type": "client_credentials", "client_id": "provisor"}
    assert request.authorization == ""


def test_refreshing() -> None:
    request = asking.refresh(agreed(TOKEN_URL), REFRESH, now=0)
    assert _said(request) == {"grant_type": "refresh_token", "refresh_token": REFRESH}
    assert REFRESH in request.secrets
    assert SECRET in request.secrets
    assert not any(secret in repr(request) for secret in (REFRESH, SECRET, request.authorization))


def test_a_public_client_says_its_id_and_nothing_else() -> None:
    request = asking.refresh(agreed(TOKEN_URL, secret=""), REFRESH, now=0)
    assert _said(request) == {"grant_type": "refresh_token", "refresh_token": REFRESH, "client_id": "provisor"}
    assert request.authorization == ""


def test_exchanging_a_code() -> None:
    request = asking.exchange(agreed(TOKEN_URL), "the-code", "the-verifier", "https://here.example/back", now=0)
    assert _said(request) == {
        "grant_type": "authorization_code",
        "code": "the-code",
        "code_verifier": "the-verifier",
        "redirect_uri": "https://here.example/back",
    }
    assert {"the-code", "the-verifier"} <= set(request.secrets)


def test_where_the_browser_goes() -> None:
    begun, other = (asking.begin(agreed(TOKEN_URL), "https://here.example/back") for _ in range(2))
    asked = parse_qs(urlsplit(begun.url).query)
    assert urlsplit(begun.url).netloc == "login.example"
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["https://here.example/back"]
    assert asked["state"] == [begun.state]
    assert len(begun.state) >= 40
    assert len(begun.verifier) >= 43
    assert {begun.state, begun.verifier}.isdisjoint({other.state, other.verifier})
    assert begun.verifier not in begun.url
    assert begun.verifier not in repr(begun)


def test_where_the_browser_goes_can_stand_in_a_header() -> None:
    way = replace(agreed(TOKEN_URL), authorize_url="https://пример.example/ä?tenant=ü")
    url = asking.begin(way, "https://here.example/back").url
    assert url.isascii()
    assert urlsplit(url).netloc == "xn--e1afmkfd.example"
    assert parse_qs(urlsplit(url).query)["tenant"] == ["ü"]


KEYS: dict[str, Any] = {
    "RS256": rsa.generate_private_key(65537, 2048),
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "ES512": ec.generate_private_key(ec.SECP521R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}


def _pem(key: Any) -> str:
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode())


SIGNED = [*((name, "", name) for name in KEYS), ("RS256", "PS256", "PS256"), ("RS256", "RS512", "RS512")]


@pytest.mark.parametrize(("key", "algorithm", "used"), SIGNED, ids=[f"{case[0]}-{case[2]}" for case in SIGNED])
def test_an_assertion_is_signed_by_its_key(key: str, algorithm: str, used: str) -> None:
    pem = _pem(KEYS[key])
    proved = way(TOKEN_URL, secret=pem, method="private_key_jwt", key_id="k1", algorithm=algorithm)
    request = asking.client_credentials(proved, now=1_000_000)
    said = _said(request)
    assert said["client_assertion_type"] == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    assert jwt.get_unverified_header(said["client_assertion"]) == {"alg": used, "kid": "k1", "typ": "JWT"}
    claims = jwt.decode(
        said["client_assertion"],
        KEYS[key].public_key(),
        algorithms=[used],
        audience=TOKEN_URL,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert (claims["iss"], claims["sub"], claims["aud"]) == ("provisor", "provisor", TOKEN_URL)
    assert claims["iat"] == 1_000_000
    assert 0 < claims["exp"] - claims["iat"] <= 300
    assert pem not in repr(request)
    assert said["client_assertion"] in request.secrets


@settings(max_examples=20)
@given(st.integers(min_value=0, max_value=2**33))
def test_no_two_assertions_are_the_same(now: int) -> None:
    proved = way(TOKEN_URL, secret=_pem(KEYS["ES256"]), method="private_key_jwt")
    ids = {jwt.decode(asking.signed(proved, now=now), options={"verify_signature": False})["jti"] for _ in range(5)}
    assert len(ids) == 5


UNUSABLE = [
    ("nothing", "", ""),
    ("no PEM", "hello", ""),
    ("another kind", _pem(dsa.generate_private_key(1024)), ""),
    ("another algorithm", _pem(KEYS["ES256"]), "RS256"),
    ("no algorithm", _pem(KEYS["RS256"]), "none"),
    ("a shared secret", _pem(KEYS["RS256"]), "HS256"),
    ("one of the future", _pem(KEYS["RS256"]), "XX999"),
]


@pytest.mark.parametrize(("name", "pem", "algorithm"), UNUSABLE, ids=[case[0] for case in UNUSABLE])
def test_a_key_that_can_not_sign_is_refused_without_being_shown(name: str, pem: str, algorithm: str) -> None:
    with pytest.raises(UnusableKey) as refused:
        asking.signed(way(TOKEN_URL, secret=pem, method="private_key_jwt", algorithm=algorithm), now=0)
    assert not any(line in str(refused.value) for line in pem.splitlines()[1:-1])
