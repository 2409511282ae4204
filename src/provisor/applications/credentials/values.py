"""What a person gives to sign in with, once it has been checked: what may be shown of it apart from its secrets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

TYPES: Final = (
    "bearer",
    "basic",
    "header",
    "oauth2_client_credentials",
    "oauth2_authorization_code",
    "client_certificate",
)
LONGEST_SECRET: Final = 8192
LONGEST_PEM: Final = 65_536


@dataclass(frozen=True)
class Credential:
    """One way to sign in. `secret`: None keeps the stored one; "" where the way has none. `expires_from`: given (by a
    person), token (it tells its own end) or connector (how long the product's usually last)."""

    type: str
    public: Mapping[str, Any]
    secret: str | None = field(repr=False)
    expires: datetime | None = None
    expires_from: str | None = None


@dataclass(frozen=True)
class Certificates:
    """Certificates as an application's row keeps them (`Application.tls`). `key`: None keeps the stored one."""

    public: Mapping[str, Any]
    key: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Way:
    """A proxy as an application's row keeps it (`Application.proxy`). `password`: None keeps the stored one."""

    public: Mapping[str, Any]
    password: str | None = field(default=None, repr=False)


def secret_name(type: str, method: str = "") -> str | None:
    """What the one secret of a way to sign in is called; None for a way without one."""
    if type in ("bearer", "header"):
        return "token"
    if type == "basic":
        return "password"
    if type == "client_certificate" or method == "tls_client_auth":
        return None
    return "private_key" if method == "private_key_jwt" else "client_secret"


def needs_certificate(type: str, public: Mapping[str, Any]) -> bool:
    """Whether this way works with a client certificate alone."""
    return type == "client_certificate" or public.get("method") == "tls_client_auth"
