"""Joiners: a staged user with a start date becomes active on that day, in the organisation's time zone."""

from __future__ import annotations

from django.db import transaction
from django.db.models.functions import Now

from provisor.administrators.actor import system
from provisor.applications import due
from provisor.directory import days
from provisor.directory.commands import activation, computing
from provisor.directory.commands.loading import LATER
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import Organisation, State, User

ACTOR = "start dates"
PIECE = 500


def start_those_due(*, most: int = PIECE) -> int:
    """Activates staged users whose day has come, up to `most` of them in one transaction; how many. Days that were missed
    are made up for: a date in the past counts as today. Who was to be suspended by now stays staged."""
    today = days.today(Organisation.objects.get().time_zone)
    actor = system(ACTOR)
    with transaction.atomic():
        waiting = User.objects.filter(state=State.STAGED, start_date__lte=today).exclude(suspend_at__lte=Now())
        waiting = waiting.order_by("start_date", "id")
        users = list(waiting.select_for_update(no_key=True, skip_locked=True)[:most])
        ids = [user.id for user in users]
        User.objects.filter(pk__in=ids).update(state=State.ACTIVE, updated=LATER)
        due.mark_users(ids, mark(actor, due.EDIT, "set"))
        changes = [change("state", "staged", "active")]
        record(actor, [Entry("user_activated", user=user, changes=changes) for user in users])
        computing.recompute(actor, ids, touched={"state"})
        activation.welcome(actor, ids, activation.by_default())
    return len(users)
