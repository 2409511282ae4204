"""Who is active without a password needs a way to set one: a mail with a one-time link.

Every way in ends in `welcome`: a user made active or activated by hand, one whose first day has come, a batch, a file, an
import. The link itself is made when the mail is rendered (directory/mails.py), so none lies in the database in clear.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable

from django.db import transaction

from provisor import mail as mail_
from provisor.administrators.actor import Actor, system
from provisor.directory import organisation_settings
from provisor.directory.commands import one_time
from provisor.directory.commands.loading import locked_user
from provisor.directory.commands.recording import Entry, record
from provisor.directory.models import OneTimeLink, Organisation, PasswordStatus, Purpose, State, User
from provisor.directory.passwords import limits
from provisor.text import unique_key

PIECE = 500
TEMPLATES = {Purpose.ACTIVATION: "activation", Purpose.RESET: "password_reset"}
MOST_FROM_ADDRESS, MOST_FOR_PERSON, WITHIN_MINUTES = 20, 3, 60  # links that people ask for themselves


def by_default() -> bool:
    """Whether one user who becomes active by hand gets the mail, unless the call says otherwise."""
    return organisation_settings.from_stored(Organisation.objects.get().settings).activation.mail


def welcome(actor: Actor, user_ids: Iterable[uuid.UUID], mail: bool) -> int:
    """In the caller's transaction, for users who just became active: with `mail`, one activation mail for each who has no
    password yet. How many that are."""
    ids = list(user_ids) if mail else []
    written = 0
    for start in range(0, len(ids), PIECE):
        waiting = User.objects.filter(
            pk__in=ids[start : start + PIECE], state=State.ACTIVE, password_status=PasswordStatus.PENDING
        )
        written += _write(actor, list(waiting.order_by("id")), Purpose.ACTIVATION)
    return written


def send_activation(actor: Actor, user_id: uuid.UUID) -> User:
    """Sends the mail, again if need be; an older link stops working once the new one is made. Raises WrongState unless
    the user is active and has no password."""
    actor.require("users.suspend")
    return _send(actor, user_id, Purpose.ACTIVATION)


def send_reset(actor: Actor, user_id: uuid.UUID) -> User:
    """Sends a link for a new password to an active user. Raises WrongState for any other."""
    actor.require("users.suspend")
    return _send(actor, user_id, Purpose.RESET)


def ask_reset(named: str, *, address: str) -> None:
    """Somebody, coming from `address`, says that they are this user and forgot the password. Tells nothing: the mail goes to
    an active user's address on file, or nothing happens. Who never had a password gets the activation mail."""
    settings = organisation_settings.from_stored(Organisation.objects.get().settings)
    key = unique_key(named.strip()) if len(named) <= 256 and "\x00" not in named else ""
    user = User.objects.filter(username_key=key).first() or User.objects.filter(email_key=key).first()
    if settings.self_service.reset:
        _send_if_allowed(user, address)


def send_again(token: str, *, address: str) -> None:
    """A link that doesn't work any more asks for a new one: it goes to the address on file, which nobody is shown. Tells
    nothing, whatever the token is."""
    link = OneTimeLink.objects.filter(digest=one_time.digest_of(token)).select_related("user").first()
    _send_if_allowed(link.user if link else None, address)


def _send_if_allowed(user: User | None, address: str) -> None:
    minutes = WITHIN_MINUTES
    if not limits.allowed("link", address, most=MOST_FROM_ADDRESS, minutes=minutes) or user is None:
        return
    if user.state != State.ACTIVE or not limits.allowed("link", str(user.id), most=MOST_FOR_PERSON, minutes=minutes):
        return
    purpose = Purpose.ACTIVATION if user.password_status == PasswordStatus.PENDING else Purpose.RESET
    settings = organisation_settings.from_stored(Organisation.objects.get().settings)
    if purpose == Purpose.RESET and not settings.self_service.reset:
        return
    with transaction.atomic():
        _write(system("sign-in"), [user], purpose)


def _send(actor: Actor, user_id: uuid.UUID, purpose: Purpose) -> User:
    with transaction.atomic():
        user = locked_user(user_id)
        one_time.check_wanted(user, purpose)
        _write(actor, [user], purpose)
    return user


def _write(actor: Actor, users: list[User], purpose: Purpose) -> int:
    """One mail and one event for each, set-based. The mail says who asked for it where that is a person."""
    first = purpose == Purpose.ACTIVATION
    record(
        actor, [Entry("user_activation_email" if first else "user_password_reset_email", user=user) for user in users]
    )
    facts = {"by": actor.name if actor.kind == "administrator" else ""}
    return mail_.write_many(
        actor, TEMPLATES[purpose], [mail_.Letter(user.email, user.id, facts, "en") for user in users]
    )
