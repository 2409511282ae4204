"""The ways to sign in to a service provider, as values: what a request must carry, or where to get it.

Nothing here does input or output. Secrets never stand in a repr. `bearer`, `basic` and `header` all come to one header;
`client_certificate` needs none (scim.transport.Tls holds the certificate); the two ways of OAuth get their header from
`scim.oauth`.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Final, Literal
from uuid import UUID

Method = Literal["client_secret_basic", "client_secret_post", "private_key_jwt", "tls_client_auth"]

METHODS: Final[tuple[Method, ...]] = (
    "client_secret_basic",
    "client_secret_post",
    "private_key_jwt",
    "tls_client_auth",
)


@dataclass(frozen=True, slots=True)
class Header:
    """One header with a fixed value. `secrets`: the parts of it that may stand nowhere else, besides the value itself."""

    name: str
    value: str = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Certificate:
    """The client certificate alone says who we are (RFC 8705 calls it mutual TLS); no header."""


@dataclass(frozen=True, slots=True)
class ClientCredentials:
    """OAuth 2.0: we ask for tokens in our own name. `secret`: the client's secret or, for private_key_jwt, its key as PEM;
    empty for tls_client_auth. `algorithm`: of the assertion; empty: by the key."""

    token_url: str
    client_id: str
    secret: str = field(repr=False)
    method: Method = "client_secret_basic"
    scope: str = ""
    audience: str = ""
    key_id: str = ""
    algorithm: str = ""


@dataclass(frozen=True, slots=True)
class AuthorizationCode:
    """OAuth 2.0: an administrator agreed at `authorize_url`, and we renew what that gave us. `secret` is empty for a public
    client. `application`: whose grant it is."""

    token_url: str
    authorize_url: str
    client_id: str
    secret: str = field(repr=False)
    method: Method
    scope: str
    application: UUID


OAuth = ClientCredentials | AuthorizationCode
SignIn = Header | Certificate | ClientCredentials | AuthorizationCode


def bearer(token: str, prefix: str = "Bearer ") -> Header:
    """A token in the Authorization header (RFC 6750)."""
    return header("Authorization", prefix, token)


def basic(user: str, password: str) -> Header:
    """User name and password, in UTF-8 (RFC 7617)."""
    coded = b64encode(f"{user}:{password}".encode()).decode("ascii")
    return Header("Authorization", f"Basic {coded}", (coded, password))


def header(name: str, prefix: str, token: str) -> Header:
    """A token in whatever header the product wants."""
    return Header(name, f"{prefix}{token}", (token,))
