"""Reading rows that a command is about to change, locked against a second such command.

The lock is FOR NO KEY UPDATE: who only refers to the row (a membership, an assignment) doesn't wait for it.
"""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from django.db import IntegrityError
from django.db.models import F
from django.db.models.functions import Greatest, Now
from django.utils import timezone
from django.utils.translation import gettext as _

from provisor.directory.models import Group, State, User
from provisor.errors import Conflict, NotFound, Stale, WrongState

LATER = Greatest(Now(), F("updated") + timedelta(microseconds=1))  # what `later_than` is, within a statement
FIELD_OF_CONSTRAINT = {"username_key": "username", "email_key": "email", "name_key": "name"}


def locked_user(user_id: uuid.UUID, *, if_match: datetime | None = None) -> User:
    """The user to be changed. Raises NotFound, WrongState for one that is being deleted, Stale."""
    user = User.objects.select_for_update(no_key=True).filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no user with this id."))
    if user.state == State.DELETING:
        raise WrongState(_("This user is being deleted and can't be changed any more."))
    check_version(user, if_match)
    return user


def locked_group(group_id: uuid.UUID, *, if_match: datetime | None = None) -> Group:
    """The group to be changed. Raises NotFound, Stale."""
    group = Group.objects.select_for_update(no_key=True).filter(pk=group_id).first()
    if group is None:
        raise NotFound(_("There is no group with this id."))
    check_version(group, if_match)
    return group


def user_to_delete(user_id: uuid.UUID) -> User:
    """The user in any state, under a lock that nobody who refers to the row passes. Raises NotFound."""
    user = User.objects.select_for_update().filter(pk=user_id).first()
    if user is None:
        raise NotFound(_("There is no user with this id."))
    return user


def group_to_delete(group_id: uuid.UUID, *, if_match: datetime | None = None) -> Group:
    """The group, under a lock that nobody who refers to the row passes. Raises NotFound, Stale."""
    group = Group.objects.select_for_update().filter(pk=group_id).first()
    if group is None:
        raise NotFound(_("There is no group with this id."))
    check_version(group, if_match)
    return group


def check_version(row: User | Group, if_match: datetime | None) -> None:
    """Raises Stale unless `row` is the version that the caller has seen."""
    if if_match is not None and row.updated != if_match:
        raise Stale(_("This was changed since you read it. Read it again and repeat the change."))


def later_than(before: datetime) -> datetime:
    """A time for `updated` that is now, and after `before` in any case."""
    return max(timezone.now(), before + timedelta(microseconds=1))


def taken(*fields: str) -> Conflict:
    """Another user or group has this name already."""
    text = _("This is taken already (upper and lower case don't matter).")
    names = ", ".join(fields)
    return Conflict(f"{names}: {text}", fields=dict.fromkeys(fields, text))


def conflict_of(error: IntegrityError) -> Conflict | None:
    """The Conflict that a broken unique constraint amounts to, or None for another constraint."""
    constraint = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    found = [field for column, field in FIELD_OF_CONSTRAINT.items() if column in constraint]
    return taken(*found) if found else None
