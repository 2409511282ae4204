"""Setting a user's password, whoever does it: an administrator, or the person by a link, at a change, or after expiry.

Every way ends in `store`, the one place where a password is set. What is slow (comparing with former ones, hashing)
happens before, in `ready`, while no row is locked.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.commands.passwords import keep_password
from provisor.directory import organisation_settings
from provisor.directory.commands.loading import later_than, locked_user
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import (
    OneTimeLink,
    Organisation,
    PasswordHistory,
    PasswordStatus,
    User,
)
from provisor.directory.organisation_settings import PasswordPolicy
from provisor.directory.passwords import expiry, hashing, policy
from provisor.directory.queries import get_user
from provisor.errors import Busy, Invalid


@dataclass(frozen=True)
class Ready:
    """A password that may be set: looked at, compared with former ones and hashed. `before`: the hash that it replaces."""

    password: str = field(repr=False)
    hash: str = field(repr=False)
    before: str | None = field(repr=False)


def actor_of(user: User) -> Actor:
    """The person, acting for themselves. No role: nothing that asks for a permission is open to them."""
    return Actor(kind="user", id=str(user.id), name=user.username, role="user")


def set_password(actor: Actor, user_id: uuid.UUID, password: str) -> User:
    """Sets the password; only its argon2 hash is kept. Raises Invalid naming password for one that breaks a rule."""
    actor.require("users.password")
    prepared = ready(get_user(user_id), password)
    with transaction.atomic():
        user = locked_user(user_id)
        store(actor, user, prepared)
    return user


def is_over(user: User) -> bool:
    """Whether the password is expired, or is going to be at the next sweep."""
    end = expiry.current().end_of(user)
    return user.password_status == PasswordStatus.EXPIRED or (end is not None and end <= timezone.now())


def ready(user: User, password: str) -> Ready:
    """Checks a password for this user against every rule, and hashes it. Slow: call it while nothing is locked. Raises
    Invalid naming password, with each rule that it breaks."""
    rules, codes = _policy(), []
    if any("\ud800" <= letter <= "\udfff" for letter in password):
        codes = [policy.CHARACTERS]
    codes = codes or policy.unmet(rules, password, policy.person_of(user))
    if not codes and _was_there(user, password, rules.history):
        codes = [policy.HISTORY]
    if codes:
        raise Invalid({"password": " ".join(policy.text_of(code, rules) for code in codes)})
    return Ready(policy.prepared(password), hashing.hashed(password), user.password)


def store(actor: Actor, user: User, ready: Ready, *, changed: bool = False) -> None:
    """Sets the password of a locked row, in the caller's transaction: the one place that does. `changed`: by the
    person, who had one. Raises Busy where another one was set since `ready`."""
    if user.password != ready.before:
        raise Busy(_("Another password was set at the same moment. Try again."))
    before, user.password, user.password_status = str(user.password_status), ready.hash, PasswordStatus.ACTIVE
    user.password_changed, user.password_warned = timezone.now(), None
    user.failed_tries, user.locked_until = 0, None
    user.updated = later_than(user.updated)
    user.save(update_fields=_FIELDS)
    _remember(user)
    OneTimeLink.objects.filter(user=user, used=None, replaced=None, ended=None).update(ended=timezone.now())
    _push(actor, user, ready.password)
    due.mark_users([user.id], mark(actor, due.EDIT, "person"))
    changes = [] if before == "active" else [change("password_status", before, "active")]
    record(actor, [Entry("user_password_change" if changed else "user_password_set", user=user, changes=changes)])


_FIELDS = (
    *("password", "password_status", "password_changed", "password_warned", "failed_tries", "locked_until", "updated"),
)


def _policy() -> PasswordPolicy:
    return organisation_settings.from_stored(Organisation.objects.get().settings).password


def _was_there(user: User, password: str, history: int) -> bool:
    """Whether it is the present password or one of the last `history`; 0: any may come again."""
    former = PasswordHistory.objects.filter(user=user).order_by("-set_at", "-id")[:history]
    known = {row.hash for row in former} | ({user.password} if history and user.password else set())
    return any(hashing.matches(password, hash) for hash in known)


def _remember(user: User) -> None:
    """Keeps as many former passwords as the rule asks about, this one among them."""
    most = _policy().history
    if most and user.password:
        PasswordHistory.objects.create(user=user, hash=user.password, set_at=timezone.now())
    kept = PasswordHistory.objects.filter(user=user).order_by("-set_at", "-id").values_list("id", flat=True)[:most]
    PasswordHistory.objects.filter(user=user).exclude(pk__in=list(kept)).delete()


def _push(actor: Actor, user: User, password: str) -> None:
    """Hands it to the applications that take passwords: sealed, for as long as that may take."""
    keep_password(actor, user.id, password)
