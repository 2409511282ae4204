"""The ways to sign in to an application, as people read them, and the fields that each one asks for."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from provisor.catalogue.connector import Connector
from provisor.portal.forms import pem

LONGEST_URL, LONGEST_SECRET, LONGEST_LINE = 2048, 8192, 512
MADE_HERE = "private_key_jwt"  # a method whose key Provisor can make by itself


@dataclass(frozen=True)
class Way:
    """`name`: as everywhere (catalogue, API). `secret`: its one field that is only ever written, or "";
    `fields`: the others; `end`: what of it ends, for sentences such as "The token ends"."""

    name: str
    label: str | Promise
    says: str | Promise
    fields: tuple[str, ...]
    secret: str
    end: str | Promise


WAYS = {
    way.name: way
    for way in (
        Way("bearer", _("Token"), _("In the header Authorization, as most products want it."), (), "token", _("token")),
        Way(
            "oauth2_client_credentials",
            _("OAuth 2 with a client of its own"),
            _("Provisor gets short-lived tokens by itself, with a client id and a secret or a key."),
            ("token_url", "client_id", "method", "scope", "audience", "key_id", "algorithm"),
            "client_secret",
            _("client secret"),
        ),
        Way(
            "oauth2_authorization_code",
            _("OAuth 2, agreed to by a person"),
            _("An administrator signs in there once and agrees. Provisor renews what it was given."),
            ("authorize_url", "token_url", "client_id", "method", "scope"),
            "client_secret",
            _("client secret"),
        ),
        Way(
            "basic", _("User name and password"), _("HTTP Basic, over https."), ("username",), "password", _("password")
        ),
        Way(
            "header",
            _("Token in another header"),
            _("Where the product names a header of its own, such as X-Api-Key."),
            ("header", "prefix"),
            "token",
            _("token"),
        ),
        Way(
            "client_certificate",
            _("Client certificate"),
            _("Provisor shows a certificate when it connects. Put it below, under Certificates and proxy."),
            (),
            "",
            _("client certificate"),
        ),
    )
}
METHODS = {
    "client_secret_basic": _("Secret, in the header (usual)"),
    "client_secret_post": _("Secret, in the form"),
    "private_key_jwt": _("Signed with a private key"),
    "tls_client_auth": _("Client certificate"),
}
OPTIONAL = ("scope", "audience", "key_id", "algorithm", "prefix")
OF_A_PERSON = ("client_secret_basic", "client_secret_post")
ALGORITHMS = ("ES256", "ES384", "ES512", "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "EdDSA")


def offered(
    connector: Connector | None, usual: str = "", *, without: Collection[str] = ()
) -> tuple[list[Way], list[Way]]:
    """The ways to show at once, and all others: the usual one, else those that the connector takes, its first choice first.
    A custom application takes any."""
    known = [way for way in WAYS.values() if way.name not in without]
    if connector is None and not usual:
        return known, []
    taken = [connector.auth.type, *connector.auth.also] if connector else []
    own = [usual] if usual else list(dict.fromkeys(taken))
    first = [WAYS[name] for name in own if name not in without]
    return (first, [way for way in known if way not in first]) if first else (known, [])


def secret_of(way: Way, method: str) -> str:
    """The name of the secret's field; "" where the method has none."""
    if "method" not in way.fields:
        return way.secret
    return {"private_key_jwt": "private_key", "tls_client_auth": ""}.get(method, way.secret)


def fields_of(way: Way, method: str, connector: Connector | None) -> dict[str, forms.Field]:
    """The fields of a way, in order, its secret last."""
    shown = [name for name in way.fields if name not in ("key_id", "algorithm") or method == MADE_HERE]
    names = [*shown, *filter(None, [secret_of(way, method)])]
    made = {name: _MADE[name]() for name in names}
    if way.name == "oauth2_authorization_code":
        made["method"].choices = [(name, METHODS[name]) for name in OF_A_PERSON]  # type: ignore[attr-defined]
        made["public_client"] = _public_client()
    secret = secret_of(way, method)
    if secret and connector and way.name in (connector.auth.type, *connector.auth.also):
        made[secret].help_text = connector.auth.help
    return made


def _line(
    label: Any, hint: Any = "", *, longest: int = LONGEST_LINE, placeholder: str = "", strip: bool = True, **more: Any
) -> Any:
    attributes = {"autocomplete": "off", "spellcheck": "false", "class": "mono", "placeholder": placeholder, **more}
    return lambda: forms.CharField(
        label=label,
        help_text=hint,
        max_length=longest,
        required=False,
        strip=strip,
        widget=forms.TextInput({name: value for name, value in attributes.items() if value}),
    )


def _address(label: Any, hint: Any) -> Any:
    return _line(label, hint, longest=LONGEST_URL, placeholder="https://", inputmode="url")


def _secret(label: Any, hint: Any, *, strip: bool = True) -> Any:
    return lambda: forms.CharField(
        label=label,
        help_text=hint,
        max_length=LONGEST_SECRET,
        required=False,
        widget=forms.PasswordInput({"autocomplete": "off", "spellcheck": "false"}),
        strip=strip,
    )


def _choice(label: Any, hint: Any, choices: Sequence[tuple[str, Any]]) -> Any:
    return lambda: forms.ChoiceField(label=label, help_text=hint, required=False, choices=choices)


def _public_client() -> forms.BooleanField:
    hint = _("Where the client was registered without one. What is agreed is protected by PKCE all the same.")
    return forms.BooleanField(label=_("It has no secret (a public client)"), required=False, help_text=hint)


_MADE: dict[str, Callable[[], forms.Field]] = {
    "token": _secret(
        _("Token"), _("Make one in the application, in a place called API, SCIM or provisioning, and paste it here.")
    ),
    "header": _line(_("Header"), _("Its name, as their documentation has it. For example X-Api-Key.")),
    "prefix": _line(
        _("Before the token"),
        _("Such as “Token ”, with its space. Empty: the token alone."),
        strip=False,
    ),
    "username": _line(_("User name"), _("Of the account that may manage users there, or what they call an API user.")),
    "password": _secret(_("Password"), _("Of that account, or the API password that belongs to it."), strip=False),
    "token_url": _address(
        _("Token address"), _("Where tokens are given out. For example https://login.example.com/oauth/token.")
    ),
    "authorize_url": _address(
        _("Address to agree at"),
        _("Where an administrator signs in and agrees. For example https://login.example.com/oauth/authorize."),
    ),
    "client_id": _line(
        _("Client id"), _("Register Provisor there as an OAuth client, or app; its id is shown beside it.")
    ),
    "method": _choice(
        _("How the client proves itself"), _("What was chosen when the client was registered."), list(METHODS.items())
    ),
    "client_secret": _secret(_("Client secret"), _("It is shown once, when the client is registered.")),
    "private_key": pem.area(
        _("Private key"),
        _("PEM, without a password. Empty: Provisor makes a key, and shows the public half to register there."),
        secret=True,
    ),
    "key_id": _line(_("Key id"), _("Where they name keys (kid). Empty: none is sent.")),
    "algorithm": _choice(
        _("Signed with"),
        _("By the key, unless they want another."),
        [("", _("By the key")), *((n, n) for n in ALGORITHMS)],
    ),
    "scope": _line(_("Scope"), _("What is asked for, with spaces between. For example scim.read scim.write.")),
    "audience": _line(_("Audience"), _("Only where their documentation asks for one.")),
}
