"""Leavers: a suspension that is planned for a time, and what suspending, deleting and coming back mean for the offboarding
report.

A plan is `suspend_at` with who planned it. When its time has come, the sweep suspends as Provisor itself; for the guard it
counts as what the planning was: a call that named this one user is a person's decision, a file or a batch is a set.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor, system
from provisor.applications import due
from provisor.applications.commands import offboarding
from provisor.directory.commands import computing, one_time
from provisor.directory.commands.loading import LATER, check_version, later_than, locked_user
from provisor.directory.commands.planned import PLANNED, check_time, plan_of
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import State, User
from provisor.errors import WrongState

ACTOR = "planned suspensions"
PIECE = 500


def plan_suspension(actor: Actor, user_id: uuid.UUID, at: datetime | None, *, if_match: datetime | None = None) -> User:
    """Plans the suspension of a user for a time to come; None takes the plan back. Raises NotFound, Stale, WrongState for
    who is suspended or being deleted, Invalid naming suspend_at for a time that is past."""
    actor.require("users.suspend")
    with transaction.atomic():
        user = locked_user(user_id)
        check_version(user, if_match)
        if user.state == State.SUSPENDED and at is not None:
            raise WrongState(_("The user is suspended already."))
        before = user.suspend_at
        if before != at:
            check_time(user.state, before, at)
            user.suspend_at, user.suspend_plan = at, plan_of(actor, at, "person")
            user.updated = later_than(user.updated)
            user.save(update_fields=["suspend_at", "suspend_plan", "updated"])
            told = change(PLANNED, before and before.isoformat(), at and at.isoformat())
            record(actor, [Entry("user_update", user=user, changes=[told])])
    return user


def suspended(actor: Actor, users: Sequence[User]) -> None:
    """In the transaction that suspends these users, before it saves them: a plan of theirs is done with, and what is to be
    confirmed is written down."""
    for user in users:
        user.suspend_at = user.suspend_plan = None
    offboarding.begin([user.id for user in users], "suspend", by=actor.as_json(), correlation=actor.correlation)


def came_back(users: Iterable[uuid.UUID]) -> None:
    """In the transaction that makes these users active again: nothing more is to be confirmed."""
    offboarding.close(users)


def suspend_those_due(*, most: int = PIECE) -> int:
    """Suspends active users whose planned time has come, up to `most` of them in one transaction; how many. Times that were
    missed are made up for."""
    actor = system(ACTOR)
    with transaction.atomic():
        waiting = User.objects.filter(state=State.ACTIVE, suspend_at__lte=Now()).order_by("suspend_at", "id")
        users = list(waiting.select_for_update(no_key=True, skip_locked=True)[:most])
        if users:
            _suspend(actor, users)
    return len(users)


def _suspend(actor: Actor, users: Sequence[User]) -> None:
    ids = [user.id for user in users]
    plans = {user.id: user.suspend_plan or plan_of(actor, user.suspend_at, "set") or {} for user in users}
    for planner in {str(plan["actor"]): plan["actor"] for plan in plans.values()}.values():
        theirs = [id for id, plan in plans.items() if plan["actor"] == planner]
        offboarding.begin(theirs, "planned", by=planner, correlation=actor.correlation)
    one_time.end_links(ids)
    User.objects.filter(pk__in=ids).update(state=State.SUSPENDED, suspend_at=None, suspend_plan=None, updated=LATER)
    for cause in ("person", "set"):
        due.mark_users([id for id in ids if plans[id]["cause"] == cause], mark(actor, due.LEAVING, cause))
    record(actor, [_told(user, plans[user.id]["actor"]) for user in users])
    computing.recompute(actor, ids, touched={"state", PLANNED})


def _told(user: User, planner: dict[str, Any]) -> Entry:
    changes = [
        change("state", "active", "suspended"),
        change(PLANNED, user.suspend_at and user.suspend_at.isoformat(), None),
        change("planned_by", None, planner["name"]),
    ]
    return Entry("user_suspended", user=user, changes=changes)
