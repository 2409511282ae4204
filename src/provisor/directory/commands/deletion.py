"""Deleting a user. Who has no account anywhere is gone at once; else the accounts are deactivated first.

Until that is confirmed (or given up after 24 h) the user stays in state `deleting`: username and e-mail stay
reserved, memberships and assignments stay but grant nothing. The worker removes the row afterwards. What it takes to
restore the user is in the trash from the start.
"""

from __future__ import annotations

import uuid
from datetime import datetime

from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.commands import offboarding
from provisor.applications.models import Link
from provisor.directory.commands import one_time, trash
from provisor.directory.commands.loading import check_version, later_than, user_to_delete
from provisor.directory.commands.recording import Entry, change, mark, mark_person, record
from provisor.directory.models import State, User

HAS_ACCOUNT = Q(remote_id__isnull=False) | Q(intent__isnull=False)


def delete_user(actor: Actor, user_id: uuid.UUID, *, if_match: datetime | None = None) -> User | None:
    """Deletes a user. None: gone. A user: in state `deleting` until its accounts are off. Raises NotFound, Stale."""
    actor.require("users.write")
    with transaction.atomic():
        user = user_to_delete(user_id)
        if user.state == State.DELETING:
            return user
        check_version(user, if_match)
        trash.keep_user(actor, user)
        Link.objects.filter(user_id=user.id).exclude(HAS_ACCOUNT).delete()  # waits for an intent being written
        if Link.objects.filter(user_id=user.id).exists():
            return _begin(actor, user)
        _remove(actor, user)
        return None


def _begin(actor: Actor, user: User) -> User:
    offboarding.begin([user.id], "delete", by=actor.as_json(), correlation=actor.correlation)
    one_time.end_links([user.id])
    before, user.state, user.deleting_since = str(user.state), State.DELETING, timezone.now()
    user.suspend_at = user.suspend_plan = None
    user.updated = later_than(user.updated)
    user.save(update_fields=["state", "deleting_since", "suspend_at", "suspend_plan", "updated"])
    mark_person(actor, user.id, due.LEAVING)
    record(actor, [Entry("user_delete", user=user, changes=[change("state", before, "deleting")])])
    return user


def _remove(actor: Actor, user: User) -> None:
    reports = list(User.objects.filter(manager=user).values_list("pk", flat=True))
    record(actor, [Entry("user_delete", user=user)])
    User.objects.filter(pk=user.pk).delete()
    if reports:
        due.mark_users(reports, mark(actor, due.SET, "set"))
