"""The `auth` document: how one signs in to an application. Every field is checked, and each problem is named by its field.

    {"type": "oauth2_client_credentials", "token_url": "https://…", "client_id": "…", "client_secret": "…"}

Each way has one secret (values.secret_name). Where it is left out, the stored one stays, as long as the document doesn't
lead it anywhere else.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.applications import texts
from provisor.applications.credentials import checks, defaults, ends, pem
from provisor.applications.credentials.values import TYPES, Credential, secret_name
from provisor.errors import Invalid

_CLIENT: Final = ("token_url", "client_id", "method", "scope")
FIELDS: Final[dict[str, tuple[str, ...]]] = {
    "bearer": (),
    "header": ("header", "prefix"),
    "basic": ("username",),
    "oauth2_client_credentials": (*_CLIENT, "audience"),
    "oauth2_authorization_code": ("authorize_url", *_CLIENT),
    "client_certificate": (),
}
_SIGNED: Final = ("key_id", "algorithm")  # of private_key_jwt alone
_OPTIONAL: Final = frozenset({"prefix", "scope", "audience", "key_id", "algorithm"})
_CHECKS: Final[dict[str, checks.Check]] = {
    "header": checks.header,
    "prefix": checks.prefix,
    "username": checks.username,
    "token_url": checks.token_url,
    "authorize_url": checks.authorize_url,
    "client_id": checks.line,
    "method": checks.method,
    "scope": checks.scope,
    "audience": checks.line,
    "key_id": checks.line,
}


@dataclass(frozen=True)
class Stored:
    """What an application has already. `expires`, `expires_from`: as in Credential."""

    type: str
    public: Mapping[str, Any]
    expires: datetime | None = None
    expires_from: str | None = None

    def keeps(self, type: str, public: Mapping[str, Any]) -> bool:
        """Whether the stored secret may stay with such a document: of the same kind, and sent to the same place."""
        method = public.get("method", "")
        same_kind = (self.type, self.public.get("method", "")) == (type, method)
        return same_kind and all(self.public.get(name) == public.get(name) for name in ("token_url", "authorize_url"))


@dataclass(frozen=True)
class About:
    """Whose document it is. `stored`: None where there is no secret that could stay."""

    connector: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    stored: Stored | None = None


def read(given: object, about: About) -> Credential:
    """The document as a value. Raises Invalid naming every field that is wrong (`auth.token_url`)."""
    if not isinstance(given, Mapping):
        raise Invalid({"auth": _('An object such as {"type": "bearer", "token": "..."}.')})
    type = given.get("type") or "bearer"
    if type not in TYPES:
        raise Invalid({"auth.type": _("One of %s.") % ", ".join(TYPES)})
    public, problems = _public(type, given, about)
    name = secret_name(type, str(public.get("method", "")))
    known = ("type", "expires", name, *FIELDS[type], *(_SIGNED if name == "private_key" else ()))
    problems |= {each: _unknown(each, type) for each in given if each not in known and given[each] is not None}
    secret = _secret(type, name, given, public, problems, about)
    expires = _end(given, problems)
    if problems:
        raise Invalid({f"auth.{each}": wrong for each, wrong in problems.items()})
    if name == "private_key":
        public |= _signing(public, secret, about)
    return Credential(type, public, secret, *_expires(about, type, given, secret, expires))


def _public(type: str, given: Mapping[str, Any], about: About) -> tuple[dict[str, Any], dict[str, str]]:
    """The fields that may be shown, with what the connector says where one is left out; and what is wrong with them."""
    brought = defaults.of(about.connector, type, about.parameters)
    names = FIELDS[type] + (_SIGNED if given.get("method") == "private_key_jwt" and "method" in FIELDS[type] else ())
    public: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name in names:
        value = given.get(name)
        if value is None or (value == "" and name in _OPTIONAL and name != "prefix"):
            public[name] = brought.get(name, "") if value is None else ""
            if not public[name] and name not in _OPTIONAL:
                problems[name] = _("Missing.")
            continue
        public[name] = value
        if (check := _CHECKS.get(name)) and (wrong := check(value)):
            problems[name] = wrong
    if type == "oauth2_authorization_code" and public["method"] not in ("client_secret_basic", "client_secret_post"):
        problems.setdefault("method", _("One of %s.") % "client_secret_basic, client_secret_post")
    return public, problems


def _unknown(name: str, type: str) -> str:
    return _("There is no such field in %(type)s, or not with this method. Known: %(known)s.") % {
        "type": type,
        "known": ", ".join(("type", *FIELDS[type], secret_name(type) or "", "expires")).replace(", , ", ", "),
    }


def _secret(
    type: str,
    name: str | None,
    given: Mapping[str, Any],
    public: dict[str, Any],
    problems: dict[str, str],
    about: About,
) -> str | None:
    """The one secret; None keeps the stored one. What is wrong with it goes to `problems`."""
    if name is None:
        return ""
    value = given.get(name)
    if name not in given and about.stored and about.stored.keeps(type, public):
        return None
    if name == "private_key" and value is None:
        return pem.made()
    if name == "client_secret" and value == "" and type == "oauth2_authorization_code":
        return ""  # a public client
    if wrong := _wrong_with_secret(name, value):
        problems[name] = wrong
    elif type == "oauth2_authorization_code" and value is None:
        problems[name] = _("Missing. A public client, which has none, gives an empty text.")
    return str(value)


def _wrong_with_secret(name: str, value: object) -> str | None:
    if name == "token":
        return texts.wrong_with_token(value)
    if name != "private_key":
        return checks.secret(value)
    try:
        pem.key(value)
    except pem.Unusable as error:
        return str(error)
    return None


def _signing(public: Mapping[str, Any], secret: str | None, about: About) -> dict[str, Any]:
    """How assertions are signed, and the public key to register. Raises Invalid for an algorithm that isn't the key's."""
    if secret is None:
        stored = about.stored.public if about.stored else {}
        unchanged = all(public[name] in ("", stored.get(name)) for name in _SIGNED)
        if not unchanged:
            raise Invalid({"auth.private_key": _("Give the key again to change how it signs, or null for a new one.")})
        return {name: stored[name] for name in (*_SIGNED, "public_jwk") if name in stored}
    found = pem.key(secret)
    possible = pem.ALGORITHMS[pem.kind(found)]
    algorithm = public["algorithm"] or possible[0]
    if algorithm not in possible:
        raise Invalid({"auth.algorithm": _("This key signs with %s.") % ", ".join(possible)})
    shown = pem.jwk(found, key_id=public["key_id"], algorithm=algorithm)
    return {"algorithm": algorithm, "key_id": shown["kid"], "public_jwk": shown}


def _end(given: Mapping[str, Any], problems: dict[str, str]) -> datetime | None:
    value = given.get("expires")
    if value is None:
        return None
    try:
        return value if isinstance(value, datetime) else ends.given(value)
    except ends.NotATime as error:
        problems["expires"] = str(error)
        return None


def _expires(
    about: About, type: str, given: Mapping[str, Any], secret: str | None, end: datetime | None
) -> tuple[datetime | None, str | None]:
    """When it ends and who says so: the person, the token itself, or, unless somebody said that it isn't known, the
    connector. What the stored secret told of itself stays with it."""
    if end is not None:
        return end, "given"
    if secret is None and "expires" not in given and about.stored and about.stored.expires_from != "given":
        return about.stored.expires, about.stored.expires_from
    if secret_name(type) == "token" and secret and (told := ends.told_by(secret)):
        return told, "token"
    if (
        secret is not None
        and "expires" not in given
        and (usual := defaults.proposed_end(about.connector, type, timezone.now()))
    ):
        return usual, "connector"
    return None, None
