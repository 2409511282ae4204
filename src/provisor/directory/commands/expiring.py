"""Passwords end by time: a warning first, then they are expired, which makes `active` false in the applications.

The accounts become due as a set's: nobody decided about these people one by one, so the guard counts what it brings about.
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from provisor import mail
from provisor.administrators.actor import system
from provisor.applications import due
from provisor.directory.commands.loading import LATER
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import Organisation, PasswordStatus, State, User
from provisor.directory.passwords import expiry
from provisor.directory.passwords.expiry import HELD, Rule

ACTOR = "password expiry"
TEMPLATE = "password_expires"
PIECE = 500


def begin_counting() -> None:
    """A rule that came into force without its day, such as by a restored row, counts from now on."""
    if expiry.current().after:
        Organisation.objects.filter(expiry_since=None).update(expiry_since=timezone.now())


def expire_those_due(*, most: int = PIECE) -> int:
    """Expires passwords whose time is over, up to `most` in one transaction; how many."""
    rule, now, actor = expiry.current(), timezone.now(), system(ACTOR)
    if not rule.after:
        return 0
    with transaction.atomic():
        users = list(_set_before(rule, rule.ended_before(now))[:most])
        entries = [Entry("user_password_expired", user=user, changes=[_told(user)]) for user in users]
        ids = [user.id for user in users]
        User.objects.filter(pk__in=ids).update(password_status=PasswordStatus.EXPIRED, updated=LATER)
        due.mark_users(ids, mark(actor, due.SET, "set"))
        record(actor, entries)
    return len(users)


def warn_those_near(*, most: int = PIECE) -> int:
    """Writes a mail to active users whose password ends soon, once for each password; up to `most`, how many."""
    rule, now = expiry.current(), timezone.now()
    if not rule.after or not rule.warn:
        return 0
    with transaction.atomic():
        near = _set_before(rule, rule.warned_before(now)).filter(password_warned=None, state=State.ACTIVE)
        users = list(near[:most])
        User.objects.filter(pk__in=[user.id for user in users]).update(password_warned=now)
        mail.write_many(system(ACTOR), TEMPLATE, [mail.Letter(user.email, user.id) for user in users])
    return len(users)


def _set_before(rule: Rule, moment: datetime) -> QuerySet[User]:
    """Users whose password counts from before `moment`; whom another writer holds comes next time."""
    if rule.since is None or rule.since >= moment:
        return User.objects.none()
    before = Q(password_changed__lt=moment) | Q(password_changed=None)
    held = User.objects.filter(before, password_status__in=HELD).exclude(state=State.DELETING)
    return held.order_by("id").select_for_update(no_key=True, skip_locked=True)


def _told(user: User) -> dict[str, object]:
    return change("password_status", str(user.password_status), "expired")
