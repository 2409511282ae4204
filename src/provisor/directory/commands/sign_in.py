"""People sign in with username or e-mail. Whatever is wrong, the answer is the same, and takes as long.

Wrong tries are counted in the user's row, under its lock: tries at the same moment are all counted. Too many lock the
password for a while (`locked_until`); that ends by time, by an administrator, or by a new password. An expired password
stays expired while it is locked, since that decides what the applications are told.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor, system
from provisor.directory import organisation_settings
from provisor.directory.commands import passwords
from provisor.directory.commands.loading import later_than, locked_user
from provisor.directory.commands.recording import Entry, change, record
from provisor.directory.models import Organisation, PasswordStatus, State, User
from provisor.directory.passwords import hashing, limits
from provisor.text import unique_key

ACTOR = "sign-in"
PIECE = 500
WRONG_TRIES, WITHIN_MINUTES = 50, 15  # from one address, at whatever names: an office may share one


class Refused(Exception):
    """Nobody is signed in. The message may be shown: it is the same for every cause."""

    def __init__(self, message: str = "") -> None:
        super().__init__(message or _("That name and password don't match, or sign-in is closed to you at the moment."))


class TooManyTries(Refused):
    """Too many wrong tries from one address."""

    def __init__(self) -> None:
        super().__init__(_("Too many tries from your address. Wait %(count)d minutes.") % {"count": WITHIN_MINUTES})


@dataclass(frozen=True)
class SignedIn:
    """Who signed in. `expired`: with a password that is over; they may set a new one (`renew_password`), and do
    nothing else."""

    user: User
    expired: bool


def sign_in(named: str, password: str, *, address: str) -> SignedIn:
    """Checks a username or e-mail with its password; `address` is where the request came from. Raises Refused."""
    if limits.reached("sign-in", address, most=WRONG_TRIES, minutes=WITHIN_MINUTES):
        raise TooManyTries
    user = _found(named)
    try:
        signed_in = _checked(user, password)
    except Refused:
        limits.count("sign-in", address, minutes=WITHIN_MINUTES)
        raise
    record(passwords.actor_of(signed_in), [Entry("user_login", user=signed_in)])
    return SignedIn(signed_in, passwords.is_over(signed_in))


def check_again(user_id: uuid.UUID, password: str) -> User:
    """Who is signed in proves it once more. Counts as a try. Raises Refused."""
    return _checked(User.objects.filter(pk=user_id).first(), password)


def unlock_user(actor: Actor, user_id: uuid.UUID) -> User:
    """Ends a lock at once. One that isn't locked stays as it is."""
    actor.require("users.suspend")
    with transaction.atomic():
        user = locked_user(user_id)
        if user.locked_until is not None or user.password_status == PasswordStatus.LOCKED:
            _unlock(actor, user)
    return user


def unlock_where_time_is_up(*, most: int = PIECE) -> int:
    """Ends locks whose time has passed; how many."""
    with transaction.atomic():
        due = User.objects.filter(locked_until__lte=timezone.now()).order_by("id")
        users = list(due.select_for_update(no_key=True, skip_locked=True)[:most])
        for user in users:
            _unlock(system(ACTOR), user)
    return len(users)


def _found(named: str) -> User | None:
    """By username first: somebody's username may be somebody else's e-mail address."""
    key = unique_key(named.strip()) if len(named) <= 256 and "\x00" not in named else ""
    by_name = User.objects.filter(username_key=key).first()
    return by_name or User.objects.filter(email_key=key).first()


def _checked(user: User | None, password: str) -> User:
    """The user as they are now. Hashing happens for everybody, and before the row is locked."""
    right = hashing.matches(password, user.password if user else None)
    if user is None:
        raise Refused
    with transaction.atomic():
        now = User.objects.select_for_update(no_key=True).filter(pk=user.pk).first()
        let_in = now is not None and _judged(now, right=right and now.password == user.password)
    if now is None or not let_in:
        raise Refused
    return now


def _judged(user: User, *, right: bool) -> bool:
    """Whether this try lets the user in; counts it."""
    if user.state != State.ACTIVE or user.password is None or _is_locked(user):
        return False
    if user.locked_until is not None:
        _unlock(system(ACTOR), user)
    before, user.failed_tries = user.failed_tries, 0 if right else user.failed_tries + 1
    if user.failed_tries != before:
        user.save(update_fields=["failed_tries"])
    if not right:
        _lock_if_too_many(user)
    return right


def _is_locked(user: User) -> bool:
    return user.locked_until is not None and user.locked_until > timezone.now()


def _lock_if_too_many(user: User) -> None:
    rules = organisation_settings.from_stored(Organisation.objects.get().settings).password
    if not rules.lock_after or user.failed_tries < rules.lock_after:
        return
    user.locked_until = timezone.now() + timedelta(minutes=rules.lock_minutes)
    _tell(system(ACTOR), "user_password_locked", user, PasswordStatus.ACTIVE, PasswordStatus.LOCKED)


def _unlock(actor: Actor, user: User) -> None:
    user.locked_until, user.failed_tries = None, 0
    _tell(actor, "user_password_unlocked", user, PasswordStatus.LOCKED, PasswordStatus.ACTIVE)


def _tell(actor: Actor, event: str, user: User, start: PasswordStatus, end: PasswordStatus) -> None:
    """Only a password that is active is locked, and back; no account is told of it (contract)."""
    changes = []
    if user.password_status == start:
        user.password_status = end
        changes = [change("password_status", start.value, end.value)]
    user.updated = later_than(user.updated)
    user.save(update_fields=["password_status", "locked_until", "failed_tries", "updated"])
    record(actor, [Entry(event, user=user, changes=changes)])
