"""Who is in a group, and which groups are. One call may name a hundred thousand users: a handful of statements, whatever
their number."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction
from django.utils.translation import gettext as _

from provisor.administrators.actor import Actor
from provisor.applications import due
from provisor.directory.commands import computing, nesting
from provisor.directory.commands.recording import Entry, change, mark, record
from provisor.directory.models import Group, State, User
from provisor.errors import Conflict, Invalid, NotFound, WrongState

# Users are held FOR KEY SHARE: they can't be removed meanwhile, and edits of them don't wait.
_HOLD = "SELECT id, username, state FROM directory_user WHERE id = ANY(%(users)s) ORDER BY id FOR KEY SHARE"
_HOLD_GROUP = "SELECT id FROM directory_group WHERE id = %(group)s FOR KEY SHARE"
_ADD = """
    INSERT INTO directory_membership (group_id, user_id, created)
    SELECT %(group)s, id, now() FROM unnest(%(users)s::uuid[]) AS given(id) ORDER BY id
    ON CONFLICT (group_id, user_id) DO NOTHING RETURNING user_id
"""
_REMOVE = "DELETE FROM directory_membership WHERE group_id = %(group)s AND user_id = ANY(%(users)s) RETURNING user_id"


@dataclass(frozen=True)
class MembersChanged:
    """How many members really came and went, and which groups inside."""

    group: Group
    added: int
    removed: int
    groups: nesting.Nested


def change_members(
    actor: Actor,
    group_id: uuid.UUID,
    *,
    add: Iterable[uuid.UUID] = (),
    remove: Iterable[uuid.UUID] = (),
    groups_add: Iterable[uuid.UUID] = (),
    groups_remove: Iterable[uuid.UUID] = (),
) -> MembersChanged:
    """Adds and removes members, users and groups, all of them or none. Who is (or isn't) in it already changes nothing.
    Raises NotFound for the group, Invalid naming `add[3]` or `groups.add[0]` for what is unknown and for a circle of
    groups, WrongState for users that are being deleted, Conflict `computed_members` for a group with a rule."""
    actor.require("groups.write")
    adding, removing = list(dict.fromkeys(add)), list(dict.fromkeys(remove))
    within, without = list(dict.fromkeys(groups_add)), list(dict.fromkeys(groups_remove))
    with transaction.atomic():
        if within or without:
            nesting.take_turns()
        group = _held(group_id)
        if adding or removing or within or without:
            _refuse_computed(group)
        nested = nesting.change_nesting(actor, group, add=within, remove=without) if within or without else None
        users = {user.id: user for user in _users([*adding, *removing])}
        _check(users, add=adding, remove=removing)
        removed = _rows(_REMOVE, group=group_id, users=removing)
        added = _rows(_ADD, group=group_id, users=adding)
        _mark(actor, group, added=added, removed=removed)
        record(actor, [_entry(group, users[id], None, "member") for id in added])
        record(actor, [_entry(group, users[id], "member", None) for id in removed])
    return MembersChanged(group, len(added), len(removed), nested or nesting.Nested())


def _held(group_id: uuid.UUID) -> Group:
    group = Group.objects.filter(pk=group_id).first() if _rows(_HOLD_GROUP, group=group_id) else None
    if group is None:
        raise NotFound(_("There is no group with this id."))
    return group


def _refuse_computed(group: Group) -> None:
    if computing.has_rule(group.id):
        text = _("Who is in “%s” is computed by its rule: change the rule, or take it away first.")
        raise Conflict(text % group.name, code="computed_members")


def _users(ids: Sequence[uuid.UUID]) -> list[User]:
    return list(User.objects.raw(_HOLD, {"users": list(ids)}))


def _check(users: dict[uuid.UUID, User], **lists: Sequence[uuid.UUID]) -> None:
    unknown = {
        f"{name}[{index}]": _("There is no user with this id.")
        for name, ids in lists.items()
        for index, id in enumerate(ids)
        if id not in users
    }
    if unknown:
        raise Invalid(unknown)
    leaving = [user.username for user in users.values() if user.state == State.DELETING]
    if leaving:
        raise WrongState(
            _("Being deleted, and can't be changed any more: %(names)s.") % {"names": ", ".join(leaving[:5])}
        )


def _mark(actor: Actor, group: Group, *, added: Sequence[uuid.UUID], removed: Sequence[uuid.UUID]) -> None:
    if removed:
        due.mark_members(group.id, removed, mark(actor, due.LEAVING, "set"))
    if added:
        due.mark_members(group.id, added, mark(actor, due.SET, "set"))


def _entry(group: Group, user: User, before: str | None, after: str | None) -> Entry:
    return Entry("membership_change", user=user, group=group, changes=[change("membership", before, after)])


def _rows(statement: str, **parameters: Any) -> list[uuid.UUID]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return [row[0] for row in cursor.fetchall()]
