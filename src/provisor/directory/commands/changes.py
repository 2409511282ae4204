"""Changing a user's attributes: absent is unchanged, null is cleared, lists are replaced, `attributes` merged.

A change that changes nothing writes nothing: no event, no due mark, the same `updated`.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.directory import custom_attributes
from provisor.directory.commands import computing, unique_values, values
from provisor.directory.commands.loading import conflict_of, later_than, locked_user
from provisor.directory.commands.planned import PLANNED, check_time, planned_anew
from provisor.directory.commands.recording import Entry, change, mark_person, record
from provisor.directory.models import State, User
from provisor.directory.shapes import FIELDS
from provisor.directory.validation import ByUsername, UserChanges
from provisor.errors import Invalid
from provisor.text import unique_key

# From the new manager upwards: does the chain reach the user? UNION ends a circle that is there already.
_LEADS_TO = """
    WITH RECURSIVE above(id) AS (
        SELECT %(manager)s::uuid
        UNION
        SELECT u.manager_id FROM directory_user u JOIN above ON u.id = above.id WHERE u.manager_id IS NOT NULL
    )
    SELECT EXISTS (SELECT 1 FROM above WHERE id = %(user)s)
"""


def update_user(actor: Actor, user_id: uuid.UUID, changes: UserChanges, *, if_match: datetime | None = None) -> User:
    """Changes a user. Raises NotFound, WrongState, Stale, Conflict naming username or email, Invalid naming manager."""
    actor.require("users.write")
    return change_user(actor, user_id, changes, if_match=if_match)


def change_user(actor: Actor, user_id: uuid.UUID, changes: UserChanges, *, if_match: datetime | None = None) -> User:
    """As update_user, for a command that has asked for the permission (own.py: people change some of their own)."""
    try:
        with transaction.atomic():
            user = locked_user(user_id, if_match=if_match)
            differences = _apply(user, changes)
            if differences:
                _save(actor, user, differences)
            return user
    except IntegrityError as error:
        raise conflict_of(error) or error from error


def _save(actor: Actor, user: User, differences: list[dict[str, Any]]) -> None:
    planned_anew(actor, user, [each["name"] for each in differences], "person")
    user.updated = later_than(user.updated)
    user.save()
    if any(each["name"].startswith("attributes.") for each in differences):
        _keep_unique(user)
    mark_person(actor, user.id, due.EDIT)
    record(actor, [Entry("user_update", user=user, changes=differences)])
    computing.recompute(actor, [user.id], touched={each["name"] for each in differences})


def _keep_unique(user: User) -> None:
    if clashes := unique_values.keep(custom_attributes.held(), [user]):
        raise unique_values.taken(*(name for _id, name in clashes))


def _apply(user: User, changes: UserChanges) -> list[dict[str, Any]]:
    """Sets what was sent on `user`; the differences, as an event shows them."""
    sent = changes.sent()
    if "manager" in sent:
        sent["manager"] = _manager(user, changes)
    wanted = values.fields_of(changes, sent)
    if sent.get("attributes") is not None:
        wanted["attributes"] = values.merged(user.attributes, sent["attributes"])
    differences = [each for name, column in FIELDS.items() if column in wanted
                   for each in _differences(name, getattr(user, column), wanted[column])]  # fmt: skip
    if wanted.get("start_date") not in (None, user.start_date):
        values.check_start(user.state, wanted["start_date"])
    check_time(user.state, user.suspend_at, wanted.get(PLANNED))
    for column, value in wanted.items():
        setattr(user, column, value)
    return differences


def _differences(name: str, before: Any, after: Any) -> list[dict[str, Any]]:
    if name == "attributes":
        changed = sorted(key for key in {*before, *after} if before.get(key) != after.get(key))
        return [change(f"attributes.{key}", before.get(key), after.get(key)) for key in changed]
    if before == after:
        return []
    return [change(name, values.as_shown(before), values.as_shown(after))]


def _manager(user: User, changes: UserChanges) -> uuid.UUID | None:
    """The id of the manager that was sent. Raises Invalid for an unknown one and for a circle."""
    if changes.manager is None:
        return None
    standing = User.objects.exclude(state=State.DELETING)
    if isinstance(changes.manager, ByUsername):
        found = standing.filter(username_key=unique_key(changes.manager.username)).first()
    else:
        found = standing.filter(pk=changes.manager).first()
    if found is None:
        raise Invalid({"manager": _("There is no such user.")})
    if found.id != user.manager_id and _leads_to(found.id, user.id):
        raise Invalid({"manager": _("This would make the user a manager of themselves, directly or through others.")})
    return found.id


def _leads_to(manager: uuid.UUID, user: uuid.UUID) -> bool:
    """Whether `user` stands above `manager`. Changes of managers take turns: two at once could close a circle."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('directory/manager', 0))")
        cursor.execute(_LEADS_TO, {"manager": manager, "user": user})
        return bool(cursor.fetchone()[0])
