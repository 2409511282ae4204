"""How an application is reached, as pages show it: what is stored (never a secret), and what of it ends when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from provisor import config
from provisor.applications.models import Application
from provisor.applications.queries import credentials
from provisor.portal.forms.reaching import Stored
from provisor.portal.forms.ways import WAYS

SOON, CLOSE, LAST = 30, 7, 1  # days before an end: it is told, it is near, it is tomorrow


@dataclass(frozen=True)
class Ending:
    """`what`: such as "token". `days`: whole days that are left, below zero once it is over. `kind`: as queries
    have it, and so is `source`."""

    what: str
    at: datetime
    days: int
    kind: str
    source: str = ""

    @property
    def soon(self) -> bool:
        return self.days <= SOON

    @property
    def over(self) -> bool:
        return self.at <= timezone.now()

    @property
    def close(self) -> bool:
        return self.days <= CLOSE

    @property
    def pressing(self) -> bool:
        return self.over or self.days <= LAST

    @property
    def day(self) -> str:
        """A day that a person gave stays that day (documents mean its end in UTC); all else is local time."""
        at = self.at.astimezone(UTC) if self.source == "given" else timezone.localtime(self.at)
        return date_format(at, "j M Y")

    @property
    def word(self) -> str:
        """Beside a state's glyph."""
        if self.over:
            return _("%(what)s has ended") % {"what": _begun(self.what)}
        if self.days < 1:
            return _("%(what)s ends today") % {"what": _begun(self.what)}
        told = ngettext("%(what)s ends in %(days)d day", "%(what)s ends in %(days)d days", self.days)
        return told % {"what": _begun(self.what), "days": self.days}

    @property
    def sentence(self) -> str:
        """ "The token ends on 12 Mar 2027, in 29 days." """
        named = {"what": self.what, "day": self.day, "days": abs(self.days)}
        if self.over:
            return _("The %(what)s ended on %(day)s.") % named
        if self.days < 1:
            return _("The %(what)s ends today, %(day)s.") % named
        told = ngettext(
            "The %(what)s ends on %(day)s, in %(days)d day.",
            "The %(what)s ends on %(day)s, in %(days)d days.",
            self.days,
        )
        return told % named


def stored_of(application: Application) -> Stored:
    """What is stored of how it is reached."""
    return Stored(credentials.shown(application), application.tls, application.proxy)


def redirect_uri(request: HttpRequest) -> str:
    """The address that an authorisation server leads back to, as it has to be registered there."""
    public, path = config.read().public_url, reverse("authorised")
    return f"{public.rstrip('/')}{path}" if public else request.build_absolute_uri(path)


def endings(auth: Mapping[str, Any]) -> list[Ending]:
    """What of a shown credential ends, soonest first."""
    return [
        _ending(auth["type"], end["what"], end["at"], end["days_left"], end["from"]) for end in auth.get("ends") or ()
    ]


def first_of(application: Application) -> Ending | None:
    """What ends first of what it signs in with. Of many applications: with their `next_credential` at hand."""
    end = credentials.ending_of(application)
    return _ending(application.auth_type, end.what, end.at, end.days_left, end.source) if end else None


def next_ending(auth: Mapping[str, Any]) -> Ending | None:
    """When the next credential ends, as far as that is known."""
    end = auth.get("expires")
    return _ending(auth["type"], credentials.NEXT, end, auth["days_left"], auth["expires_from"]) if end else None


def _ending(type: str, what: str, at: datetime, days: int, source: str) -> Ending:
    words = {
        credentials.CERTIFICATE: _("client certificate"),
        credentials.AUTHORITY: _("certificate authority that is trusted"),
        credentials.NEXT: _("next credential"),
    }
    return Ending(words.get(what) or str(WAYS.get(type, WAYS["bearer"]).end), at, days, what, source)


def _begun(what: str) -> str:
    return what[:1].upper() + what[1:]
