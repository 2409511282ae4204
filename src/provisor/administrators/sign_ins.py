"""Who signed in, and who tried: the history has to tell it. An address that nobody has is never repeated: people type
passwords into the wrong field."""

from __future__ import annotations

from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor, system
from provisor.administrators.models import Administrator
from provisor.audit import events
from provisor.text import unique_key


def actor_of(administrator: Administrator) -> Actor:
    """The actor of everything that this administrator does in one request."""
    return Actor(kind="administrator", id=str(administrator.pk), name=administrator.email, role=administrator.role)


def record_sign_in(administrator: Administrator) -> None:
    """An administrator signed in."""
    events.record("admin_login", actor=actor_of(administrator).as_json(), message=administrator.email)


def record_refusal(email: str) -> None:
    """Someone was refused who named this address."""
    known = Administrator.objects.filter(email_key=unique_key(email)[:512]).first()
    whom = known.email if known else _("An address that no administrator has.")
    events.record("admin_login", actor=system().as_json(), outcome="failure", message=whom)
