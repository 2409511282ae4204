"""What is shown of how an application is signed in to: everything but the secrets."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ObjectDoesNotExist
from django.db.models.expressions import RawSQL
from django.utils import timezone

from provisor.applications.models import Application, NextCredential, OAuthToken

SECRET, CERTIFICATE, AUTHORITY, NEXT = "secret", "certificate", "ca", "next"
_FROM: Final = {CERTIFICATE: "certificate", AUTHORITY: "certificate"}


# One row for each end that is known; `what` and `source` as in End.
ENDS: Final = """
    SELECT a.id AS application, ending.what, ending.at
    FROM applications_application a
    LEFT JOIN applications_nextcredential n ON n.application_id = a.id
    CROSS JOIN LATERAL (VALUES
        ('secret', CASE WHEN a.secret IS NOT NULL THEN a.secret_expires END),
        ('certificate', (a.tls ->> 'certificate_expires')::timestamptz),
        ('ca', (a.tls ->> 'ca_expires')::timestamptz),
        ('next', n.expires)) AS ending(what, at)
    WHERE ending.at IS NOT NULL
"""
_WITHIN: Final = f"SELECT DISTINCT application FROM ({ENDS}) e WHERE e.at <= now() + %s * interval '1 day'"  # noqa: S608


@dataclass(frozen=True)
class End:
    """Something that ends. `what`: secret (the token or password), certificate (our own), ca (an authority), next (the next
    credential). `source`: given, token, certificate or connector."""

    what: str
    at: datetime
    source: str

    @property
    def days_left(self) -> int:
        """Whole days; below zero once it is over."""
        return math.floor((self.at - timezone.now()).total_seconds() / 86_400)

    def as_json(self) -> dict[str, Any]:
        return {"what": self.what, "at": self.at, "from": self.source, "days_left": self.days_left}


def ends(application: Application) -> list[End]:
    """Whatever of it ends, the soonest first."""
    next, tls = next_of(application), application.tls or {}
    found = (
        (
            SECRET,
            application.secret_expires if application.secret is not None else None,
            application.secret_expires_from,
        ),
        (CERTIFICATE, _time(tls.get("certificate_expires")), None),
        (AUTHORITY, _time(tls.get("ca_expires")), None),
        (NEXT, next.expires if next else None, next.expires_from if next else None),
    )
    known = [End(what, at, source or _FROM.get(what, "given")) for what, at, source in found if at is not None]
    return sorted(known, key=lambda end: end.at)


def ending_of(application: Application) -> End | None:
    """What ends first of what it signs in with now: the secret, the client certificate or an authority."""
    return next(iter(_current(ends(application))), None)


def ending_within(days: int) -> RawSQL:
    """The applications of which something ends within so many days, or has ended, as a subquery of ids."""
    return RawSQL(_WITHIN, [days])  # noqa: S611 - a constant, with a parameter


def _current(found: Iterable[End]) -> list[End]:
    return [end for end in found if end.what != NEXT]


def shown(application: Application) -> dict[str, Any]:
    """The `auth` of the API, with `next`, `tls` and `proxy` in it."""
    found = ends(application)
    first = next(iter(end for end in found if end.what in (SECRET, CERTIFICATE)), None)
    return {
        "type": application.auth_type,
        "token_set": application.secret is not None,
        "set_at": application.secret_set_at,
        **_public(application.auth),
        "expires": first and first.at,
        "expires_from": first and first.source,
        "days_left": first and first.days_left,
        "ends": [end.as_json() for end in found],
        "authorised": _authorised(application),
        "next": shown_next(next_of(application)),
        "tls": shown_tls(application),
        "proxy": shown_proxy(application),
    }


def shown_next(found: NextCredential | None) -> dict[str, Any] | None:
    """The next credential, and what its last test said."""
    if found is None:
        return None
    end = found.expires and End(NEXT, found.expires, found.expires_from or "given")
    return {
        "type": found.auth_type,
        "token_set": True,
        "set_at": found.set_at,
        **_public(found.auth),
        "expires": found.expires,
        "expires_from": found.expires_from,
        "days_left": end.days_left if end else None,
        "tested": found.tested,
    }


def shown_tls(application: Application) -> dict[str, Any] | None:
    """Certificates by name; their text is public, and too long to be shown."""
    said = application.tls
    if not said:
        return None
    own = None
    if said.get("certificate"):
        own = {"subject": said["certificate_subject"], "expires": _time(said["certificate_expires"])}
    names = said.get("ca_names", [])
    return {"ca_names": names, "ca_expires": _time(said.get("ca_expires")), "certificate": own}


def shown_proxy(application: Application) -> dict[str, Any] | None:
    """The proxy, and whether there is a password for it."""
    said = application.proxy
    if not said:
        return None
    username = said.get("username") or None
    return {"url": said["url"], "username": username, "password_set": application.proxy_secret is not None}


def next_of(application: Application) -> NextCredential | None:
    """The next credential, if one is prepared."""
    try:
        return application.next_credential
    except ObjectDoesNotExist:
        return None


def token_of(application: Application) -> OAuthToken | None:
    """What an administrator's agreement gave, if it did."""
    try:
        return application.oauth_token
    except ObjectDoesNotExist:
        return None


def _public(said: dict[str, Any]) -> dict[str, Any]:
    """The fields without a secret; the empty ones are left out, but for those that are empty on purpose."""
    return {name: value for name, value in said.items() if value or name == "prefix"}


def _authorised(application: Application) -> dict[str, Any] | None:
    if application.auth_type != "oauth2_authorization_code" or (found := token_of(application)) is None:
        return None
    return {"at": found.authorised_at, "by": found.authorised_by.get("name", ""), "refused": found.refused}


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
