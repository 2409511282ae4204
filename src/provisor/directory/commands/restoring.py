"""Taking a user or group out of the trash, with the same id: so what they had there is found again as theirs.

What the entry kept comes back as far as it is still there; the answer says what doesn't. A user comes back in the state
that they were in, and without a password. Whoever asks has seen what access that brings (trash_queries.would_return).
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import IntegrityError, connection, transaction
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.applications.commands.assignments import change_assignments
from provisor.directory import custom_attributes
from provisor.directory.commands import activation, computing, leaving, nesting, rules, unique_values
from provisor.directory.commands.assignments import change_user_assignments
from provisor.directory.commands.loading import conflict_of, later_than, taken
from provisor.directory.commands.members import change_members
from provisor.directory.commands.recording import Entry, change, mark, mark_person, record
from provisor.directory.commands.trash import locked_entry
from provisor.directory.models import Group, State, Trash, TrashKind, User
from provisor.directory.trash import queries as trash_queries
from provisor.directory.trash.queries import Return
from provisor.errors import Conflict, Invalid, NotFound
from provisor.text import unique_key

_MEMBERS = """
    INSERT INTO directory_membership (group_id, user_id, created)
    SELECT %(group)s, person.id, now()
    FROM directory_trash entry CROSS JOIN LATERAL jsonb_array_elements_text(entry.kept -> 'members') member
    JOIN directory_user person ON person.id = member.value::uuid AND person.state <> 'deleting'
    WHERE entry.id = %(entry)s ORDER BY person.id FOR KEY SHARE OF person
"""


@dataclass(frozen=True)
class Restored:
    """The user or group that is back, and what came back with it, as it was counted beforehand."""

    kind: str
    row: User | Group
    back: Return


def restore(actor: Actor, trash_id: uuid.UUID) -> Restored:
    """Takes one entry out of the trash. Raises NotFound, and Conflict naming username, email or name where somebody else
    has it by now."""
    try:
        with transaction.atomic():
            kind = trash_queries.get_entry(trash_id).kind
            restored = _user(actor, trash_id) if kind == TrashKind.USER else _group(actor, trash_id)
    except IntegrityError as error:
        raise conflict_of(error) or error from error
    if restored.back.rule:
        rules.go_on(restored.row.pk)
        restored.row.refresh_from_db()
    return restored


def _user(actor: Actor, trash_id: uuid.UUID) -> Restored:
    actor.require("users.write")
    entry = locked_entry(trash_id)
    going = User.objects.select_for_update().filter(pk=entry.object_id, state=State.DELETING).first()
    back = trash_queries.would_return(entry)
    if back.taken:
        raise taken(*back.taken)
    user = _kept_back(entry, going) if going else _made_again(entry)
    leaving.came_back([user.id])
    record(actor, [Entry("user_restored", user=user, changes=[change("state", "deleted", str(user.state))])])
    if not going:
        for group in back.groups:
            change_members(actor, uuid.UUID(group["id"]), add=[user.id])
        if back.applications:
            change_user_assignments(actor, user.id, add=[uuid.UUID(each["id"]) for each in back.applications])
    mark_person(actor, user.id, due.EDIT)
    computing.recompute(actor, [user.id], new=not going)
    if user.state == State.ACTIVE and not going:
        activation.welcome(actor, [user.id], activation.by_default())
    entry.delete()
    return Restored(TrashKind.USER, user, back)


def _kept_back(entry: Trash, user: User) -> User:
    """The deletion is still under way: groups and assignments are there."""
    user.state, user.deleting_since = entry.state or State.SUSPENDED, None
    user.updated = later_than(user.updated)
    user.save(update_fields=["state", "deleting_since", "updated"])
    return user


def _made_again(entry: Trash) -> User:
    values = dict(entry.shape)
    created = values.pop("created", None)
    manager = values.pop("manager_id", None)
    standing = User.objects.exclude(state=State.DELETING).filter(pk=manager).exists() if manager else False
    values["suspend_at"] = _still_to_come(values.get("suspend_at"))
    left_out = trash_queries.misfits(entry)
    values["attributes"] = {
        name: value for name, value in (values.get("attributes") or {}).items() if name not in left_out
    }
    fields = {name for name in (each.attname for each in User._meta.concrete_fields) if name in values}
    user = User(
        id=entry.object_id,
        state=entry.state or State.SUSPENDED,
        username_key=unique_key(values["username"]),
        email_key=unique_key(values["email"]),
        manager_id=manager if standing else None,
        suspend_plan={"actor": entry.actor, "cause": "set"} if values["suspend_at"] else None,
        updated=timezone.now(),
        **{name: values[name] for name in fields},
    )
    user.save(force_insert=True)
    if user.attributes and (held := unique_values.keep(custom_attributes.held(), [user])):
        raise unique_values.taken(*(name for _id, name in held))
    if created:
        User.objects.filter(pk=user.pk).update(created=created)
    user.refresh_from_db()
    return user


def _still_to_come(text: str | None) -> datetime | None:
    at = parse_datetime(text) if text else None
    return at if at and at > timezone.now() else None


def _group(actor: Actor, trash_id: uuid.UUID) -> Restored:
    actor.require("groups.write")
    nesting.take_turns()
    entry = locked_entry(trash_id)
    back = trash_queries.would_return(entry)
    if back.taken:
        raise taken(*back.taken)
    if back.applications:
        actor.require("assignments.write")
    shape = entry.shape
    group = Group(id=entry.object_id, name=shape["name"], name_key=unique_key(shape["name"]),
                  description=shape.get("description"), updated=timezone.now())  # fmt: skip
    group.save(force_insert=True)
    if shape.get("created"):
        Group.objects.filter(pk=group.pk).update(created=shape["created"])
    record(actor, [Entry("group_restored", group=group, changes=[change("members", 0, back.members)])])
    with connection.cursor() as cursor:
        cursor.execute(_MEMBERS, {"group": group.id, "entry": entry.id})
    _nest_again(actor, group, back)
    due.mark_renamed(group.id, mark(actor, due.SET, "set"))
    for application in back.applications:
        change_assignments(actor, uuid.UUID(application["id"]), groups_add=[group.id])
    _rule_again(actor, group, trash_queries.kept_of(entry).get("rule"), back)
    entry.delete()
    group.refresh_from_db()
    return Restored(TrashKind.GROUP, group, back)


def _nest_again(actor: Actor, group: Group, back: Return) -> None:
    """Into the groups that it was in, and those in it that were; not where that would close a circle by now, or where a
    rule says by now who is in it."""
    pairs = [(group.id, child["id"], child) for child in back.children]
    pairs += [(uuid.UUID(each["id"]), str(group.id), each) for each in back.groups]
    for around, inside, named in pairs:
        try:
            change_members(actor, around, groups_add=[uuid.UUID(inside)])
        except (Invalid, NotFound, Conflict):
            back.lost.append(named)


def _rule_again(actor: Actor, group: Group, rule: dict[str, Any] | None, back: Return) -> None:
    """An expression may read an attribute otherwise by now than it was written for."""
    if rule is None:
        return
    try:
        rules.bring_back(actor, group, rule["expression"], review=rule["review"])
    except Invalid:
        back.lost.append({"id": str(group.id), "name": rule["expression"]})
