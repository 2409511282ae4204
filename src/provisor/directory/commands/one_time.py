"""One-time links: whoever has one may set the password of its user, once, and only while nothing has changed since.

A link dies when it is used, when a newer one for the same purpose is made, when a password is set, when the user is
suspended or deleted, and when the e-mail address it was sent to isn't the user's any more. Of its token only a digest
is kept; the token itself exists in the mail alone.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.directory import organisation_settings
from provisor.directory.commands import passwords
from provisor.directory.commands.loading import locked_user
from provisor.directory.models import OneTimeLink, Organisation, PasswordStatus, Purpose, State, User
from provisor.errors import WrongState

UNKNOWN, USED, REPLACED, ENDED, TOO_OLD = "unknown", "used", "replaced", "ended", "too_old"
KEPT_DAYS = 30  # after its end, so that a page can still say what became of it


class LinkRefused(Exception):
    """This link can't be used. `reason`: one of the five above; `user_id`: whose it was, None for UNKNOWN. Tell nobody."""

    def __init__(self, reason: str, user_id: uuid.UUID | None = None) -> None:
        super().__init__(reason)
        self.reason, self.user_id = reason, user_id


@dataclass(frozen=True)
class Usable:
    """What a good link is for. `expires`: until when it holds."""

    user: User
    purpose: str
    expires: datetime


def make(user_id: uuid.UUID, purpose: Purpose) -> str:
    """The token of a new link; older ones for this purpose stop working. Raises NotFound, and WrongState where there is
    nothing that it could be used for any more."""
    token, now = secrets.token_urlsafe(32), timezone.now()
    with transaction.atomic():
        user = locked_user(user_id)
        check_wanted(user, purpose)
        OneTimeLink.objects.filter(user=user, purpose=purpose, **_STILL_OPEN).update(replaced=now)
        OneTimeLink.objects.create(
            user=user,
            purpose=purpose,
            digest=digest_of(token),
            email_key=user.email_key,
            made=now,
            expires=now + timedelta(hours=hours()),
        )
    return token


def check_wanted(user: User, purpose: str) -> None:
    """Raises WrongState unless the user is active and, to be activated, without a password."""
    if user.state != State.ACTIVE:
        raise WrongState(_("The user is %(state)s; only an active one sets a password.") % {"state": user.state})
    if purpose == Purpose.ACTIVATION and user.password_status != PasswordStatus.PENDING:
        raise WrongState(_("The user has a password already. Send a link for a new one instead."))
    if purpose == Purpose.RESET and user.password_status == PasswordStatus.PENDING:
        raise WrongState(_("The user has no password yet. Send an activation link instead."))


def look(token: str) -> Usable:
    """What a link is for; looking doesn't use it up. Raises LinkRefused."""
    link = OneTimeLink.objects.filter(digest=digest_of(token)).select_related("user").first()
    if link is None:
        raise LinkRefused(UNKNOWN)
    if reason := _refusal(link, link.user):
        raise LinkRefused(reason, link.user_id)
    return Usable(link.user, link.purpose, link.expires)


def redeem(token: str, password: str) -> User:
    """Sets the password and uses the link up, both or neither; of two tabs at once one wins. Raises LinkRefused, and
    Invalid naming password for one that breaks a rule: then the link stays good."""
    user = look(token).user
    ready = passwords.ready(user, password)  # slow: before anything is locked
    with transaction.atomic():
        user = _locked(user.id)
        link = OneTimeLink.objects.select_for_update().filter(digest=digest_of(token)).first()
        if link is None:
            raise LinkRefused(UNKNOWN)
        if reason := _refusal(link, user):
            raise LinkRefused(reason, user.id)
        OneTimeLink.objects.filter(pk=link.pk).update(used=timezone.now())
        passwords.store(passwords.actor_of(user), user, ready)
    return user


def end_links(user_ids: Iterable[uuid.UUID]) -> None:
    """No link of these users works any more."""
    OneTimeLink.objects.filter(user_id__in=list(user_ids), **_STILL_OPEN).update(ended=timezone.now())


def forget_old() -> None:
    """Removes links that ended a month ago."""
    OneTimeLink.objects.filter(expires__lt=timezone.now() - timedelta(days=KEPT_DAYS)).delete()


def hours() -> int:
    """How long a link holds."""
    return organisation_settings.from_stored(Organisation.objects.get().settings).activation.link_hours


_STILL_OPEN = {"used": None, "replaced": None, "ended": None}


def _locked(user_id: uuid.UUID) -> User:
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise LinkRefused(UNKNOWN)
    return user


def _refusal(link: OneTimeLink, user: User) -> str | None:
    ended = link.ended or user.state != State.ACTIVE or user.email_key != link.email_key
    found = {USED: link.used, REPLACED: link.replaced, ENDED: ended, TOO_OLD: link.expires <= timezone.now()}
    return next((reason for reason, so in found.items() if so), None)


def digest_of(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()
