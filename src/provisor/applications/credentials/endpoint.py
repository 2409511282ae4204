"""How an application is reached and signed in to, as its row says it: the row's values become a scim.transport.Endpoint.

For the worker, which reads rows by statements.OPEN, and for whoever has the model at hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from provisor.applications.credentials import defaults, sealing
from provisor.scim import sign_in
from provisor.scim.sign_in import AuthorizationCode, Certificate, ClientCredentials, SignIn
from provisor.scim.transport import Endpoint, Proxy, Tls

# The columns that `endpoint_of` reads; statements.OPEN selects them.
COLUMNS: Final = (
    "id",
    "connector",
    "base_url",
    "auth_type",
    "auth",
    "secret",
    "tls",
    "tls_key",
    "proxy",
    "proxy_secret",
)
# Those of them that are sealed. None in each is read as "nothing is set": so a pass goes on far enough to say what is wrong.
SECRETS: Final = frozenset({"secret", "tls_key", "proxy_secret"})


def endpoint_of(row: Mapping[str, Any]) -> Endpoint:
    """The endpoint of a row, given as a mapping of COLUMNS. Without a secret, nobody can sign in: `sign_in` is None. Raises
    vault.CannotOpen, whose message holds no secret."""
    way = None if row["secret"] is None else _sign_in(row, sealing.opened(row, "secret"))
    return Endpoint(row["base_url"], way, _tls(row), _proxy(row))


def endpoint_of_application(application: Any) -> Endpoint:
    """The same for a model instance. Raises vault.CannotOpen."""
    return endpoint_of({name: getattr(application, name) for name in COLUMNS})


def _sign_in(row: Mapping[str, Any], secret: str) -> SignIn:
    type, said = row["auth_type"], row["auth"] or {}
    if type == "basic":
        return sign_in.basic(said.get("username", ""), secret)
    if type == "client_certificate":
        return Certificate()
    if type == "oauth2_client_credentials":
        return _client_credentials(said, secret)
    if type == "oauth2_authorization_code":
        return authorization_code(row["id"], said, secret)
    name, prefix = defaults.header(row["connector"], type)
    return sign_in.header(said.get("header", name), said.get("prefix", prefix), secret)


def _client_credentials(said: Mapping[str, Any], secret: str) -> ClientCredentials:
    return ClientCredentials(
        token_url=said["token_url"],
        client_id=said["client_id"],
        secret=secret,
        method=said["method"],
        scope=said.get("scope", ""),
        audience=said.get("audience", ""),
        key_id=said.get("key_id", ""),
        algorithm=said.get("algorithm", ""),
    )


def authorization_code(application: Any, said: Mapping[str, Any], secret: str) -> AuthorizationCode:
    """The way to sign in of an application whose `auth` is `said`."""
    return AuthorizationCode(
        token_url=said["token_url"],
        authorize_url=said["authorize_url"],
        client_id=said["client_id"],
        secret=secret,
        method=said["method"],
        scope=said.get("scope", ""),
        application=application,
    )


def _tls(row: Mapping[str, Any]) -> Tls | None:
    said = row["tls"]
    if not said:
        return None
    key = sealing.opened(row, "tls_key") if row["tls_key"] else ""
    certificate = said.get("certificate", "") if key else ""
    return Tls(said.get("ca", ""), certificate, key)


def _proxy(row: Mapping[str, Any]) -> Proxy | None:
    said = row["proxy"]
    if not said:
        return None
    password = sealing.opened(row, "proxy_secret") if row["proxy_secret"] else ""
    return Proxy(said["url"], said.get("username", ""), password)
