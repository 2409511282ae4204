"""The requests to a token endpoint, as values: nothing is sent here, and there is no clock.

oauthlib writes the bodies, PyJWT signs assertions. Sources: RFC 6749 (2.3.1: id and secret are form-encoded before they
become Basic), RFC 7521 and 7523 (private_key_jwt), RFC 7636 (PKCE, always S256), RFC 8705 (tls_client_auth).
"""

from __future__ import annotations

import secrets
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import quote_plus

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519, rsa
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from oauthlib.common import add_params_to_uri
from oauthlib.oauth2 import WebApplicationClient
from oauthlib.oauth2.rfc6749.parameters import prepare_token_request
from yarl import URL

from provisor.scim.sign_in import AuthorizationCode, ClientCredentials, OAuth

ASSERTION_LASTS: Final = 180  # seconds
_ASSERTION_TYPE: Final = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_CURVES: Final = {"secp256r1": "ES256", "secp384r1": "ES384", "secp521r1": "ES512"}


class UnusableKey(ValueError):
    """The key can't sign as it is wanted to; the message says why."""


@dataclass(frozen=True, slots=True)
class Asking:
    """One request to a token endpoint. `secrets`: what of it may stand in no error."""

    body: str = field(repr=False)
    authorization: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def client_credentials(way: ClientCredentials, *, now: int) -> Asking:
    """For a token in our own name. `now`: seconds since 1970, for an assertion. Raises UnusableKey."""
    return _asking(way, "client_credentials", now, scope=way.scope, audience=way.audience)


def refresh(way: AuthorizationCode, refresh_token: str, *, now: int) -> Asking:
    """For the next token of an agreement. The scope is left out: it stays what it was (RFC 6749 section 6)."""
    return _asking(way, "refresh_token", now, (refresh_token,), refresh_token=refresh_token)


def exchange(way: AuthorizationCode, code: str, verifier: str, redirect_uri: str, *, now: int) -> Asking:
    """For the first token of an agreement, with the code that the browser brought."""
    more = {"code": code, "redirect_uri": redirect_uri, "code_verifier": verifier}
    return _asking(way, "authorization_code", now, (code, verifier), **more)


def _asking(way: OAuth, grant_type: str, now: int, confidential: tuple[str, ...] = (), **fields: str) -> Asking:
    """What is empty in `fields` is left out."""
    proof = _proof(way, now)
    body = prepare_token_request(
        grant_type, include_client_id=not proof.authorization, client_id=way.client_id, **fields, **proof.fields
    )
    return Asking(body, proof.authorization, (*proof.secrets, *confidential))


@dataclass(frozen=True, slots=True)
class Begun:
    """Where a browser goes so that an administrator can agree; `state` and `verifier` wait in its session meanwhile."""

    url: str
    state: str = field(repr=False)
    verifier: str = field(repr=False)


def begin(way: AuthorizationCode, redirect_uri: str) -> Begun:
    """The address to send a browser to, with a state and a PKCE challenge of its own."""
    client, state = WebApplicationClient(way.client_id), secrets.token_urlsafe(32)
    verifier = client.create_code_verifier(64)
    params = [
        ("response_type", "code"),
        ("client_id", way.client_id),
        ("redirect_uri", redirect_uri),
        *([("scope", way.scope)] if way.scope else []),
        ("state", state),
        ("code_challenge", client.create_code_challenge(verifier, "S256")),
        ("code_challenge_method", "S256"),
    ]
    address = str(URL(way.authorize_url))  # a name or path in other letters than ASCII stands in no header
    return Begun(add_params_to_uri(address, params), state, verifier)


@dataclass(frozen=True, slots=True)
class _Proof:
    """What says who we are: fields of the body, or a header."""

    fields: Mapping[str, str] = field(default_factory=dict, repr=False)
    authorization: str = field(default="", repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


def _proof(way: OAuth, now: int) -> _Proof:
    secret = way.secret
    if isinstance(way, ClientCredentials) and way.method == "private_key_jwt":
        assertion = signed(way, now=now)
        fields = {"client_assertion_type": _ASSERTION_TYPE, "client_assertion": assertion}
        return _Proof(fields, secrets=(assertion, *_lines(secret)))
    if not secret or way.method == "tls_client_auth":
        return _Proof()
    if way.method == "client_secret_post":
        return _Proof({"client_secret": secret}, secrets=(secret, quote_plus(secret)))
    coded = b64encode(f"{quote_plus(way.client_id)}:{quote_plus(secret)}".encode()).decode("ascii")
    return _Proof(authorization=f"Basic {coded}", secrets=(coded, secret, quote_plus(secret)))


def signed(way: ClientCredentials, *, now: int) -> str:
    """The assertion of private_key_jwt: who we are, to whom, for three minutes, once. Raises UnusableKey."""
    try:
        key = load_pem_private_key(way.secret.encode(), None)
    except (ValueError, TypeError):
        raise UnusableKey("The private key is no unencrypted key in PEM.") from None
    claims = {
        "iss": way.client_id,
        "sub": way.client_id,
        "aud": way.token_url,
        "jti": secrets.token_urlsafe(24),
        "iat": now,
        "exp": now + ASSERTION_LASTS,
    }
    algorithm, headers = way.algorithm or algorithm_of(key), {"kid": way.key_id} if way.key_id else None
    try:
        return jwt.encode(claims, key, algorithm=algorithm, headers=headers)  # type: ignore[arg-type]
    except (jwt.PyJWTError, NotImplementedError, TypeError, ValueError):
        raise UnusableKey(f"The private key can't sign with {algorithm}: choose an algorithm of its kind.") from None


def algorithm_of(key: object) -> str:
    """What a key signs with where nobody says otherwise. Raises UnusableKey."""
    if isinstance(key, rsa.RSAPrivateKey):
        return "RS256"
    if isinstance(key, ec.EllipticCurvePrivateKey) and key.curve.name in _CURVES:
        return _CURVES[key.curve.name]
    if isinstance(key, ed25519.Ed25519PrivateKey | ed448.Ed448PrivateKey):
        return "EdDSA"
    raise UnusableKey("The private key is of a kind that can't sign tokens: use RSA, P-256, P-384, P-521 or Ed25519.")


def _lines(pem: str) -> tuple[str, ...]:
    """A key's text line by line: an error that repeats any of it is mended."""
    return tuple(line for line in pem.splitlines() if line and not line.startswith("-----"))
