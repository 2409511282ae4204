"""How to sign in to an application, as calls give it and answers show it. Secrets are given, and never shown."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from provisor.api.base import Body, Text, When
from provisor.applications.credentials.values import LONGEST_PEM, LONGEST_SECRET
from provisor.applications.fields import LONGEST_URL

SignIn = Literal[
    "bearer", "basic", "header", "oauth2_client_credentials", "oauth2_authorization_code", "client_certificate"
]
Secret = Annotated[Annotated[str, Field(max_length=LONGEST_SECRET)] | None, Field(repr=False)]
Pem = Annotated[Annotated[str, Field(max_length=LONGEST_PEM)] | None, Field(repr=False)]
Url = Annotated[str, Field(max_length=LONGEST_URL)]
Longer = Annotated[str, Field(max_length=2048)]


class Auth(Body):
    """How to sign in to the service provider. Which fields belong to which type: docs/guide/sign-in-to-applications.md.
    `token`, `password`, `client_secret` and `private_key` are write-only; the one of the type may be left out to keep the
    stored one, as long as nothing leads it elsewhere."""

    type: SignIn = "bearer"
    token: Secret = None
    header: Text | None = None
    prefix: Text | None = None
    username: Text | None = None
    password: Secret = None
    token_url: Url | None = None
    authorize_url: Url | None = None
    client_id: Longer | None = None
    client_secret: Secret = None
    method: Text | None = None
    private_key: Pem = None
    key_id: Longer | None = None
    algorithm: Text | None = None
    scope: Longer | None = None
    audience: Longer | None = None
    expires: Text | None = None


class TlsGiven(Body):
    """Certificates in PEM: `ca` is trusted besides the system's authorities; `certificate` is our own, with its chain, and
    its `key`, which is write-only and may be left out where the stored one fits."""

    ca: Pem = None
    certificate: Pem = None
    key: Pem = None


class ProxyGiven(Body):
    """What every connection of the application goes through: http(s)://host:port. `password` is write-only."""

    url: Url
    username: Text | None = None
    password: Secret = None


class EndOut(BaseModel):
    """Something that ends: secret, certificate (our own), ca or next. `from`: given, token, certificate or connector."""

    what: Literal["secret", "certificate", "ca", "next"]
    at: When
    source: Annotated[str, Field(alias="from")]
    days_left: int


class AuthorisedOut(BaseModel):
    """Who agreed at the authorisation server, and when. `refused`: its words, once it took that back."""

    at: When
    by: str
    refused: str | None


class TestedOut(BaseModel):
    at: str
    ok: bool
    message: str


class CredentialOut(BaseModel):
    """All that is ever shown of a credential: what is secret of it is only counted as set. `public_jwk` is to be registered
    at the authorisation server."""

    type: SignIn
    token_set: bool
    set_at: When | None
    header: str | None = None
    prefix: str | None = None
    username: str | None = None
    token_url: str | None = None
    authorize_url: str | None = None
    client_id: str | None = None
    method: str | None = None
    key_id: str | None = None
    algorithm: str | None = None
    public_jwk: dict[str, Any] | None = None
    scope: str | None = None
    audience: str | None = None
    expires: When | None
    expires_from: Literal["given", "token", "certificate", "connector"] | None
    days_left: int | None


class NextOut(CredentialOut):
    """The credential that is to follow, and what its last test said."""

    tested: TestedOut | None


class AuthOut(CredentialOut):
    """`ends`: all that ends, the soonest first. `authorised`: of oauth2_authorization_code alone."""

    ends: list[EndOut]
    authorised: AuthorisedOut | None
    next: NextOut | None


class CertificateOut(BaseModel):
    subject: str
    expires: When


class TlsOut(BaseModel):
    ca_names: list[str]
    ca_expires: When | None
    certificate: CertificateOut | None


class ProxyOut(BaseModel):
    url: str
    username: str | None
    password_set: bool
